//! Times of calls at each of several sizes, with and without the time in which others had the processor.
//!
//! Where others want the processor, calls of milliseconds lose it and shorter ones do not: linear code looks as if it grew faster.

use super::absolute::{CLOSELY_NS, is_crowded};
use super::engine::{Engine, Returned};
use super::subject::Subject;
use crate::gate::interruptions::{Own, Presence};
use crate::stats::order::quantile;

/// The quantile that stands for the times at a size: low, because disturbances only add time.
const TYPICAL: f64 = 0.25;

pub(super) struct Ladder {
    sizes: Vec<usize>,
    /// Nanoseconds of calls, by size: of each as little as may have been the code's own, and as much.
    least: Vec<Vec<f64>>,
    most: Vec<Vec<f64>>,
    /// Nanoseconds of the last call at each size, interrupted or not.
    last: Vec<Option<f64>>,
    presence: Presence,
    /// Whether more threads wanted to run than there are processors.
    crowded: bool,
}

impl Ladder {
    pub(super) fn new(sizes: &[usize], presence: Presence) -> Self {
        let none = vec![Vec::new(); sizes.len()];
        let last = vec![None; sizes.len()];
        Self { sizes: sizes.to_vec(), least: none.clone(), most: none, last, presence, crowded: is_crowded() }
    }

    pub(super) fn sizes(&self) -> std::ops::Range<usize> {
        0..self.sizes.len()
    }

    /// Calls at a size take about so many nanoseconds; `None` before the first.
    pub(super) fn expected(&self, at: usize) -> Option<f64> {
        self.last[at]
    }

    pub(super) fn calls(&self) -> u64 {
        self.most.iter().map(|times| times.len() as u64).sum()
    }

    /// The time at each size, the greatest share of which may have been the code's own.
    pub(super) fn most(&self) -> Vec<(u64, f64)> {
        self.typical(&self.most)
    }

    /// The time at each size that nothing but the code explains.
    pub(super) fn least(&self) -> Vec<(u64, f64)> {
        self.typical(&self.least)
    }

    /// Nanoseconds of all calls that nothing but the code explains.
    pub(super) fn own(&self) -> f64 {
        self.least.iter().flatten().sum()
    }

    /// Looks again whether others want the processors.
    pub(super) fn look(&mut self) {
        self.crowded = self.crowded || is_crowded();
    }

    fn keep(&mut self, at: usize, passed: u64, own: Own) {
        self.last[at] = Some((passed as f64).max(1.0));
        self.least[at].push((own.least as f64).max(1.0));
        self.most[at].push((own.most as f64).max(1.0));
    }

    fn typical(&self, times: &[Vec<f64>]) -> Vec<(u64, f64)> {
        let of = |(size, times): (&usize, &Vec<f64>)| (*size as u64, quantile(times, TYPICAL).unwrap_or(f64::NAN));
        self.sizes.iter().zip(times).map(of).collect()
    }
}

impl<S: Subject> Engine<'_, S> {
    /// Whether it is known which part of the times others had the processor.
    pub(super) fn knows_others(&self, ladder: &Ladder) -> bool {
        self.run.is_cpu() || !ladder.crowded || ladder.presence.is_known()
    }

    /// One more call at a size.
    pub(super) async fn climb(&mut self, ladder: &mut Ladder, at: usize) -> Result<(), Returned<S::Output>> {
        // Shorter calls are seldom interrupted, and reading clocks would disturb them.
        let closely = ladder.expected(at).is_none_or(|ns| ns >= CLOSELY_NS) && ladder.presence.is_known();
        self.scope.look_for_others(closely);
        if closely {
            ladder.presence.begin();
        }
        let (output, call) = self.call_in_full(ladder.sizes[at]).await;
        let own = if closely {
            ladder.presence.own_of_one(call.ns, call.by_others, ladder.crowded)
        } else {
            Own::all(call.ns)
        };
        ladder.keep(at, call.ns, own);
        self.accept(output)?;
        Ok(())
    }
}
