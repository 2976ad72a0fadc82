//! Budgets that are broken, undecided or warned of: as values, and through the attribute.
#![cfg(feature = "gate")]

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use perf_core::budget::{Bound, BudgetSpec, CallLimit, Clock, Figure, Limit, Metric, Relative};
use perf_core::{PerfAlloc, perf_budget, perf_probe};
use perf_exporters::gate::{Finished, Reason, Run, Severity, Verdict, render};

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);

const fn limit(metric: Metric, bound: Bound) -> Limit {
    Limit { metric, bound }
}

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

fn broken<R>(finished: &Finished<R>) -> Vec<String> {
    finished.findings.outcome().breaches.iter().map(|breach| breach.metric.clone()).collect()
}

#[perf_probe(name = "verdicts::query")]
fn query() -> Vec<u8> {
    vec![0; 100]
}

#[test]
fn one_allocation_more_and_one_query_more_fail() {
    static SPEC: BudgetSpec = BudgetSpec {
        limits: &[
            limit(Metric::Allocs, Bound::Count(1)),
            limit(Metric::AllocBytes, Bound::Bytes(100)),
            limit(Metric::PeakBytes, Bound::Bytes(100)),
            limit(Metric::NetBytes, Bound::Bytes(0)),
        ],
        calls: &[CallLimit { probe: "verdicts::query", calls: 1 }],
        ..BudgetSpec::EMPTY
    };
    if !perf_core::is_enabled() {
        return;
    }
    let start = Instant::now();
    assert!(Run::new(&SPEC).test(|| drop(black_box(query()))).findings.verdict().is_pass());
    assert!(start.elapsed() < Duration::from_millis(500), "counters take no time");
    let twice = Run::new(&SPEC).test(|| drop(black_box((query(), query()))));
    assert_eq!(broken(&twice), ["allocs", "alloc_bytes", "peak_bytes", "calls(\"verdicts::query\")"]);
    let mut kept = Vec::with_capacity(1_000);
    let leaks = Run::new(&SPEC).test(|| kept.push(query()));
    assert_eq!(broken(&leaks), ["net_bytes"]);
    let text = render::report(&leaks);
    assert!(text.contains("net_bytes ≤ 0 B") && text.contains("verdicts::query"), "{text}");
}

#[test]
fn a_slow_function_fails_after_three_epochs() {
    static SPEC: BudgetSpec = BudgetSpec {
        limits: &[
            limit(Metric::P95, Bound::Time(Duration::from_micros(50))),
            limit(Metric::Mean, Bound::Time(Duration::from_micros(50))),
            limit(Metric::Throughput, Bound::PerThousandSeconds(20_000_000)),
        ],
        targets: &[limit(Metric::P50, Bound::Time(Duration::from_micros(10)))],
        ..BudgetSpec::EMPTY
    };
    // Of several lengths: where all calls take the same there is no distribution to draw.
    let calls = std::cell::Cell::new(0);
    let finished = Run::new(&SPEC).named("slow").test(|| {
        calls.set(calls.get() + 1);
        spin(Duration::from_micros(300 + 100 * (calls.get() % 3)));
    });
    let verdict = finished.findings.verdict();
    // On a machine under heavy load it may be said that the load did it.
    assert!(verdict.is_fail() || verdict == Verdict::Inconclusive(Reason::Environment), "{verdict}");
    if verdict.is_fail() {
        let broken = broken(&finished);
        assert!(broken.contains(&"p95".to_owned()) && broken.contains(&"p50".to_owned()), "{broken:?}");
        assert!(finished.epochs >= 3);
        let text = render::report(&finished);
        for part in ["p95 ≤ 50.0 µs", "WARN (target missed)", "█", "epochs"] {
            assert!(text.contains(part), "{part} is missing:\n{text}");
        }
    }
}

#[test]
fn too_short_a_time_says_how_long_it_takes() {
    static SPEC: BudgetSpec = BudgetSpec {
        limits: &[limit(Metric::P99, Bound::Time(Duration::from_secs(1)))],
        max_time: Some(Duration::from_millis(50)),
        ..BudgetSpec::EMPTY
    };
    let finished = Run::new(&SPEC).named("short").test(|| std::thread::sleep(Duration::from_millis(5)));
    let Verdict::Inconclusive(Reason::TooFewSamples { have, need: 299 }) = finished.findings.verdict() else {
        panic!("{:?}", finished.findings);
    };
    assert!((1..=11).contains(&have), "{have}");
    let line = render::line(&finished);
    assert!(line.contains("performance budget of short: INCONCLUSIVE"), "{line}");
    assert!(line.contains("max_time = \""), "{line}");
}

#[test]
fn an_error_ends_the_run_unless_it_is_budgeted() {
    static STRICT: BudgetSpec =
        BudgetSpec { limits: &[limit(Metric::Errors, Bound::PartsPerMillion(10_000))], ..BudgetSpec::EMPTY };
    let mut calls = 0_u32;
    let finished = Run::new(&STRICT).test(|| {
        calls += 1;
        if calls.is_multiple_of(4) { Err(calls) } else { Ok(()) }
    });
    // By hand a result is a value like any other; the attribute looks at it.
    assert!(finished.findings.verdict().is_pass());
}

