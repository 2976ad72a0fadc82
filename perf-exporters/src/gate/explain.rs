//! From a judgement to the breach that it proves, with one sentence for people.
//!
//! Every function gives `Some` iff the verdict is FAIL; what is merely inconclusive has its own reason.

use super::growth::Class;
use super::verdict::{Breach, Side, Unit};
use super::{exact, growth, max, mean, quantile, relative, trend};

/// A quantile of times over its limit; `p` as judged, `bound` in nanoseconds.
///
/// ```
/// # use perf_exporters::gate::{explain, quantile};
/// let judged = quantile::judge(&vec![9.0; 300], 0.99, 5.0);
/// let breach = explain::quantile(&judged, "p99", 0.99, 5.0).unwrap();
/// assert_eq!(breach.reason, "300 of 300 calls took longer than the limit; 3 may");
/// assert_eq!((breach.actual, breach.samples), (9.0, 300));
/// ```
#[must_use]
pub fn quantile(judged: &quantile::Judgement, metric: &str, p: f64, bound: f64) -> Option<Breach> {
    let (n, k) = (judged.seen.n, judged.seen.k);
    let may = (n as f64 * (1.0 - p)).round();
    let breach = Breach::new(metric, Unit::Nanoseconds, bound, judged.observed.unwrap_or(f64::NAN))
        .evidence(n, judged.fail_p)
        .reason(format!("{k} of {n} calls took longer than the limit; {may} may"));
    judged.verdict.is_fail().then_some(breach)
}

/// A share, such as an error rate, over its limit `allowed`.
#[must_use]
pub fn share(judged: &quantile::Judgement, metric: &str, allowed: f64) -> Option<Breach> {
    let (n, k) = (judged.seen.n, judged.seen.k);
    let error = if allowed > 0.0 { judged.fail_p } else { 0.0 };
    let breach = Breach::new(metric, Unit::Share, allowed, k as f64 / n.max(1) as f64)
        .evidence(n, error)
        .reason(format!("{k} of {n} calls"));
    judged.verdict.is_fail().then_some(breach)
}

/// A counter over its limit.
///
/// ```
/// # use perf_exporters::gate::{exact, explain, Unit};
/// let judged = exact::judge(&[4_u64, 3, 3], 2);
/// let breach = explain::counter(&judged, "allocs", Unit::Count, 2.0).unwrap();
/// assert_eq!(breach.reason, "nondeterministic: between 3 and 4, the least is judged");
/// ```
#[must_use]
pub fn counter(judged: &exact::Judgement, metric: &str, unit: Unit, bound: f64) -> Option<Breach> {
    let (least, greatest) = (judged.least, judged.greatest);
    let reason = if judged.nondeterministic {
        format!("nondeterministic: between {least} and {greatest}, the least is judged")
    } else {
        format!("{least} every time")
    };
    let breach = Breach::new(metric, unit, bound, least as f64).evidence(exact::RUNS as u64, 0.0).reason(reason);
    judged.verdict.is_fail().then_some(breach)
}

/// A mean over its limit, or, with [`Side::AtLeast`], a throughput under it; `samples` calls were judged.
#[must_use]
pub fn mean(judged: &mean::Judgement, metric: &str, side: Side, bound: f64, samples: u64) -> Option<Breach> {
    let (unit, word) = match side {
        Side::AtMost => (Unit::Nanoseconds, "at most"),
        Side::AtLeast => (Unit::PerSecond, "at least"),
    };
    let breach = Breach::new(metric, unit, bound, judged.actual)
        .side(side)
        .evidence(samples, judged.fail_p)
        .reason(format!("promised {word} {bound}, measured {:.4}", judged.actual));
    judged.verdict.is_fail().then_some(breach)
}

/// Calls over a limit that all should keep, nanoseconds.
#[must_use]
pub fn max(judged: &max::Judgement, bound: f64) -> Option<Breach> {
    let (n, k) = (judged.seen.n, judged.seen.k);
    let breach = Breach::new("max", Unit::Nanoseconds, bound, judged.actual)
        .evidence(n, judged.fail_p)
        .reason(format!("{k} of {n} calls took longer than the limit: more than a disturbed machine explains"));
    judged.verdict.is_fail().then_some(breach)
}

