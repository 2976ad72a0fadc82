//! Intervals by profile likelihood: how far a quantity can be moved before the best curve that has it no longer fits.

use perf_exporters::stats::dist::student_quantile_above;

use super::solve::minimise;
use super::usl::{BOUNDS, Best, Estimate, Model};

/// The quantity of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    Lambda,
    Sigma,
    Kappa,
    Knee,
    Peak,
    Ceiling,
}

/// Chance left outside on either side.
const TAIL: f64 = 0.025;
/// A worker count or throughput that is so much greater than any measured is no end of an interval.
const BEYOND: f64 = 1e6;

/// The value of a quantity on the best curve, and its interval.
pub(super) fn interval(model: &Model, best: &Best, quantity: Quantity) -> Estimate {
    let t = student_quantile_above(TAIL, best.freedom);
    // The least difference that arithmetic resolves, for points that lie on a curve exactly.
    let allowed = best.sum + (best.variance * t * t).max(1e-18);
    let value = value_at(model, best, quantity);
    let fits = |candidate: f64| least(model, best, quantity, candidate) <= allowed;
    let (least_value, greatest) = range(quantity);
    Estimate {
        value: shown(model, best, quantity, value),
        low: shown(model, best, quantity, end(value, least_value, &fits)),
        high: shown(model, best, quantity, end(value, greatest, &fits)),
    }
}

/// A quantity as it is searched for: λ as the logarithm of a scaled throughput, peak and knee as 1 ÷ N, the ceiling as 1 ÷ C,
/// which reach "no such point" at zero. These fall while the shown value grows.
fn value_at(model: &Model, best: &Best, quantity: Quantity) -> f64 {
    let [log_lambda, sigma, scaled] = best.at;
    let u = inverse_peak(sigma, scaled / model.pairs);
    match quantity {
        Quantity::Lambda => log_lambda,
        Quantity::Sigma => sigma,
        Quantity::Kappa => scaled,
        Quantity::Peak => u,
        // The ceiling in units of this curve's λ, so that both are the same here.
        Quantity::Knee | Quantity::Ceiling => inverse_knee(sigma, u),
    }
}

/// Least and greatest value in the terms of [`value_at`], in the order of the shown values.
fn range(quantity: Quantity) -> (f64, f64) {
    match quantity {
        Quantity::Lambda => (f64::NEG_INFINITY, f64::INFINITY),
        Quantity::Ceiling => (f64::INFINITY, 0.0),
        Quantity::Sigma => (0.0, 1.0),
        Quantity::Kappa => (0.0, f64::INFINITY),
        Quantity::Knee | Quantity::Peak => (1.0, 0.0),
    }
}

/// The value in the units of the caller.
fn shown(model: &Model, best: &Best, quantity: Quantity, value: f64) -> f64 {
    match quantity {
        Quantity::Lambda => value.exp() * model.unit,
        Quantity::Sigma => value,
        Quantity::Kappa => value / model.pairs,
        Quantity::Knee | Quantity::Peak | Quantity::Ceiling if value <= 1.0 / BEYOND => f64::INFINITY,
        Quantity::Ceiling => best.at[0].exp() * model.unit / value,
        Quantity::Knee | Quantity::Peak => (1.0 / value).max(1.0),
    }
}

/// 1 ÷ N* of a curve, at most 1: where the first worker is already the best, there is no other.
fn inverse_peak(sigma: f64, kappa: f64) -> f64 {
    if kappa <= 0.0 { 0.0 } else { (kappa / (1.0 - sigma).max(1e-300)).sqrt().min(1.0) }
}

/// λ ÷ ceiling: σ + (1 − σ)·(2u − u²).
fn inverse_knee(sigma: f64, u: f64) -> f64 {
    sigma + (1.0 - sigma) * (2.0 * u - u * u)
}

/// Least sum of squares of all curves on which the quantity has this value.
fn least(model: &Model, best: &Best, quantity: Quantity, value: f64) -> f64 {
    let [log_lambda, sigma, scaled] = best.at;
    let u = inverse_peak(sigma, scaled / model.pairs);
    let at = |s: f64, k: f64, out: &mut Vec<f64>| model.residuals(model.log_lambda(s, k), s, k, out);
    match quantity {
        Quantity::Lambda => {
            let residuals = |p: &[f64; 2], out: &mut Vec<f64>| model.residuals(value, p[0], p[1] / model.pairs, out);
            minimise(residuals, [sigma, scaled], &[BOUNDS[1], BOUNDS[2]]).sum
        }
        Quantity::Sigma => {
            minimise(|p: &[f64; 1], out: &mut Vec<f64>| at(value, p[0] / model.pairs, out), [scaled], &[BOUNDS[2]]).sum
        }
        Quantity::Kappa => {
            minimise(|p: &[f64; 1], out: &mut Vec<f64>| at(p[0], value / model.pairs, out), [sigma], &[BOUNDS[1]]).sum
        }
        Quantity::Peak => {
            let residuals = |p: &[f64; 1], out: &mut Vec<f64>| at(p[0], (1.0 - p[0]) * value * value, out);
            minimise(residuals, [sigma], &[BOUNDS[1]]).sum
        }
        Quantity::Knee => {
            let residuals = |p: &[f64; 1], out: &mut Vec<f64>| {
                let (s, k) = with_knee(value, p[0]);
                at(s, k, out);
            };
            let from = |part: f64| minimise(residuals, [part], &[(0.0, 1.0)]).sum;
            from_any(part_of_last(value, u), from)
        }
        Quantity::Ceiling => {
            // λ ÷ C, C being e^log_lambda ÷ value; λ itself is no greater than C.
            let inverse = |log: f64| ((log - log_lambda).exp() * value).min(1.0);
            let residuals = |p: &[f64; 2], out: &mut Vec<f64>| {
                let (s, k) = with_knee(inverse(p[0]), p[1]);
                model.residuals(p[0], s, k, out);
            };
            let greatest = if value > 0.0 { log_lambda - value.ln() } else { f64::INFINITY };
            let (log, bounds) = (log_lambda.min(greatest), [(f64::NEG_INFINITY, greatest), (0.0, 1.0)]);
            let from = |part: f64| minimise(residuals, [log, part], &bounds).sum;
            from_any(part_of_last(inverse(log), u), from)
        }
    }
}

