//! The change that a machine can show, by the scatter of its first blocks.

use perf_exporters::judge::relative::MARGIN;
use perf_exporters::stats::dist::normal_quantile_above;
use perf_exporters::stats::order::{median, sorted};

/// The number of blocks after which it is reported.
pub(super) const PILOT: usize = 5;

/// A change that is shown is found in so many cases of a hundred.
const POWER: f64 = 0.9;

/// The least change, as a share, that blocks like these can be expected to show in so many: proven at this level, and beyond
/// the margin that a FAIL needs.
pub(super) fn shows(d: &[f64], blocks: usize, level: f64) -> f64 {
    let Some(middle) = median(d) else { return f64::INFINITY };
    // Half of all pairs of blocks are closer than this, a robust measure of scatter (Rousseeuw and Croux 1993); a pilot of a few
    // blocks gives it to a third or so.
    let away: Vec<f64> = d.iter().map(|d| (d - middle).abs()).collect();
    let away = sorted(&away);
    let spread = 1.4826 * median(&away).unwrap_or(f64::INFINITY);
    // Ranks are nearly as efficient as means (3 ÷ π, with normal noise): taken for one.
    let z = normal_quantile_above(level) + normal_quantile_above(1.0 - POWER);
    (z * spread / (blocks as f64).sqrt()).max(MARGIN).exp_m1()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scatters_more_shows_less_and_more_blocks_show_more() {
        let of = |by: f64, blocks| shows(&[0.0, by, -by, 2.0 * by, -2.0 * by], blocks, 1e-5);
        assert!(of(0.5, 30) > of(0.1, 30) && of(0.5, 30) > of(0.5, 100), "{}", of(0.5, 30));
        assert!((of(0.0, 30) - MARGIN.exp_m1()).abs() < 1e-9, "never less than what fails");
        assert!(shows(&[], 30, 1e-5).is_infinite());
    }
}
