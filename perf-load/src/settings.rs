//! A load whose values were checked.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::live::Live;
use crate::{Model, Stop};

/// The settings of a drive besides its schedule.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) model: Model,
    /// Arrivals that wait, at most.
    pub(crate) backlog: u32,
    pub(crate) limit: Option<Duration>,
    pub(crate) seed: u64,
    pub(crate) stop: Stop,
    /// Whether an operation that panics ends the drive.
    pub(crate) stop_on_panic: bool,
    pub(crate) watch: Option<Watch>,
}

pub(crate) type Watch = Arc<dyn Fn(&Live) + Send + Sync>;

/// How long a window is at first: fine enough for a short drive.
pub(crate) fn window(duration: Duration) -> u64 {
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    (nanos / 100).clamp(10_000_000, 1_000_000_000)
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("name", &self.name)
            .field("model", &self.model)
            .field("backlog", &self.backlog)
            .field("limit", &self.limit)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
