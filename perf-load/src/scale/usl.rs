//! The Universal Scalability Law, fitted with intervals.
//!
//! X(N) = λ·N ÷ (1 + σ·(N − 1) + κ·N·(N − 1)) (Gunther, *Guerrilla Capacity Planning*, 2007): λ is the throughput of one
//! worker, σ the share of the work that only one worker can do at a time (contention), κ what each pair of workers costs
//! (coherency). None of the three is negative, and σ is at most 1.
//!
//! With u = 1 ÷ N* for the number of workers N* at which throughput is greatest, κ = (1 − σ)·u², and the greatest throughput
//! is λ ÷ (σ + (1 − σ)·(2u − u²)). These hold for u = 0, too, where there is no greatest throughput but a limit, λ ÷ σ; so
//! derived quantities are parameters like the others, and get their intervals in the same way.

use serde::Serialize;

use super::profile::{self, Quantity};
use super::solve::minimise;
use crate::Error;

/// The measurement of one step: so many workers, so many operations a second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Workers, processors or concurrent users.
    pub workers: u32,
    /// Operations a second, or in any other unit of time.
    pub throughput: f64,
}

/// How measured throughputs scatter about the curve, which defines "closest".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Noise {
    /// In proportion to the throughput: least squares of logarithms. Steps of equal length on one machine scatter like this.
    #[default]
    Relative,
    /// By the same amount everywhere: least squares of throughputs, as R's package `usl` has it.
    Absolute,
}

/// A value with its 95 % interval.
///
/// An infinite value or end says that there is no such point: throughput has no greatest value where κ cannot be
/// distinguished from zero. In JSON it is `null`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The value of the closest curve.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Estimate {
    /// Whether the interval has the value in it.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// A curve of the Universal Scalability Law, as close as any to the measured points.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Usl {
    /// λ: throughput of one worker.
    pub lambda: Estimate,
    /// σ: share of the work that is done by one worker at a time; 0 … 1.
    pub sigma: Estimate,
    /// κ: cost of a pair of workers, in units of the work itself; ≥ 0.
    pub kappa: Estimate,
    /// Workers that would reach the ceiling if they did not hinder each other: ceiling ÷ λ. More than these mostly wait.
    pub knee: Estimate,
    /// Workers at which throughput is greatest; beyond, more workers do less. Infinite where κ is zero.
    pub peak: Estimate,
    /// The greatest throughput with any number of workers.
    pub ceiling: Estimate,
    /// Standard deviation of the residuals: a share of the throughput with [`Noise::Relative`].
    pub spread: f64,
    /// How the points are taken to scatter.
    pub noise: Noise,
    /// Most workers that were measured; the curve beyond is extrapolated.
    pub most_workers: u32,
}

/// Three parameters, and at least one point more to estimate how far the points scatter.
const LEAST_POINTS: usize = 4;
/// Two worker counts fit infinitely many curves.
const LEAST_COUNTS: usize = 3;

impl Usl {
    /// Fits the curve: Gauss–Newton with σ and κ fixed at their bounds where the points would have them beyond.
    ///
    /// The intervals are those of the profile likelihood: a value is inside when the best curve that has this value leaves no
    /// more unexplained than Student's t allows. So they know the bounds (an interval ends at zero, not below), they are not
    /// symmetric where the curve is not, and those of peak, knee and ceiling need no approximation of their own.
    ///
    /// ```
    /// use perf_load::scale::{Noise, Point, Usl};
    ///
    /// let measured = [(1, 1010.0), (2, 1880.0), (4, 3380.0), (8, 5310.0), (16, 6370.0), (32, 5890.0)];
    /// let points = measured.map(|(workers, throughput)| Point { workers, throughput });
    /// let usl = Usl::fit(&points, Noise::Relative)?;
    /// assert!(usl.sigma.contains(0.05) && usl.kappa.contains(0.003));
    /// assert!(usl.peak.low > 15.0 && usl.peak.high < 22.0);
    /// # Ok::<(), perf_load::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where there are fewer than four points or three worker counts, or a throughput is not positive.
    pub fn fit(points: &[Point], noise: Noise) -> Result<Self, Error> {
        let model = Model::new(points, noise)?;
        let best = model.best();
        let estimate = |quantity| profile::interval(&model, &best, quantity);
        Ok(Self {
            lambda: estimate(Quantity::Lambda),
            sigma: estimate(Quantity::Sigma),
            kappa: estimate(Quantity::Kappa),
            knee: estimate(Quantity::Knee),
            peak: estimate(Quantity::Peak),
            ceiling: estimate(Quantity::Ceiling),
            spread: best.variance.sqrt() * model.unit,
            noise,
            most_workers: points.iter().map(|point| point.workers).max().unwrap_or(0),
        })
    }

    /// The throughput of the curve for so many workers.
    #[must_use]
    pub fn throughput(&self, workers: f64) -> f64 {
        self.lambda.value * speedup(workers, self.sigma.value, self.kappa.value)
    }

