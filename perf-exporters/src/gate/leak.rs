//! Does code leak from one batch of work to the next?

use std::fmt;
use std::sync::Arc;

use perf_core::{Session, Snapshot};

use super::run::at_once;
use super::scope::{BODY, BODY_NAME, Scope, counted, inside, within};
use crate::clock::Stopwatch;
use crate::judge::trend::{self, Judgement};
use crate::judge::verdict::{Reason, Verdict};

/// What cannot be told yet is run at most so many times as long.
const LONGEST: usize = 4;

/// A probe that leaves behind less than this share of the whole is not named.
const SHARE: f64 = 0.1;

/// Why what one thread leaves behind is no leak, perhaps.
const FREED_ELSEWHERE: &str = "this thread leaves more and more behind, but the process does not grow: others free it";

/// What [`leak_check`] or [`leak_check_async`] found.
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
/// another may free: where it does not, that is run on as well. The first batch is a warm-up.
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
    at_once(check(batches, async |session, scope| {
        let _entered = scope.enter();
        let _inside = session.enter();
        let _part = BODY.start();
        batch();
    }))
}

/// [`leak_check`] for work that is asynchronous, on the runtime that polls this: what a batch leaves behind is counted on
/// whichever threads poll it. Tasks that it spawns count where they carry the session.
///
/// ```
/// use perf_exporters::gate;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// // In a `#[tokio::test]`:
/// let checked = gate::leak_check_async(20, async || {
///     let carrier = gate::current_session();
///     let task = tokio::spawn(carrier.wrap(async { vec![0_u8; 1000].len() }));
///     assert_eq!(task.await.unwrap(), 1000);
/// });
/// checked.await.assert();
/// # });
/// ```
pub async fn leak_check_async(batches: usize, mut batch: impl AsyncFnMut()) -> LeakCheck {
    check(batches, async |session, scope| within(Arc::clone(scope), session.wrap(BODY.wrap(batch()))).await).await
}

/// `batch` does one in this session and scope.
async fn check(batches: usize, mut batch: impl AsyncFnMut(&Session, &Arc<Scope>)) -> LeakCheck {
    let mut length = batches;
    let mut first = run(length, &mut batch).await;
    while runs_on(&first.verdict) && length < batches * LONGEST {
        length *= 2;
        first = run(length, &mut batch).await;
    }
    if !first.verdict.is_fail() {
        return first;
    }
    let mut second = run(length, &mut batch).await;
    if second.verdict.is_pass() {
        second.verdict = Verdict::Inconclusive(Reason::Unconfirmed { failed: 1, epochs: 2 });
    }
    second
}

/// A warm-up may still end; and what other threads did meanwhile may have hidden a leak, which goes on when they are done.
fn runs_on(verdict: &Verdict) -> bool {
    *verdict == Verdict::Inconclusive(Reason::Converging) || *verdict == invalid(FREED_ELSEWHERE)
}

async fn run(batches: usize, batch: &mut impl AsyncFnMut(&Session, &Arc<Scope>)) -> LeakCheck {
    let session = Session::new();
    let scope = Scope::new(Stopwatch::wall());
    scope.count_into(&session, None);
    let mut taken = Vec::with_capacity(batches);
    for _ in 0..batches.max(1) {
        batch(&session, &scope).await;
        taken.push(session.snapshot());
    }
    let start = &taken[0];
    let left: Vec<f64> = taken.iter().map(|at| left_since(start, at)).collect();
    let live: Vec<f64> = taken.iter().map(|at| at.meta().live_bytes as f64).collect();
    judge(&taken, left, &live)
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
        let typical = crate::stats::order::median(live).unwrap_or(0.0);
        judged.allowed = judged.allowed.max(trend::LEAST_SHARE * typical.abs());
        let process = trend::judge(live);
        if judged.lower * (left.len() - 1) as f64 <= judged.allowed {
            Verdict::Pass
        } else if process.slope >= judged.slope / 2.0 {
            Verdict::Fail
        } else {
            invalid(FREED_ELSEWHERE)
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
    let mut growing: Vec<(String, f64)> = inside(last)
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
        let bytes = |value: f64| crate::judge::Shown(value, super::Unit::Bytes).to_string();
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
            // What a probe returns is its caller's to free: no more can be leaked inside it than in all.
            let left = per_batch.min(self.judged.slope.max(0.0));
            let freed = per_batch - left;
            write!(f, "  {probe} leaves {} behind per batch", bytes(left))?;
            if freed >= 1.0 {
                write!(
                    f,
                    " at most: of the {} that it returns or keeps, {} are freed outside",
                    bytes(*per_batch),
                    bytes(freed)
                )?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_probe_leaks_more_than_the_whole_and_what_it_returns_is_not_leaked_by_it() {
        let bytes = |batch: i32| 1024.0 * f64::from(batch);
        let left: Vec<f64> = (0..20).map(bytes).collect();
        let judged = trend::judge(&left);
        let growing = vec![("builds".to_owned(), 5.0 * 1024.0), ("keeps".to_owned(), 1024.0)];
        let text = LeakCheck { verdict: Verdict::Fail, judged, left, growing }.to_string();
        let line = |probe: &str| text.lines().find(|line| line.trim_start().starts_with(probe)).unwrap();
        assert!(line("builds").contains("1.00 KiB behind per batch at most: of the 5.00 KiB"), "{text}");
        assert!(line("builds").ends_with("4.00 KiB are freed outside"), "{text}");
        assert!(line("keeps").ends_with("keeps leaves 1.00 KiB behind per batch"), "{text}");
    }
}
