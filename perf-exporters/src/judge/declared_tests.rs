use super::super::mean;
use super::super::verdict::{Reason, Verdict};
use super::*;
use perf_core::budget::{Bound, Metric};
use perf_core::{Probe, Session};
use std::time::Duration;

const fn limit(metric: Metric, bound: Bound) -> Limit {
    Limit { metric, bound }
}

const MICROSECOND: Bound = Bound::Time(Duration::from_micros(1));

static TIMES: BudgetSpec = BudgetSpec {
    limits: &[
        limit(Metric::P95, MICROSECOND),
        limit(Metric::Max, MICROSECOND),
        limit(Metric::Mean, MICROSECOND),
        limit(Metric::Throughput, Bound::PerThousandSeconds(1_000_000_000)),
    ],
    debug: true,
    ..BudgetSpec::EMPTY
};

fn verdicts(findings: &Findings) -> Vec<(&str, bool, bool)> {
    findings.rows.iter().map(|row| (row.metric.as_str(), row.verdict.is_pass(), row.verdict.is_fail())).collect()
}

#[test]
fn times_come_from_the_histogram() {
    if !perf_core::is_enabled() {
        return;
    }
    static FAST: Probe = Probe::new("declared_tests::fast").budget(&TIMES);
    static SLOW: Probe = Probe::new("declared_tests::slow").budget(&TIMES);
    let session = Session::new();
    session.run(|| {
        for nanos in 0..2_000 {
            FAST.record(Duration::from_nanos(400 + nanos % 100));
            SLOW.record(Duration::from_nanos(1_400 + nanos % 100));
        }
    });
    let findings = check(&session.snapshot());
    let expected = |probe: &str, pass: bool| {
        ["p95", "max", "mean", "throughput"].map(|metric| (format!("declared_tests::{probe}: {metric}"), pass, !pass))
    };
    let expected: Vec<_> = expected("fast", true).into_iter().chain(expected("slow", false)).collect();
    let expected: Vec<_> = expected.iter().map(|(name, pass, fail)| (name.as_str(), *pass, *fail)).collect();
    assert_eq!(verdicts(&findings), expected);
}

#[test]
fn a_sampled_probe_is_known_as_well_as_the_calls_that_were_timed() {
    if !perf_core::is_enabled() {
        return;
    }
    const WITHIN_A_SECOND: BudgetSpec = BudgetSpec {
        limits: &[
            limit(Metric::P95, Bound::Time(Duration::from_secs(1))),
            limit(Metric::Mean, Bound::Time(Duration::from_secs(1))),
        ],
        debug: true,
        ..BudgetSpec::EMPTY
    };
    static BUDGET: BudgetSpec = WITHIN_A_SECOND;
    static EVERY: Probe = Probe::new("declared_tests::every").budget(&BUDGET);
    static SOME: Probe = Probe::new("declared_tests::some").sample(1_000).budget(&BUDGET);
    let session = Session::new();
    session.run(|| {
        for _ in 0..5_000 {
            let _every = EVERY.start();
            let _some = SOME.start();
        }
    });
    let snapshot = session.snapshot();
    let timed = snapshot.get("declared_tests::some").unwrap().timed_calls();
    assert!(timed < 20, "{timed} of five or so");
    for row in check(&snapshot).rows {
        let of_few = Verdict::Inconclusive(Reason::TooFewSamples {
            have: timed,
            need: if row.metric.ends_with("p95") { 59 } else { mean::LEAST as u64 },
        });
        let expected = if row.metric.contains("some") { of_few } else { Verdict::Pass };
        assert_eq!((row.metric.as_str(), &row.verdict), (row.metric.as_str(), &expected));
    }
}

