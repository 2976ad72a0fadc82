//! The slowest calls of a slot, kept whole. A call that is slower than the fastest of them is an outlier to the hot
//! path, like a new least or greatest value, and as rare: of n calls in no order, about `KEPT·ln n`.
//!
//! The writer of the slot writes; a reader that comes between reads again.

use std::sync::atomic::Ordering::Relaxed;

use super::prefetch::prefetch;
use super::sync::{AtomicU64, Count, Version};
use crate::exemplar::Exemplar;

/// Calls kept in each slot: as many as in a snapshot, where all may be of one thread. A model explores every order of its loads, so
/// there are few to load.
pub(crate) const KEPT: usize = if cfg!(loom) { 2 } else { Exemplar::KEPT };
/// Callees named in a record.
pub(crate) const NAMED: usize = 3;
/// Words of a record beside its ticks.
const WORDS: usize = 7 + 2 * NAMED;

/// A slow call, in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) start: u64,
    pub(crate) ticks: u64,
    pub(crate) own: u64,
    pub(crate) waiting: u64,
    /// Ticks in callees that are not among the named.
    pub(crate) callees: u64,
    pub(crate) thread: u32,
    /// 0 where it is not known.
    pub(crate) trace: u128,
    /// Probe id and ticks, those of most ticks first; no ticks, no callee.
    pub(crate) named: [(u32, u64); NAMED],
}

impl Record {
    fn to_words(self) -> [u64; WORDS] {
        #[allow(clippy::cast_possible_truncation, reason = "both halves are kept")]
        let (high, low) = ((self.trace >> 64) as u64, self.trace as u64);
        let [a, b, c] = self.named;
        let thread = u64::from(self.thread);
        [
            self.start,
            self.own,
            self.waiting,
            self.callees,
            thread,
            high,
            low,
            a.0.into(),
            a.1,
            b.0.into(),
            b.1,
            c.0.into(),
            c.1,
        ]
    }

    #[allow(clippy::cast_possible_truncation, reason = "thread and ids were 32 bits")]
    fn from_words(ticks: u64, words: [u64; WORDS]) -> Self {
        let [start, own, waiting, callees, thread, high, low, a, at, b, bt, c, ct] = words;
        Self {
            start,
            ticks,
            own,
            waiting,
            callees,
            thread: thread as u32,
            trace: u128::from(high) << 64 | u128::from(low),
            named: [(a as u32, at), (b as u32, bt), (c as u32, ct)],
        }
    }
}

/// Sums by probe, of which the greatest are named.
#[derive(Default)]
pub(crate) struct Shares([(u32, u64); 2 * KEPT]);

impl Shares {
    /// Adds to a probe's sum, where there is room for one more probe; else the ticks stay unnamed.
    pub(crate) fn add(&mut self, id: u32, ticks: u64) {
        let place = self.0.iter_mut().find(|share| share.1 == 0 || share.0 == id);
        if let Some(share) = place {
            *share = (id, share.1.saturating_add(ticks));
        }
    }

    pub(crate) fn greatest(mut self) -> [(u32, u64); NAMED] {
        self.0.sort_unstable_by_key(|share| std::cmp::Reverse(share.1));
        let mut named = [(0, 0); NAMED];
        named.iter_mut().zip(self.0).for_each(|(name, share)| *name = share);
        named
    }
}

/// The records of a slot. The fields that a reader loads first are one cache line.
#[repr(C, align(64))]
pub(crate) struct Tail {
    /// Of each record, its ticks and one more; 0 where there is none yet. Kept apart from the rest, so that a reader that has
    /// slower calls skips the record.
    ticks: [Count; KEPT],
    /// Version of the record that is written.
    version: Version,
    words: [[AtomicU64; WORDS]; KEPT],
}

impl Tail {
    /// Elsewhere, a slot is made of zeros, and this with it.
    #[cfg(any(loom, test))]
    pub(crate) fn new() -> Self {
        Self {
            version: Version::new(),
            ticks: std::array::from_fn(|_| Count::new(0)),
            words: std::array::from_fn(|_| std::array::from_fn(|_| AtomicU64::new(0))),
        }
    }

    /// A call that takes longer than this is worth a record; none while there is room for any. The writer only.
    pub(crate) fn least(&self) -> Option<u64> {
        self.ticks.iter().map(Count::own).min()?.checked_sub(1)
    }

    /// Inserts a record, in place of the shortest where there is no room. The writer only.
    pub(crate) fn insert(&self, record: Record) {
        let places = self.ticks.iter().zip(&self.words);
        let Some((ticks, words)) = places.min_by_key(|(ticks, _)| ticks.own()) else {
            return;
        };
        self.version.write(|| {
            ticks.set(record.ticks.saturating_add(1));
            for (cell, word) in words.iter().zip(record.to_words()) {
                cell.store(word, Relaxed);
            }
        });
    }

    /// Ticks of the records, and where they are; any thread.
    pub(crate) fn places(&self) -> impl Iterator<Item = (u64, usize)> {
        self.ticks.iter().zip(0..).filter_map(|(ticks, place)| Some((ticks.get().checked_sub(1)?, place)))
    }

    /// Asks for the memory of a record.
    pub(crate) fn prefetch(&self, place: usize) {
        if let Some(words) = self.words.get(place) {
            prefetch(words, size_of_val(words));
        }
    }

    /// The record at a place, which may be a slower one than was there before; any thread.
    pub(crate) fn record(&self, place: usize) -> Record {
        let Some((ticks, words)) = self.ticks.iter().zip(&self.words).nth(place) else {
            return Record::default();
        };
        self.version
            .read(|| Record::from_words(ticks.get().saturating_sub(1), words.each_ref().map(|word| word.load(Relaxed))))
    }

    /// Forgets all records; as for [`super::slot::Slot::reset`].
    pub(crate) fn reset(&self) {
        self.ticks.iter().for_each(|ticks| ticks.set(0));
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_its_words() {
        let record = Record {
            start: 1,
            ticks: 2,
            own: 3,
            waiting: 4,
            callees: 5,
            thread: u32::MAX,
            trace: u128::MAX - 1,
            named: [(7, 8), (u32::MAX, 9), (10, 11)],
        };
        assert_eq!(Record::from_words(record.ticks, record.to_words()), record);
    }

    #[test]
    fn the_slowest_stay() {
        let tail = Tail::new();
        for ticks in [5, 1, 9, 7, 3, 8, 2, 6, 4, 10] {
            if tail.least().is_none_or(|least| ticks > least) {
                tail.insert(Record { ticks, ..Record::default() });
            }
        }
        let mut ticks: Vec<u64> = tail.places().map(|(ticks, _)| ticks).collect();
        assert!(tail.places().all(|(ticks, place)| tail.record(place).ticks == ticks));
        ticks.sort_unstable();
        assert_eq!(ticks, [3, 4, 5, 6, 7, 8, 9, 10]);
        tail.reset();
        assert_eq!((tail.least(), tail.places().count()), (None, 0));
        tail.insert(Record::default());
        assert_eq!(tail.places().collect::<Vec<_>>(), [(0, 0)], "a call that took no time is one");
    }

    #[test]
    fn the_greatest_shares_are_named() {
        let mut shares = Shares::default();
        for (id, ticks) in [(1, 5), (2, 6), (1, 5), (3, 1), (4, 2)] {
            shares.add(id, ticks);
        }
        assert_eq!(shares.greatest(), [(1, 10), (2, 6), (4, 2)]);
    }
}