/// The least of several starts: a curve that ends in a limit and one that falls beyond a peak may both be the best of those near
/// them that reach the same ceiling.
fn from_any(part: f64, least: impl Fn(f64) -> f64) -> f64 {
    [part, 0.0, 0.5, 1.0].into_iter().map(least).fold(f64::INFINITY, f64::min)
}

/// The greatest 1 ÷ N* of all curves with this λ ÷ ceiling: that of the one with σ = 0.
fn last_inverse_peak(inverse_knee: f64) -> f64 {
    1.0 - (1.0 - inverse_knee).max(0.0).sqrt()
}

/// Where 1 ÷ N* lies on the way to the last one.
fn part_of_last(inverse_knee: f64, u: f64) -> f64 {
    let last = last_inverse_peak(inverse_knee);
    if last > 0.0 { (u / last).min(1.0) } else { 0.0 }
}

/// σ and κ of the curve with this λ ÷ ceiling whose 1 ÷ N* is so far on the way to the last one.
fn with_knee(inverse_knee: f64, part: f64) -> (f64, f64) {
    let u = part * last_inverse_peak(inverse_knee);
    let sigma = (1.0 - (1.0 - inverse_knee) / (1.0 - u).powi(2).max(1e-12)).max(0.0);
    (sigma, (1.0 - sigma) * u * u)
}

/// The last value that fits on the way from `from`, which does, towards `limit`.
fn end(from: f64, limit: f64, fits: &impl Fn(f64) -> bool) -> f64 {
    let mut inside = from;
    let mut outside = limit;
    if limit.is_finite() {
        if fits(limit) {
            return limit;
        }
    } else {
        let mut step = 1e-3_f64.max(1e-3 * from.abs()).copysign(limit);
        loop {
            let candidate = inside + step;
            if !fits(candidate) {
                outside = candidate;
                break;
            }
            if step.abs() > BEYOND {
                return limit;
            }
            inside = candidate;
            step *= 2.0;
        }
    }
    // Halving to a millionth of the value: intervals are shown with three digits.
    for _ in 0..60 {
        let middle = inside.midpoint(outside);
        if fits(middle) {
            inside = middle;
        } else {
            outside = middle;
        }
        if (inside - outside).abs() <= 1e-6 * inside.abs().max(1e-6) {
            break;
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::{Noise, Point};
    use rand::SeedableRng;
    use rand::rngs::Xoshiro256PlusPlus;
    use rand_distr::{Distribution, Normal};

    /// Curves that end in a limit, sampled where points hardly distinguish them from curves with a peak.
    #[test]
    fn no_curve_of_a_grid_with_the_same_ceiling_or_knee_fits_better() {
        let noise = Normal::new(0.0_f64, 0.1).unwrap();
        let mut out = Vec::new();
        for seed in 0..20 {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
            let points = [1, 1, 1, 2, 2, 2, 4, 4, 4, 8, 8, 8].map(|workers| {
                let n = f64::from(workers);
                Point { workers, throughput: 1000.0 * n / (1.0 + 0.2 * (n - 1.0)) * noise.sample(&mut random).exp() }
            });
            let model = Model::new(&points, Noise::Relative).unwrap();
            let best = model.best();
            for inverse in [0.4, 0.2, 0.05] {
                let (mut ceiling, mut knee) = (f64::INFINITY, f64::INFINITY);
                for j in 0..=100 {
                    let part = f64::from(j) / 100.0;
                    let mut sum = |log: f64, inverse: f64| {
                        let (s, k) = with_knee(inverse, part);
                        model.residuals(log, s, k, &mut out);
                        out.iter().map(|r| r * r).sum::<f64>()
                    };
                    for i in -50..=50 {
                        let off = 0.01 * f64::from(i);
                        knee = knee.min(sum(best.at[0] + off, inverse));
                        ceiling = ceiling.min(sum(best.at[0] + off, (inverse * off.exp()).min(1.0)));
                    }
                }
                for (quantity, grid) in [(Quantity::Ceiling, ceiling), (Quantity::Knee, knee)] {
                    let found = least(&model, &best, quantity, inverse);
                    assert!(
                        found <= grid * 1.0001,
                        "seed {seed}, {quantity:?} {inverse}: {found} by steps, {grid} by grid"
                    );
                }
            }
        }
    }
}
