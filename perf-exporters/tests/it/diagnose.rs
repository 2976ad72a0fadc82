//! Each finding, by a report that shows it and by one that nearly does.

use std::time::Duration;

use perf_exporters::diagnose::{Confidence, Diagnosis, Finding, diagnose};
use perf_exporters::report::{
    BudgetReport, CalleeTime, Driven, Exemplar, Limits, Moment, PressureOf, ProbeReport, Reading, Report, ThreadTime,
    Track,
};
use perf_exporters::table;

use crate::support::probe;

const SECOND: u64 = 1_000_000_000;
const MS: u64 = 1_000_000;
/// Seconds that the processes here are watched for.
const WATCHED: u64 = 10;

/// What a process used in each second: levels as they are.
fn watched(each_second: impl Fn(&mut Reading), busy: f64) -> Track {
    let mut track = Track::default();
    track.limits = Limits::default();
    track.limits.processors = Some(4);
    track.pressure_of = Some(PressureOf::Machine);
    let mut one = Reading::default();
    each_second(&mut one);
    for second in 0..=WATCHED {
        let mut moment = Moment::default();
        let spent = Duration::from_secs_f64(second as f64 * busy).as_nanos();
        (moment.at_ns, moment.cpu_ns) = (second * SECOND, u64::try_from(spent).ok());
        track.moments.push(moment);
        track.readings.push(after(&one, second));
    }
    track
}

/// Sums after so many seconds.
fn after(one: &Reading, seconds: u64) -> Reading {
    let json = serde_json::to_value(one).unwrap();
    let mut grown = serde_json::Map::new();
    for figure in Reading::FIGURES {
        if let Some(value) = json.get(figure.name).and_then(serde_json::Value::as_u64) {
            let is_sum = figure.kind == perf_exporters::report::Kind::Grows;
            grown.insert(figure.name.to_owned(), (if is_sum { value * seconds } else { value }).into());
        }
    }
    grown.insert("at_ns".to_owned(), (seconds * SECOND).into());
    serde_json::from_value(grown.into()).unwrap()
}

fn of_track(track: Track) -> Report {
    let mut report = Report::default();
    (report.meta.processes, report.meta.duration_ns, report.meta.machine.cores) = (1, WATCHED * SECOND, 4);
    report.meta.waiting_told = true;
    report.monitor.push(track);
    report
}

fn of_probes(probes: Vec<ProbeReport>) -> Report {
    let mut report = Report::default();
    (report.meta.processes, report.meta.duration_ns) = (1, WATCHED * SECOND);
    report.probes = probes;
    report
}

fn found(report: &Report, diagnosis: Diagnosis) -> Option<Finding> {
    let mut of_kind = diagnose(report).into_iter().filter(|finding| finding.diagnosis == diagnosis);
    let first = of_kind.next();
    assert_eq!(of_kind.next(), None, "once");
    first
}

#[track_caller]
fn shows(report: &Report, diagnosis: Diagnosis, confidence: Confidence) -> Finding {
    let finding = found(report, diagnosis).unwrap_or_else(|| panic!("{diagnosis:?} in {:?}", diagnose(report)));
    assert_eq!(finding.confidence, confidence, "{finding}");
    assert!(!finding.evidence.is_empty() && !finding.remedy.is_empty());
    assert!(finding.evidence.iter().all(|evidence| evidence.value.is_finite()), "{finding}");
    finding
}

#[track_caller]
fn shows_not(report: &Report, diagnosis: Diagnosis) {
    assert_eq!(found(report, diagnosis), None);
}

#[test]
fn nothing_is_found_in_nothing() {
    assert_eq!(diagnose(&Report::default()), []);
    assert_eq!(diagnose(&of_track(watched(|_| {}, 0.0))), []);
    assert_eq!(diagnose(&of_track(Track::default())), []);
}

