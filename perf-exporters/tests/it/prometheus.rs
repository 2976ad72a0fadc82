//! The forms for Prometheus: golden files of the text forms, and a reading of the binary one.
//! `PERF_EXPORTERS_BLESS=1` writes the golden files anew.

use perf_exporters::Report;
use perf_exporters::prometheus::{Format, Options, render};

use crate::support::{golden, judged, probe, sample, sample_with_allocations};

fn text(report: &Report, format: Format, options: &Options) -> String {
    String::from_utf8(render(report, format, options)).unwrap()
}

/// As [`sample`], with names that mean something to a parser.
fn hostile() -> Report {
    let mut report = sample_with_allocations();
    report.probes.truncate(2);
    report.probes.push(probe("a\\b \"c\"\n{probe=\"d\"} 1 # EOF", &[(0, 3), (1, 2), (1_000_000_000, 1)]));
    report
}

#[test]
fn golden_files() {
    let options = Options::default();
    for (name, format) in [("prometheus.txt", Format::Text), ("openmetrics.txt", Format::OpenMetrics)] {
        golden(name, &text(&sample(), format, &options));
        golden(&format!("hostile-{name}"), &text(&hostile(), format, &options));
        golden(&format!("judged-{name}"), &text(&judged(), format, &options));
    }
    golden("empty-prometheus.txt", &text(&Report::default(), Format::Text, &options));
}

#[test]
fn every_line_is_a_comment_or_a_sample_and_no_series_comes_twice() {
    for format in [Format::Text, Format::OpenMetrics] {
        let page = text(&hostile(), format, &Options::default());
        let mut seen = std::collections::HashSet::new();
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(seen.insert(series.to_owned()), "twice: {line}");
        }
        assert_eq!(page.ends_with("# EOF\n"), format == Format::OpenMetrics);
    }
}

#[test]
fn buckets_are_cumulative_and_end_with_all() {
    let page = text(&sample(), Format::Text, &Options::default());
    let of = |what: &str| format!("perf_probe_duration_seconds_{what}{{probe=\"read file\"");
    let value = |line: &str| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap();
    let buckets: Vec<_> = page.lines().filter(|line| line.starts_with(&of("bucket"))).map(value).collect();
    let count = page.lines().find(|line| line.starts_with(&of("count"))).map(value).unwrap();
    assert_eq!(buckets.len(), Options::default().edges.len() + 1);
    assert!(buckets.is_sorted() && buckets.last() == Some(&count), "{buckets:?} of {count}");
}

#[test]
fn exemplars_are_on_the_buckets_of_their_calls() {
    let page = text(&judged(), Format::OpenMetrics, &Options::default());
    let found: Vec<_> = page
        .lines()
        .filter_map(|line| {
            let (sample, exemplar) = line.split_once(" # {trace_id=\"")?;
            let edge = sample.split_once("le=\"")?.1.split_once('"')?.0.parse::<f64>().unwrap();
            let (trace, value) = exemplar.split_once("\"} ")?;
            let value = value.split(' ').next()?.parse::<f64>().unwrap();
            assert!(value <= edge && value > edge / 2.51, "{line}");
            Some(u128::from_str_radix(trace, 16).unwrap())
        })
        .collect();
    // The slowest of each bucket; of a call without a trace, and of one whose trace is none, nothing is said.
    assert_eq!(found, [13, 11, u128::MAX, 7]);
    assert!(!text(&judged(), Format::Text, &Options::default()).contains("trace_id"), "the classic form has none");
}

#[test]
fn one_verdict_holds_of_each_bound() {
    let page = text(&judged(), Format::Text, &Options::default());
    let verdicts = page.lines().filter_map(|line| line.strip_prefix("perf_budget_verdict{"));
    let holding = verdicts.filter(|line| line.ends_with(" 1")).count();
    assert_eq!(holding, judged().budgets.len());
    let actual = "perf_budget_actual{probe=\"codescan::index::Index::insert\",metric=\"p99\",unit=\"seconds\"} 0.00731";
    assert!(page.lines().any(|line| line == actual), "{page}");
    assert!(!page.contains("NaN") && !page.contains("metric=\"throughput\",unit=\"per_second\"} NaN"), "{page}");
}