    /// Throughput per worker as a share of that of one worker alone.
    #[must_use]
    pub fn efficiency(&self, workers: f64) -> f64 {
        speedup(workers, self.sigma.value, self.kappa.value) / workers
    }
}

/// N ÷ (1 + σ·(N − 1) + κ·N·(N − 1)).
pub(super) fn speedup(workers: f64, sigma: f64, kappa: f64) -> f64 {
    workers / (1.0 + sigma * (workers - 1.0) + kappa * workers * (workers - 1.0))
}

/// The points, and how far a curve is from them.
pub(super) struct Model {
    points: Vec<(f64, f64)>,
    noise: Noise,
    /// Throughputs are divided by it, so that every parameter is of the order of one; 1 for logarithms.
    pub(super) unit: f64,
    /// κ is multiplied by it, for the same reason.
    pub(super) pairs: f64,
}

/// The closest curve: ln λ, σ, and κ times [`Model::pairs`].
pub(super) struct Best {
    pub(super) at: [f64; 3],
    pub(super) sum: f64,
    pub(super) variance: f64,
    pub(super) freedom: f64,
}

impl Model {
    pub(super) fn new(points: &[Point], noise: Noise) -> Result<Self, Error> {
        let mut counts: Vec<u32> = points.iter().map(|point| point.workers).collect();
        counts.sort_unstable();
        counts.dedup();
        if let Some(bad) = points.iter().find(|p| p.workers == 0 || !(p.throughput > 0.0 && p.throughput.is_finite())) {
            let why = format!("{} with {} workers is no throughput to fit a curve to", bad.throughput, bad.workers);
            return Err(Error::invalid("throughput", why));
        }
        if points.len() < LEAST_POINTS || counts.len() < LEAST_COUNTS {
            let why = format!(
                "{} points at {} worker counts do not determine a curve; measure at least {LEAST_POINTS} points at {LEAST_COUNTS} counts",
                points.len(),
                counts.len()
            );
            return Err(Error::invalid("workers", why));
        }
        let most = f64::from(*counts.last().unwrap_or(&1));
        let mean = points.iter().map(|point| point.throughput).sum::<f64>() / points.len() as f64;
        let unit = if noise == Noise::Absolute { mean } else { 1.0 };
        let points = points.iter().map(|point| (f64::from(point.workers), point.throughput / unit)).collect();
        Ok(Self { points, noise, unit, pairs: most * (most - 1.0) })
    }

    /// Differences between the points and the curve with ln λ (of throughputs in units), σ and κ.
    pub(super) fn residuals(&self, log_lambda: f64, sigma: f64, kappa: f64, out: &mut Vec<f64>) {
        out.clear();
        out.extend(self.points.iter().map(|&(workers, throughput)| {
            let speedup = speedup(workers, sigma, kappa);
            match self.noise {
                Noise::Relative => throughput.ln() - log_lambda - speedup.ln(),
                Noise::Absolute => throughput - log_lambda.exp() * speedup,
            }
        }));
    }

    /// ln λ of the curve with σ and κ that fits best: a mean of logarithms, or a regression through the origin.
    pub(super) fn log_lambda(&self, sigma: f64, kappa: f64) -> f64 {
        let speedups = self.points.iter().map(|&(workers, throughput)| (speedup(workers, sigma, kappa), throughput));
        match self.noise {
            Noise::Relative => speedups.map(|(s, x)| (x / s).ln()).sum::<f64>() / self.points.len() as f64,
            Noise::Absolute => {
                let (cross, square) = speedups.fold((0.0, 0.0), |(c, q), (s, x)| (c + s * x, q + s * s));
                (cross / square).ln()
            }
        }
    }

    /// Gauss–Newton from the best of a coarse grid, so that no local minimum is taken for the least.
    pub(super) fn best(&self) -> Best {
        let residuals = |at: &[f64; 3], out: &mut Vec<f64>| self.residuals(at[0], at[1], at[2] / self.pairs, out);
        let mut out = Vec::new();
        let sigmas = [0.0, 0.01, 0.03, 0.1, 0.3, 0.6, 0.95];
        let kappas = [0.0, 0.05, 0.2, 1.0, 5.0, 25.0, 125.0];
        let starts = sigmas.iter().flat_map(|&s| kappas.map(|k| [self.log_lambda(s, k / self.pairs), s, k]));
        let sum = |at: &[f64; 3], out: &mut Vec<f64>| {
            residuals(at, out);
            out.iter().map(|r| r * r).sum::<f64>()
        };
        let start =
            starts.map(|at| (sum(&at, &mut out), at)).min_by(|a, b| a.0.total_cmp(&b.0)).map_or([0.0; 3], |s| s.1);
        let found = minimise(residuals, start, &BOUNDS);
        let freedom = self.points.len() as f64 - 3.0;
        Best { at: found.at, sum: found.sum, variance: found.sum / freedom, freedom }
    }
}

const ANY: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
/// ln λ, σ, scaled κ.
pub(super) const BOUNDS: [(f64, f64); 3] = [ANY, (0.0, 1.0), (0.0, f64::INFINITY)];

#[cfg(test)]
#[path = "usl_tests.rs"]
mod tests;