#[test]
fn processors_are_saturated_when_threads_want_all_of_them() {
    let with = |busy, ready: u64, stalled_ms: Option<u64>| {
        let each = |one: &mut Reading| {
            one.ready_ns = Some(ready * MS);
            one.cpu_stalled_ns = stalled_ms.map(|ms| ms * MS);
        };
        of_track(watched(each, busy))
    };
    let finding = shows(&with(3.9, 800, None), Diagnosis::ProcessorSaturated, Confidence::High);
    assert_eq!(
        finding.to_string(),
        "processor saturated: processors busy 3.90, of 4, threads ready without one 0.80 (high confidence)"
    );
    shows(&with(3.7, 10, None), Diagnosis::ProcessorSaturated, Confidence::Medium);
    // Others have the processors, and ours wait for them.
    shows(&with(1.0, 3_000, Some(900)), Diagnosis::ProcessorSaturated, Confidence::High);
    // Many threads that wake at once wait for each other, on processors that are mostly idle.
    shows_not(&with(1.0, 3_000, Some(100)), Diagnosis::ProcessorSaturated);
    shows_not(&with(1.0, 3_000, None), Diagnosis::ProcessorSaturated);
    shows_not(&with(3.4, 10, Some(900)), Diagnosis::ProcessorSaturated);
}

#[test]
fn a_quota_is_what_there_is() {
    let mut track = watched(|_| {}, 0.95);
    (track.limits.quota_ns, track.limits.quota_period_ns) = (Some(100 * MS), Some(100 * MS));
    shows(&of_track(track.clone()), Diagnosis::ProcessorSaturated, Confidence::Medium);
    track.limits.quota_ns = Some(200 * MS);
    shows_not(&of_track(track), Diagnosis::ProcessorSaturated);
}

#[test]
fn one_thread_that_always_runs_is_the_limit_of_its_work() {
    let with = |name: &str, cpu_ms: u64, ready_ms: u64| {
        let mut track = watched(|_| {}, 1.0);
        let mut thread = ThreadTime::default();
        (thread.name, thread.id, thread.threads) = (name.to_owned(), Some(7), 1);
        (thread.watched_ns, thread.cpu_ns, thread.ready_ns) = (10 * SECOND, cpu_ms * MS, ready_ms * MS);
        track.threads.push(thread);
        of_track(track)
    };
    let finding = shows(&with("reader", 9_900, 50), Diagnosis::ProcessorSaturated, Confidence::Medium);
    assert_eq!(finding.subject, "thread reader");
    shows(&with("reader", 5_000, 4_900), Diagnosis::ProcessorSaturated, Confidence::Medium);
    shows_not(&with("reader", 9_000, 100), Diagnosis::ProcessorSaturated);
    shows_not(&with("perf-load", 9_900, 50), Diagnosis::ProcessorSaturated);
}

#[test]
fn without_a_monitor_the_totals_are_weak_evidence() {
    let with = |processor_s: u64| {
        let mut report = of_probes(Vec::new());
        (report.meta.machine.cores, report.meta.processor_ns) = (2, Some(processor_s * SECOND));
        report
    };
    shows(&with(19), Diagnosis::ProcessorSaturated, Confidence::Low);
    shows_not(&with(17), Diagnosis::ProcessorSaturated);
}

#[test]
fn a_quota_that_stops_threads_is_named_instead_of_saturation() {
    let with = |cut: u64, stopped_ms: u64| {
        let each = |one: &mut Reading| {
            (one.quota_periods, one.throttled_periods, one.throttled_ns) = (Some(10), Some(cut), Some(stopped_ms * MS));
        };
        let mut track = watched(each, 0.5);
        (track.limits.quota_ns, track.limits.quota_period_ns) = (Some(50 * MS), Some(100 * MS));
        of_track(track)
    };
    let report = with(4, 150);
    let finding = shows(&report, Diagnosis::Throttled, Confidence::High);
    assert!(
        finding
            .to_string()
            .contains("periods cut short 40.0%, stopped for each second 150ms, quota in processors 0.50"),
        "{finding}"
    );
    shows_not(&report, Diagnosis::ProcessorSaturated);
    shows(&with(1, 30), Diagnosis::Throttled, Confidence::Medium);
    // Cut short, but at the very end of the period.
    shows_not(&with(1, 5), Diagnosis::Throttled);
    shows_not(&with(0, 0), Diagnosis::Throttled);
}

