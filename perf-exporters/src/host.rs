//! Things that not every platform has: process ids, a clock. Where there is none, asking the standard library would end the
//! program.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The process's id.
pub(crate) fn pid() -> Option<u32> {
    (!cfg!(target_family = "wasm")).then(std::process::id)
}

/// A word for this process that no other has: its id, and the moment at which it first asked. None where there are no ids.
pub(crate) fn identity() -> Option<String> {
    static FIRST: OnceLock<u128> = OnceLock::new();
    let pid = pid()?;
    // A child of a fork has another id than the parent whose moment it shares.
    let first = FIRST.get_or_init(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos()));
    Some(format!("{pid:x}-{first:x}"))
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