#[test]
fn the_straddling_bucket_counts_against_whoever_claims() {
    if !perf_core::is_enabled() {
        return;
    }
    static EDGE: Probe = Probe::new("declared_tests::edge").budget(&AT_EDGE);
    static AT_EDGE: BudgetSpec = BudgetSpec {
        limits: &[limit(Metric::P95, Bound::Time(Duration::from_nanos(100_100)))],
        debug: true,
        ..BudgetSpec::EMPTY
    };
    let session = Session::new();
    session.run(|| {
        // The bucket of the limit is wider than 1 µs; the side of it on which a call was is not known. The last call makes
        // sure that the greatest value does not show it.
        (0..1_000).for_each(|_| EDGE.record(Duration::from_nanos(100_200)));
        EDGE.record(Duration::from_millis(1));
    });
    let findings = check(&session.snapshot());
    assert_eq!(findings.rows[0].verdict, Verdict::Inconclusive(Reason::Undecided), "{findings:?}");
}

#[test]
fn calls_need_the_tree_to_fail() {
    if !perf_core::is_enabled() {
        return;
    }
    static OUTER: Probe = Probe::new("declared_tests::outer").budget(&ONE_QUERY);
    static QUERY: Probe = Probe::new("declared_tests::query");
    static ONE_QUERY: BudgetSpec =
        BudgetSpec { calls: &[CallLimit { probe: "declared_tests::query", calls: 1 }], ..BudgetSpec::EMPTY };
    let run = |queries: u32| {
        let session = Session::new();
        session.run(|| {
            for _ in 0..10 {
                let _outer = OUTER.start();
                (0..queries).for_each(|_| drop(QUERY.start()));
            }
        });
        check(&session.snapshot()).verdict()
    };
    assert!(run(1).is_pass());
    assert!(matches!(run(2), Verdict::Inconclusive(Reason::Invalid(_))));
    perf_core::set_call_tree(true);
    assert!(run(1).is_pass());
    assert!(run(2).is_fail());
}

#[test]
fn a_bound_on_a_probe_that_never_ran_proves_nothing() {
    if !perf_core::is_enabled() {
        return;
    }
    static READS: Probe = Probe::new("declared_tests::reads").budget(&MISSPELT);
    static DISK: Probe = Probe::new("declared_tests::disk");
    static MISSPELT: BudgetSpec = BudgetSpec {
        calls: &[
            CallLimit { probe: "declared_tests::dsik", calls: 1 },
            CallLimit { probe: "declared_tests::network", calls: 0 },
        ],
        ..BudgetSpec::EMPTY
    };
    let session = Session::new();
    session.run(|| {
        let _reads = READS.start();
        drop(DISK.start());
    });
    let findings = check(&session.snapshot());
    let why = "no probe of this name ran; these did: declared_tests::disk";
    assert_eq!(findings.rows[0].verdict, Verdict::Inconclusive(Reason::Invalid(why.into())));
    assert!(findings.rows[1].verdict.is_pass(), "none may, and none did");
}

#[test]
fn errors_and_an_unoptimised_build() {
    if !perf_core::is_enabled() {
        return;
    }
    static FALLIBLE: Probe = Probe::new("declared_tests::fallible").budget(&FEW_ERRORS);
    static FEW_ERRORS: BudgetSpec = BudgetSpec {
        limits: &[limit(Metric::Errors, Bound::PartsPerMillion(10_000)), limit(Metric::P50, MICROSECOND)],
        ..BudgetSpec::EMPTY
    };
    let session = Session::new();
    session.run(|| {
        for _ in 0..1_000 {
            let call = FALLIBLE.start();
            call.fail();
            std::thread::sleep(Duration::from_micros(5));
        }
    });
    let findings = check_as(&session.snapshot(), true);
    let verdicts: Vec<_> = findings.rows.iter().map(|row| row.verdict.clone()).collect();
    assert_eq!(verdicts, [Verdict::Fail, Verdict::Inconclusive(Reason::DebugBuild)]);
    let gated = check_as(&session.snapshot(), false);
    assert!(gated.rows.iter().all(Row::fails));
}

#[test]
fn a_snapshot_without_budgets_finds_nothing() {
    assert!(check(&Snapshot::default()).rows.is_empty());
}
