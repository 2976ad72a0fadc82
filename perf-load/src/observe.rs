//! Reports the progress of a drive to its watcher.

use std::time::Duration;

use crate::Live;
use crate::record::{Apart, Collector, Tally};
use crate::settings::Settings;

/// The time between two reports to a watcher.
pub(crate) const EVERY: Duration = Duration::from_millis(250);

/// Makes [`Live`] values of a drive.
pub(crate) struct Observer<'a> {
    settings: &'a Settings,
    scheduled: Duration,
    collector: &'a Collector,
    tallies: &'a [Apart<Tally>],
    /// The time of the last report, and completions until then.
    last: (Duration, u64),
}

impl<'a> Observer<'a> {
    pub(crate) fn new(
        settings: &'a Settings,
        scheduled: Duration,
        collector: &'a Collector,
        tallies: &'a [Apart<Tally>],
    ) -> Self {
        Self { settings, scheduled, collector, tallies, last: (Duration::ZERO, 0) }
    }

    pub(crate) fn tell(&mut self, elapsed: Duration) {
        let Some(watch) = &self.settings.watch else { return };
        let counts = Tally::sum(self.tallies);
        let since = elapsed.saturating_sub(self.last.0).as_secs_f64();
        let more = counts.completed.saturating_sub(self.last.1);
        self.last = (elapsed, counts.completed);
        watch(&Live {
            name: self.settings.name.clone(),
            model: self.settings.model,
            elapsed,
            left: self.scheduled.saturating_sub(elapsed),
            rate: if since > 0.0 { more as f64 / since } else { 0.0 },
            p99: self.collector.recent().quantile(0.99).map(Duration::from_nanos),
            counts,
            in_flight: counts.started.saturating_sub(counts.completed),
        });
    }
}
