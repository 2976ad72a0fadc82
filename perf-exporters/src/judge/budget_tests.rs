use super::*;
use crate::judge::findings::Findings;
use crate::judge::verdict::{Reason, Verdict};

const fn limit(metric: Metric, bound: Bound) -> Limit {
    Limit { metric, bound }
}

const MICROSECOND: Bound = Bound::Time(Duration::from_micros(1));

const TIMES: BudgetSpec = BudgetSpec {
    limits: &[
        limit(Metric::P50, MICROSECOND),
        limit(Metric::P99, MICROSECOND),
        limit(Metric::Max, MICROSECOND),
        limit(Metric::Mean, MICROSECOND),
        limit(Metric::Throughput, Bound::PerThousandSeconds(1_000_000_000)),
    ],
    targets: &[limit(Metric::P99, Bound::Time(Duration::from_nanos(600)))],
    ..BudgetSpec::EMPTY
};

fn metrics(findings: &Findings, verdict: &Verdict) -> Vec<String> {
    let rows = findings.rows.iter().filter(|row| row.verdict == *verdict);
    rows.map(|row| format!("{}{}", row.metric, if row.severity == Severity::Target { " target" } else { "" })).collect()
}

fn timed(times: Vec<f64>) -> Measurements {
    Measurements { times, ..Measurements::default() }
}

#[test]
fn every_limit_on_time_is_judged_and_all_breaches_are_listed() {
    let fast = Budget::new(&TIMES).judge(&timed(vec![500.0; 1_000]));
    assert!(fast.verdict().is_pass());
    let slow = Budget::new(&TIMES).judge(&timed(vec![2_000.0; 1_000]));
    assert_eq!(metrics(&slow, &Verdict::Fail), ["p50", "p99", "max", "mean", "throughput", "p99 target"]);
    assert_eq!(slow.outcome().breaches.len(), 6);
    let throughput = slow.rows.iter().find(|row| row.metric == "throughput").unwrap();
    assert!((throughput.actual - 500_000.0).abs() < 1.0);
    assert_eq!(throughput.promise(), "throughput ≥ 1.00M/s");
}

#[test]
fn a_missed_target_warns() {
    let judged = Budget::new(&TIMES).judge(&timed(vec![800.0; 1_000]));
    assert!(judged.verdict().is_pass());
    assert!(judged.outcome().warned());
}

#[test]
fn a_debug_build_cannot_fail_on_time() {
    let slow = timed(vec![2_000.0; 1_000]);
    let budget = Budget::new(&TIMES).debug_build(true);
    assert_eq!(budget.judge(&slow).verdict(), Verdict::Inconclusive(Reason::DebugBuild));
    assert!(budget.judge(&timed(vec![500.0; 1_000])).verdict().is_pass());
    const INSISTS: BudgetSpec = BudgetSpec { debug: true, ..TIMES };
    assert!(Budget::new(&INSISTS).debug_build(true).judge(&slow).verdict().is_fail());
    const COUNTS: BudgetSpec = BudgetSpec { limits: &[limit(Metric::Allocs, Bound::Count(0))], ..BudgetSpec::EMPTY };
    let counted = Measurements { batches: batches([8, 8, 8]), ..Measurements::default() };
    assert!(Budget::new(&COUNTS).debug_build(true).judge(&counted).verdict().is_fail());
}

fn batches(allocs: [u64; 3]) -> Vec<Counters> {
    allocs
        .map(|allocs| Counters {
            calls: 8,
            allocs,
            alloc_bytes: 64 * allocs,
            peak_bytes: 100,
            net_bytes: -16,
            probes: vec![allocs * 2, 0],
            ran: vec!["query".to_owned()],
        })
        .to_vec()
}

const COUNTERS: BudgetSpec = BudgetSpec {
    limits: &[
        limit(Metric::Allocs, Bound::Count(2)),
        limit(Metric::AllocBytes, Bound::Bytes(128)),
        limit(Metric::PeakBytes, Bound::Bytes(100)),
        limit(Metric::NetBytes, Bound::Bytes(0)),
    ],
    calls: &[CallLimit { probe: "query", calls: 4 }, CallLimit { probe: "begin", calls: 0 }],
    ..BudgetSpec::EMPTY
};

#[test]
fn counters_are_per_call_and_one_more_is_one_too_many() {
    let judge = |allocs| {
        let measured = Measurements { batches: batches(allocs), ..Measurements::default() };
        Budget::new(&COUNTERS).judge(&measured)
    };
    assert!(judge([16, 16, 16]).verdict().is_pass());
    assert!(judge([17, 16, 18]).verdict().is_pass(), "the least is judged");
    let over = judge([17, 17, 17]);
    assert_eq!(metrics(&over, &Verdict::Fail), ["allocs", "alloc_bytes", "calls(\"query\")"]);
    assert!((over.rows[0].actual - 2.125).abs() < 1e-9);
    assert!(over.rows.iter().all(|row| row.exact));
    assert!(judge([17, 16, 18]).rows[0].reason.starts_with("nondeterministic: between 2 and 2.25"));
}

