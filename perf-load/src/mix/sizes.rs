//! How large an operation is.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1, StandardNormal};

use crate::Error;

/// A distribution of sizes, in bytes or any other unit that the operation takes [`Ctx::size`](crate::Ctx::size) for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes(Form);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Fixed(u64),
    Uniform { low: u64, high: u64 },
    Exponential { mean: f64 },
    LogNormal { median: f64, sigma: f64, most: u64 },
}

impl Sizes {
    /// Always the same.
    #[must_use]
    pub const fn fixed(size: u64) -> Self {
        Self(Form::Fixed(size))
    }

    /// Each from `low` to `high`, both included, equally often.
    #[must_use]
    pub const fn uniform(low: u64, high: u64) -> Self {
        Self(Form::Uniform { low, high })
    }

    /// Exponential.
    #[must_use]
    pub const fn exponential(mean: f64) -> Self {
        Self(Form::Exponential { mean })
    }

    /// Log-normal, as documents and messages often are: half of them below `median`; the logarithm has the standard deviation
    /// `sigma`; cut at `most`.
    #[must_use]
    pub const fn log_normal(median: f64, sigma: f64, most: u64) -> Self {
        Self(Form::LogNormal { median, sigma, most })
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let usable = |value: f64| value.is_finite() && value >= 0.0;
        match self.0 {
            Form::Uniform { low, high } if low > high => {
                Err(Error::invalid("sizes", format!("low, {low}, is above high, {high}")))
            }
            Form::Exponential { mean } if !usable(mean) => {
                Err(Error::invalid("sizes", format!("{mean} is no mean: it must be a finite number, zero or above")))
            }
            Form::LogNormal { median, sigma, .. } if !usable(median) || !usable(sigma) => Err(Error::invalid(
                "sizes",
                format!("median {median} and sigma {sigma} must be finite numbers, zero or above"),
            )),
            _ => Ok(()),
        }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "floats are cut at the ends of u64")]
    pub(crate) fn draw(&self, random: &mut impl Rng) -> u64 {
        match self.0 {
            Form::Fixed(size) => size,
            Form::Uniform { low, high } => random.random_range(low..=high),
            Form::Exponential { mean } => {
                let gap: f64 = Exp1.sample(random);
                (mean * gap).round() as u64
            }
            Form::LogNormal { median, sigma, most } => {
                let normal: f64 = StandardNormal.sample(random);
                ((median * (sigma * normal).exp()).round() as u64).min(most)
            }
        }
    }
}
