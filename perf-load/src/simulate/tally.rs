//! What a drive of a simulated queue adds up to.

use std::time::Duration;

use perf_core::Histogram;
use perf_exporters::report::{ProbeReport, Quantiles};

use super::engine::Event;
use crate::{Counts, Window};

/// Windows of a course, at most.
const MOST: usize = 480;

/// Durations: what is exact, and, when the drive is over, all of them in buckets.
#[derive(Debug, Default)]
pub(super) struct Times {
    pub(super) all: Histogram,
    sum: u64,
    least: Option<u64>,
    most: u64,
}

impl Times {
    fn add(&mut self, time: u64) {
        self.sum = self.sum.saturating_add(time);
        self.least = Some(self.least.map_or(time, |least| least.min(time)));
        self.most = self.most.max(time);
    }

    pub(super) fn probe(&self, name: String, failed: u64) -> ProbeReport {
        let mut probe = ProbeReport::new(name);
        let count = self.all.count();
        (probe.calls, probe.timed_calls, probe.errors) = (count, count, failed);
        (probe.total_ns, probe.sum_ns, probe.busy_ns) = (self.sum, self.sum, self.sum);
        (probe.min_ns, probe.max_ns) = (self.least.unwrap_or(0), self.most);
        probe.mean_ns = self.sum.checked_div(count).unwrap_or(0);
        probe.quantiles = Quantiles::from_fn(|q| self.all.quantile(q).unwrap_or(0));
        probe.histogram = self.all.clone();
        probe
    }
}

#[derive(Debug)]
pub(super) struct Tally {
    pub(super) counts: Counts,
    pub(super) response: Times,
    pub(super) service: Times,
    pub(super) course: Vec<Window>,
    width: u64,
    begin: u64,
}

impl Tally {
    /// Of a drive that begins at that age of the queue, and is planned to last so long.
    pub(super) fn new(begin: u64, planned: Duration) -> Self {
        let width = super::nanos(planned).div_ceil(MOST as u64 / 2).max(1);
        let (response, service) = (Times::default(), Times::default());
        Self { counts: Counts::default(), response, service, course: Vec::new(), width, begin }
    }

    pub(super) fn add(&mut self, at: u64, event: Event) {
        let window = self.window(at);
        match event {
            Event::Due => {
                self.counts.due += 1;
                self.course[window].counts.due += 1;
            }
            Event::Dropped => {
                self.counts.dropped += 1;
                self.course[window].counts.dropped += 1;
            }
            Event::Done { due, started, failed } => {
                let (response, service) = (at.saturating_sub(due), at.saturating_sub(started));
                self.response.add(response);
                self.service.add(service);
                let begun = self.window(started);
                let window = self.window(at);
                self.course[begun].counts.started += 1;
                let part = &mut self.course[window];
                part.response.extend([response]);
                part.service.extend([service]);
                for counts in [&mut self.counts, &mut part.counts] {
                    counts.completed += 1;
                    counts.failed += u64::from(failed);
                }
            }
        }
    }

    /// The place of the window that this moment is in.
    fn window(&mut self, at: u64) -> usize {
        loop {
            let place = usize::try_from(at.saturating_sub(self.begin) / self.width).unwrap_or(usize::MAX);
            if place < MOST {
                while self.course.len() <= place {
                    let at = Duration::from_nanos(self.width * self.course.len() as u64);
                    self.course.push(Window { at, width: Duration::from_nanos(self.width), ..Window::default() });
                }
                return place;
            }
            self.widen();
        }
    }

    /// Every two windows become one.
    fn widen(&mut self) {
        self.width *= 2;
        let width = Duration::from_nanos(self.width);
        let narrow = std::mem::take(&mut self.course);
        self.course = narrow
            .chunks(2)
            .map(|pair| {
                let mut wide = Window { width, ..pair[0].clone() };
                for other in &pair[1..] {
                    wide.counts.add(&other.counts);
                    wide.response.merge(&other.response);
                    wide.service.merge(&other.service);
                }
                wide
            })
            .collect();
    }

    /// What was due and is neither done nor dropped, at the end of each window; and the whole, which is the sum of the windows.
    pub(super) fn finish(&mut self) {
        self.counts.started = self.counts.completed;
        let mut backlog = 0;
        for window in &mut self.course {
            let counts = &window.counts;
            backlog = (backlog + counts.due).saturating_sub(counts.completed + counts.dropped);
            window.backlog = backlog;
            self.response.all.merge(&window.response);
            self.service.all.merge(&window.service);
        }
    }
}
