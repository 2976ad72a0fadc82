//! What was counted lately.

use std::sync::Arc;
use std::time::{Duration, Instant};

use perf_core::Snapshot;

/// Remembers two earlier snapshots, so that there is always one between one and two periods old, as long as somebody
/// asks that often.
pub(super) struct Window {
    period: Duration,
    older: Option<(Instant, Arc<Snapshot>)>,
    newer: Option<(Instant, Arc<Snapshot>)>,
}

impl Window {
    pub(super) fn new(period: Duration) -> Self {
        Self { period, older: None, newer: None }
    }

    /// What was counted since the older of the snapshots remembered, and since when that is. Nothing if there is none.
    pub(super) fn since(&mut self, now: Instant, snapshot: &Arc<Snapshot>) -> Option<(Duration, Snapshot)> {
        let base = self.older.as_ref().or(self.newer.as_ref());
        let since = base.map(|(then, earlier)| (now - *then, snapshot.since(earlier)));
        if self.newer.as_ref().is_none_or(|(then, _)| now - *then >= self.period) {
            self.older = self.newer.take();
            self.newer = Some((now, Arc::clone(snapshot)));
        }
        since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reaches_back_between_one_and_two_periods() {
        let start = Instant::now();
        let mut window = Window::new(Duration::from_secs(5));
        let snapshot = Arc::new(Snapshot::default());
        let mut back = |seconds| window.since(start + Duration::from_secs(seconds), &snapshot).map(|(back, _)| back);
        assert_eq!(back(0), None);
        for seconds in 1..=9 {
            assert_eq!(back(seconds), Some(Duration::from_secs(seconds)), "{seconds}");
        }
        for seconds in 10..100 {
            let back = back(seconds).unwrap();
            assert!((Duration::from_secs(5)..=Duration::from_secs(11)).contains(&back), "{seconds}: {back:?}");
        }
    }
}
