//! Reports from the endpoint: the latest one, the interval before it, and the state of the connection.

use std::sync::Arc;
use std::time::Instant;

use perf_exporters::Report;

use super::history::History;
use super::interval::{Interval, Step, between};

/// The state of the connection to the endpoint.
#[derive(Clone, Debug)]
pub(super) enum Link {
    /// The first request was sent.
    Asking,
    Live,
    /// The endpoint does not answer; with the time of the next request.
    Away {
        why: String,
        again: Instant,
    },
}

/// A report, and the interval since the one before.
#[derive(Clone, Debug)]
struct Data {
    report: Arc<Report>,
    interval: Option<Arc<Interval>>,
}

/// Reports in the order of their arrival. While paused, reports are still taken, but not shown.
#[derive(Debug)]
pub(super) struct Feed {
    latest: Option<Data>,
    /// The report that is shown instead of the latest.
    paused: Option<Data>,
    pub(super) history: History,
    pub(super) link: Link,
    /// When the latest report came.
    pub(super) came: Option<Instant>,
    /// Whether the process is another one than before, and no interval has passed yet.
    pub(super) restarted: bool,
}

impl Feed {
    pub(super) fn new() -> Self {
        Self {
            latest: None,
            paused: None,
            history: History::default(),
            link: Link::Asking,
            came: None,
            restarted: false,
        }
    }

    /// A report came.
    pub(super) fn received(&mut self, report: Report, now: Instant) {
        (self.link, self.came) = (Link::Live, Some(now));
        let step = self.latest.as_ref().map(|before| between(&before.report, &report));
        let interval = match step {
            Some(Step::Same) => return,
            Some(Step::Later(interval)) => {
                self.restarted = false;
                self.history.add(&interval);
                Some(Arc::from(interval))
            }
            Some(Step::Restarted) => {
                self.restarted = true;
                self.history = History::default();
                None
            }
            None => None,
        };
        self.latest = Some(Data { report: Arc::new(report), interval });
    }

    /// No report came.
    pub(super) fn away(&mut self, why: String, again: Instant) {
        self.link = Link::Away { why, again };
    }

    /// Pauses the shown report, or goes on.
    pub(super) fn pause(&mut self) {
        self.paused = if self.paused.is_some() { None } else { self.latest.clone() };
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Whether there are figures to show: of an interval, or of all the time.
    pub(super) fn has_figures(&self, totals: bool) -> bool {
        self.latest.as_ref().is_some_and(|data| totals || data.interval.is_some())
    }

    fn data(&self) -> Option<&Data> {
        self.paused.as_ref().or(self.latest.as_ref())
    }

    /// The report that is shown.
    pub(super) fn report(&self) -> Option<&Report> {
        self.data().map(|data| &*data.report)
    }

    /// The interval before it.
    pub(super) fn interval(&self) -> Option<&Interval> {
        self.data()?.interval.as_deref()
    }
}