#[test]
fn memory_pressure_is_waiting_and_not_a_full_group() {
    let with = |of, stalled_ms: u64, halted_ms: u64, faults: u64, kills: u64| {
        let each = |one: &mut Reading| {
            (one.memory_stalled_ns, one.memory_halted_ns) = (Some(stalled_ms * MS), Some(halted_ms * MS));
            (one.major_faults, one.oom_kills, one.memory_limit_hits) = (Some(faults), Some(kills), Some(500));
            one.cgroup_memory_bytes = Some(999 << 20);
        };
        let mut track = watched(each, 1.0);
        (track.pressure_of, track.limits.memory_bytes) = (Some(of), Some(1_000 << 20));
        of_track(track)
    };
    shows(&with(PressureOf::Cgroup, 300, 0, 0, 0), Diagnosis::MemoryPressure, Confidence::High);
    shows(&with(PressureOf::Cgroup, 60, 20, 0, 0), Diagnosis::MemoryPressure, Confidence::High);
    shows(&with(PressureOf::Cgroup, 60, 0, 0, 0), Diagnosis::MemoryPressure, Confidence::Medium);
    shows(&with(PressureOf::Machine, 300, 0, 200, 0), Diagnosis::MemoryPressure, Confidence::High);
    shows(&with(PressureOf::Cgroup, 0, 0, 0, 1), Diagnosis::MemoryPressure, Confidence::High);
    // The page cache fills a group up to its limit.
    shows_not(&with(PressureOf::Cgroup, 30, 0, 2, 0), Diagnosis::MemoryPressure);
    // Others of the machine wait for memory.
    shows_not(&with(PressureOf::Machine, 300, 0, 2, 0), Diagnosis::MemoryPressure);
}

#[test]
fn swapping_is_memory_pressure_where_pages_come_back() {
    let with =
        |faults: u64| of_track(watched(|one| (one.swap_bytes, one.major_faults) = (Some(80 << 20), Some(faults)), 1.0));
    shows(&with(50), Diagnosis::MemoryPressure, Confidence::Medium);
    shows_not(&with(1), Diagnosis::MemoryPressure);
}

#[test]
fn disk_wait_is_of_a_process_that_uses_the_disk() {
    let with = |stalled_ms: u64, halted_ms: u64, mib: u64| {
        let each = |one: &mut Reading| {
            (one.io_stalled_ns, one.io_halted_ns) = (Some(stalled_ms * MS), Some(halted_ms * MS));
            (one.disk_read_bytes, one.disk_written_bytes) = (Some(mib << 19), Some(mib << 19));
        };
        of_track(watched(each, 0.3))
    };
    shows(&with(500, 300, 40), Diagnosis::DiskWait, Confidence::High);
    shows(&with(200, 10, 40), Diagnosis::DiskWait, Confidence::Medium);
    // Somebody else's disk, and a disk that keeps up.
    shows_not(&with(500, 300, 0), Diagnosis::DiskWait);
    shows_not(&with(50, 10, 400), Diagnosis::DiskWait);
}

/// A load run of a thousand requests: mean times, all the same, in microseconds.
fn load(response: u64, service: u64, lateness: u64) -> Vec<ProbeReport> {
    [("response", response), ("service", service), ("lateness", lateness)]
        .map(|(what, us)| probe(&format!("checkout::{what}"), &[(us * 1_000, 1_000)]))
        .into()
}

