//! The data behind the pages. Nothing is measured before a client asks, nothing is rendered that no client asks for, and
//! what was made is shown again until it is old.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use perf_core::Snapshot;

use super::endpoint::Page;
use super::window::Window;
use crate::Report;
use crate::metrics::keep_monotonic;
use crate::report::{BudgetReport, nanos};

/// For how long an observation is shown at least.
const FRESH: Duration = Duration::from_secs(1);
/// For how long at most.
const STALE: Duration = Duration::from_secs(10);
/// And for this many times what it took: so asking without a pause costs one part in so many of a processor.
const PATIENCE: u32 = 100;
/// The interval that rates are taken over.
const LAST_SECONDS: Duration = Duration::from_secs(5);
/// The interval that budgets are judged by.
const LAST_MINUTE: Duration = Duration::from_mins(1);

/// One look at the probes, with all that was made of it.
pub(super) struct Observed {
    taken: Instant,
    uptime: Duration,
    snapshot: Arc<Snapshot>,
    /// The snapshots that rates and verdicts count from; none where that is the start of the program.
    seconds_ago: Option<Earlier>,
    minute_ago: Option<Earlier>,
    report: OnceLock<Arc<Report>>,
    recent: OnceLock<Report>,
    budgets: OnceLock<Vec<BudgetReport>>,
    pages: Mutex<HashMap<Page, Bytes>>,
    /// Nanoseconds that it took so far.
    cost: AtomicU64,
}

/// How long ago, and what had been counted by then.
type Earlier = (Duration, Arc<Snapshot>);

pub(super) struct Observer {
    started: Instant,
    program: Option<String>,
    state: Mutex<State>,
    /// The last report that was made.
    last: Mutex<Option<Arc<Report>>>,
}

struct State {
    current: Option<Arc<Observed>>,
    last_seconds: Window,
    last_minute: Window,
}

impl Observer {
    pub(super) fn new(program: Option<String>) -> Self {
        let started = Instant::now();
        // What was counted before is nothing that happened lately.
        let last_seconds = Window::from(LAST_SECONDS, started, perf_core::snapshot());
        let state = State { current: None, last_seconds, last_minute: Window::new(LAST_MINUTE) };
        Self { started, program, state: Mutex::new(state), last: Mutex::default() }
    }

    /// Since the endpoint began.
    pub(super) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// The current data. A client that asks while it is measured waits for it.
    pub(super) fn look(&self) -> Arc<Observed> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &state.current {
            Some(current) if current.is_fresh() => Arc::clone(current),
            _ => {
                let observed = Arc::new(self.measure(&mut state));
                state.current = Some(Arc::clone(&observed));
                observed
            }
        }
    }

    fn measure(&self, state: &mut State) -> Observed {
        let snapshot = Arc::new(perf_core::snapshot());
        let now = Instant::now();
        Observed {
            taken: now,
            uptime: self.uptime(),
            seconds_ago: state.last_seconds.look(now, &snapshot),
            minute_ago: state.last_minute.look(now, &snapshot),
            snapshot,
            report: OnceLock::new(),
            recent: OnceLock::new(),
            budgets: OnceLock::new(),
            pages: Mutex::default(),
            cost: AtomicU64::new(0),
        }
    }

    /// All of it as a report.
    pub(super) fn report<'a>(&self, observed: &'a Observed) -> &'a Report {
        observed.report.get_or_init(|| {
            let mut report = Report::from(&*observed.snapshot).of_this_process();
            report.budgets = BudgetReport::with_idle(observed.budgets().1, &observed.snapshot);
            report.meta.duration_ns = nanos(observed.uptime);
            if let Some(program) = &self.program {
                report.meta.program.clone_from(program);
            }
            #[cfg(feature = "monitor")]
            report.monitor.extend(crate::monitor::track());
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(last) = &*last {
                keep_monotonic(&mut report, last);
            }
            let report = Arc::new(report);
            *last = Some(Arc::clone(&report));
            report
        })
    }
}

impl Observed {
    fn is_fresh(&self) -> bool {
        self.taken.elapsed() < shown_for(Duration::from_nanos(self.cost.load(Ordering::Relaxed)))
    }

    /// Says that some nanoseconds went into it.
    pub(super) fn took(&self, cost: u64) {
        self.cost.fetch_add(cost, Ordering::Relaxed);
    }

    /// The page as it was rendered before, or now.
    pub(super) fn page(&self, page: Page, render: impl FnOnce() -> Vec<u8>) -> Bytes {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.entry(page).or_insert_with(|| render().into()).clone()
    }

    /// The snapshot, as it was read.
    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The counts of the last seconds, and how many seconds these are.
    pub(super) fn recent(&self) -> (Duration, &Report) {
        let report = self.recent.get_or_init(|| match &self.seconds_ago {
            Some((_, earlier)) => Report::from(self.snapshot.since(earlier)),
            None => Report::from(&*self.snapshot),
        });
        (self.seconds_ago.as_ref().map_or(self.uptime, |(span, _)| *span), report)
    }

    /// Over how long budgets are judged, and what the calls of that time prove of them: judged once, by the first page that
    /// needs it.
    pub(super) fn budgets(&self) -> (Duration, &[BudgetReport]) {
        let declares = || self.snapshot.probes().any(|probe| !probe.budgets().is_empty());
        let budgets = self.budgets.get_or_init(|| match &self.minute_ago {
            _ if !declares() => Vec::new(),
            Some((_, earlier)) => BudgetReport::all(&self.snapshot.since(earlier)),
            None => BudgetReport::all(&self.snapshot),
        });
        (self.minute_ago.as_ref().map_or(self.uptime, |(span, _)| *span), budgets)
    }
}

/// For how long something is shown that took this long.
fn shown_for(cost: Duration) -> Duration {
    (cost * PATIENCE).clamp(FRESH, STALE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_dear_is_shown_for_longer() {
        for (cost, shown) in [(0, 1_000), (10, 1_000), (30, 3_000), (5_000, 10_000)] {
            assert_eq!(shown_for(Duration::from_millis(cost)), Duration::from_millis(shown));
        }
    }

    #[test]
    fn nothing_is_made_before_it_is_asked_for() {
        let observer = Observer::new(Some("lazy".to_owned()));
        let seen = observer.look();
        assert!(seen.report.get().is_none() && seen.budgets.get().is_none());
        assert_eq!(observer.report(&seen).meta.program, "lazy");
        assert!(std::ptr::eq(observer.report(&seen), observer.report(&observer.look())));
        assert!(seen.budgets.get().is_some() && seen.recent.get().is_none(), "the report has them");
        let page = seen.page(Page::Json, || b"once".to_vec());
        assert_eq!(page, seen.page(Page::Json, || b"twice".to_vec()));
    }
}
