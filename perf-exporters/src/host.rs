//! Things that not every platform has: process ids, a clock. Where there is none, asking the standard library would end the
//! program.

use std::time::{Duration, Instant};

/// The process's id.
pub(crate) fn pid() -> Option<u32> {
    (!cfg!(target_family = "wasm")).then(std::process::id)
}

/// A moment to measure from.
#[derive(Clone, Copy)]
pub(crate) struct Began(Option<Instant>);

impl Began {
    pub(crate) fn now() -> Self {
        Self((!cfg!(all(target_family = "wasm", target_os = "unknown"))).then(Instant::now))
    }

    /// Time since then; none where there is no clock.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.map_or(Duration::ZERO, |began| began.elapsed())
    }
}
