//! How often a probe is timed: as it says itself, or as the cap of the whole program leaves room for.
//!
//! Both caps are one rule: a probe's timed calls may cost so many ticks, as many as its calls so far would have cost at the
//! rate that is drawn from now on. What differs is how many. A probe's own cap is a share of its own time. That of the
//! program is a share of the working time of all probes of a thread, less what it cost to count the calls that were not
//! timed; one half of it belongs to all probes in equal parts, the other half to each in proportion to its self time. Self
//! times add up to the time of the thread, so the parts add up to the cap.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::callsite::Sampling;
use super::cost;
use super::sign::Signed;
use super::slot::Slot;
use super::sync::{Count, const_unless_loom};

/// Longest average gap that a probe under a cap may choose.
const LONGEST_GAP: u64 = 1 << 20;
/// The part of the program's cap that is spent on timing also where counting takes all of it.
const LEAST_PART: u128 = 8;
/// A part of a call that takes so many times of what a whole one does has been interrupted.
const MOST_TIMES: u64 = 32;
/// Calls that the mean cost of a timed one goes back to, as a shift.
const REMEMBERED: u32 = 4;
const MILLION: u128 = 1_000_000;

/// The cap of the program, in parts per million; 0 where there is none.
static PROGRAM: AtomicU32 = AtomicU32::new(0);

/// The registry only, under its lock; the words of all callsites are to be written anew.
pub(super) fn set(ppm: u32) {
    PROGRAM.store(ppm, Relaxed);
}

/// Whether some calls are not timed.
pub(super) fn is_sampled(sampling: Sampling) -> bool {
    match sampling {
        Sampling::Program => PROGRAM.load(Relaxed) != 0,
        Sampling::Every => false,
        Sampling::OneIn(_) | Sampling::Cap { .. } => true,
    }
}

/// Whether that is so that a cap is kept: then what timing costs is measured call by call.
pub(super) fn is_capped(sampling: Sampling) -> bool {
    matches!(sampling, Sampling::Cap { .. } | Sampling::Program) && is_sampled(sampling)
}

/// What the program's cap is kept by, on one thread: for the sampled probes of a shard.
pub(crate) struct Account {
    /// Their self time, in ticks, less what of it is known to be waiting: signed, since a sampled callee may weigh more
    /// than its caller.
    time: Count,
    /// Probes that the cap is divided among.
    probes: Count,
    /// Calls of sampled probes that were not timed, as far as timed ones stand for them.
    passed: Count,
}

impl Account {
    const_unless_loom! {
        pub(crate) fn new() -> Self {
            Self { time: Count::new(0), probes: Count::new(0), passed: Count::new(0) }
        }
    }

    pub(super) fn reset(&self) {
        for count in [&self.time, &self.probes, &self.passed] {
            count.set(0);
        }
    }

    /// Adds the self time that a timed call stands for, less waiting; the writer only.
    #[inline]
    pub(super) fn count(&self, slot: &Slot, own: u64) {
        // A probe that has drawn no gap is not sampled, or joins with all that it has: see `join`.
        if slot.series.own() != 0 {
            self.time.add_signed_ticks(own);
        }
    }

    /// Adds calls that were not timed; the writer only.
    pub(super) fn pass(&self, calls: u64) {
        self.passed.add(calls);
    }

    /// A probe comes under the program's cap, with the calls and the time of before.
    fn join(&self, slot: &Slot) {
        slot.weighed.raise(slot.count_timed());
        self.time.add_signed_ticks(working(slot));
        self.probes.add(1);
    }

    fn share(&self, slot: &Slot, ppm: u32) -> u128 {
        let time = not_negative(self.time.own());
        let spent = u128::from(self.passed.own()).saturating_mul(cost::passed().into());
        let own = not_negative(working(slot));
        program_share(ppm, time, spent, own, self.probes.own())
    }
}

/// The self time of a probe less what of it is known to be waiting.
fn working(slot: &Slot) -> u64 {
    slot.own.own().wrapping_sub(slot.watched.waiting.own())
}

fn not_negative(ticks: u64) -> u64 {
    u64::try_from(ticks.signed()).unwrap_or(0)
}

