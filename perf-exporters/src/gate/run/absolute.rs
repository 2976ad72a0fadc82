//! Limits on counters and on time: batches of calls, and epochs of them.

use std::time::{Duration, Instant};

use super::advice;
use super::emptied::Emptied;
use super::engine::{Call, Engine, Returned, Seen, index};
use super::subject::Subject;
use crate::gate::interruptions::{Own, Presence};
use crate::gate::reference::Reference;
use crate::judge::plan::{self, Floor};
use crate::judge::quantile;
use crate::judge::verdict::{Reason, Verdict};
use crate::judge::{Budget, Measurements};
use crate::stats::order::{self, median};

/// No epoch keeps more calls.
pub(super) const MOST: usize = 1 << 20;

/// The reference kernel may take one part in so many of the time.
const KERNEL_SHARE: f64 = 5.0;

/// Code that touches no more bytes finds them in the caches of its processor again, soon after others took these.
const LITTLE: usize = 256 << 10;

/// Calls that are late together are as much evidence as one: so many times the least number of calls are wanted.
const BURSTS: u64 = 4;

/// After so many calls it is reported that the time will not suffice.
const PILOT: usize = 20;

/// A call that takes so long may have been interrupted; of those that are not watched closely, one that takes so many times as long as
/// usual.
const LATE: f64 = 2.0;
const LATE_NS: f64 = 10_000.0;

/// Of calls that take as long, each is watched by itself; of shorter ones [`BREATHE`] together.
pub(super) const CLOSELY_NS: f64 = 20_000.0;

/// Between two looks at the threads that want to run.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Other tasks may run after so many calls.
pub(super) const BREATHE: usize = 64;

