//! Which calls of a sampled probe are timed: series of them, with random gaps between.
//!
//! After a long gap the code that times a call is in no near cache, and the processor expects a call that is not timed:
//! what such a call measures is several times of what it takes. So after a long gap the first calls of a series are
//! timed, but not counted as such: another one stands for them, as for those of the gap. Under a cap several calls of a
//! series count, since each costs a fraction of what the first one did.
//!
//! The calls of a gap are shared out among the counted calls of the series that ends it, so that weights add up to
//! calls, and every call is expected to be counted once: where a counted call stands in the stretch from one series to
//! the next depends on the length of the stretch alone, which is drawn at random (Horvitz and Thompson 1952).

use super::callsite::Sampling;
use super::cap;
use super::slot::Slot;

/// Calls at the beginning of a series that are timed and not counted.
const WARMING: u64 = 2;
/// Calls of a series under a cap that count.
const COUNTED: u64 = 4;
/// A gap of no more calls than this leaves the way of a timed call as it was, nearly: the series that ends it is one call.
const NEAR: u64 = 32;
/// The same where it is said how many calls are timed: those that do not count come on top.
const NEAR_AS_SAID: u64 = 256;

/// The stretch from the end of a series to the end of the next one, as it is drawn from.
struct Plan {
    /// Calls of it, on average.
    mean: u64,
    /// Calls of the series that ends it, where it is long.
    series: u64,
    /// The least gap that is long.
    long: u64,
}

impl Plan {
    /// Of a probe that has counted so many `calls`, and that one in `gap` of may be timed.
    fn of(sampling: Sampling, gap: u64, calls: u64) -> Self {
        let series = WARMING.saturating_add(counted(sampling));
        match sampling {
            // As often as is said, however much the series costs.
            Sampling::OneIn(_) | Sampling::Every => Self { mean: gap, series, long: NEAR_AS_SAID },
            // No longer than there were calls, so that a first call that says nothing of the next ones is soon one of
            // several.
            _ if gap <= NEAR => Self { mean: gap.min(calls).max(1), series: 1, long: NEAR },
            _ => Self { mean: gap.saturating_mul(series).min(calls).max(1), series, long: NEAR },
        }
    }

    /// For a stretch of `drawn` calls: those before the next series, and those of it.
    fn place(&self, drawn: u64) -> (u64, u64) {
        let gap = drawn.saturating_sub(self.series);
        if gap >= self.long { (gap, self.series) } else { (drawn.saturating_sub(1), 1) }
    }
}

/// Calls that count, of a series after a long gap.
fn counted(sampling: Sampling) -> u64 {
    match sampling {
        Sampling::OneIn(_) | Sampling::Every => 1,
        Sampling::Cap { .. } | Sampling::Program => COUNTED,
    }
}

/// Called for a call that is timed: returns how many calls it stands for, 0 where another one stands for it. Says when the
/// next one is due. The writer only.
pub(super) fn weigh(slot: &Slot, sampling: Sampling) -> u64 {
    if !cap::is_sampled(sampling) {
        return 1;
    }
    // One more than there are, since 0 is a probe that was never sampled.
    let left = slot.series.own().saturating_sub(1).max(1);
    if left > counted(sampling) {
        slot.untimed.add(1);
        go_on(slot, left);
        return 0;
    }
    let weight = claim(slot, left);
    if matches!(sampling, Sampling::Program) {
        slot.shard().account.pass(weight.saturating_sub(1));
    }
    if left > 1 {
        go_on(slot, left);
    } else {
        let gap = cap::average_gap(slot, sampling);
        let plan = Plan::of(sampling, gap, slot.weighed.own());
        let (gap, series) = plan.place(slot.shard().random_gap(plan.mean));
        slot.series.set(series.saturating_add(1));
        slot.left.set(gap);
    }
    weight
}

/// The next call is of the same series, which has `left` calls with this one.
fn go_on(slot: &Slot, left: u64) {
    slot.series.set(left);
    slot.left.set(0);
}

/// Returns what one of so many calls that are left stands for, itself included.
fn claim(slot: &Slot, left: u64) -> u64 {
    // All of it at once, since a signal handler may do the same.
    let all = slot.untimed.take();
    let part = all.checked_div(left).unwrap_or(0);
    slot.claimed.add(part);
    slot.untimed.add(all.wrapping_sub(part));
    part.saturating_add(1)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::num::NonZeroU32;

    use proptest::prelude::*;

    use super::*;
    use crate::live::memory;
    use crate::live::shard::Shard;

    fn slot() -> &'static Slot {
        let shard = memory::keep(Shard::new(None)).unwrap();
        shard.grow(0).unwrap();
        shard.make_slot(0).unwrap()
    }

    /// The weight of each call, `None` where it is not timed.
    fn weights(slot: &Slot, sampling: Sampling, calls: usize) -> Vec<Option<u64>> {
        let call = |_| {
            // SAFETY: this thread alone knows the slot.
            let passes = unsafe { slot.passes_by() };
            let weight = (!passes).then(|| weigh(slot, sampling));
            if let Some(weight @ 1..) = weight {
                slot.weighed.add(weight);
                slot.claimed.add(1u64.wrapping_sub(weight));
            }
            weight
        };
        (0..calls).map(call).collect()
    }

    fn samplings() -> impl Strategy<Value = Sampling> {
        let number = || (1..20_000u32).prop_map(|number| NonZeroU32::new(number).unwrap());
        prop_oneof![number().prop_map(Sampling::OneIn), number().prop_map(|ppm| Sampling::Cap { ppm })]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 100 }))]

        /// Every call is stood for once, or not yet; and after a long gap none counts that was not warmed up.
        #[test]
        fn weights_add_up_and_follow_the_first_calls_of_a_series(sampling in samplings(), ticks in 1..1_000u64) {
            let slot = slot();
            let calls = if cfg!(miri) { 500 } else { 20_000 };
            // What a cap is a share of, and what a timed call costs.
            slot.total.set(ticks * calls as u64);
            slot.cost.set(3_000);
            let weights = weights(slot, sampling, calls);
            let counted: u64 = weights.iter().flatten().sum();
            prop_assert_eq!(counted + slot.untimed.get() + slot.claimed.get(), calls as u64);
            let mut gap = 0;
            for (call, weight) in weights.iter().enumerate() {
                if weight.is_some_and(|weight| weight > 0) {
                    prop_assert!(gap <= NEAR_AS_SAID + WARMING, "call {} counts after {} that were not timed", call, gap);
                }
                gap = if weight.is_some() { 0 } else { gap + 1 };
            }
        }
    }

    #[test]
    fn series_keep_to_what_may_be_timed() {
        let cap = Sampling::Cap { ppm: NonZeroU32::MIN };
        let plan = Plan::of(cap, 1_000, 1_000_000);
        assert_eq!((plan.mean, plan.series), (6_000, 6), "six calls in six thousand");
        assert_eq!((plan.place(6_000), plan.place(38), plan.place(37)), ((5_994, 6), (32, 6), (36, 1)));
        let plan = Plan::of(cap, 1_000, 50);
        assert_eq!((plan.mean, plan.series), (50, 6), "no longer than there were calls");
        let plan = Plan::of(cap, NEAR, 1_000);
        assert_eq!((plan.mean, plan.series), (NEAR, 1), "one call after a short gap");
        let plan = Plan::of(Sampling::OneIn(NonZeroU32::MIN), 1_000, 0);
        assert_eq!((plan.mean, plan.series), (1_000, 3), "one in a thousand counts");
        assert_eq!((plan.place(1_000), plan.place(200)), ((997, 3), (199, 1)));
    }
}
