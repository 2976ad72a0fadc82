//! Does code leak from one batch of work to the next?

use std::fmt;

use perf_core::budget::Clock;
use perf_core::{Session, Snapshot};

use super::clock::Stopwatch;
use super::scope::{BODY, BODY_NAME, CARRIED_NAME, Scope, counted};
use super::trend::{self, Judgement};
use super::verdict::{Reason, Verdict};

/// A warm-up that goes on growing is run at most so many times as long.
const LONGEST: usize = 4;

/// A probe that leaves behind less than this share of the whole is not named.
const SHARE: f64 = 0.1;

/// What [`leak_check`] found.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "look at the verdict, or assert it"]
pub struct LeakCheck {
    /// PASS, FAIL after two runs, or why neither.
    pub verdict: Verdict,
    /// The last run's judgement.
    pub judged: Judgement,
    /// Bytes that the work had left behind at each checkpoint of the last run.
    pub left: Vec<f64>,
    /// Probes whose net bytes grew in the last run, callees included, with bytes per batch; most first. What a probe returns
    /// and its caller frees counts as grown, too.
    pub growing: Vec<(String, f64)>,
}

/// Runs `batch` again and again, and judges whether what it leaves behind grows without end.
///
/// After each batch the bytes that the thread has allocated and not freed are read, and what carried the session
/// ([`current_session`](super::current_session)) is added; other threads do not disturb. The checkpoints are judged by
/// [`trend`]: a rise must be monotonic, matter and go on. Growth that slows down is run on, up to four times as
/// long; a leak has to show in a second run, and in the live bytes of the process too, since what one thread leaves
/// another may free. The first batch is a warm-up.
///
/// Needs [`PerfAlloc`](perf_core::PerfAlloc) as the global allocator, and at least [`trend::LEAST`] batches.
///
/// ```
/// use perf_exporters::gate;
///
/// let checked = gate::leak_check(20, || drop(vec![0_u8; 1000]));
/// assert!(!checked.verdict.is_fail());
/// ```
pub fn leak_check(batches: usize, mut batch: impl FnMut()) -> LeakCheck {
    let mut first = run(batches, &mut batch);
    let mut length = batches;
    while first.verdict == Verdict::Inconclusive(Reason::Converging) && length < batches * LONGEST {
        length *= 2;
        first = run(length, &mut batch);
    }
    if !first.verdict.is_fail() {
        return first;
    }
    let mut second = run(length, &mut batch);
    if second.verdict.is_pass() {
        second.verdict = Verdict::Inconclusive(Reason::Unconfirmed { failed: 1, epochs: 2 });
    }
    second
}

fn run(batches: usize, batch: &mut impl FnMut()) -> LeakCheck {
    let session = Session::new();
    let scope = Stopwatch::new(Clock::Wall).map(Scope::new);
    let mut work = Checkpoints { session: &session, scope, batch };
    work.next();
    let start = session.snapshot();
    let mut taken = vec![start.clone()];
    for _ in 1..batches.max(1) {
        work.next();
        taken.push(session.snapshot());
    }
    let left: Vec<f64> = taken.iter().map(|at| left_since(&start, at)).collect();
    let live: Vec<f64> = taken.iter().map(|at| at.meta().live_bytes as f64).collect();
    judge(&taken, left, &live)
}

struct Checkpoints<'a, F> {
    session: &'a Session,
    scope: Option<std::sync::Arc<Scope>>,
    batch: &'a mut F,
}

impl<F: FnMut()> Checkpoints<'_, F> {
    fn next(&mut self) {
        let _entered = self.scope.as_ref().map(|scope| {
            scope.count_into(self.session, None);
            scope.enter()
        });
        let _inside = self.session.enter();
        let _part = BODY.start();
        (self.batch)();
    }
}

fn net(snapshot: &Snapshot) -> f64 {
    counted(snapshot).map(|part| part.net_bytes() as f64).sum()
}

fn left_since(start: &Snapshot, now: &Snapshot) -> f64 {
    net(now) - net(start)
}

fn judge(taken: &[Snapshot], left: Vec<f64>, live: &[f64]) -> LeakCheck {
    let mut judged = trend::judge(&left);
    let last = &taken[taken.len() - 1];
    let verdict = if last.get(BODY_NAME).is_none() {
        invalid("nothing was counted: the library or its recording is off")
    } else if !last.meta().alloc_tracking {
        invalid("allocations are not counted: make `perf_core::PerfAlloc` the global allocator")
    } else if judged.verdict.is_fail() {
        // What is left is small beside what was there before: a share of that is let pass.
        let typical = super::order::median(live).unwrap_or(0.0);
        judged.allowed = judged.allowed.max(trend::LEAST_SHARE * typical.abs());
        let process = trend::judge(live);
        if judged.lower * (left.len() - 1) as f64 <= judged.allowed {
            Verdict::Pass
        } else if process.slope >= judged.slope / 2.0 {
            Verdict::Fail
        } else {
            invalid("this thread leaves more and more behind, but the process does not grow: others free it")
        }
    } else {
        judged.verdict.clone()
    };
    let matters = judged.slope * SHARE;
    let growing = growing(taken).into_iter().filter(|probe| probe.1 >= matters).collect();
    LeakCheck { verdict, judged, left, growing }
}

fn invalid(why: &'static str) -> Verdict {
    Verdict::Inconclusive(Reason::Invalid(why.into()))
}

/// Probes whose net bytes rise from checkpoint to checkpoint.
fn growing(taken: &[Snapshot]) -> Vec<(String, f64)> {
    let Some(last) = taken.last() else {
        return Vec::new();
    };
    let probes = last.probes().filter(|probe| ![BODY_NAME, CARRIED_NAME].contains(&probe.name()));
    let mut growing: Vec<(String, f64)> = probes
        .filter_map(|probe| {
            let at = |snapshot: &Snapshot| snapshot.get(probe.name()).map_or(0.0, |seen| seen.net_bytes() as f64);
            let series: Vec<f64> = taken.iter().map(at).collect();
            let batches = (series.len() - 1).max(1) as f64;
            let per_batch = (series[series.len() - 1] - series[0]) / batches;
            let rises = trend::mann_kendall(&series).z > trend::RISES && per_batch > 0.0;
            rises.then(|| (probe.name().to_owned(), per_batch))
        })
        .collect();
    growing.sort_by(|a, b| b.1.total_cmp(&a.1));
    growing
}

impl LeakCheck {
    /// Panics with a readable report if memory leaks; tells on standard error if that could not be decided.
    ///
    /// # Panics
    /// On FAIL, and with `PERF_STRICT=1` on INCONCLUSIVE.
    #[track_caller]
    pub fn assert(&self) {
        super::conclude::leak(self);
    }
}

impl fmt::Display for LeakCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = |value: f64| super::findings::Shown(value, super::Unit::Bytes).to_string();
        writeln!(f, "leak check: {}", self.verdict)?;
        let run = (self.left.len().max(1) - 1) as f64;
        writeln!(
            f,
            "  {} more after every batch (at least {}), {} over {run} batches; {} may be",
            bytes(self.judged.slope),
            bytes(self.judged.lower),
            bytes(self.judged.slope * run),
            bytes(self.judged.allowed),
        )?;
        writeln!(f, "  first half {} per batch, second half {}", bytes(self.judged.first), bytes(self.judged.second))?;
        for (probe, per_batch) in self.growing.iter().take(3) {
            writeln!(f, "  {probe} leaves {} behind per batch", bytes(*per_batch))?;
        }
        Ok(())
    }
}