impl<S: Subject> Engine<'_, S> {
    /// Judges counters and instructions.
    pub(super) fn exactly(&mut self, counted: &Measurements) {
        let findings = self.budget.judge(counted);
        self.finished.findings.rows.extend(findings.rows.into_iter().filter(|row| row.exact));
    }

    pub(super) fn tracks_allocations(&self) -> bool {
        self.session.snapshot().meta().alloc_tracking
    }

    /// Judges limits on time, in as many epochs as it takes.
    pub(super) async fn absolute(&mut self) -> Result<(), Returned<S::Output>> {
        let findings = self.confirm(self.run.pace.rules, async |engine: &mut Self| engine.epoch().await).await?;
        self.finished.findings.rows.extend(findings.rows);
        Ok(())
    }

    /// Calls until every limit is decided or time is up.
    async fn epoch(&mut self) -> Result<Seen, Returned<S::Output>> {
        let max_time = self.run.max_time();
        let _turn = self.turn(max_time).await;
        let planned = self.run.spec.iterations.map(index);
        let mut look = planned.unwrap_or_else(|| index(self.budget.least_calls())).min(MOST);
        let floor = self.floor(self.budget.calls_for_runs());
        let mut looks = 0;
        self.scope.look_for_others(!self.run.is_cpu() && self.call_ns >= CLOSELY_NS);
        self.reference.begin(self.call_ns);
        let (counts_errors, counts_items) = (self.run.counts_errors(), self.run.needs_items());
        let mut sample = Sample::new(self.call_ns, counts_errors, counts_items, self.subject.presence());
        loop {
            while sample.measured.times.len() < look && sample.start.elapsed() < max_time {
                self.sample(&mut sample).await?;
                if planned.is_none() && sample.is_hopeless(self.budget, max_time) {
                    return Ok(self.hopeless(&mut sample));
                }
            }
            let elapsed = sample.start.elapsed();
            let measured = sample.settle(&self.reference);
            let calls = measured.times.len();
            let mut findings = self.budget.judge(measured);
            findings.rows.retain(|row| !row.exact);
            let over = planned.is_some() || calls < look || look >= MOST;
            let may_pass = over || floor.allows(calls as u64, elapsed);
            let spent = plan::spent_at(looks, over);
            looks += u32::from(may_pass);
            if over {
                findings.hold_back(spent);
            }
            let verdict = findings.time_verdict();
            let decided = match verdict {
                Verdict::Pass => may_pass && findings.pass_within(spent),
                // The other limits get some time to be decided too: all breaches are reported at once.
                Verdict::Fail if findings.undecided() => elapsed >= max_time / 4,
                Verdict::Fail => elapsed >= self.run.pace.least_epoch,
                Verdict::Inconclusive(_) => false,
            };
            if over || decided {
                self.finished.advice = advice::of(&findings, measured, elapsed, self.run.is_cpu());
                self.finished.times.clone_from(&measured.times);
                let calm = !verdict.is_fail() || self.is_the_codes_own(&sample).await?;
                return Ok(Seen { findings, verdict, calm });
            }
            // A sample that is not long enough yet is judged again as soon as it is.
            look = if may_pass || verdict.is_fail() { look * 2 } else { sample.calls_until(floor).max(look + 1) }
                .min(MOST);
        }
    }

    /// When an epoch may end with a PASS.
    pub(super) fn floor(&self, calls: u64) -> Floor {
        Floor::of(self.run.pace.least_epoch, self.run.max_time(), calls)
    }

    /// Reports limits that cannot be decided in the time that there is, at once.
    fn hopeless(&mut self, sample: &mut Sample) -> Seen {
        let have = sample.measured.times.len() as u64;
        let elapsed = sample.start.elapsed();
        let measured = sample.settle(&self.reference);
        let mut findings = self.budget.judge(measured);
        findings.rows.retain(|row| !row.exact);
        let need = self.budget.least_calls_of_quantiles() * BURSTS;
        for row in &mut findings.rows {
            row.verdict = Verdict::Inconclusive(Reason::TooFewSamples { have, need });
        }
        self.finished.advice = advice::of(&findings, measured, elapsed, self.run.is_cpu());
        self.finished.times.clone_from(&measured.times);
        let verdict = findings.time_verdict();
        Seen { findings, verdict, calm: true }
    }

    /// Whether a FAIL of these measurements is beyond what the machine explains.
    ///
    /// Code that lives in caches loses them to others, which a small kernel beside it does not notice; so epochs that confirm have a wide
    /// kernel as well. What that one loses, the code may have lost; but code that touches little memory loses no more than it does with
    /// empty caches. So there it is enough that the calls are beyond one of the two explanations.
    async fn is_the_codes_own(&mut self, sample: &Sample) -> Result<bool, Returned<S::Output>> {
        let (budget, measured) = (self.budget, &sample.measured);
        let call = median(&measured.times).unwrap_or(self.call_ns);
        let wide = self.reference.wide(call, sample.crowded);
        self.reference.widen();
        let emptied = if sample.crowded { Some(self.emptied().await?) } else { None };
        let slower = emptied.as_ref().map_or(1.0, Emptied::first);
        if budget.fails_beyond(measured, wide.unwrap_or(measured.disturbance), &|_| slower) {
            return Ok(true);
        }
        if wide.is_none() || self.touched().await?.is_none_or(|touched| touched > LITTLE) {
            return Ok(false);
        }
        let emptied = match emptied {
            Some(emptied) => emptied,
            None => self.emptied().await?,
        };
        Ok(budget.fails_beyond(measured, measured.disturbance, &|metric| emptied.at_most(metric)))
    }

    async fn sample(&mut self, sample: &mut Sample) -> Result<(), Returned<S::Output>> {
        let breathes = sample.measured.times.len().is_multiple_of(BREATHE);
        if breathes {
            self.subject.breathe().await;
        }
        if breathes || sample.is_watched_closely() {
            sample.begin();
        }
        let (output, call) = self.call_in_full(0).await;
        let failed = self.accept(output)?;
        sample.keep(call, failed, &mut self.reference);
        Ok(())
    }
}