/// The ticks that the timed calls of a probe may cost: of a cap of `ppm`, on a thread that measured so much `time` and
/// has `spent` so much on counting, where `own` is the probe's self time and it is one of so many.
fn program_share(ppm: u32, time: u64, spent: u128, own: u64, probes: u64) -> u128 {
    let time = u128::from(time);
    let all = time.saturating_mul(ppm.into()) / MILLION;
    let rest = all.saturating_sub(spent).max(all / LEAST_PART);
    let by_time = rest.saturating_mul(u128::from(own).min(time)).checked_div(time);
    let equal = rest.checked_div(probes.into());
    by_time.unwrap_or(0).saturating_add(equal.unwrap_or(0)) / 2
}

/// The gap after which `calls` calls would have cost no more than `share` ticks, each `cost`.
fn gap(cost: u64, calls: u64, share: u128) -> u64 {
    let all = u128::from(cost).saturating_mul(calls.into());
    let gap = u64::try_from(all.div_ceil(share.max(1))).unwrap_or(LONGEST_GAP);
    gap.clamp(1, LONGEST_GAP)
}

/// The number of calls of which one may be timed, on average. The writer only.
pub(super) fn average_gap(slot: &Slot, sampling: Sampling) -> u64 {
    let share = match sampling {
        Sampling::Every => return 1,
        Sampling::OneIn(calls) => return calls.get().into(),
        Sampling::Cap { ppm } => u128::from(slot.sum()).saturating_mul(ppm.get().into()) / MILLION,
        Sampling::Program => {
            let account = &slot.shard().account;
            if slot.series.own() == 0 {
                account.join(slot);
            }
            account.share(slot, PROGRAM.load(Relaxed))
        }
    };
    gap(cost_of(slot), slot.weighed.own(), share)
}

/// Ticks that a timed call of this probe costs.
fn cost_of(slot: &Slot) -> u64 {
    // What comes before the one reading and after the other costs as much as a call that is not timed.
    (slot.cost.own() >> REMEMBERED).saturating_add(cost::passed()).max(cost::due())
}

/// Notes what a timed call took for itself: `before` and `after` the time that it measured, of which the readings of another
/// clock took about `reading`. The writer only.
///
/// The mean of the last ones is kept for each probe: among a thousand probes the slot of one is in no near cache, and the
/// call costs several times of what [`cost`] finds; in a series each call costs less than the one before.
pub(super) fn spend(slot: &Slot, before: u64, after: u64, reading: u64) {
    // An interruption is the cost of no probe; nor is a step back of the clock.
    let most = cost::due().saturating_mul(MOST_TIMES).saturating_add(reading);
    let ticks = before.min(most).saturating_add(after.min(most));
    let (mean, calls) = (slot.cost.own(), slot.weighed.own().clamp(1, 1 << REMEMBERED));
    let part = |whole: u64| whole.checked_div(calls).unwrap_or(0);
    slot.cost.set(mean.saturating_sub(part(mean)).saturating_add(part(ticks << REMEMBERED)));
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn gaps_keep_to_the_share() {
        assert_eq!(gap(100, 1_000, 10_000), 10, "1,000 calls of 100 ticks, of which 10,000 may be spent");
        assert_eq!(gap(100, 1_000, 200_000), 1, "there is room for all of them");
        assert_eq!((gap(0, 1_000, 0), gap(100, 0, 0)), (1, 1), "a clock that does not go on, and no call yet");
        assert_eq!(gap(u64::MAX, u64::MAX, 1), LONGEST_GAP);
    }

    #[test]
    fn the_shares_of_all_probes_are_the_cap() {
        // Three probes that make up all of a thread's time, at 1 %.
        let owns = [700_000, 299_000, 1_000];
        let shares: Vec<u128> = owns.iter().map(|own| program_share(10_000, 1_000_000, 0, *own, 3)).collect();
        assert_eq!(shares, [5_166, 3_161, 1_671]);
        assert!(shares.iter().sum::<u128>() <= 10_000);
        assert!(shares.iter().sum::<u128>() > 9_990, "nothing is left over but fractions");
    }

    #[test]
    fn counting_is_paid_first_and_timing_never_ends() {
        assert_eq!(program_share(10_000, 1_000_000, 4_000, 1_000_000, 1), 6_000);
        assert_eq!(program_share(10_000, 1_000_000, u128::MAX, 1_000_000, 1), 1_250);
        assert_eq!(program_share(10_000, 0, 0, 0, 0), 0, "nothing is known yet");
        assert_eq!(program_share(1_000_000, 1 << 62, 0, 1 << 62, 1), 1 << 62, "the greatest sums there are");
    }
}
