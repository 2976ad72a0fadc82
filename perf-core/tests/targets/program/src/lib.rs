//! A program that uses probes in every way a platform without threads allows, and says what it found.

use std::time::Duration;

use perf_core::{ClockKind, Probe, Session, perf_probe, snapshot};
use perf_exporters::{Report, Reporter};

#[perf_probe(name = "outer")]
fn outer(calls: u64) -> u64 {
    (0..calls).map(inner).sum()
}

#[perf_probe(name = "inner", items = 2, sample = 4)]
fn inner(number: u64) -> u64 {
    std::hint::black_box(number)
}

#[perf_probe(name = "fails")]
fn fails() -> Result<(), ()> {
    Err(())
}

/// Panics, which is a trap on the platforms this is for, where anything is not as it should be.
pub fn check(has_clock: bool) {
    static RECORDED: Probe = Probe::new("recorded");
    perf_core::set_timeline(64);
    let reporter = Reporter::builder().ignore_env().program("targets").build();
    let session = Session::new();
    session.run(|| outer(1_000));
    let _ = fails();
    RECORDED.record(Duration::from_millis(5));

    let seen = session.snapshot();
    assert_eq!(seen.get("inner").unwrap().calls(), 1_000);
    let all = snapshot();
    assert_eq!(all.meta().clock, if has_clock { ClockKind::Instant } else { ClockKind::None });
    let inner = all.get("inner").unwrap();
    assert_eq!((inner.calls(), inner.items()), (1_000, 2_000));
    assert_eq!(all.get("fails").unwrap().errors(), 1);
    assert_eq!(all.get("outer").unwrap().total().is_zero(), !has_clock);
    assert_eq!(all.get("recorded").unwrap().max().as_millis(), 5, "a time that the caller took counts");
    assert!(all.tree().nodes().iter().any(|node| node.name == "inner" && node.calls == 1_000));
    assert!(!perf_core::timeline().events().is_empty());

    let report = reporter.report();
    assert_eq!(report.meta.pid, None);
    assert_eq!(report.meta.clock, if has_clock { "instant" } else { "none" });
    assert_eq!(Report::from_json(report.to_json()).unwrap(), report);
    let table = perf_exporters::table::render(&report, &perf_exporters::table::Options::default());
    assert!(table.contains("inner") && table.contains("no clock on this platform") != has_clock, "{table}");
}

/// What a host without anything calls.
#[unsafe(no_mangle)]
pub extern "C" fn run() {
    check(false);
}