/// Calls of one epoch.
struct Sample {
    measured: Measurements,
    failed: Vec<bool>,
    counts_errors: bool,
    counts_items: bool,
    kernel_ns: f64,
    call_ns: f64,
    sampled_ns: f64,
    presence: Presence,
    /// Whether more threads wanted to run than there are processors, at one of the looks.
    crowded: bool,
    looked: Instant,
    start: Instant,
}

/// Whether more threads want to run than there are processors.
pub(super) fn is_crowded() -> bool {
    let running = || {
        let told = std::fs::read_to_string("/proc/loadavg").ok()?;
        told.split(' ').nth(3)?.split('/').next()?.parse::<usize>().ok()
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    running().is_some_and(|running| running > processors)
}

impl Sample {
    fn new(call_ns: f64, counts_errors: bool, counts_items: bool, presence: Presence) -> Self {
        let now = Instant::now();
        Self {
            measured: Measurements::default(),
            failed: Vec::new(),
            counts_errors,
            counts_items,
            kernel_ns: 0.0,
            call_ns,
            sampled_ns: 0.0,
            presence,
            crowded: is_crowded(),
            looked: now,
            start: now,
        }
    }

    /// Begins a call, or several. Now and then it looks whether others want the processors.
    fn begin(&mut self) {
        if !self.crowded && self.looked.elapsed() >= BETWEEN_LOOKS {
            self.crowded = is_crowded();
            self.looked = Instant::now();
        }
        self.presence.begin();
    }

    /// Whether calls take so long that so few fit into the time, and yet seem to keep their limits: those that break them may
    /// be few enough to prove it.
    fn is_hopeless(&self, budget: Budget<'_>, max_time: Duration) -> bool {
        if self.measured.times.len() != PILOT {
            return false;
        }
        // The time of undisturbed calls counts: a machine that is busy now may not stay so.
        let each = median(&self.measured.times).unwrap_or(0.0) / 1e9;
        let needs = (budget.least_calls_of_quantiles() * BURSTS) as f64 * each;
        needs > max_time.as_secs_f64() && budget.seems_kept(&self.measured)
    }

    /// About so many calls are made when a PASS is allowed.
    fn calls_until(&self, floor: Floor) -> usize {
        let made = self.measured.times.len();
        let rate = made as f64 / self.start.elapsed().as_secs_f64().max(1e-9);
        let at_least = order::floor(rate * floor.least.as_secs_f64());
        let by_time = order::floor(rate * floor.enough.as_secs_f64());
        at_least.max(index(floor.calls)).min(by_time)
    }

    /// Whether each call is worth some readings of clocks.
    fn is_watched_closely(&self) -> bool {
        self.call_ns >= CLOSELY_NS
    }

    fn keep(&mut self, call: Call, failed: bool, reference: &mut Reference) {
        let ns = call.ns as f64;
        let is_late = ns > LATE_NS && (self.is_watched_closely() || ns > LATE * self.call_ns);
        let own = if is_late { self.presence.own(call.ns, call.by_others, self.crowded) } else { Own::all(call.ns) };
        self.measured.own.push(own.least as f64);
        self.measured.without_others.push(own.most as f64);
        self.measured.times.push(ns);
        if self.counts_items {
            self.measured.items.push(call.items as f64);
        }
        if self.counts_errors {
            self.failed.push(failed);
        }
        self.sampled_ns += ns;
        if self.kernel_ns * KERNEL_SHARE <= self.sampled_ns {
            self.kernel_ns += reference.run();
        }
    }

    /// Updates the measurements that are not kept call by call.
    fn settle(&mut self, reference: &Reference) -> &Measurements {
        let blocks = (self.failed.len() / 5).clamp(1, quantile::BLOCKS);
        let length = self.failed.len().div_ceil(blocks).max(1);
        let of = |block: &[bool]| (block.len() as u64, block.iter().filter(|failed| **failed).count() as u64);
        self.measured.errors = self.failed.chunks(length).map(of).collect();
        let call = median(&self.measured.times).unwrap_or(self.call_ns);
        self.measured.disturbance = reference.near(call);
        &self.measured
    }
}
