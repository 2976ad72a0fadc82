//! How long a verdict may take.

use std::fmt;
use std::time::Duration;

use perf_exporters::gate::Pace;

/// The time of an epoch, and what lies between two of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speed {
    /// As in tests of users who say nothing about it.
    Test,
    /// As in tests whose `max_time` is this.
    Within(Duration),
    /// Epochs of 100 ms at most, which follow each other at once.
    Quick,
}

impl Speed {
    pub(crate) fn pace(self, kernel_bytes: usize) -> Pace {
        let mut pace = Pace::default();
        pace.kernel_bytes = kernel_bytes;
        match self {
            Self::Test => {}
            Self::Within(time) => pace.max_time = time,
            Self::Quick => {
                pace.max_time = Duration::from_millis(100);
                pace.least_epoch = Duration::from_millis(10);
                pace.rules.pause = Duration::from_millis(10);
            }
        }
        pace
    }
}

/// What the names of cells end with.
impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Test => Ok(()),
            Self::Within(time) => write!(f, ", {} ms", time.as_millis()),
            Self::Quick => f.write_str(", quick"),
        }
    }
}
