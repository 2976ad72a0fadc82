//! Plots of the measurements: for the page, and as files.

use std::time::Duration;

use perf_core::budget::Metric;
use perf_load::breaking::Search;
use perf_load::endurance::Soak;
use perf_load::page::{self, Axis, Ground, Line, Mark, Panel, Plot, Tone};
use perf_load::recovery::Trial;
use perf_load::simulate::{Memory, Queue, Service};
use perf_load::{Arrivals, Drive, Limits};

fn queue(name: &str) -> Queue {
    let service = Service::deterministic(Duration::from_millis(10)).unwrap();
    Queue::new(name, 1, service).unwrap().memory(Memory::at_first(5 << 20))
}

fn plots(name: &str) -> [Plot; 4] {
    let limits = Limits::default().time(Metric::P99, Duration::from_millis(100)).unwrap();
    let found = Search::from(50.0).unwrap().limits(limits).patience(4).poisson(1).run(&mut queue(name)).unwrap();
    let trial = Trial::at(50.0).unwrap().calm(Duration::from_mins(1));
    let trial = trial.overload(200.0, Duration::from_secs(10)).unwrap().run(&mut queue(name)).unwrap();
    let soak = Soak::at(1.0).unwrap().run(&mut queue(name)).unwrap();
    let outcome = queue(name).drive(&Arrivals::constant(70.0, Duration::from_secs(30)).unwrap().poisson(1)).unwrap();
    [page::curve(&found), page::recovery(&trial), page::endured(&soak), page::course(&outcome)]
}

/// The text between the tags.
fn texts(svg: &str) -> String {
    let lines = svg.split('<').filter_map(|part| part.split_once('>'));
    lines.map(|(_, text)| text.trim()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("|")
}

#[test]
fn every_mode_is_drawn_on_both_grounds() {
    let shown = [
        &["offered", "achieved", "p99 ≤ 100 ms", "breaks", "processors:", "memory:", "MiB"][..],
        &["p99 of the band", "disturbed", "recovers", "waiting:"],
        &["p50", "60 min", "memory:", "processors:"],
        &["p90", "10 s", "due and not done"],
    ];
    for (plot, words) in plots("shop").iter().zip(shown) {
        let [light, dark] = [Ground::Light, Ground::Dark].map(|ground| plot.svg(ground).unwrap());
        let text = texts(&light);
        assert!(words.iter().all(|word| text.contains(word)) && text.starts_with("shop"), "{words:?}: {text}");
        assert_eq!(text, texts(&dark));
        assert!(light.contains("#1c1b19") && dark.contains("#e9e6df") && !dark.contains("#1c1b19"));
        for svg in [&light, &dark] {
            assert!(!svg.contains("#0102"), "a colour that stands for another one is left");
            assert!(!svg.contains("NaN") && !svg.contains("inf"));
        }
    }
}

#[test]
fn the_page_has_them_with_classes_for_colours_and_names_are_text() {
    let plots = plots("</svg><script>alert(1)</script>");
    let outcome = queue("shop").drive(&Arrivals::constant(10.0, Duration::from_secs(5)).unwrap()).unwrap();
    let html = page::render(&outcome.report, &plots).unwrap();
    assert_eq!(html.matches("<svg").count(), 4);
    assert!(html.contains("class=\"s3\"") && html.contains("class=\"f1\"") && html.contains("shop::response"));
    assert!(!html.contains("#0102") && !html.contains("<script>alert"));
    assert!(!html.contains("style=\""), "the page's policy allows no style but its own");
    assert!(html.contains("until it breaks"));
}

#[test]
fn a_plot_of_nothing_is_an_error_and_one_of_a_point_is_none() {
    let plot = |panels| Plot::new("nothing", "", Axis::Rate, panels);
    let points =
        |points: &[(f64, f64)]| Panel::new(Axis::Latency, vec![Line::new("line", Tone::Main, points.to_vec())]);
    for empty in [plot(vec![]), plot(vec![points(&[])]), plot(vec![points(&[(f64::NAN, 1.0)])])] {
        assert!(empty.svg(Ground::Light).unwrap_err().to_string().contains("nothing to draw"));
    }
    for panel in [points(&[(1.0, 5.0)]), points(&[(0.0, 0.0)]), points(&[(1.0, 1e-9), (1e12, 1e18)])] {
        let marked = panel.mark(Mark::level(7.0, "limit", Tone::Bad)).mark(Mark::span(-1.0, 1e15, "", Tone::Warn));
        assert!(plot(vec![marked]).svg(Ground::Dark).unwrap().contains("</svg>"));
    }
}
