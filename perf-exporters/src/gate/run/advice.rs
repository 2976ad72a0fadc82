//! Advice that leads to a decision of a limit on time that is undecided.
//!
//! More time is the remedy only where it is little. Where thousands of seconds would be needed the samples say why: calls are
//! late in bursts, or the machine was busy, or a mean scatters, or the limit is a quantile that few calls reach.

use std::time::Duration;

use crate::judge::caches::CACHED;
use crate::judge::{Findings, Measurements, Metric, Reason, Row, Severity, Side, Verdict, quantile::Exceedances};
use crate::stats::order::floor;

/// The longest time, in seconds, that a user waits for one verdict.
const LONGEST: f64 = 30.0;

/// Calls that are late together this often are not the code's own.
const BURSTS: f64 = 3.0;

/// So many of a hundred runs of the reference kernel are late on a machine that others use.
const BUSY_PERCENT: u64 = 2;

/// The remedy for the first limit that is undecided.
pub(super) fn of(findings: &Findings, measured: &Measurements, elapsed: Duration, is_cpu: bool) -> Option<String> {
    let undecided = |row: &&Row| row.severity == Severity::Limit && matches!(row.verdict, Verdict::Inconclusive(_));
    let row = findings.rows.iter().find(undecided)?;
    let n = measured.times.len() as u64;
    let need = match row.verdict {
        Verdict::Inconclusive(Reason::TooFewSamples { need, .. }) => Some(need).filter(|need| *need < u64::MAX),
        Verdict::Inconclusive(Reason::Undecided) => row.wanted.filter(|need| *need > n),
        Verdict::Inconclusive(Reason::FewLate) => None,
        _ => return None,
    };
    let seconds = |need: u64| elapsed.as_secs_f64() / n.max(1) as f64 * need as f64 * 1.2;
    match need.map(|need| (need, seconds(need))) {
        Some((need, seconds)) if seconds <= LONGEST => Some(format!("{} {}", row.metric, in_time(need, seconds))),
        _ => Some(format!("{}: {}", row.metric, otherwise(row, measured, is_cpu))),
    }
}

/// The remedy for a comparison that was given too little time.
pub(super) fn blocks(need: u64, seconds: f64) -> String {
    if seconds <= LONGEST {
        format!("vs needs {need} blocks: `max_time = \"{}s\"`", floor(seconds) + 1)
    } else {
        format!("vs needs {need} blocks of four calls or more, and one call takes too long for that: give it less work")
    }
}

/// The remedy for a growth whose rounds take so many seconds.
pub(super) fn rounds(need: u64, seconds: f64) -> String {
    let time = floor(seconds * need as f64 * 1.2) + 1;
    format!("growth needs {need} calls of every size: `max_time = \"{time}s\"`, or smaller sizes")
}

/// The remedy for sizes at which growth and the caches look alike.
pub(super) fn sizes(sizes: &[usize]) -> String {
    let within = |size: &&usize| **size as u64 <= CACHED;
    let fit = sizes.iter().filter(within).count();
    let which = match sizes.iter().rfind(within) {
        Some(last) if fit < sizes.len() => format!("sizes up to {CACHED} stay within them (these do up to {last})"),
        _ => "smaller sizes stay within them".to_owned(),
    };
    format!(
        "growth: data that outgrow the caches look like it; {which}, and calls of a probe on the step that repeats are counted whatever the sizes"
    )
}

/// The remedy for a counter that rises at the largest sizes alone.
pub(super) fn larger(metric: &str, last: usize) -> String {
    format!("{metric} rises at the largest sizes alone: a size or two beyond {last} show whether that goes on")
}

fn in_time(need: u64, seconds: f64) -> String {
    let time =
        if seconds < 1.0 { format!("{}ms", floor(seconds * 1e3) + 1) } else { format!("{}s", floor(seconds) + 1) };
    format!("needs about {need} calls: `max_time = \"{time}\"`")
}