#[test]
fn a_slower_function_than_its_reference_fails() {
    static SPEC: BudgetSpec = BudgetSpec {
        relative: Some(Relative { reference: "fast", ratio: 1.1, by: Figure::Time }),
        ..BudgetSpec::EMPTY
    };
    let work = |n: u64| (0..n).map(black_box).fold(0_u64, |a, b| a ^ b.wrapping_mul(31));
    let slower = Run::new(&SPEC).versus(|| work(2_000), || work(1_000));
    assert!(!slower.findings.verdict().is_pass(), "{:?}", slower.findings);
    let faster = Run::new(&SPEC).versus(|| work(1_000), || work(2_000));
    assert!(!faster.findings.verdict().is_fail(), "{:?}", faster.findings);
    // Beside other work neither may be proven; which is which is plain all the same.
    let ratio = |finished: &Finished<u64>| finished.findings.rows[0].actual;
    assert!(!(ratio(&slower) < 1.4 || ratio(&faster) > 0.7), "{:?} {:?}", slower.findings, faster.findings);
}

/// A slot lasts some milliseconds. Where the first calls told how long one takes, and made something that stays, or were interrupted by a
/// busy machine, it was a single call, which always found the caches as the other side had left them: one verdict of a hundred was wrong.
#[test]
fn slots_are_made_for_usual_calls_not_for_the_first() {
    static SPEC: BudgetSpec = BudgetSpec {
        relative: Some(Relative { reference: "another", ratio: 2.0, by: Figure::Time }),
        ..BudgetSpec::EMPTY
    };
    let (slow, usual) = (Duration::from_millis(40), Duration::from_micros(50));
    for (slow_bodies, slow_references) in [(0, 3), (20, 0)] {
        let calls = [0, 0].map(std::cell::Cell::new);
        let called = |side: usize, slow_ones: u32| {
            calls[side].set(calls[side].get() + 1);
            spin(if calls[side].get() <= slow_ones { slow } else { usual });
        };
        let finished = Run::new(&SPEC).versus(|| called(0, slow_bodies), || called(1, slow_references));
        // Slots become shorter where time is short, down to five calls; with one call each it would be some thirty.
        assert!(calls[1].get() > 100, "{} calls: {:?}", calls[1].get(), finished.findings);
    }
}

#[test]
fn sleeping_costs_no_processor_time() {
    static SPEC: BudgetSpec = BudgetSpec {
        limits: &[limit(Metric::P50, Bound::Time(Duration::from_millis(1)))],
        clock: Clock::Cpu,
        ..BudgetSpec::EMPTY
    };
    let finished = Run::new(&SPEC).test(|| std::thread::sleep(Duration::from_millis(2)));
    let verdict = finished.findings.verdict();
    // Where a thread's processor time cannot be had, that is said.
    assert!(verdict.is_pass() || matches!(verdict, Verdict::Inconclusive(Reason::Invalid(_))), "{verdict}");
}

#[test]
fn a_debug_build_is_named() {
    static SPEC: BudgetSpec =
        BudgetSpec { limits: &[limit(Metric::P50, Bound::Time(Duration::from_nanos(1)))], ..BudgetSpec::EMPTY };
    let start = Instant::now();
    let finished = Run::new(&SPEC).debug_build(true).test(|| spin(Duration::from_micros(10)));
    assert_eq!(finished.findings.verdict(), Verdict::Inconclusive(Reason::DebugBuild));
    assert_eq!(finished.epochs, 1, "there is nothing to confirm");
    assert!(start.elapsed() < Duration::from_millis(2_500));
    assert!(finished.findings.rows.iter().all(|row| row.severity == Severity::Limit));
}

mod through_the_attribute {
    //! These fail on purpose; [`they_fail_readably`] runs them in a process of their own.
    use super::*;

    #[perf_budget(allocs = 0, max = "1h")]
    #[test]
    #[ignore = "fails on purpose"]
    fn allocates() {
        drop(black_box(query()));
    }

    #[test]
    #[ignore = "fails on purpose"]
    // Below `#[test]`, and a comment between them.
    #[perf_budget(name = "a name of its own", allocs = 0)]
    fn stands_below() {
        drop(black_box(query()));
    }

    #[perf_budget(p50 = "1ns", max_time = "100ms", debug = true)]
    #[tokio::test]
    #[ignore = "fails on purpose"]
    async fn is_slow_and_asynchronous() {
        spin(Duration::from_micros(100));
    }

    #[perf_budget(allocs = 100)]
    #[test]
    #[ignore = "fails on purpose"]
    fn returns_an_error() -> Result<(), String> {
        Err("no such file".to_owned())
    }

    #[perf_budget(errors = "1%", max_time = "100ms")]
    #[test]
    #[ignore = "fails on purpose"]
    fn returns_too_many_errors() -> Result<(), String> {
        Err("no such file".to_owned())
    }

    #[perf_budget(p99 = "1s", max_time = "20ms")]
    #[test]
    #[ignore = "undecided on purpose"]
    fn is_undecided() {
        std::thread::sleep(Duration::from_millis(2));
    }

