//! Does a figure go up with time, checkpoint after checkpoint?
//!
//! As for memory ([`trend`]), a rise has to show in three ways; but latencies of one checkpoint
//! depend on those of the one before, and a rise is a share, not bytes:
//!
//! 1. the values rise: Mann–Kendall z > 3.09, one-sided 0.1 %, after z was divided by √((1 + r) ÷ (1 − r)) for neighbours that correlate
//!    by r;
//! 2. they rise by a share that matters: the lower 95 % bound of Sen's slope of the logarithms, widened by the same, × the run is
//!    above the logarithm of 1 + [`Rules::matters`];
//! 3. they go on rising: where the second half's slope is under half of the first's, it is [`Reason::Converging`].

use perf_exporters::judge::{PASS_LEVEL, Reason, Verdict, trend};
use perf_exporters::stats::dist::{normal_above, normal_quantile_above};
use perf_exporters::stats::mann_kendall::mann_kendall;
use perf_exporters::stats::theil_sen::TheilSen;

use super::serial::inflation;

/// The rules by which a rise counts as a drift.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rules {
    /// A rise over the whole run by less than this share is no drift.
    pub matters: f64,
}

impl Default for Rules {
    /// A rise by 10 % matters.
    fn default() -> Self {
        Self { matters: 0.1 }
    }
}

/// The verdict of the checkpoints about one figure.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Drift {
    /// PASS: it does not rise, or by less than matters; FAIL: it rises and goes on rising; [`Reason::Converging`],
    /// [`Reason::TooFewSamples`] or [`Reason::Invalid`].
    pub verdict: Verdict,
    /// Mann–Kendall z, after the correction.
    pub z: f64,
    /// How many times the variance is that of independent values.
    pub inflation: f64,
    /// Rise over the run, as a share: 0.2 is a fifth more.
    pub rise: f64,
    /// With 95 % confidence the rise is at least this.
    pub lower: f64,
}

/// Judges "this figure does not rise" by its values at checkpoints, equally long and in the order of time.
///
/// Fewer than [`trend::LEAST`] checkpoints are [`Reason::TooFewSamples`], values that are not above zero
/// [`Reason::Invalid`].
///
/// ```
/// use perf_load::endurance::drift::{Rules, judge};
///
/// let wave = |at: i32| 1.0 + 0.01 * f64::from(at * 7 % 5);
/// let steady: Vec<f64> = (0..60).map(|at| 5e6 * wave(at)).collect();
/// assert!(judge(&steady, &Rules::default()).verdict.is_pass());
/// let rising: Vec<f64> = (0..60).map(|at| 5e6 * wave(at) * (1.0 + 0.005 * f64::from(at))).collect();
/// let found = judge(&rising, &Rules::default());
/// assert!(found.verdict.is_fail() && found.rise > 0.2, "{found:?}");
/// ```
#[must_use]
pub fn judge(values: &[f64], rules: &Rules) -> Drift {
    let none = |reason| {
        let verdict = Verdict::Inconclusive(reason);
        Drift { verdict, z: f64::NAN, inflation: f64::NAN, rise: f64::NAN, lower: f64::NAN }
    };
    let n = values.len();
    if n < trend::LEAST {
        return none(Reason::TooFewSamples { have: n as u64, need: trend::LEAST as u64 });
    }
    let times: Vec<f64> = (0..n).map(|at| at as f64).collect();
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    let fit = |from: usize, to: usize| TheilSen::fit(&times[from..to], &logs[from..to]);
    let half = n / 2;
    let (Some(whole), Some(first), Some(second)) = (fit(0, n), fit(0, half), fit(n - half, n)) else {
        return none(Reason::Invalid("the figure must be above zero at every checkpoint".into()));
    };
    let rests: Vec<f64> = times.iter().zip(&logs).map(|(time, log)| log - whole.slope() * time).collect();
    let inflation = inflation(&rests);
    let z = mann_kendall(&logs).z / inflation.sqrt();
    let level = normal_above(normal_quantile_above(PASS_LEVEL) * inflation.sqrt());
    let run = (n - 1) as f64;
    let share = |slope: f64| (slope * run).exp_m1();
    let (rise, lower) = (share(whole.slope()), share(whole.lower(level)));
    let verdict = if z <= trend::RISES || lower <= rules.matters {
        Verdict::Pass
    } else if second.slope() < first.slope() / 2.0 {
        Verdict::Inconclusive(Reason::Converging)
    } else {
        Verdict::Fail
    };
    Drift { verdict, z, inflation, rise, lower }
}
