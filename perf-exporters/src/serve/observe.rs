//! What there is to show: measured once a second at most, however many ask.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::endpoint::Page;
use super::health::Health;
use super::window::Window;
use crate::Report;
use crate::metrics::hold;
use crate::report::nanos;

/// For how long an observation is shown.
const FRESH: Duration = Duration::from_secs(1);
/// What rates are taken over.
const LAST_SECONDS: Duration = Duration::from_secs(5);
/// What budgets are judged by.
const LAST_MINUTE: Duration = Duration::from_mins(1);

/// One look at the probes, with all that was made of it.
pub(super) struct Observed {
    taken: Instant,
    pub(super) report: Report,
    /// What was counted in the last seconds, and how many these are.
    pub(super) recent: (Duration, Report),
    pub(super) health: (Duration, Health),
    pages: Mutex<HashMap<Page, Bytes>>,
}

impl Observed {
    /// The page as it was rendered before, or now.
    pub(super) fn page(&self, page: Page, render: impl FnOnce(&Self) -> Vec<u8>) -> Bytes {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.entry(page).or_insert_with(|| render(self).into()).clone()
    }
}

pub(super) struct Observer {
    started: Instant,
    program: Option<String>,
    state: Mutex<State>,
}

struct State {
    current: Option<Arc<Observed>>,
    last_seconds: Window,
    last_minute: Window,
}

impl Observer {
    pub(super) fn new(program: Option<String>) -> Self {
        let state =
            State { current: None, last_seconds: Window::new(LAST_SECONDS), last_minute: Window::new(LAST_MINUTE) };
        Self { started: Instant::now(), program, state: Mutex::new(state) }
    }

    /// Since the endpoint began.
    pub(super) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// What there is to show now. Whoever comes while it is measured waits for it.
    pub(super) fn look(&self) -> Arc<Observed> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &state.current {
            Some(current) if current.taken.elapsed() < FRESH => Arc::clone(current),
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
        let mut report = Report::from(&*snapshot);
        report.meta.duration_ns = nanos(self.uptime());
        if let Some(program) = &self.program {
            report.meta.program.clone_from(program);
        }
        if let Some(current) = &state.current {
            hold(&mut report, &current.report);
        }
        let recent = match state.last_seconds.since(now, &snapshot) {
            Some((span, recent)) => (span, Report::from(recent)),
            None => (self.uptime(), report.clone()),
        };
        let health = match state.last_minute.since(now, &snapshot) {
            Some((span, recent)) => (span, Health::of(Report::from(recent))),
            None => (self.uptime(), Health::of(report.clone())),
        };
        Observed { taken: now, report, recent, health, pages: Mutex::default() }
    }
}
