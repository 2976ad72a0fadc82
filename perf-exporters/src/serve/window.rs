//! The counts of the last seconds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use perf_core::Snapshot;

/// When a snapshot was taken, and the snapshot.
type Remembered = (Instant, Arc<Snapshot>);

/// Remembers two earlier snapshots, so that there is always one between one and two periods old, as long as a client
/// asks that often.
pub(super) struct Window {
    period: Duration,
    older: Option<Remembered>,
    newer: Option<Remembered>,
}

impl Window {
    /// One that reaches back to the start of the program at first.
    pub(super) fn new(period: Duration) -> Self {
        Self { period, older: None, newer: None }
    }

    /// One that reaches back to this snapshot at first.
    pub(super) fn from(period: Duration, now: Instant, snapshot: Snapshot) -> Self {
        Self { older: Some((now, Arc::new(snapshot))), ..Self::new(period) }
    }

    /// The latest snapshot that is a period old and how old it is, or the one it reaches back to at first, if there is
    /// one. The new one is remembered.
    pub(super) fn look(&mut self, now: Instant, snapshot: &Arc<Snapshot>) -> Option<(Duration, Arc<Snapshot>)> {
        if self.newer.as_ref().is_none_or(|(then, _)| now - *then >= self.period) {
            let newer = self.newer.replace((now, Arc::clone(snapshot)));
            self.older = newer.or(self.older.take());
        }
        self.older.as_ref().map(|(then, earlier)| (now - *then, Arc::clone(earlier)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(5);

    /// How far a window reaches back that is asked every second, after so many seconds.
    fn reach(mut window: Window, start: Instant, seconds: u64) -> Vec<Option<u64>> {
        let snapshot = Arc::new(Snapshot::default());
        let mut back =
            |second| window.look(start + Duration::from_secs(second), &snapshot).map(|(back, _)| back.as_secs());
        (0..=seconds).map(&mut back).collect()
    }

    #[test]
    fn at_first_to_the_start_and_then_between_one_and_two_periods() {
        let start = Instant::now();
        let program = reach(Window::new(PERIOD), start, 12);
        let none = [None; 5].into_iter();
        assert_eq!(program, none.chain([5, 6, 7, 8, 9, 5, 6, 7].map(Some)).collect::<Vec<_>>());
        let endpoint = reach(Window::from(PERIOD, start, Snapshot::default()), start, 12);
        assert_eq!(endpoint, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 5, 6, 7].map(Some));
    }
}
