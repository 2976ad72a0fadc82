//! Scalability runs over outcomes that are made up: order, medians, errors, text, JSON and SVG.

#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts and times made up here")]

use std::time::Duration;

use perf_load::scale::{Bottleneck, Scaling};
use perf_load::{Error, Histogram, Model, Outcome, Validity};

/// Ten seconds of a curve with σ = 0.1 and κ = 0.005, a little off in each call.
fn outcome(workers: u32, call: u32) -> Outcome {
    let n = f64::from(workers);
    let off = 1.0 + 0.01 * (f64::from(call) * 1.7).sin();
    let throughput = 1_000.0 * off * n / (1.0 + 0.1 * (n - 1.0) + 0.005 * n * (n - 1.0));
    let mut outcome = Outcome::new("made up", Model::closed(workers as usize, Duration::ZERO));
    outcome.elapsed = Duration::from_secs(10);
    outcome.counts.completed = (throughput * 10.0) as u64;
    outcome.service = [(1e9 * n / throughput) as u64; 100].into_iter().collect::<Histogram>();
    outcome
}

fn scaling() -> Scaling {
    Scaling::new("made <up>").workers([1, 2, 4, 8, 16]).rounds(3).seed(9)
}

#[test]
fn every_count_is_measured_once_a_round_in_an_order_that_follows_from_the_seed() {
    let order = |seed| {
        let mut order = Vec::new();
        let found = scaling().seed(seed).measure(|workers| {
            order.push(workers);
            Ok(outcome(workers, order.len() as u32))
        });
        assert_eq!(found.unwrap().counts(), [1, 2, 4, 8, 16]);
        order
    };
    let first = order(9);
    assert_eq!(first.len(), 15);
    for round in first.chunks(5) {
        let mut round = round.to_vec();
        round.sort_unstable();
        assert_eq!(round, [1, 2, 4, 8, 16]);
    }
    assert_eq!(first, order(9));
    assert_ne!(first, order(10));
}

#[test]
fn the_curve_of_the_steps_comes_out_with_latency_and_memory_beside_it() {
    let mut call = 0;
    let found = scaling().measure(|workers| {
        call += 1;
        Ok(outcome(workers, call))
    });
    let found = found.unwrap();
    let usl = found.usl.as_ref().unwrap();
    assert!((usl.sigma.value - 0.1).abs() < 0.01 && (usl.kappa.value - 0.005).abs() < 0.0005, "{usl:?}");
    // √(0.9 ÷ 0.005) = 13.4.
    assert!((usl.peak.value - 13.4).abs() < 0.5, "{usl:?}");
    let markdown = found.markdown();
    for line in ["| 16 |", "- contention σ: 0.0", "- coherency κ: ", "- peak: 13", "- knee: ", "- ceiling: ", "seed 9"]
    {
        assert!(markdown.contains(line), "{line} is missing in\n{markdown}");
    }
    // This process did not take ten seconds: its resources are no evidence, and a curve alone gives no class.
    assert_eq!(found.diagnosis.bottleneck, Bottleneck::Unknown, "{markdown}");
    assert!(markdown.contains("the processor time of the steps is not known"), "{markdown}");
    let json: serde_json::Value = serde_json::from_str(&found.json()).unwrap();
    assert_eq!((&json["schema"], &json["diagnosis"]["bottleneck"]), (&"perf.load.scale/1".into(), &"unknown".into()));
    assert_eq!(json["steps"].as_array().unwrap().len(), 15);
}

#[test]
fn two_counts_make_no_curve_and_say_so() {
    let found = scaling().workers([1, 2]).measure(|workers| Ok(outcome(workers, 1))).unwrap();
    assert!(found.usl.is_none());
    assert!(found.markdown().contains("- no curve: workers: 6 points at 2 worker counts"), "{}", found.markdown());
}

#[test]
fn steps_that_cannot_be_relied_on_are_errors_and_an_interrupted_run_keeps_what_it_has() {
    let bad = scaling().measure(|workers| {
        let mut outcome = outcome(workers, 1);
        outcome.validity = Validity::invalid("nothing was completed");
        Ok(outcome)
    });
    assert!(bad.unwrap_err().to_string().contains("nothing was completed"));
    let passed = scaling().measure(|_| Err(Error::invalid("host", "unreachable")));
    assert_eq!(passed.unwrap_err().key(), Some("host"));
    assert_eq!(scaling().workers([]).measure(|n| Ok(outcome(n, 1))).unwrap_err().key(), Some("workers"));
    assert_eq!(scaling().workers([1, 0]).measure(|n| Ok(outcome(n, 1))).unwrap_err().key(), Some("workers"));
    assert_eq!(scaling().rounds(0).measure(|n| Ok(outcome(n, 1))).unwrap_err().key(), Some("rounds"));
    let mut call = 0;
    let found = scaling().measure(|workers| {
        call += 1;
        let mut outcome = outcome(workers, call);
        outcome.interrupted = call == 4;
        Ok(outcome)
    });
    let found = found.unwrap();
    assert!(found.interrupted && found.steps.len() == 3);
}

#[cfg(feature = "page")]
#[test]
fn a_plot_has_points_curve_peak_and_service_times() {
    use perf_load::page::{Ground, scaled};
    let plot = scaled(&scaling().measure(|workers| Ok(outcome(workers, workers))).unwrap());
    let names: Vec<&str> = plot.panels[0].lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names[..3], ["measured", "λ·N", "fitted"]);
    assert!(names[3].starts_with("peak 13."), "{names:?}");
    assert_eq!((plot.panels[0].lines[0].points.len(), plot.panels[1].lines.len()), (15, 2));
    let text = plot.svg(Ground::Light).unwrap();
    assert!(text.matches("<circle").count() >= 15 + 1 + 2 * 15, "throughput, the peak, two quantiles");
    assert!(
        text.contains("<polyline")
            && text.contains("made &lt;up&gt;")
            && !text.contains("NaN")
            && !text.contains("inf")
    );
    // A run without a curve has its points.
    let few = scaled(&scaling().workers([1, 2]).measure(|workers| Ok(outcome(workers, workers))).unwrap());
    assert_eq!((few.panels[0].lines.len(), few.panels[0].lines[0].points.len()), (1, 6));
}