    #[perf_budget(p50 = "1s", target(p50 = "1us"), max_time = "5s", debug = true)]
    #[test]
    #[ignore = "warns on purpose"]
    fn misses_its_target() {
        std::thread::sleep(Duration::from_millis(2));
    }

    #[perf_budget]
    #[test]
    #[ignore = "undecided on purpose"]
    fn has_nothing_to_check() {}
}

/// Runs one of the tests above: whether it passed, and all that it wrote.
fn child(test: &str, variables: &[(&str, &str)]) -> (bool, String) {
    let name = format!("through_the_attribute::{test}");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([name.as_str(), "--exact", "--ignored"]).env_remove("PERF_STRICT").env("RUST_BACKTRACE", "0");
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), said(&output.stdout) + &said(&output.stderr))
}

#[test]
fn they_fail_readably() {
    if !perf_core::is_enabled() {
        return;
    }
    let (passed, text) = child("allocates", &[]);
    assert!(!passed);
    for part in [
        "performance budget of budget_verdicts::through_the_attribute::allocates: FAIL",
        "allocs ≤ 0",
        "max ≤ 1.00 h",
        "cost most inside",
        "allocated most inside",
        "verdicts::query  1 allocation, 100 B per call",
        "PERF_GATE_DETAIL=1 cargo test --release",
        "panicked at perf-exporters/tests/budget_verdicts.rs:",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    let (passed, text) = child("stands_below", &[]);
    assert!(!passed && text.contains("performance budget of a name of its own: FAIL"), "{text}");
    assert!(text.contains(" through_the_attribute::stands_below -- --exact"), "the test, not the budget\n{text}");
    let (passed, text) = child("returns_an_error", &[]);
    assert!(!passed && text.contains("Error: \"no such file\"") && !text.contains("performance budget"), "{text}");
    let (passed, text) = child("returns_too_many_errors", &[]);
    assert!(!passed && text.contains("errors ≤ 1.0 %"), "{text}");
}

#[test]
fn a_slow_asynchronous_function_fails_readably() {
    if !perf_core::is_enabled() {
        return;
    }
    let (passed, text) = child("is_slow_and_asynchronous", &[]);
    // On a machine under heavy load it may be said that the load did it.
    let excused = text.contains("(environment: ") || text.contains("(not confirmed: ");
    assert!(excused || !passed && text.contains("panicked at perf-exporters/tests/budget_verdicts.rs:"), "{text}");
}

#[test]
fn doubts_are_told_and_do_not_fail_unless_asked() {
    if !perf_core::is_enabled() {
        return;
    }
    for (test, told) in
        [("is_undecided", "INCONCLUSIVE: p99 ≤ 1.00 s"), ("has_nothing_to_check", "no function with a budget")]
    {
        let (passed, text) = child(test, &[]);
        assert!(passed && text.contains(told), "{text}");
        for strict in ["1", "on", "TRUE", "ture"] {
            let (passed, text) = child(test, &[("PERF_STRICT", strict)]);
            assert!(!passed && text.contains("PERF_STRICT"), "{strict}: {text}");
            assert_eq!(text.contains("did you mean `true`?"), strict == "ture", "{text}");
        }
        for lax in ["0", "off", "false", "No"] {
            let (passed, text) = child(test, &[("PERF_STRICT", lax)]);
            assert!(passed, "{lax}: {text}");
        }
    }
    let (passed, text) = child("misses_its_target", &[("PERF_STRICT", "1")]);
    assert!(passed && text.contains("target missed"), "{text}");
}

#[test]
fn every_run_is_logged_where_asked() {
    if !perf_core::is_enabled() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gate.jsonl");
    let log = path.to_str().unwrap();
    child("allocates", &[("PERF_GATE_LOG", log)]);
    let (_, text) = child("is_undecided", &[("PERF_GATE_LOG", log), ("PERF_GATE_DETAIL", "1")]);
    assert!(text.contains("look deeper"), "{text}");
    let runs = perf_exporters::gate_log::read(&path).unwrap();
    let verdicts: Vec<_> = runs.iter().map(|run| run.verdict.as_str()).collect();
    assert_eq!(verdicts.len(), 2);
    assert_eq!(verdicts[0], "FAIL");
    assert!(verdicts[1].starts_with("INCONCLUSIVE"), "{verdicts:?}");
    assert_eq!(runs[0].rows[0].metric, "allocs");
    // The form is the one that is documented, and the type has every field of it.
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with(r#"{"schema":"perf.gate-log/1","budget":""#), "{text}");
    assert_eq!(runs.iter().map(perf_exporters::gate_log::Run::to_json_line).collect::<String>(), text);
}

#[test]
fn a_comparison_needs_its_reference() {
    static SPEC: BudgetSpec = BudgetSpec {
        relative: Some(Relative { reference: "fast", ratio: 1.1, by: Figure::Time }),
        ..BudgetSpec::EMPTY
    };
    let verdict = Run::new(&SPEC).test(|| black_box(1)).findings.verdict();
    assert!(matches!(verdict, Verdict::Inconclusive(Reason::Invalid(_))), "{verdict}");
}
