//! Does code leak from one batch of work to the next?

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use perf_core::{Session, Snapshot};

use super::run::at_once;
use super::scope::{BODY, BODY_NAME, Scope, counted, inside, within};
use crate::clock::Stopwatch;
use crate::judge::fill::{self, Fill};
use crate::judge::trend::{self, Judgement};
use crate::judge::verdict::{Reason, Verdict};

/// Where memory rises, the check runs so many times as long before that is a leak: a cache is full by then, or needs more.
const LONGEST: usize = 12;

/// A probe that leaves behind less than this share of the whole is not named.
const SHARE: f64 = 0.1;

/// Why memory that one thread leaves behind may be no leak.
const FREED_ELSEWHERE: &str = "this thread leaves more and more behind, but the process does not grow: others free it";

/// A leak on threads that the check does not watch.
const NOT_CARRIED: &str = "this thread leaves nothing behind, but the process grows: where a thread of the work does not carry the \
                           session, let it (`current_session`); else other tests do";

/// The result of [`leak_check`] or [`leak_check_async`].
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "look at the verdict, or assert it"]
pub struct LeakCheck {
    /// PASS, FAIL where memory goes on growing, or the reason for neither.
    pub verdict: Verdict,
    /// The judgement of all batches.
    pub judged: Judgement,
    /// Bytes that the work had left behind at each checkpoint.
    pub left: Vec<f64>,
    /// Probes whose net bytes grew, callees included, with bytes per batch; most first. Memory that a probe returns
    /// and its caller frees counts as grown, too.
    pub growing: Vec<(String, f64)>,
}

/// Runs `batch` again and again, and judges whether the memory that it leaves behind grows without end.
///
/// After each batch the bytes that the thread has allocated and not freed are read, and those of code that carried the session
/// ([`current_session`](super::current_session)) are added; other threads do not disturb. Where these rise,
/// evenly or in steps, up to twelve times as many batches run: a pool or a cache is full by then, and a leak has to go on
/// ([`fill`]), in the live bytes of the process too, since another thread may free what this one leaves. Where the process grows
/// and this thread leaves nothing behind, the verdict says so. The first batch is a warm-up.
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

/// [`leak_check`] for work that is asynchronous, on the runtime that polls this: the bytes that a batch leaves are counted on
/// all threads that poll it. Tasks that it spawns count where they carry the session.
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
    let session = Session::new();
    let scope = Scope::new(Stopwatch::wall());
    scope.count_into(&session, None);
    let most = batches.max(1).saturating_mul(LONGEST);
    let mut length = batches.max(1);
    let mut taken = Taken::up_to(most);
    loop {
        let mut last = None;
        while taken.live.len() < length {
            batch(&session, &scope).await;
            last = Some(taken.add(session.snapshot()));
        }
        let Some(last) = last else { continue };
        let judged = judge(&taken, &last);
        if length >= most || !judged.runs_on() {
            return judged;
        }
        length = (length * 2).min(most);
    }
}

/// The readings after each batch. They take no more memory with every batch, or they would look like a leak themselves.
struct Taken {
    left: Vec<f64>,
    live: Vec<f64>,
    /// Net bytes of each probe, from the batch on in which it was first seen.
    probes: BTreeMap<String, Vec<f64>>,
    first: f64,
    most: usize,
}

impl Taken {
    fn up_to(most: usize) -> Self {
        let [left, live] = [(); 2].map(|()| Vec::with_capacity(most));
        Self { left, live, probes: BTreeMap::new(), first: 0.0, most }
    }

    fn add(&mut self, now: Snapshot) -> Snapshot {
        let net: f64 = counted(&now).map(|part| part.net_bytes() as f64).sum();
        if self.left.is_empty() {
            self.first = net;
        }
        self.left.push(net - self.first);
        self.live.push(now.meta().live_bytes as f64);
        let before = self.live.len() - 1;
        for probe in inside(&now) {
            let series = self.probes.entry(probe.name().to_owned()).or_insert_with(|| {
                let mut series = Vec::with_capacity(self.most);
                series.resize(before, 0.0);
                series
            });
            series.resize(before, series.last().copied().unwrap_or(0.0));
            series.push(probe.net_bytes() as f64);
        }
        now
    }

    /// Probes whose net bytes rise from checkpoint to checkpoint.
    fn growing(&self) -> Vec<(String, f64)> {
        let batches = (self.live.len() - 1).max(1) as f64;
        let of = |(name, series): (&String, &Vec<f64>)| {
            let per_batch = (series[series.len() - 1] - series[0]) / batches;
            let rises = trend::mann_kendall(series).z > trend::RISES && per_batch > 0.0;
            rises.then(|| (name.clone(), per_batch))
        };
        let mut growing: Vec<(String, f64)> = self.probes.iter().filter_map(of).collect();
        growing.sort_by(|a, b| b.1.total_cmp(&a.1));
        growing
    }
}

fn judge(taken: &Taken, last: &Snapshot) -> LeakCheck {
    let (left, live) = (&taken.left, &taken.live);
    let mut judged = trend::judge(left);
    // A rise by a small share of the memory that was there before is allowed.
    let typical = crate::stats::order::median(live).unwrap_or(0.0);
    judged.allowed = judged.allowed.max(trend::LEAST_SHARE * typical.abs());
    let (own, process) = (fill::judge(left, judged.allowed), fill::judge(live, judged.allowed));
    let rise = |levels: &[f64]| levels[levels.len() - 1] - levels[0];
    let verdict = match (own, process) {
        _ if last.get(BODY_NAME).is_none() => invalid("nothing was counted: the library or its recording is off"),
        _ if !last.meta().alloc_tracking => {
            invalid("allocations are not counted: make `perf_core::PerfAlloc` the global allocator")
        }
        _ if left.len() < trend::LEAST => judged.verdict.clone(),
        (Fill::Grows, Fill::Grows) if rise(live) >= rise(left) / 2.0 => Verdict::Fail,
        (Fill::Grows, _) => invalid(FREED_ELSEWHERE),
        (Fill::Fills { need }, _) => {
            Verdict::Inconclusive(Reason::Filling { after: left.len() as u64, need: need.max(left.len() as u64 + 1) })
        }
        (Fill::Full, Fill::Grows) => invalid(NOT_CARRIED),
        (Fill::Full, _) => Verdict::Pass,
    };
    judged.verdict = verdict.clone();
    let matters = judged.slope * SHARE;
    let growing = taken.growing().into_iter().filter(|probe| probe.1 >= matters).collect();
    LeakCheck { verdict, judged, left: left.clone(), growing }
}

fn invalid(why: &'static str) -> Verdict {
    Verdict::Inconclusive(Reason::Invalid(why.into()))
}

impl LeakCheck {
    /// Whether to run on: a bounded cache may fill up, or the work of other threads may have hidden a leak, or look like one.
    fn runs_on(&self) -> bool {
        let told = [FREED_ELSEWHERE, NOT_CARRIED].map(invalid);
        let fills = matches!(self.verdict, Verdict::Inconclusive(Reason::Filling { .. }));
        fills || self.verdict.is_fail() || told.contains(&self.verdict)
    }

    /// Panics with a readable report if memory leaks; reports on standard error if that could not be decided.
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
            // The caller frees what a probe returns: no more can be leaked inside the probe than in all.
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