#[test]
fn a_queue_backs_up_when_waiting_is_many_times_the_service() {
    let finding = shows(&of_probes(load(12_000, 1_000, 10)), Diagnosis::QueueBackingUp, Confidence::High);
    assert_eq!(finding.subject, "checkout");
    shows(&of_probes(load(6_000, 1_000, 10)), Diagnosis::QueueBackingUp, Confidence::Medium);
    // What a busy server's queue is like, and the generator's own lateness.
    shows_not(&of_probes(load(4_000, 1_000, 10)), Diagnosis::QueueBackingUp);
    shows_not(&of_probes(load(12_000, 1_000, 10_500)), Diagnosis::QueueBackingUp);
    // Neither without the other half, nor by a few requests.
    shows_not(&of_probes(vec![probe("checkout::response", &[(12_000_000, 1_000)])]), Diagnosis::QueueBackingUp);
    let few = ["response", "service"]
        .map(|what| probe(&format!("c::{what}"), &[(if what == "response" { 90 * MS } else { MS }, 20)]));
    shows_not(&of_probes(few.into()), Diagnosis::QueueBackingUp);
}

#[test]
fn a_stall_of_some_requests_is_a_queue_in_the_tail() {
    let with = |slow_ms: u64| {
        let response = probe("checkout::response", &[(MS, 970), (slow_ms * MS, 30)]);
        of_probes(vec![response, probe("checkout::service", &[(MS, 999), (60 * MS, 1)])])
    };
    shows(&with(60), Diagnosis::QueueBackingUp, Confidence::Medium);
    shows_not(&with(5), Diagnosis::QueueBackingUp);
}

#[test]
fn the_generator_is_too_slow_by_a_tenth_of_the_limit() {
    shows(&of_probes(load(12_000, 1_000, 10_500)), Diagnosis::GeneratorTooSlow, Confidence::High);
    shows(&of_probes(load(12_000, 1_000, 1_500)), Diagnosis::GeneratorTooSlow, Confidence::Medium);
    shows_not(&of_probes(load(12_000, 1_000, 1_000)), Diagnosis::GeneratorTooSlow);
    let with_limit = |limit_ms: f64| {
        let mut report = of_probes(load(2_000, 1_000, 900));
        let mut budget = BudgetReport::default();
        (budget.probe, budget.metric, budget.unit) =
            ("checkout::response".to_owned(), "p99".to_owned(), "ns".to_owned());
        budget.limit = Some(limit_ms * 1e6);
        report.budgets.push(budget);
        report
    };
    shows(&with_limit(5.0), Diagnosis::GeneratorTooSlow, Confidence::High);
    shows_not(&with_limit(20.0), Diagnosis::GeneratorTooSlow);
}

#[test]
fn a_drive_that_judged_itself_is_not_judged_otherwise() {
    let driven = |mut report: Report, invalid: &str| {
        let mut driven = Driven::new(SECOND);
        invalid.clone_into(&mut driven.invalid);
        report.probes.iter_mut().for_each(|probe| probe.driven = Some(driven.clone()));
        report
    };
    let late = || of_probes(load(12_000, 1_000, 10_500));
    shows_not(&driven(late(), ""), Diagnosis::GeneratorTooSlow);
    shows(&driven(late(), "the generator was late"), Diagnosis::GeneratorTooSlow, Confidence::High);
    let little = of_probes(load(12_000, 1_000, 500));
    shows(&driven(little, "the generator was late"), Diagnosis::GeneratorTooSlow, Confidence::High);
    let on_time = of_probes(load(12_000, 1_000, 0));
    shows_not(&driven(on_time, "no operation completed"), Diagnosis::GeneratorTooSlow);
    // A budget's limit is stricter than that of the drive.
    let mut limited = driven(late(), "");
    let mut budget = BudgetReport::default();
    (budget.probe, budget.metric, budget.unit) = ("checkout::response".to_owned(), "p99".to_owned(), "ns".to_owned());
    budget.limit = Some(5e6);
    limited.budgets.push(budget);
    shows(&limited, Diagnosis::GeneratorTooSlow, Confidence::High);
}

