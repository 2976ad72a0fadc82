//! A number of errors that nothing looked for is unknown in every form, and is not zero.

use perf_exporters::Report;
use perf_exporters::report::ProbeReport;
use perf_exporters::table;

use crate::support::probe;

/// One probe whose errors are not looked for, one without errors, one with some.
fn report() -> Report {
    let mut report = Report::default();
    report.probes = vec![probe("blind", &[(1_000, 10)]), probe("clean", &[(900, 10)]), probe("fails", &[(800, 10)])];
    for probe in &mut report.probes {
        (probe.errors, probe.errors_unseen) = (0, false);
    }
    report.probes[0].errors_unseen = true;
    report.probes[2].errors = 3;
    report
}

/// The words of the first line that begins with these.
#[allow(dead_code, reason = "features decide which forms there are")]
fn row<'a>(text: &'a str, begin: &str) -> Vec<&'a str> {
    let line = text.lines().find(|line| line.trim_start_matches(['|', ' ']).starts_with(begin)).expect(begin);
    line.split([' ', '|', ',']).filter(|word| !word.is_empty()).collect()
}

#[test]
fn json_says_so_and_files_from_before_are_read() {
    let json = report().to_json();
    assert_eq!(Report::from_json(&json).unwrap(), report());
    assert_eq!(json.matches("errors_unseen").count(), 1, "left out where it is not so: {json}");
    let before = r#"{"schema": "perf.report/1", "probes": [{"name": "a", "calls": 3, "errors": 0}]}"#;
    assert_eq!(Report::from_json(before).unwrap().probe("a").unwrap().known_errors(), Some(0));
}

#[test]
fn the_table_has_a_mark_and_says_what_to_write() {
    let mut options = table::Options::default();
    options.width = 120;
    let text = table::render(&report(), &options);
    let errors = row(&text, "probe").iter().position(|title| *title == "errors").expect("a column");
    assert_eq!(row(&text, "blind")[errors], "?", "{text}");
    assert_eq!(row(&text, "clean")[errors], "-", "{text}");
    assert_eq!(row(&text, "fails")[errors], "3", "{text}");
    assert!(text.contains("? errors are not looked for: write `#[perf_probe(errors)]` on blind\n"), "{text}");
}

#[cfg(feature = "markdown")]
#[test]
fn the_summary_has_a_mark_and_says_what_to_write() {
    let text = perf_exporters::markdown::render(&report(), &perf_exporters::markdown::Options::default());
    let errors = row(&text, "probe").iter().position(|title| *title == "errors").expect("a column");
    let marks = ["`blind`", "`clean`", "`fails`"].map(|name| row(&text, name)[errors]);
    assert_eq!(marks, ["?", "-", "3"], "{text}");
    assert!(text.contains("- errors not looked for, since `#[perf_probe(errors)]` is missing: `blind`\n"), "{text}");
}

#[cfg(feature = "csv")]
#[test]
fn the_cell_is_empty() {
    let text = perf_exporters::csv::render(&report());
    let errors = text.lines().next().unwrap().split(',').position(|title| title == "errors").unwrap();
    let cells: Vec<_> = text.lines().skip(1).map(|line| line.split(',').nth(errors).unwrap()).collect();
    assert_eq!(cells, ["", "0", "3"]);
}

#[cfg(feature = "html")]
#[test]
fn the_page_is_told() {
    let page = perf_exporters::html::render(&report(), &perf_exporters::html::Options::default());
    assert_eq!(page.matches(r#""errorsUnknown":1"#).count(), 1);
}

#[cfg(feature = "prometheus")]
#[test]
fn there_is_no_series() {
    use perf_exporters::prometheus::{Format, Options, render};

    for format in [Format::Text, Format::OpenMetrics] {
        let text = String::from_utf8(render(&report(), format, &Options::default())).unwrap();
        assert!(!text.contains(r#"perf_probe_errors_total{probe="blind"}"#), "{text}");
        assert!(text.contains("perf_probe_errors_total{probe=\"clean\"} 0\n"), "{text}");
        assert!(text.contains("perf_probe_errors_total{probe=\"fails\"} 3\n"), "{text}");
    }
}

#[cfg(feature = "judge")]
#[test]
fn a_bound_on_errors_is_undecided_unless_it_is_broken() {
    use perf_core::budget::Metric;
    use perf_exporters::judge::{Quantity, Reason, Verdict, hold};

    let judged = |errors| {
        let mut probe = report().probes.swap_remove(0);
        (probe.calls, probe.errors) = (10_000, errors);
        hold(Quantity::Metric(Metric::Errors), 0.01, &probe.figures(false)).verdict
    };
    for errors in [0, 1] {
        let Verdict::Inconclusive(Reason::Invalid(why)) = judged(errors) else { panic!("{:?}", judged(errors)) };
        assert!(why.contains("#[perf_probe(errors)]"), "{why}");
    }
    assert!(judged(200).is_fail(), "what was seen is too much already");
}

#[cfg(feature = "baseline")]
#[test]
fn a_baseline_has_no_number_of_errors() {
    use perf_exporters::baseline::{Baseline, Metric};

    let baseline = Baseline::from_runs([&report(), &report()]);
    let errors = |name: &str| {
        baseline.get(name).unwrap().counts.get(Metric::Errors).and_then(perf_exporters::baseline::Figure::agreed)
    };
    assert_eq!((errors("blind"), errors("clean"), errors("fails")), (None, Some(0.0), Some(3.0)));
}

#[test]
fn sums_and_intervals_remember() {
    let mut sum = report();
    sum.probes[0].errors_unseen = false;
    sum.merge(&report());
    assert_eq!(sum.probes[0].known_errors(), None);
    let mut later = report();
    for probe in &mut later.probes {
        probe.calls += 1;
    }
    let interval = later.since(&report()).expect("the same process, later");
    assert_eq!(interval.probe("blind").map(ProbeReport::known_errors), Some(None));
    assert_eq!(interval.probe("fails").map(ProbeReport::known_errors), Some(Some(0)));
}
