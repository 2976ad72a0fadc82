//! One operation of a mix, without its function.

use super::Sizes;
use crate::Error;

/// One operation of a mix: its name, how often it is chosen, how large it is, and how often it is made to fail.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    pub(crate) name: String,
    pub(crate) weight: f64,
    pub(crate) sizes: Option<Sizes>,
    pub(crate) failures: f64,
}

impl Operation {
    /// An operation of weight 1, without sizes and injected failures.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), weight: 1.0, sizes: None, failures: 0.0 }
    }

    /// How often it is chosen, in proportion to the weights of the others.
    #[must_use]
    pub fn weight(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }

    /// How large it is: [`Ctx::size`](crate::Ctx::size).
    #[must_use]
    pub fn sizes(mut self, sizes: Sizes) -> Self {
        self.sizes = Some(sizes);
        self
    }

    /// The share of its calls, from 0 to 1, that count as failed (class `injected`) regardless of their result;
    /// [`Ctx::injected`](crate::Ctx::injected) reports it to the operation.
    #[must_use]
    pub fn failures(mut self, share: f64) -> Self {
        self.failures = share;
        self
    }

    /// Its name, the middle part of its probes' names.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How often it is chosen: its weight among those of the others.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.weight
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let under = |error: Error| error.under(format!("operation.{}", self.name));
        if !self.weight.is_finite() || self.weight < 0.0 {
            let problem = format!("{} is no weight: it must be a finite number, zero or above", self.weight);
            return Err(under(Error::invalid("weight", problem)));
        }
        if !(0.0..=1.0).contains(&self.failures) {
            let problem = format!("{} is no share: it must be from 0 to 1", self.failures);
            return Err(under(Error::invalid("failures", problem)));
        }
        self.sizes.as_ref().map_or(Ok(()), Sizes::check).map_err(under)
    }
}