/// Eight threads that wait in a probe for most of the time.
fn waiting(futex: u64, blocked: u64, ready: u64, waiting_part: u64) -> Report {
    let each = |one: &mut Reading| {
        one.futex_ns = Some(futex * SECOND);
        (one.blocked_ns, one.ready_ns) = (Some(blocked * SECOND), Some(ready * SECOND));
    };
    let mut report = of_track(watched(each, 1.0));
    let mut change = probe("store::change", &[(20 * MS, 4_000)]);
    change.waiting_ns = change.self_ns / 100 * waiting_part;
    report.probes.push(change);
    report
}

#[test]
fn a_lock_is_waiting_that_nothing_else_explains() {
    let finding = shows(&waiting(7, 1, 0, 90), Diagnosis::LockWaiting, Confidence::High);
    assert_eq!(finding.subject, "store::change");
    shows(&waiting(6, 2, 0, 70), Diagnosis::LockWaiting, Confidence::Medium);
    // As many threads sleep, or read, as wait in the probe; or they are not blocked at all, but ready.
    shows_not(&waiting(1, 7, 0, 90), Diagnosis::LockWaiting);
    shows_not(&waiting(20, 7, 0, 90), Diagnosis::LockWaiting);
    shows_not(&waiting(1, 0, 6, 90), Diagnosis::LockWaiting);
    shows_not(&waiting(7, 3, 3, 90), Diagnosis::LockWaiting);
    // Threads of a pool are parked, and the probe works.
    shows_not(&waiting(7, 0, 0, 10), Diagnosis::LockWaiting);
    let mut untold = waiting(7, 1, 0, 90);
    untold.meta.waiting_told = false;
    shows_not(&untold, Diagnosis::LockWaiting);
}

/// A probe with so many items a call, and processors that are in the kernel for a part of the time.
fn batches(items: u64, bytes: u64, calls: u64, system_ms: u64) -> Report {
    let each = |one: &mut Reading| {
        (one.user_ns, one.system_ns) = (Some((1_000 - system_ms) * MS), Some(system_ms * MS));
        one.io_calls = Some(50_000);
    };
    let mut report = of_track(watched(each, 1.0));
    let mut write = probe("log::write", &[(9_000, calls)]);
    (write.items, write.bytes) = (items * calls, bytes * calls);
    report.probes.push(write);
    report
}

#[test]
fn batches_are_too_small_when_calls_do_little_in_the_kernel() {
    let finding = shows(&batches(1, 0, 500_000, 800), Diagnosis::BatchesTooSmall, Confidence::High);
    assert!(
        finding.to_string().contains("log::write, items a call 1, calls 50.0K/s, processor time in the kernel 80.0%"),
        "{finding}"
    );
    shows(&batches(0, 64, 500_000, 500), Diagnosis::BatchesTooSmall, Confidence::Medium);
    // As small, but it computes; large; rare; or nobody told the size.
    shows_not(&batches(1, 0, 500_000, 200), Diagnosis::BatchesTooSmall);
    shows_not(&batches(64, 0, 500_000, 800), Diagnosis::BatchesTooSmall);
    shows_not(&batches(0, 4_096, 500_000, 800), Diagnosis::BatchesTooSmall);
    shows_not(&batches(1, 0, 5_000, 800), Diagnosis::BatchesTooSmall);
    shows_not(&batches(0, 0, 500_000, 800), Diagnosis::BatchesTooSmall);
}

