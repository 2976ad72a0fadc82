//! Declared budgets in production: breaches are reported to the reader of snapshots, not too often.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use perf_core::Snapshot;

use crate::judge::{Breach, Findings, check};

/// Checks declared budgets against the calls since the last look, and reports breaches.
///
/// It does nothing by itself: call [`look`](Self::look) where snapshots are read anyway, every minute perhaps. A breach of
/// one limit is reported at most once in [`quiet`](Self::quiet); with feature `tracing` it is an event as well, at level
/// `WARN` with the target `perf_exporters::gate`. The measured functions never notice.
///
/// ```
/// use perf_exporters::gate::Watch;
/// use std::time::Duration;
///
/// let mut watch = Watch::new()
///     .quiet(Duration::from_secs(300))
///     .on_breach(|breach| eprintln!("{}: {}", breach.metric, breach.reason));
/// let findings = watch.look(perf_core::snapshot());
/// assert!(findings.outcome().breaches.is_empty());
/// ```
pub struct Watch {
    quiet: Duration,
    told: HashMap<String, Instant>,
    before: Option<Snapshot>,
    on_breach: Option<Tell>,
}

/// The callback for each breach.
type Tell = Box<dyn FnMut(&Breach) + Send>;

impl Default for Watch {
    fn default() -> Self {
        Self::new()
    }
}

impl Watch {
    /// A watch that is quiet for a minute after each breach of a limit, and has no callback.
    #[must_use]
    pub fn new() -> Self {
        Self { quiet: Duration::from_mins(1), told: HashMap::new(), before: None, on_breach: None }
    }

    /// Sets for how long a limit that was reported as broken is not reported again.
    #[must_use]
    pub fn quiet(self, quiet: Duration) -> Self {
        Self { quiet, ..self }
    }

    /// Sets the callback for each breach, of limits and of targets.
    #[must_use]
    pub fn on_breach(self, tell: impl FnMut(&Breach) + Send + 'static) -> Self {
        Self { on_breach: Some(Box::new(tell)), ..self }
    }

    /// Judges the calls between the snapshot of the last look and this one, and reports.
    pub fn look(&mut self, now: Snapshot) -> Findings {
        let findings = match &self.before {
            Some(before) => check(&now.since(before)),
            None => check(&now),
        };
        self.before = Some(now);
        self.tell(&findings, Instant::now());
        findings
    }

    fn tell(&mut self, findings: &Findings, now: Instant) {
        for breach in &findings.outcome().breaches {
            let quiet = self.quiet;
            if self.told.get(&breach.metric).is_some_and(|last| now.duration_since(*last) < quiet) {
                continue;
            }
            self.told.insert(breach.metric.clone(), now);
            event(breach);
            if let Some(tell) = &mut self.on_breach {
                tell(breach);
            }
        }
    }
}

#[cfg(feature = "tracing")]
fn event(breach: &Breach) {
    use crate::judge::Shown;

    tracing::warn!(
        metric = %breach.metric,
        bound = %Shown(breach.bound, breach.unit),
        actual = %Shown(breach.actual, breach.unit),
        samples = breach.samples,
        severity = ?breach.severity,
        "performance budget broken: {}", breach.reason
    );
}

#[cfg(not(feature = "tracing"))]
fn event(_: &Breach) {}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("quiet", &self.quiet).field("told", &self.told).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Row, Unit, Verdict};
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use std::sync::{Arc, Mutex};

    #[test]
    fn a_broken_limit_is_told_once_in_a_while() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let tells = Arc::clone(&told);
        let mut watch = Watch::new()
            .quiet(Duration::from_secs(10))
            .on_breach(move |breach| tells.lock().unwrap().push(breach.metric.clone()));
        let row = |name: &str| Row::new(name, Unit::Count, 1.0).evidence(2.0, 3, 0.0).verdict(Verdict::Fail, "");
        let findings: Findings = [row("a: allocs"), row("b: allocs")].into_iter().collect();
        let start = Instant::now();
        for (seconds, times) in [(0, 2), (1, 2), (9, 2), (10, 4), (11, 4)] {
            watch.tell(&findings, start + Duration::from_secs(seconds));
            assert_eq!(told.lock().unwrap().len(), times, "after {seconds} s");
        }
    }

    #[test]
    fn a_watch_judges_what_happened_since_its_last_look() {
        use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
        use perf_core::{Probe, Session};

        static GROWING: Probe = Probe::new("watch::growing").budget(&NO_ERRORS);
        static NO_ERRORS: BudgetSpec = BudgetSpec {
            limits: &[Limit { metric: Metric::Errors, bound: Bound::PartsPerMillion(0) }],
            ..BudgetSpec::EMPTY
        };
        if !perf_core::is_enabled() {
            return;
        }
        let told = Arc::new(AtomicU32::new(0));
        let tells = Arc::clone(&told);
        let mut watch = Watch::new().on_breach(move |breach| {
            assert_eq!(breach.metric, "watch::growing: errors");
            tells.fetch_add(1, Relaxed);
        });
        let session = Session::new();
        let mut look = |failures: u32| {
            session.run(|| {
                for call in 0..100 {
                    let guard = GROWING.start();
                    if call < failures {
                        guard.fail();
                    }
                }
            });
            watch.look(session.snapshot()).verdict()
        };
        assert!(look(0).is_pass());
        assert!(look(3).is_fail());
        assert!(look(0).is_pass(), "the errors of before are over");
        assert!(look(1).is_fail());
        assert_eq!(told.load(Relaxed), 1, "and told once a minute");
    }
}
