//! How long the phases of a command last.

use std::time::Duration;

use clap::ValueEnum;

/// Quick in seconds, full in hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Seconds a phase: does it work, and about how fast?
    Quick,
    /// Minutes: figures to compare.
    Default,
    /// As in production: steady for minutes, endurance for an hour.
    Full,
}

impl Mode {
    const fn pick<T: Copy>(self, quick: T, usual: T, full: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Default => usual,
            Self::Full => full,
        }
    }

    const fn seconds(self, quick: u64, usual: u64, full: u64) -> Duration {
        Duration::from_secs(self.pick(quick, usual, full))
    }

    /// Messages of the ingestion at full speed, in thousands.
    pub(crate) const fn thousands(self) -> usize {
        self.pick(150, 1_000, 20_000)
    }

    /// A phase at a steady rate.
    pub(crate) const fn steady(self) -> Duration {
        self.seconds(4, 30, 300)
    }

    /// Calls of each endpoint.
    pub(crate) const fn calls(self) -> u32 {
        self.pick(1_000, 1_000, 10_000)
    }

    /// A step of the curve and of the stress test.
    pub(crate) const fn step(self) -> Duration {
        self.seconds(1, 5, 30)
    }

    /// An overload, and the time before and after it.
    pub(crate) const fn recovery(self) -> [Duration; 3] {
        [self.seconds(2, 10, 60), self.seconds(12, 15, 60), self.seconds(8, 60, 300)]
    }

    /// An endurance run and the time between its checkpoints.
    pub(crate) const fn endurance(self) -> [Duration; 2] {
        [self.seconds(10, 300, 3_600), Duration::from_millis(self.pick(500, 5_000, 60_000))]
    }

    /// Row groups of the columnar storage: 4 MB each.
    pub(crate) const fn row_groups(self) -> usize {
        self.pick(64, 256, 1_024)
    }

    /// A day, compressed.
    pub(crate) const fn day(self) -> Duration {
        self.seconds(6, 120, 600)
    }
}
