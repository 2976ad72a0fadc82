//! Durations as whole nanoseconds: what every room counts in.

use std::time::Duration;

/// A duration in nanoseconds, within what 64 bits hold.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