#[test]
fn the_overflow_series_never_goes_back() {
    let mut options = Options::default();
    options.max_probes = 3;
    let mut report = Report::default();
    let mut before = 0;
    for at in (0..40_u64).rev() {
        report.probes.push(probe(&format!("p{:02}", at * 7 % 40), &[(100, at + 1)]));
        let page = text(&report, Format::Text, &options);
        let overflow = "perf_probe_calls_total{probe=\"(overflow)\"} ";
        let found = page.lines().find_map(|line| line.strip_prefix(overflow)).map_or(0, |calls| calls.parse().unwrap());
        assert!(found >= before, "{found} after {before}");
        before = found;
        let over = report.probes.len().saturating_sub(3);
        assert!(page.contains(&format!("perf_probes_over_limit {over}\n")), "{page}");
    }
}

#[test]
fn protobuf_is_delimited_messages_with_the_same_names() {
    let bytes = render(&hostile(), Format::Protobuf, &Options::default());
    let mut rest = bytes.as_slice();
    let mut names = Vec::new();
    while !rest.is_empty() {
        let length = prost::decode_length_delimiter(&mut rest).unwrap();
        let (message, next) = rest.split_at(length);
        // Field 1 is the name; short, so its length is one byte.
        assert_eq!(message[0], 0x0a);
        names.push(String::from_utf8(message[2..2 + usize::from(message[1])].to_vec()).unwrap());
        rest = next;
    }
    let page = text(&hostile(), Format::Text, &Options::default());
    let in_text: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert_eq!(names, in_text);
}

/// What the monitor saw last becomes series; what it could not see becomes none.
#[test]
fn a_process_that_is_watched_has_series_for_each_figure() {
    use perf_exporters::report::{Moment, Reading, Track};

    let mut moment = Moment::default();
    (moment.cpu_ns, moment.rss_bytes) = (Some(1_500_000_000), Some(4_096));
    let mut reading = Reading::default();
    (reading.throttled_ns, reading.descriptors, reading.io_calls) = (Some(250_000_000), Some(12), Some(7));
    let mut track = Track::default();
    (track.moments, track.readings, track.own_ns) = (vec![moment], vec![reading], Some(2_000));
    (track.limits.processors, track.limits.quota_ns, track.limits.quota_period_ns) = (Some(4), Some(150), Some(100));
    let mut report = Report::default();
    report.monitor.push(track.clone());
    let page = text(&report, Format::Text, &Options::default());
    for line in [
        "# TYPE perf_monitor_cpu_seconds_total counter",
        "perf_monitor_cpu_seconds_total 1.5",
        "perf_monitor_own_seconds_total 0.000002",
        "perf_monitor_rss_bytes 4096",
        "perf_monitor_limit_processors 1.5",
        "perf_monitor_throttled_seconds_total 0.25",
        "# TYPE perf_monitor_descriptors gauge",
        "perf_monitor_descriptors 12",
        "perf_monitor_io_calls_total 7",
    ] {
        assert!(page.lines().any(|shown| shown == line), "{line}\n{page}");
    }
    assert!(!page.contains("perf_monitor_swap"), "{page}");
    let open = text(&report, Format::OpenMetrics, &Options::default());
    assert!(open.contains("# UNIT perf_monitor_cpu_seconds seconds\n") && open.ends_with("# EOF\n"), "{open}");
    assert!(!render(&report, Format::Protobuf, &Options::default()).is_empty());
    // Of two processes nothing could be told apart.
    report.monitor.push(track);
    assert!(!text(&report, Format::Text, &Options::default()).contains("perf_monitor"));
}
