//! Which part of a call its thread spent on no processor: blocked, or ready and waiting for one.
//!
//! Only the thread's processor clock measures it, and a reading of it costs as much as a score of probes. So it is read
//! around calls that are long: the first call of a probe on a thread, which takes a slow path anyway, and calls of
//! probes whose mean duration is worth it, one in so many that reading takes at most [`SHARE`] of their time. Whether a
//! probe is worth it is decided when a call is among its slowest ones, which is off the hot path too; from then on its
//! calls take the general lane, until their mean is short again.
//!
//! Waiting inside watched callees counts as theirs. The rest is the call's own, up to its self time.

use super::local::Local;
use super::sign::Signed;
use super::slot::Slot;
use super::{cap, clock, cost};

/// Readings take one part in so many of the time of watched calls.
const SHARE: u64 = 100;
/// A probe of which fewer than one call in so many could be watched is not watched.
const RAREST: u64 = 16;
/// Bits for the number of calls that a watched one stands for: less than twice [`RAREST`].
const STANDS_BITS: u32 = 5;
/// Under a cap one call is watched where so many could be: the readings are a large part of what a timed call costs then.
const UNDER_CAP: u64 = 4;
/// Weight of one call in the running mean, as a shift.
const MEAN_SHIFT: u32 = 3;

/// Draws the next call to be watched, if the mean is long enough for any.
fn draw(slot: &Slot) {
    let watched = &slot.watched;
    let is_capped = slot.site().is_some_and(|site| cap::is_capped(site.sampling));
    let mean = mean_gap(watched.mean.get(), cost::reading());
    let mean = mean.map(|mean| if is_capped { mean.saturating_mul(UNDER_CAP).min(RAREST) } else { mean });
    let gap = mean.map_or(0, |mean| slot.shard().random_gap(mean));
    watched.stands.set(gap);
    watched.due.set(gap);
    if let Some(site) = slot.site() {
        site.set_watched(gap > 0);
    }
}

/// The shortest mean that is worth watching, in ticks.
fn worth() -> u64 {
    cost::reading().saturating_mul(2 * SHARE) / RAREST
}

/// Number of calls of `mean` ticks for which two readings of `reading` ticks can be afforded; none above [`RAREST`].
fn mean_gap(mean: u64, reading: u64) -> Option<u64> {
    let gap = reading.saturating_mul(2 * SHARE).div_ceil(mean.max(1)).max(1);
    (gap <= RAREST).then_some(gap)
}

/// The watch of an open call.
#[derive(Clone, Copy)]
pub(crate) struct Watch {
    /// The processor clock at the start, shifted, and the calls that this one stands for; 0 where it is not watched.
    cpu: u64,
    /// [`Local::waited`] at the start.
    waited: u64,
}

impl Watch {
    /// Begins the watch of a call in the general lane, or of a poll. The first one of a slot is watched.
    #[inline]
    pub(crate) fn begin(local: &Local, slot: &Slot) -> Self {
        let watched = &slot.watched;
        match watched.due.get() {
            0 => Self::none(local),
            1 => {
                let stands = watched.stands.get();
                draw(slot);
                Self::now(local, stands)
            }
            due => {
                watched.due.set(due - 1);
                Self::none(local)
            }
        }
    }

    /// The watch of a call that is not watched.
    #[inline]
    pub(crate) fn none(local: &Local) -> Self {
        Self { cpu: 0, waited: local.waited.get() }
    }

    /// Ends a call that another one stands for: that one has the waiting of its callees already.
    #[inline]
    pub(crate) fn forget(self, local: &Local) {
        local.waited.set(self.waited);
    }

    /// The watch of a call that is watched, and stands for `stands` calls.
    #[cold]
    #[inline(never)]
    fn now(local: &Local, stands: u64) -> Self {
        let told = cost::waiting_is_told().then(clock::thread_processor_nanos).flatten();
        let cpu = told.map_or(0, |nanos| nanos << STANDS_BITS | stands);
        Self { cpu, waited: local.waited.get() }
    }

    /// Ends the watch of a call of so many ticks, of which `own` are its self time. The call stands for `weight` calls
    /// that were not timed, beside those that were not watched. Returns the ticks that watching took.
    #[inline]
    pub(crate) fn end(self, local: &Local, slot: &Slot, ticks: u64, own: u64, weight: u64) -> u64 {
        if self.cpu == 0 {
            if slot.watched.stands.get() != 0 {
                self.forget(local);
            }
            return 0;
        }
        self.settle(local, slot, ticks, own, weight)
    }

