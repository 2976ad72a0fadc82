//! Does a line, or a step, explain a history of values that depend on each other?
//!
//! A slow drift makes neighbours alike, and so does a machine whose state wanders. A line tells them apart: what is left beside it is
//! independent in the one case, and depends on its neighbours as before in the other. So the slope is divided by its standard error
//! as an autoregression of the residuals has it, `(1 − ρ) √Σ(x − x̄)² ÷ σ` (σ of the innovations), and compared with the same
//! figure of drawn histories that have this autoregression and no slope. Each of them has its own ρ estimated, and its own best
//! step, so that the errors of these count as well. All of it is of ranks, which outliers do not move.

use fastrand::Rng;

use super::dependence::{MOST, autoregression, innovations, of_neighbours};
use super::order::doubled_ranks;

#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// The same slope from the first value to the last.
    Line,
    /// Another level from some value on, with at least so many to either side.
    Step { shortest: usize },
}

impl Shape {
    /// What it is at each value, in all zero; and the first value after the step that fits these ranks best, or the middle of a line.
    fn fitted(self, ranks: &[f64]) -> (usize, Vec<f64>) {
        let n = ranks.len() as f64;
        let Self::Step { shortest } = self else {
            return (ranks.len() / 2, (0..ranks.len()).map(|at| at as f64 - (n - 1.0) / 2.0).collect());
        };
        let (mut best, mut most, mut sum) = (ranks.len() / 2, 0.0, 0.0);
        for at in 1..=ranks.len().saturating_sub(shortest) {
            sum += ranks[at - 1];
            let before = at as f64;
            let height = sum * sum / (before * (n - before));
            if at >= shortest && height > most {
                (best, most) = (at, height);
            }
        }
        let before = best as f64 / n;
        (best, (0..ranks.len()).map(|at| if at < best { before - 1.0 } else { before }).collect())
    }
}

/// A shape through the ranks of a history, and what is left beside it.
struct Fit {
    at: usize,
    /// Its height in standard errors.
    t: f64,
    rho: f64,
    residuals: Vec<f64>,
}

impl Fit {
    fn of(values: &[f64], shape: Shape) -> Self {
        let n = values.len() as f64;
        let ranks: Vec<f64> = doubled_ranks(values).iter().map(|rank| *rank as f64 - n - 1.0).collect();
        let (at, shape) = shape.fitted(&ranks);
        let spread: f64 = shape.iter().map(|x| x * x).sum();
        let slope = shape.iter().zip(&ranks).map(|(x, rank)| x * rank).sum::<f64>() / spread;
        let residuals: Vec<f64> = shape.iter().zip(&ranks).map(|(x, rank)| rank - slope * x).collect();
        let seen = of_neighbours(&residuals);
        // The bias of a correlation beside a line that was fitted (Tanaka 1984).
        let rho = (seen + (2.0 + 4.0 * seen) / n).clamp(0.0, MOST);
        let innovations = innovations(&residuals, rho);
        let sigma = (innovations.iter().map(|value| value * value).sum::<f64>() / n).sqrt();
        let t = if slope.abs() > 0.0 { slope.abs() * spread.sqrt() * (1.0 - rho) / sigma } else { 0.0 };
        Self { at, t, rho, residuals }
    }
}

/// Where the shape has its place, and the share of histories without it in which it is as high, where that share is `level` at most.
/// So many histories are drawn.
pub(super) fn believed(values: &[f64], shape: Shape, level: f64, shuffles: u32, rng: &mut Rng) -> Option<(usize, f64)> {
    let fit = Fit::of(values, shape);
    // No less dependent than the estimate and two of its standard errors: short histories say little of it.
    let rho = (fit.rho + 2.0 * ((1.0 - fit.rho * fit.rho) / values.len() as f64).sqrt()).min(MOST);
    let mut innovations = innovations(&fit.residuals, rho);
    let total = f64::from(shuffles) + 1.0;
    let mut reached = 1_u32;
    for _ in 0..shuffles {
        rng.shuffle(&mut innovations);
        let first = *rng.choice(&fit.residuals)?;
        let drawn: Vec<f64> = autoregression(first, rho, &innovations).collect();
        reached += u32::from(Fit::of(&drawn, shape).t >= fit.t);
        if f64::from(reached) / total > level {
            return None;
        }
    }
    Some((fit.at, f64::from(reached) / total))
}