/// Code slower than its reference by more than the ratio allows.
#[must_use]
pub fn relative(judged: &relative::Judgement, reference: &str, ratio: f64) -> Option<Breach> {
    let breach = Breach::new("vs", Unit::Ratio, ratio, judged.ratio)
        .evidence(judged.blocks as u64, judged.fail_p)
        .reason(format!("{:.3} times as long as {reference} over {} alternating blocks", judged.ratio, judged.blocks));
    judged.verdict.is_fail().then_some(breach)
}

/// A cost that grows faster than claimed; `sizes` were measured.
#[must_use]
pub fn growth(judged: &growth::Judgement, class: Class, cost: growth::Cost, sizes: u64) -> Option<Breach> {
    let breach = Breach::new("growth", Unit::Exponent, cost.proof(class), judged.tail)
        .evidence(sizes, super::PASS_LEVEL)
        .reason(format!("claimed to grow like {class}, grows like n^{:.2} at the larger sizes", judged.power));
    judged.verdict.is_fail().then_some(breach)
}

/// Memory that grows from batch to batch; `checkpoints` were read.
#[must_use]
pub fn leak(judged: &trend::Judgement, checkpoints: u64) -> Option<Breach> {
    let run = checkpoints.saturating_sub(1) as f64;
    let breach = Breach::new("leak", Unit::Bytes, judged.allowed, judged.slope * run)
        .evidence(checkpoints, super::dist::normal_above(judged.z))
        .reason(format!("{:.0} bytes more after every batch, without slowing down", judged.slope));
    judged.verdict.is_fail().then_some(breach)
}

#[cfg(test)]
mod tests {
    use super::super::{Outcome, Verdict};
    use super::*;

    #[test]
    fn a_breach_is_given_for_a_failure_only() {
        let times = vec![5.0; 400];
        let mut outcome = Outcome::default();
        for bound in [2.0, 9.0] {
            let fails = bound < 5.0;
            let judged = quantile::judge(&times, 0.95, bound);
            let breach = quantile(&judged, "p95", 0.95, bound);
            assert_eq!(breach.is_some(), fails);
            outcome.add("p95", judged.verdict, breach);
            let judged = mean::judge(&times, bound);
            let breach = mean(&judged, "mean", Side::AtMost, bound, 400);
            assert_eq!(breach.is_some(), fails);
            outcome.add("mean", judged.verdict, breach);
            let judged = max::judge(&times, bound, 0.0);
            let breach = max(&judged, bound);
            assert_eq!(breach.is_some(), fails);
            outcome.add("max", judged.verdict, breach);
        }
        assert_eq!(outcome.verdict(), Verdict::Fail);
        let names: Vec<&str> = outcome.breaches.iter().map(|b| b.metric.as_str()).collect();
        assert_eq!(names, ["p95", "mean", "max"]);
        assert!(outcome.breaches.iter().all(|b| b.confidence() > 0.999_999));
    }

    #[test]
    fn sentences_name_what_happened() {
        let slower = relative::judge(&[0.5; 14], 1.1);
        let told = relative(&slower, "old::parse", 1.1).unwrap().reason;
        assert_eq!(told, "1.649 times as long as old::parse over 14 alternating blocks");
        let points: Vec<(u64, f64)> = (4..=14).map(|e| (1 << e, f64::from(1_u32 << e))).collect();
        let class = Class { degree: 0, log: false };
        let judged = growth::judge(&points, class, growth::Cost::Counts);
        let told = growth(&judged, class, growth::Cost::Counts, 11).unwrap().reason;
        assert_eq!(told, "claimed to grow like 1, grows like n^1.00 at the larger sizes");
        let live: Vec<f64> = (0..20).map(|i| 1e6 + 1e5 * f64::from(i)).collect();
        let told = leak(&trend::judge(&live), 20).unwrap();
        assert_eq!(told.reason, "100000 bytes more after every batch, without slowing down");
        let errors = quantile::Exceedances { n: 1000, k: 60, phi: 1.0 };
        let told = share(&quantile::judge_share(errors, 0.01), "errors", 0.01).unwrap();
        assert_eq!(told.reason, "60 of 1000 calls");
        let late = mean::judge_throughput(&[(1.0, 0.01); 50], 500.0);
        let told = mean(&late, "throughput", Side::AtLeast, 500.0, 50).unwrap();
        assert_eq!(told.reason, "promised at least 500, measured 100.0000");
    }
}