    #[cold]
    #[inline(never)]
    fn settle(self, local: &Local, slot: &Slot, ticks: u64, own: u64, weight: u64) -> u64 {
        let Some(now) = clock::thread_processor_nanos() else {
            return 0;
        };
        let spent = clock::nanos_to_ticks(now.saturating_sub(self.cpu >> STANDS_BITS));
        let told = local.waited.get().wrapping_sub(self.waited);
        let (waiting, away) = own_waiting(ticks, own, spent, told);
        let stands = (self.cpu & ((1 << STANDS_BITS) - 1)).saturating_mul(weight);
        let watched = &slot.watched;
        watched.waiting.add_ticks(waiting.saturating_mul(stands));
        // Its callers subtract this from their own waiting.
        local.waited.set(self.waited.wrapping_add(away.wrapping_mul(stands)));
        let mean = match watched.mean.get() {
            0 => ticks,
            mean => mean - (mean >> MEAN_SHIFT) + (ticks >> MEAN_SHIFT),
        };
        watched.mean.set(mean.max(1));
        cost::reading().saturating_mul(2)
    }
}

/// The ticks that a call waited itself, and those that it or its callees waited: given its self time, the ticks that a
/// processor worked for its thread meanwhile, and the ticks that its callees are known to have waited.
fn own_waiting(ticks: u64, own: u64, spent: u64, told: u64) -> (u64, u64) {
    let away = ticks.saturating_sub(spent);
    // A sampled callee may weigh more than its caller: both are two's complement then.
    let told = u64::try_from(told.signed()).unwrap_or(0);
    let own = u64::try_from(own.signed()).unwrap_or(0);
    (away.saturating_sub(told).min(own), away)
}

/// Called for a call of so many ticks among the slowest of its probe: begins to watch if the mean of its calls is worth
/// it.
pub(crate) fn consider(slot: &Slot, ticks: u64) {
    let (watched, reading) = (&slot.watched, cost::reading());
    if mean_gap(ticks, reading).is_none() {
        return;
    }
    if watched.due.get() == 0 {
        let mean = slot.sum().wrapping_add(ticks) / (slot.count_timed() + 1);
        if mean_gap(mean, reading).is_some() {
            watched.mean.set(mean);
            draw(slot);
        }
    } else if let Some(site) = slot.site() {
        // Another thread may have found its own calls to be short.
        site.set_watched(true);
    }
}

/// Called after a poll of so many ticks, which is counted already: begins to watch if the mean of polls is worth it.
#[inline]
pub(crate) fn consider_poll(slot: &Slot, ticks: u64) {
    if ticks >= worth() && slot.watched.due.get() == 0 {
        watch_polls(slot);
    }
}

#[cold]
#[inline(never)]
fn watch_polls(slot: &Slot) {
    slot.watched.mean.set(slot.busy.get() / slot.polls.get().max(1));
    draw(slot);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_stays_under_its_share() {
        for (mean, reading) in [(1, 0), (100_000, 1_000), (20_000, 1_200), (1_000_000, 500), (u64::MAX, 1)] {
            let gap = mean_gap(mean, reading).unwrap();
            assert!(2 * reading * SHARE <= gap.saturating_mul(mean) && 2 * gap <= 1 << STANDS_BITS);
        }
        assert_eq!(mean_gap(1_000, 1_000), None, "too short to be watched");
        assert_eq!((mean_gap(u64::MAX, u64::MAX), mean_gap(0, u64::MAX)), (Some(1), None), "no clock to read");
    }

    #[test]
    fn waiting_is_within_the_call_and_within_its_self_time() {
        assert_eq!(own_waiting(100, 80, 30, 0), (70, 70));
        assert_eq!(own_waiting(100, 80, 30, 25), (45, 70), "callees waited for 25 of it");
        assert_eq!(own_waiting(100, 20, 30, 0), (20, 70), "the rest was in callees that are not watched");
        assert_eq!(own_waiting(100, 80, 120, 0), (0, 0), "two clocks never quite agree");
        assert_eq!(own_waiting(100, 5_u64.wrapping_neg(), 0, 3_u64.wrapping_neg()), (0, 100));
    }
}
