//! The waiting of a slot's calls; [`super::waiting`] fills it in.

use super::sync::Count;

pub(crate) struct Watched {
    /// Ticks of self time in which the thread was on no processor.
    pub(crate) waiting: Count,
    /// Calls until the next watched one, beginning with the first call; 0 where none will be.
    pub(super) due: Count,
    /// Calls that the next watched one stands for; 0 where none will be.
    pub(super) stands: Count,
    /// Running mean of the watched calls, in ticks.
    pub(super) mean: Count,
}

impl Watched {
    pub(crate) fn new() -> Self {
        Self { waiting: Count::new(0), due: Count::new(1), stands: Count::new(1), mean: Count::new(0) }
    }

    /// Resets to the state of a new slot.
    pub(super) fn reset(&self) {
        self.waiting.set(0);
        self.due.set(1);
        self.stands.set(1);
        self.mean.set(0);
    }
}
