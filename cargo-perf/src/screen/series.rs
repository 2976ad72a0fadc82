//! The last values of a chart.

use std::collections::VecDeque;

/// The last `KEPT` values, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series<const KEPT: usize>(VecDeque<u64>);

impl<const KEPT: usize> Series<KEPT> {
    /// A series of this many zeros.
    pub(crate) fn idle(values: usize) -> Self {
        Self(vec![0; values.min(KEPT)].into())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds a value; of more than are kept, the oldest goes.
    pub(crate) fn push(&mut self, value: u64) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(value);
    }

    /// The last values, at most so many.
    pub(crate) fn last(&self, most: usize) -> Vec<u64> {
        self.0.iter().skip(self.0.len().saturating_sub(most)).copied().collect()
    }
}