/// A probe of which a fiftieth of the calls is slow, and what the slowest calls went into.
fn tailed(name: &str, slow_ms: u64, callee: Option<(&str, u64)>) -> ProbeReport {
    let mut probe = probe(name, &[(MS, 980), (slow_ms * MS, 20)]);
    for _ in 0..8 {
        let mut slow = Exemplar::default();
        slow.duration_ns = slow_ms * MS;
        slow.self_ns = slow.duration_ns;
        if let Some((callee, percent)) = callee {
            let mut time = CalleeTime::default();
            (time.name, time.ns) = (callee.to_owned(), slow.duration_ns / 100 * percent);
            slow.self_ns -= time.ns;
            slow.callees.push(time);
        }
        probe.exemplars.push(slow);
    }
    probe
}

#[test]
fn the_probe_that_dominates_the_tail_is_the_innermost() {
    let chain = || {
        vec![
            tailed("handle", 50, Some(("query", 95))),
            tailed("query", 48, Some(("socket", 90))),
            tailed("socket", 45, None),
        ]
    };
    let finding = shows(&of_probes(chain()), Diagnosis::TailDominated, Confidence::High);
    assert_eq!(finding.subject, "socket");
    assert!(finding.to_string().contains("of the 8 slowest calls of handle 95.0%"), "{finding}");
    shows(&of_probes(vec![tailed("handle", 50, Some(("query", 65)))]), Diagnosis::TailDominated, Confidence::Medium);
    let itself = shows(&of_probes(vec![tailed("parse", 50, None)]), Diagnosis::TailDominated, Confidence::High);
    assert_eq!(itself.subject, "parse");
    // Shared between two, and slow calls that are not much slower than the others.
    shows_not(&of_probes(vec![tailed("handle", 50, Some(("query", 55)))]), Diagnosis::TailDominated);
    shows_not(&of_probes(vec![tailed("handle", 2, Some(("query", 95)))]), Diagnosis::TailDominated);
    // Eight slow calls of a hundred thousand.
    let mut rare = tailed("handle", 50, Some(("query", 95)));
    rare.quantiles.p99 = MS;
    shows_not(&of_probes(vec![rare]), Diagnosis::TailDominated);
}

#[test]
fn callees_that_name_each_other_end() {
    let circle = vec![tailed("a", 50, Some(("b", 95))), tailed("b", 50, Some(("a", 95)))];
    let findings = diagnose(&of_probes(circle));
    let is_one = |finding: &Finding| finding.diagnosis == Diagnosis::TailDominated && "ab".contains(&finding.subject);
    assert!(!findings.is_empty() && findings.iter().all(is_one), "{findings:?}");
}

#[test]
fn slow_calls_without_evidence_are_slow_for_an_unknown_reason() {
    let slow = |ms: u64| probe("handle::response", &[(MS, 1_900), (ms * MS, 100)]);
    let finding = shows(&of_probes(vec![slow(40)]), Diagnosis::Unknown, Confidence::Low);
    assert_eq!(finding.missing.len(), 3, "{finding}");
    assert!(
        finding.to_string().contains("missing: what the system tells of the process (PERF_MONITOR=on)"),
        "{finding}"
    );
    shows_not(&of_probes(vec![slow(5)]), Diagnosis::Unknown);
    // A profile that nobody watched, of a function whose calls differ.
    shows_not(&of_probes(vec![probe("parse", &[(MS, 1_900), (40 * MS, 100)])]), Diagnosis::Unknown);
    // Where there is a finding, there is a reason.
    let mut throttled = of_track(watched(
        |one| (one.quota_periods, one.throttled_periods, one.throttled_ns) = (Some(10), Some(5), Some(300 * MS)),
        0.5,
    ));
    throttled.probes.push(slow(40));
    shows_not(&throttled, Diagnosis::Unknown);
    // With all evidence there is, less is missing.
    let mut idle = of_track(watched(|one| (one.futex_ns, one.cpu_stalled_ns) = (Some(0), Some(0)), 0.1));
    idle.probes.push(slow(40));
    assert_eq!(shows(&idle, Diagnosis::Unknown, Confidence::Low).missing, ["the slowest calls"]);
}

