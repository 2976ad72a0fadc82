//! The operation and the size that are drawn for an arrival.

use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rand_distr::Distribution;
use rand_distr::weighted::WeightedAliasIndex;

use super::Operation;
use crate::{Ctx, Error};

/// The operations of a drive, and how to choose among them.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    operations: Vec<Operation>,
    weights: Option<WeightedAliasIndex<f64>>,
    /// Whether anything is drawn at all.
    random: bool,
}

impl Choice {
    /// The only operation of a drive, which has no name.
    pub(crate) fn single() -> Self {
        Self { operations: vec![Operation::new("")], weights: None, random: false }
    }

    pub(crate) fn new(operations: &[Operation]) -> Result<Self, Error> {
        if operations.is_empty() {
            return Err(Error::invalid("operation", "the mix is empty: it needs at least one operation"));
        }
        for (at, operation) in operations.iter().enumerate() {
            operation.check()?;
            if operations[..at].iter().any(|before| before.name == operation.name) {
                let problem = "two operations have this name: each has probes of its own";
                return Err(Error::invalid(format!("operation.{}", operation.name), problem));
            }
        }
        let weights = WeightedAliasIndex::new(operations.iter().map(|operation| operation.weight).collect());
        let weights = weights.map_err(|_| {
            Error::invalid("operation", "every weight is zero, or their sum too large: at least one must be above zero")
        })?;
        let drawn = |operation: &Operation| operation.sizes.is_some() || operation.failures > 0.0;
        Ok(Self {
            random: operations.len() > 1 || operations.iter().any(drawn),
            operations: operations.to_vec(),
            weights: (operations.len() > 1).then_some(weights),
        })
    }

    pub(crate) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.operations.iter().map(|operation| operation.name.as_str())
    }

    pub(crate) fn is_random(&self) -> bool {
        self.random
    }

    /// The operation for an arrival, and its context.
    #[inline]
    pub(crate) fn draw(&self, seed: u64, number: u64, due: u64) -> (usize, Ctx) {
        let seed = mixed(seed, number);
        let ctx = Ctx { number, due: Duration::from_nanos(due), seed, size: 0, injected: false };
        if self.random { self.drawn(ctx) } else { (0, ctx) }
    }

    fn drawn(&self, mut ctx: Ctx) -> (usize, Ctx) {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(ctx.seed);
        let index = self.weights.as_ref().map_or(0, |weights| weights.sample(&mut random));
        let operation = &self.operations[index];
        if let Some(sizes) = operation.sizes {
            ctx.size = sizes.draw(&mut random);
        }
        ctx.injected = operation.failures > 0.0 && random.random_bool(operation.failures);
        (index, ctx)
    }
}

/// The seed of an arrival: `SplitMix64` at the index of its number.
#[inline]
pub(crate) fn mixed(seed: u64, number: u64) -> u64 {
    let mut z = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
