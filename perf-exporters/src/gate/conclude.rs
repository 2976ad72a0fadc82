//! The thin layer over a finished run: it reports, keeps a log where it is asked to, and fails the test.

use std::io::Write as _;
use std::time::Duration;

use perf_core::Snapshot;

use super::leak::LeakCheck;
use super::render;
use super::run::Finished;
use crate::gate_log::{Figure, Run};
use crate::judge::Row;
use crate::judge::verdict::{Severity, Verdict};
use crate::{Report, env, table, write};

/// Reports a run, and panics where its test must fail.
#[track_caller]
pub(super) fn test<R>(finished: &Finished<R>) {
    log(finished);
    for note in &finished.notes {
        tell(note);
    }
    let verdict = finished.findings.verdict();
    if env::GATE_DETAIL.is_on() {
        tell(&render::report(finished));
        let report = Report::from(&finished.snapshot).of_this_process().judged(&finished.snapshot);
        tell(&table::render(&report, &table::Options::default()));
    }
    match verdict {
        Verdict::Fail => panic!("{}", render::report(finished)),
        Verdict::Inconclusive(_) if env::STRICT.is_on_or_unclear() => {
            panic!("PERF_STRICT: undecided counts as failed\n{}", render::report(finished))
        }
        Verdict::Pass if !finished.findings.outcome().warned() => {}
        _ => tell(&render::line(finished)),
    }
}

/// Reports a leak check, and panics where memory leaks.
#[track_caller]
pub(super) fn leak(check: &LeakCheck) {
    settle(&check.verdict, &check.to_string());
}

/// Asserts that every budget that functions of the program declare was kept in what a snapshot saw: of a
/// [`Session`](perf_core::Session) in a test, usually.
///
/// Missed targets, and limits that could not be decided, are reported on standard error. See [`check`](super::check) for
/// the findings as a value.
///
/// ```
/// use perf_core::{Session, perf_budget};
/// use perf_exporters::gate;
///
/// #[perf_budget(allocs = 4)]
/// fn greet(name: &str) -> String {
///     format!("Hello, {name}")
/// }
///
/// let session = Session::new();
/// session.run(|| greet("you"));
/// gate::assert_budgets(&session.snapshot());
/// ```
///
/// # Panics
/// If a limit is missed; with `PERF_STRICT=1` also where one could not be decided.
#[track_caller]
pub fn assert_budgets(snapshot: &Snapshot) {
    let findings = super::check(snapshot);
    let mut text = format!("declared budgets: {}\n", findings.verdict());
    render::rows(&mut text, &findings.rows);
    if findings.rows.is_empty() {
        if perf_core::is_enabled() {
            tell("declared budgets not enforced: no function with a budget ran");
        } else {
            not_enforced("declared budgets");
        }
    } else if findings.outcome().warned() && findings.verdict().is_pass() {
        tell(&text);
    } else {
        settle(&findings.verdict(), &text);
    }
}

/// Silent on a PASS; panics on a FAIL, and on INCONCLUSIVE where that is asked for.
#[track_caller]
pub(crate) fn settle(verdict: &Verdict, text: &str) {
    match verdict {
        Verdict::Pass => {}
        Verdict::Fail => panic!("{text}"),
        Verdict::Inconclusive(_) if env::STRICT.is_on_or_unclear() => {
            panic!("PERF_STRICT: undecided counts as failed\n{text}")
        }
        Verdict::Inconclusive(_) => tell(text),
    }
}

/// Says that the library is off, and how it is turned on; fails where that is asked for.
#[track_caller]
pub(super) fn not_enforced(what: &str) {
    let text = format!(
        "{what} not enforced: perf-core is built without its feature `enabled`; add \
         `perf-core = {{ .., features = [\"enabled\"] }}` to [dev-dependencies]"
    );
    assert!(!env::STRICT.is_on_or_unclear(), "PERF_STRICT: a budget that is not enforced counts as failed\n{text}");
    tell(&text);
}

/// The time for which tests shall measure without judging.
pub(super) fn only_measure() -> Option<Duration> {
    env::GATE_MEASURE.get()
}

/// Writes to standard error itself: the test harness captures the output of a passing test and does not show it.
pub(crate) fn tell(text: &str) {
    let mut whole = text.trim_end().to_owned();
    whole.push('\n');
    // Where standard error is closed, the text has no reader.
    let _ = std::io::stderr().lock().write_all(whole.as_bytes());
}

/// Appends one line; those of concurrent processes, and of a disk that is full, stay whole.
fn log<R>(finished: &Finished<R>) {
    let Some(path) = env::GATE_LOG.path() else {
        return;
    };
    let line = logged(finished).to_json_line();
    if let Err(error) = write::append_lines(path.as_ref(), line.as_bytes()) {
        tell(&format!("{}: {error}", env::GATE_LOG.name()));
    }
}

fn logged<R>(finished: &Finished<R>) -> Run {
    let findings = &finished.findings;
    let figure = |row: &Row| Figure {
        metric: row.metric.clone(),
        kind: if row.severity == Severity::Limit { "limit" } else { "target" }.to_owned(),
        bound: finite(row.bound),
        actual: finite(row.actual),
        unit: format!("{:?}", row.unit).to_lowercase(),
        samples: row.samples,
        verdict: row.verdict.to_string(),
    };
    Run {
        budget: finished.run.name.to_owned(),
        test: finished.run.test.map(str::to_owned),
        verdict: findings.verdict().to_string(),
        epochs: finished.epochs,
        rows: findings.rows.iter().map(figure).collect(),
        ..Run::default()
    }
}

/// JSON has no infinities.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}