#[test]
fn several_processes_are_named() {
    let mut busy = watched(|one| one.ready_ns = Some(900 * MS), 4.0);
    busy.pid = 77;
    let mut report = of_track(busy);
    report.monitor.push(watched(|_| {}, 0.1));
    assert_eq!(shows(&report, Diagnosis::ProcessorSaturated, Confidence::High).subject, "process 77");
}

#[test]
fn the_surest_come_first_and_survive_json() {
    let mut report = of_probes(load(6_000, 1_000, 10));
    report.monitor.push(watched(|one| one.ready_ns = Some(900 * MS), 4.0));
    let findings = diagnose(&report);
    assert_eq!(
        findings.iter().map(|finding| finding.confidence).collect::<Vec<_>>(),
        [Confidence::High, Confidence::Medium]
    );
    let json = serde_json::to_value(&findings).unwrap();
    assert_eq!((&json[0]["diagnosis"], &json[1]["subject"]), (&"processor_saturated".into(), &"checkout".into()));
    assert_eq!(json[0].get("missing"), None);
}

#[test]
fn a_lock_is_no_tail_of_its_own() {
    let mut report = waiting(7, 1, 0, 90);
    let mut change = tailed("store::change", 50, None);
    (change.waiting_ns, change.self_ns) = (72 * SECOND, 80 * SECOND);
    report.probes = vec![change];
    shows(&report, Diagnosis::LockWaiting, Confidence::High);
    shows_not(&report, Diagnosis::TailDominated);
}

/// Names that are wider than a terminal, and those that act in Markdown, of a finding's subject and of its evidence.
#[test]
fn names_of_callers_are_written_as_each_form_writes_names() {
    let (outer, inner) = (format!("outer::{}<b>@all", "x".repeat(120)), format!("inner::{}<b>@all", "y".repeat(120)));
    let report = of_probes(vec![tailed(&outer, 50, Some((&inner, 95)))]);
    assert_eq!(shows(&report, Diagnosis::TailDominated, Confidence::High).evidence[0].of, outer);
    let text = table::render(&report, &table::Options::default());
    assert!(
        text.contains("found one probe dominates the tail") && text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    #[cfg(feature = "markdown")]
    {
        let text = perf_exporters::markdown::render(&report, &perf_exporters::markdown::Options::default());
        let found = text.lines().find(|line| line.starts_with("- **Found**")).unwrap();
        let code: Vec<_> = found.split('`').skip(1).step_by(2).collect();
        assert!(code == [inner.as_str(), outer.as_str()], "{found}");
        assert!(found.split('`').step_by(2).all(|plain| !plain.contains(['<', '@'])), "{found}");
    }
}

/// Names that act on a terminal, in Markdown or on a page.
#[test]
fn every_form_shows_findings_and_none_obeys_a_name() {
    let hostile = "evil\x1b[2J<b>|`::response";
    let mut report = of_probes(load(12_000, 1_000, 10));
    let service = hostile.replace("response", "service");
    report.probes.push(probe(hostile, &[(12 * MS, 1_000)]));
    report.probes.push(probe(&service, &[(MS, 1_000)]));
    let text = table::render(&report, &table::Options::default());
    assert!(text.contains("found queue backing up: checkout, waiting before service"), "{text}");
    assert!(text.contains("  → More is offered than is served.") && !text.contains('\x1b'), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    #[cfg(feature = "markdown")]
    {
        let text = perf_exporters::markdown::render(&report, &perf_exporters::markdown::Options::default());
        assert!(text.contains("- **Found**: queue backing up: `checkout`, waiting before service 11.0ms"), "{text}");
        assert!(!text.contains("<b>"), "{text}");
    }
    #[cfg(feature = "html")]
    {
        let page = perf_exporters::html::render(&report, &perf_exporters::html::Options::default());
        assert!(page.contains(
            r#""findings":[{"title":"queue backing up","subject":"checkout","probe":false,"confidence":"high""#
        ));
        assert!(!page.contains("<b>|"));
    }
}
