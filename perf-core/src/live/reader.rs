//! Sums over the slots of shards, while their writers go on.
//!
//! Hardly anything of it is in a cache, and there may be thousands of slots on as many pages. So probes are read in groups: of a
//! shard, the slots of the group, which mostly lie one after the other in memory, then those of the next shard. And memory is asked for
//! before it is read.

use super::cost;
use super::shard::Shard;
use super::sign::Signed;
use super::slot::Slot;
use super::sync::MOST_TICKS;
use super::tail::{Record, Tail};
use crate::buckets;
use crate::exemplar::Exemplar;
use crate::stats::Counts;
use crate::ticks::TickHistogram;

/// Probes that are read together.
const GROUP: usize = if cfg!(miri) { 2 } else { 16 };
/// How far ahead of the slot that is read memory is asked for, in slots: far enough for the time that memory takes, and not so far
/// that the nearest cache has no room for it. Where the cells are, the slots tell.
const SLOTS_AHEAD: usize = 6;
const CELLS_AHEAD: usize = 3;

/// The sums of a probe, with its slowest calls, slowest first.
pub(super) type Read<'a> = (Counts, TickHistogram, &'a [Record]);

/// A slot, with the place of its probe in the group and that of its shard.
type Found = (&'static Slot, usize, usize);

/// Sums slots.
pub(super) struct Reader {
    /// The slots of a group, in the order of reading.
    slots: Vec<Found>,
    sums: [Sum; GROUP],
    scratch: Scratch,
    /// Steps back of the clock, of all slots.
    pub(super) backward: u64,
    /// Ticks that the probes of each shard took for themselves.
    pub(super) taken: Vec<u64>,
}

/// The sums of one probe so far.
#[derive(Default)]
struct Sum {
    counts: Counts,
    /// The buckets of its slots, one slot's after the other's.
    buckets: Vec<(u16, u64)>,
    slots: usize,
    /// Ticks and places of its slowest calls, slowest first.
    tail: Vec<(u64, &'static Tail, usize)>,
}

/// Memory that the sums of one probe after the other pass through.
struct Scratch {
    dense: Vec<u64>,
    records: Vec<Record>,
}

impl Reader {
    pub(super) fn new(shards: usize) -> Self {
        Self {
            slots: Vec::with_capacity(GROUP * shards),
            sums: std::array::from_fn(|_| Sum::default()),
            scratch: Scratch { dense: vec![0; buckets::BUCKETS], records: Vec::with_capacity(Exemplar::KEPT) },
            backward: 0,
            taken: vec![0; shards],
        }
    }

    /// Passes the place in `ids` and the sums of each probe that ever counted anything to `each`.
    pub(super) fn read(&mut self, shards: &[&'static Shard], ids: &[u32], mut each: impl FnMut(usize, Read)) {
        for (group, begin) in ids.chunks(GROUP).zip((0..).step_by(GROUP)) {
            self.slots.clear();
            for (number, shard) in shards.iter().enumerate() {
                let of_group = group.iter().enumerate().filter_map(|(sum, id)| Some((shard.slot(*id)?, sum, number)));
                self.slots.extend(of_group);
            }
            prefetch(&self.slots, 0..SLOTS_AHEAD, Slot::prefetch);
            prefetch(&self.slots, 0..CELLS_AHEAD, Slot::prefetch_cells);
            for (place, &(slot, sum, shard)) in self.slots.iter().enumerate() {
                prefetch(&self.slots, place + SLOTS_AHEAD..place + SLOTS_AHEAD + 1, Slot::prefetch);
                prefetch(&self.slots, place + CELLS_AHEAD..place + CELLS_AHEAD + 1, Slot::prefetch_cells);
                self.backward = self.backward.saturating_add(slot.backward.get());
                let taken = &mut self.taken[shard];
                *taken = taken.saturating_add(self.sums[sum].add(slot));
            }
            for (at, sum) in (begin..).zip(&mut self.sums).take(group.len()) {
                if let Some(read) = sum.take(&mut self.scratch) {
                    each(at, read);
                }
            }
        }
    }
}

impl Sum {
    /// Adds a slot, and returns the ticks that its probe took for itself.
    fn add(&mut self, slot: &'static Slot) -> u64 {
        add(&mut self.counts, slot);
        let counted = slot.read_histogram(&mut self.buckets);
        self.slots += 1;
        self.add_tail(slot);
        let skipped = slot.skipped.get();
        let untimed = slot.untimed.get().saturating_add(slot.claimed.get()).saturating_add(skipped);
        cost::taken(counted.saturating_sub(skipped), untimed, slot.polls.get())
    }

    /// Adds the slowest calls of a slot that are among the slowest so far.
    fn add_tail(&mut self, slot: &'static Slot) {
        let floor = self.tail.last().filter(|_| self.tail.len() == Exemplar::KEPT).map(|fastest| fastest.0);
        // Many slots have none, which their greatest value shows.
        if floor.is_none_or(|floor| slot.greatest() > floor) {
            for (ticks, place) in slot.tail.places().filter(|(ticks, _)| floor.is_none_or(|floor| *ticks > floor)) {
                let slower = self.tail.partition_point(|slow| slow.0 >= ticks);
                if slower < Exemplar::KEPT {
                    self.tail.truncate(Exemplar::KEPT - 1);
                    self.tail.insert(slower, (ticks, &slot.tail, place));
                }
            }
        }
    }

    /// All of it, which leaves nothing for the next probe; `None` where no slot ever counted anything.
    fn take<'a>(&mut self, scratch: &'a mut Scratch) -> Option<Read<'a>> {
        if self.slots > 1 {
            self.join(&mut scratch.dense);
        }
        self.slots = 0;
        let mut counts = std::mem::take(&mut self.counts);
        let histogram = TickHistogram::from_sorted(self.buckets.clone());
        self.buckets.clear();
        let timed = histogram.count();
        counts.calls = timed.saturating_add(counts.calls);
        // A sum that has stopped at its end stays there.
        if counts.own < MOST_TICKS.signed() {
            counts.own = counts.own.saturating_sub_unsigned(cost::measured_of_nothing(timed, counts.polls));
        }
        self.tail.iter().for_each(|(_, tail, place)| tail.prefetch(*place));
        let records = &mut scratch.records;
        records.clear();
        records.extend(self.tail.drain(..).map(|(_, tail, place)| tail.record(place)));
        records.sort_unstable_by_key(|record| (std::cmp::Reverse(record.ticks), record.start));
        (!counts.is_empty()).then_some((counts, histogram, records))
    }

    /// Joins equal buckets, by way of an array of zeros for all that there are.
    fn join(&mut self, dense: &mut [u64]) {
        let mut touched = [0u64; buckets::BUCKETS.div_ceil(64)];
        for &(bucket, count) in &self.buckets {
            let sum = &mut dense[usize::from(bucket)];
            *sum = sum.saturating_add(count);
            touched[usize::from(bucket) / 64] |= 1 << (bucket % 64);
        }
        self.buckets.clear();
        for (word, mut bits) in touched.into_iter().enumerate() {
            while bits != 0 {
                let bucket = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                #[allow(clippy::cast_possible_truncation, reason = "BUCKETS is 3776")]
                self.buckets.push((bucket as u16, std::mem::take(&mut dense[bucket])));
            }
        }
    }
}

/// Asks for memory of the slots at these places, where there are any.
fn prefetch(slots: &[Found], places: std::ops::Range<usize>, ask: fn(&Slot)) {
    let end = places.end.min(slots.len());
    slots.get(places.start..end).into_iter().flatten().for_each(|found| ask(found.0));
}

fn add(counts: &mut Counts, slot: &Slot) {
    // Calls are those in the histogram and those that sampling left out of it.
    let untimed = slot.untimed.get().saturating_add(slot.claimed.get());
    let (synchronous, wall, busy) = (slot.total.get(), slot.wall.get(), slot.busy.get());
    let sums = [
        (&mut counts.calls, untimed),
        (&mut counts.skipped, slot.skipped.get()),
        (&mut counts.errors, slot.errors.get()),
        (&mut counts.panics, slot.panics.get()),
        (&mut counts.cancelled, slot.cancelled.get()),
        (&mut counts.polls, slot.polls.get()),
        (&mut counts.items, slot.items.get()),
        (&mut counts.bytes, slot.bytes.get()),
        (&mut counts.allocs, slot.allocs.get()),
        (&mut counts.alloc_bytes, slot.alloc_bytes.get()),
        (&mut counts.total, synchronous.saturating_add(wall)),
        (&mut counts.busy, synchronous.saturating_add(busy)),
        (&mut counts.sum, slot.sum()),
        (&mut counts.waiting, slot.watched.waiting.get()),
    ];
    for (sum, more) in sums {
        *sum = sum.saturating_add(more);
    }
    let signed = [
        (&mut counts.self_allocs, &slot.own_allocs),
        (&mut counts.self_alloc_bytes, &slot.own_alloc_bytes),
        (&mut counts.net_bytes, &slot.net),
        (&mut counts.own, &slot.own),
    ];
    for (sum, more) in signed {
        *sum = sum.saturating_add(more.get().signed());
    }
    counts.peak_bytes = counts.peak_bytes.max(slot.peak.get());
    if let Some((least, greatest)) = slot.extremes() {
        counts.widen(least, greatest);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::live::memory;

    /// More than two groups.
    const PROBES: u32 = 2 * LAST + 3;
    /// The last of the first group.
    #[allow(clippy::cast_possible_truncation, reason = "it is 16")]
    const LAST: u32 = GROUP as u32;

    /// Ids and ticks of the calls of some threads: of every magnitude, and close together.
    fn threads() -> impl Strategy<Value = Vec<Vec<(u32, u64)>>> {
        let ticks = prop_oneof![(20..63u32, any::<u64>()).prop_map(|(bits, ticks)| (ticks >> 1) >> bits), 60..200u64];
        // Most calls are of one probe in each group.
        let id = prop_oneof![1..=PROBES, prop::sample::select(vec![3, LAST, PROBES])];
        let (calls, threads) = if cfg!(miri) { (6, 3) } else { (80, 6) };
        prop::collection::vec(prop::collection::vec((id, ticks), 0..calls), 0..threads)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 200 }))]

        /// The sums against a list of all calls.
        #[test]
        fn slots_add_up(threads in threads()) {
            let mut calls: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
            let shards: Vec<_> = threads.iter().map(|thread| {
                let shard = memory::keep(Shard::new(None)).unwrap();
                for &(id, ticks) in thread {
                    shard.grow(id).unwrap();
                    let slot = shard.make_slot(id).unwrap();
                    slot.count_alone(ticks, |ticks| Record { ticks, start: !ticks, ..Record::default() });
                    calls.entry(id).or_default().push(ticks);
                }
                shard
            }).collect();
            let ids: Vec<_> = (1..=PROBES).collect();
            let mut seen = Vec::new();
            Reader::new(shards.len()).read(&shards, &ids, |at, (counts, histogram, slowest)| {
                let slowest: Vec<_> = slowest.iter().map(|record| (record.ticks, record.start)).collect();
                seen.push((ids[at], counts.calls, counts.sum, counts.extremes, histogram, slowest));
            });
            let wanted: Vec<_> = calls.into_iter().map(|(id, mut ticks)| {
                let mut pairs: BTreeMap<u16, u64> = BTreeMap::new();
                for ticks in &ticks {
                    *pairs.entry(buckets::bucket_of(*ticks).try_into().unwrap()).or_default() += 1;
                }
                ticks.sort_unstable_by_key(|ticks| std::cmp::Reverse(*ticks));
                let extremes = ticks.last().copied().zip(ticks.first().copied());
                // Which calls a slot keeps is its own matter.
                let slots = shards.iter().filter_map(|shard| shard.slot(id));
                let kept = slots.flat_map(|slot| slot.tail.places().map(|(_, place)| slot.tail.record(place)));
                let mut slowest: Vec<_> = kept.map(|record| (record.ticks, record.start)).collect();
                slowest.sort_unstable_by_key(|slow| (std::cmp::Reverse(slow.0), slow.1));
                slowest.truncate(Exemplar::KEPT);
                let histogram = TickHistogram::from_sorted(pairs.into_iter().collect());
                (id, ticks.len() as u64, ticks.iter().sum(), extremes, histogram, slowest)
            }).collect();
            prop_assert_eq!(seen, wanted);
        }
    }
}