/// The remedy where more calls would not help.
fn otherwise(row: &Row, measured: &Measurements, is_cpu: bool) -> String {
    let seen = Exceedances::of(&measured.times, row.bound);
    let in_bursts = seen.k > 0 && seen.phi >= BURSTS;
    let machine = measured.disturbance;
    let is_busy = machine.late * 100 > machine.runs * BUSY_PERCENT;
    let is_error = row.metric == Metric::Errors.key();
    if is_error {
        return "the share of errors is close to what may be: more calls would hardly decide".to_owned();
    }
    let looks_broken = match row.side {
        Side::AtMost => row.actual > row.bound,
        Side::AtLeast => row.actual < row.bound,
    };
    if looks_broken && row.verdict != Verdict::Inconclusive(Reason::FewLate) {
        return format!("looks broken, and {} calls do not prove it: a longer `max_time` would", measured.times.len());
    }
    let quantile = if row.metric == Metric::P50.key() {
        "a limit further from what is usual, or `vs` a reference, is decided by few"
    } else {
        "`p50` is decided by few calls, and does not follow the slowest"
    };
    match (in_bursts || is_busy, is_cpu) {
        (true, false) => format!(
            "calls were late together, as on a machine that does other work: `clock = \"cpu\"` leaves that out; {quantile}"
        ),
        _ => format!("more calls would hardly decide: {quantile}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Unit;

    fn told(row: Row, times: Vec<f64>, seconds: u64, is_cpu: bool) -> Option<String> {
        let measured = Measurements { times, ..Measurements::default() };
        of(&[row].into_iter().collect(), &measured, Duration::from_secs(seconds), is_cpu)
    }

    fn undecided(metric: &str, wanted: u64) -> Row {
        let row = Row::new(metric, Unit::Nanoseconds, 100.0);
        Row { wanted: Some(wanted), ..row.verdict(Verdict::Inconclusive(Reason::Undecided), "") }
    }

    #[test]
    fn little_time_is_asked_for_and_thousands_of_seconds_never() {
        assert_eq!(
            told(undecided("p99", 2_000), vec![50.0; 1_000], 2, false).unwrap(),
            "p99 needs about 2000 calls: `max_time = \"5s\"`"
        );
        let long = told(undecided("p99", 1_000_000), vec![50.0; 1_000], 2, false).unwrap();
        assert!(!long.contains("max_time") && long.contains("p50"), "{long}");
        let few = Row { actual: 500.0, wanted: None, ..undecided("p50", 0) };
        let few = told(few, vec![500.0; 5], 2, false).unwrap();
        assert_eq!(few, "p50: looks broken, and 5 calls do not prove it: a longer `max_time` would");
        let row = Row::new("max", Unit::Nanoseconds, 100.0).verdict(Verdict::Inconclusive(Reason::FewLate), "");
        assert!(told(row, vec![50.0; 1_000], 2, false).unwrap().contains("p50"));
    }

    #[test]
    fn bursts_are_the_machine_s_and_processor_time_leaves_them_out() {
        let mut times = vec![50.0; 1_000];
        times[300..330].fill(1_000.0);
        let wall = told(undecided("p99", 1_000_000), times.clone(), 2, false).unwrap();
        assert!(wall.contains("clock = \"cpu\""), "{wall}");
        let cpu = told(undecided("p99", 1_000_000), times, 2, true).unwrap();
        assert!(!cpu.contains("clock = ") && cpu.contains("p50"), "{cpu}");
        let median = told(undecided("p50", 1_000_000), vec![50.0; 1_000], 2, true).unwrap();
        assert!(median.contains("a limit further"), "{median}");
    }

    #[test]
    fn what_is_decided_needs_no_advice() {
        let pass = Row::new("p99", Unit::Nanoseconds, 100.0).verdict(Verdict::Pass, "");
        assert_eq!(told(pass, vec![50.0; 1_000], 2, false), None);
        let fail = Row::new("p99", Unit::Nanoseconds, 100.0).verdict(Verdict::Fail, "");
        assert_eq!(told(fail, vec![500.0; 1_000], 2, false), None);
    }
}