#[test]
fn calls_of_a_probe_that_never_ran_prove_nothing() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let judge = |ran: Vec<String>| {
        let mut batches = batches([16; 3]);
        for batch in &mut batches {
            (batch.probes, batch.ran) = (vec![0, 0], ran.clone());
        }
        let found = Budget::new(&COUNTERS).judge(&Measurements { batches, ..Measurements::default() });
        let [query, begin] = &found.rows[4..] else { panic!("{found:?}") };
        assert!(begin.verdict.is_pass(), "none may, and none did");
        query.verdict.to_string()
    };
    assert_eq!(judge(names(&["a", "b"])), "INCONCLUSIVE (no probe of this name ran; these did: a, b)");
    let many = judge(names(&["a", "b", "c", "d", "e", "f", "g"]));
    assert!(many.contains("a, b, c, d, e and 2 more"), "{many}");
    assert!(judge(Vec::new()).contains("nor any other"));
}

#[test]
fn what_was_not_counted_is_not_kept() {
    let mut measured = Measurements { alloc_tracking: false, batches: batches([0; 3]), ..Measurements::default() };
    let verdict = Budget::new(&COUNTERS).judge(&measured).verdict();
    assert_eq!(verdict, Verdict::Inconclusive(Reason::Invalid(UNCOUNTED.into())));
    measured.alloc_tracking = true;
    measured.batches.iter_mut().for_each(|batch| batch.calls = 0);
    let verdict = Budget::new(&COUNTERS).judge(&measured).verdict();
    assert_eq!(verdict, Verdict::Inconclusive(Reason::Invalid(NOTHING_COUNTED.into())));
}

#[test]
fn errors_are_a_share() {
    const SPEC: BudgetSpec =
        BudgetSpec { limits: &[limit(Metric::Errors, Bound::PartsPerMillion(10_000))], ..BudgetSpec::EMPTY };
    let judge = |errors: Vec<(u64, u64)>| {
        Budget::new(&SPEC).judge(&Measurements { errors, ..Measurements::default() }).verdict()
    };
    assert!(judge(vec![(10, 0); 60]).is_pass());
    assert!(judge(vec![(10, 1); 60]).is_fail());
    assert_eq!(Budget::new(&SPEC).least_calls(), 299);
}

#[test]
fn what_the_machine_may_have_spoiled_does_not_count() {
    const SPEC: BudgetSpec = BudgetSpec { limits: &[limit(Metric::P99, MICROSECOND)], ..BudgetSpec::EMPTY };
    let budget = Budget::new(&SPEC);
    let mut times = vec![500.0; 3_000];
    times.iter_mut().step_by(20).for_each(|time| *time = 2_000.0);
    let measured = timed(times);
    assert!(budget.judge(&measured).verdict().is_fail());
    let calm = Disturbance { runs: 1_000, late: 0, slowdown: 1.0, stretch: 1.0 };
    let busy = Disturbance { late: 50, ..calm };
    assert!(budget.fails_beyond(&measured, calm, &|_| 1.0));
    assert!(budget.fails_beyond(&measured, calm, &|_| 1.5), "they take twice the limit");
    assert!(!budget.fails_beyond(&measured, calm, &|_| 2.5));
    assert!(!budget.fails_beyond(&measured, busy, &|_| 1.0));
    let slower = timed(vec![2_000.0; 3_000]);
    assert!(budget.fails_beyond(&slower, busy, &|_| 1.0), "all calls are over, not 5 %");
}

#[test]
fn a_plan_can_pass() {
    const SPEC: BudgetSpec = BudgetSpec {
        limits: &[limit(Metric::P999, MICROSECOND), limit(Metric::P50, MICROSECOND)],
        ..BudgetSpec::EMPTY
    };
    assert_eq!(Budget::new(&SPEC).least_calls(), 2_995);
    assert_eq!(Budget::new(&BudgetSpec::EMPTY).least_calls(), 60);
    assert!(Budget::new(&BudgetSpec::EMPTY).is_empty() && !Budget::new(&SPEC).is_empty());
}

#[test]
fn what_other_processes_took_of_calls_breaks_no_limit_and_what_the_code_took_does() {
    const LIMITS: BudgetSpec = BudgetSpec {
        limits: &[Limit { metric: Metric::P95, bound: Bound::Time(Duration::from_micros(20)) }],
        ..BudgetSpec::EMPTY
    };
    let late: Vec<f64> = (0..600).map(|call| if call % 5 == 0 { 4_000_000.0 } else { 10_000.0 }).collect();
    let judged = |without_others: Vec<f64>| {
        let measured = Measurements { times: late.clone(), without_others, ..Measurements::default() };
        Budget::new(&LIMITS).judge(&measured).rows.remove(0)
    };
    let passed = judged(vec![10_000.0; 600]);
    assert!(passed.verdict.is_pass(), "{passed:?}");
    assert!(passed.reason.ends_with("without the time that other processes took of 120 calls"), "{}", passed.reason);
    assert!(judged(late.clone()).verdict.is_fail(), "its own time");
    assert!(judged(Vec::new()).verdict.is_fail(), "not known");
}
