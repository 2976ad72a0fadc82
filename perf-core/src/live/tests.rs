//! Tests of slots and trees against naive models of the same counts.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use proptest::prelude::*;

use super::callsite::ID;
use super::heap::Change;
use super::local::{Local, Phase};
use super::memory;
use super::registry::{Lists, REGISTRY};
use super::shard::Shard;
use super::sign::{Signed, Unsigned};
use super::slot::{EMPTY, Slot};
use super::sync::{MOST_TICKS, undisturbed};
use super::tail::Record;
use super::tree::{Node, NodeRef};
use crate::{Probe, Session, buckets};

fn slot() -> &'static Slot {
    let shard = memory::keep(Shard::new(None)).unwrap();
    shard.grow(0).unwrap();
    shard.make_slot(0).unwrap()
}

/// A signal handler that comes between two stores of `enter_phase` finds slots though the library is at work. One that
/// interrupts this handler's own stores must find none.
#[test]
fn stores_are_undisturbed_wherever_slots_are_found() {
    static PROBE: Probe = Probe::new("tests::undisturbed");
    drop(PROBE.start());
    let local = Local::here();
    let finds_slots = || local.known_slot(PROBE.site.word() & ID).is_some();
    for phase in [Phase::Alive, Phase::InLibrary] {
        local.phase.set(phase);
        assert!(finds_slots());
        undisturbed(|| {
            assert!(!finds_slots() && local.phase.get() == Phase::InLibrary);
            undisturbed(|| assert!(!finds_slots()));
            assert!(!finds_slots());
        });
        assert!(finds_slots() && local.phase.get() == phase);
    }
    local.phase.set(Phase::Alive);
}

fn read(slot: &Slot) -> BTreeMap<u16, u64> {
    let mut pairs = Vec::new();
    slot.read_histogram(&mut pairs);
    assert!(pairs.is_sorted_by(|a, b| a.0 < b.0));
    pairs.into_iter().collect()
}

/// Values of every magnitude that a clock can give, and weights that fill 32 bits after a few of them.
fn values() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let value = prop_oneof![(1..63u32, any::<u64>()).prop_map(|(bits, value)| (value >> 1) >> bits), 60..200u64];
    let weight = prop_oneof![4 => Just(1u64), 1 => 2..1000u64, 1 => 1u64 << 30..1 << 33];
    prop::collection::vec((value, weight), 1..if cfg!(miri) { 6 } else { 60 })
}

/// Records an outlier, as a call does.
fn record_outlier(slot: &Slot, value: u64) -> u64 {
    slot.record_outlier(value, |ticks| Record { ticks, start: ticks ^ 1, ..Record::default() })
}

fn count(slot: &Slot, values: &[(u64, u64)]) {
    for &(value, weight) in values {
        if weight == 1 {
            slot.observe(value, |value| record_outlier(slot, value));
        } else {
            slot.observe_weighted(value, weight, |value| record_outlier(slot, value));
        }
        slot.again.add_ticks(value);
    }
}

fn naive(values: &[(u64, u64)]) -> BTreeMap<u16, u64> {
    let mut counts = BTreeMap::new();
    for &(value, weight) in values {
        *counts.entry(u16::try_from(buckets::bucket_of(value)).unwrap()).or_default() += weight;
    }
    counts
}

fn extremes(values: &[(u64, u64)]) -> Option<(u64, u64)> {
    let least = values.iter().map(|pair| pair.0).min()?;
    Some((least, values.iter().map(|pair| pair.0).max()?))
}

/// The value of this sum where it stops at `most`.
fn up_to(sum: u128, most: u64) -> u64 {
    u64::try_from(sum).unwrap_or(u64::MAX).min(most)
}

#[derive(Clone, Copy, Debug)]
enum Counted {
    Call(u64),
    Units(u64, u64),
    Heap(Change),
    /// In another slot, which this one absorbs.
    Elsewhere(u64, u64),
}

/// Numbers of every magnitude, the greatest among them.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![any::<u64>(), Just(u64::MAX), (0..64u32).prop_map(|bits| 1 << bits), 0..100u64]
}

fn counted() -> impl Strategy<Value = Counted> {
    let ticks = || number().prop_map(|ticks| ticks.min(MOST_TICKS));
    let change = (number(), number(), any::<i64>()).prop_map(|(allocs, bytes, net)| {
        Counted::Heap(Change { allocs, bytes, net: net.unsigned(), own_allocs: 0, own_bytes: 0, peak: 0 })
    });
    prop_oneof![
        ticks().prop_map(Counted::Call),
        (number(), number()).prop_map(|(items, bytes)| Counted::Units(items, bytes)),
        change,
        (ticks(), number()).prop_map(|(ticks, items)| Counted::Elsewhere(ticks, items)),
    ]
}

#[derive(Default)]
struct Oracle {
    ticks: u128,
    items: u128,
    bytes: u128,
    allocs: u128,
    alloc_bytes: u128,
    /// Clamped at every addition, as the slot's signed sum is.
    net: i128,
}

impl Oracle {
    fn count(&mut self, counted: Counted) {
        match counted {
            Counted::Call(ticks) => self.ticks += u128::from(ticks),
            Counted::Units(items, bytes) => {
                self.items += u128::from(items);
                self.bytes += u128::from(bytes);
            }
            Counted::Heap(change) => {
                self.allocs += u128::from(change.allocs);
                self.alloc_bytes += u128::from(change.bytes);
                let net = self.net + i128::from(change.net.signed());
                self.net = net.clamp(i64::MIN.into(), i64::MAX.into());
            }
            Counted::Elsewhere(ticks, items) => {
                self.count(Counted::Call(ticks));
                self.count(Counted::Units(items, items));
            }
        }
    }

    fn seen(&self) -> [u64; 6] {
        let ticks = up_to(self.ticks, MOST_TICKS);
        let [items, bytes] = [self.items, self.bytes].map(|sum| up_to(sum, u64::MAX));
        let [allocs, alloc_bytes] = [self.allocs, self.alloc_bytes].map(|sum| up_to(sum, u64::MAX));
        [ticks, ticks, items, bytes, allocs, alloc_bytes]
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 64 }))]

    #[test]
    fn a_slot_counts_every_value_in_its_bucket(values in values()) {
        let slot = slot();
        count(slot, &values);
        prop_assert_eq!(read(slot), naive(&values));
        prop_assert_eq!(slot.extremes(), extremes(&values));
    }

    #[test]
    fn absorbing_is_counting_together(mine in values(), theirs in values()) {
        let (slot, other) = (slot(), slot());
        count(slot, &mine);
        count(other, &theirs);
        slot.absorb(other, &mut Vec::new());
        let all: Vec<_> = mine.iter().chain(&theirs).copied().collect();
        prop_assert_eq!(read(slot), naive(&all));
        prop_assert_eq!(slot.extremes(), extremes(&all));
        let sum = all.iter().map(|pair| u128::from(pair.0)).sum();
        prop_assert_eq!(slot.sum(), up_to(sum, MOST_TICKS));
        other.reset();
        prop_assert!(read(other).is_empty() && other.extremes().is_none());
        count(other, &mine);
        prop_assert_eq!(read(other), naive(&mine));
    }

    /// No sum ever goes back, and each is the exact one until it stops at its end.
    #[test]
    fn sums_stop_at_their_ends(counted in prop::collection::vec(counted(), 1..if cfg!(miri) { 8 } else { 40 })) {
        let (slot, other) = (slot(), slot());
        let mut oracle = Oracle::default();
        let mut before = oracle.seen();
        for one in counted {
            match one {
                Counted::Call(ticks) => slot.count_alone(ticks, |ticks| Record { ticks, ..Record::default() }),
                Counted::Units(items, bytes) => slot.count_units(items, bytes),
                Counted::Heap(change) => change.count_alone(slot),
                Counted::Elsewhere(ticks, items) => {
                    other.reset();
                    other.count_alone(ticks, |ticks| Record { ticks, ..Record::default() });
                    other.count_units(items, items);
                    slot.absorb(other, &mut Vec::new());
                }
            }
            oracle.count(one);
            for ticks in [0, 64, 1 << 20, slot.greatest(), slot.greatest() / 2, EMPTY - 1, EMPTY] {
                // SAFETY: this thread is the writer; a value that is no outlier has a cell.
                let cell = unsafe { slot.usual_cell(ticks) };
                prop_assert!(cell.is_none_or(|(cells, _)| !cells.is_null()));
            }
            // SAFETY: as above.
            if !unsafe { slot.is_peak_news(0) } {
                let sums = [&slot.allocs, &slot.alloc_bytes].map(super::sync::Count::get);
                prop_assert!(sums.iter().all(|&sum| sum < 1 << 63), "no end is looked for near {sums:?}");
                prop_assert!(slot.net.get().signed().unsigned_abs() <= 1 << 62, "nor near {:?}", slot.net);
            }
            let cells = [&slot.total, &slot.items, &slot.bytes, &slot.allocs, &slot.alloc_bytes];
            let [total, items, bytes, allocs, alloc_bytes] = cells.map(super::sync::Count::get);
            let now = [slot.sum(), total, items, bytes, allocs, alloc_bytes];
            prop_assert_eq!(now, oracle.seen());
            prop_assert!(now.iter().zip(before).all(|(now, before)| *now >= before));
            prop_assert_eq!(slot.net.get().signed(), i64::try_from(oracle.net).unwrap());
            before = now;
        }
    }

    #[test]
    fn a_random_gap_is_within_bounds_and_averages_to_what_was_asked(mean in prop_oneof![1..10_000u64, u64::from(u32::MAX) - 9..=u64::from(u32::MAX)]) {
        let shard = memory::keep(Shard::new(None)).unwrap();
        let draws = if cfg!(miri) { 100 } else { 4000 };
        let gaps: Vec<_> = (0..draws).map(|_| shard.random_gap(mean)).collect();
        prop_assert!(gaps.iter().all(|gap| (1..2 * mean).contains(gap)));
        let average = gaps.iter().sum::<u64>() as f64 / f64::from(draws);
        // The deviation of a uniform draw is 0.58 of its mean: five of its errors.
        prop_assert!((average - mean as f64).abs() <= 5.0 * 0.58 * mean as f64 / f64::from(draws).sqrt());
    }
}

#[test]
fn a_step_back_counts_as_nothing() {
    let slot = slot();
    let observe = |ticks| slot.observe(ticks, |ticks| record_outlier(slot, ticks));
    assert_eq!((observe(1000), observe(u64::MAX - 5), observe(1 << 63)), (1000, 0, 0));
    assert_eq!((slot.backward.get(), slot.extremes()), (2, Some((0, 1000))));
}

/// The bytes that `docs/performance.md` states.
#[test]
fn a_slot_is_as_large_as_is_stated() {
    assert!(size_of::<Slot>() <= 1792, "{}", size_of::<Slot>());
    let octave = buckets::cells(1) * size_of::<u32>();
    assert_eq!(octave, 256);
}

/// How long a test waits for another thread: reached only where that one hangs.
const DEADLINE: Duration = Duration::from_mins(1);

/// More names than a table of slots begins with.
const MANY: u32 = if cfg!(miri) { 20 } else { 200 };

/// A reader, however long it reads, delays no callsite, thread or session that comes or goes.
#[test]
fn nobody_waits_for_a_reader() {
    static FIRST_OF_ALL: Probe = Probe::new("tests::first_of_all");
    static MEANWHILE: Probe = Probe::new("tests::meanwhile");
    drop(FIRST_OF_ALL.start());
    let (done, is_done) = mpsc::channel();
    let in_time = REGISTRY.read(|lists| {
        let before = lists.shards().count();
        let newcomer = thread::spawn(move || {
            // A callsite and a thread that are new, a table that grows, a session that comes and goes, a switch.
            drop(MEANWHILE.start());
            for index in 0..MANY {
                let name = format!("tests::meanwhile {index}").leak();
                drop(Box::leak(Box::new(Probe::new(name))).start());
            }
            Session::new().run(|| drop(MEANWHILE.start()));
            crate::set_timeline(0);
        });
        thread::spawn(move || done.send(newcomer.join().is_ok()));
        assert_eq!(lists.shards().count(), before, "a reader's lists do not change");
        is_done.recv_timeout(DEADLINE)
    });
    assert_eq!(in_time, Ok(true));
    let snapshot = crate::snapshot();
    assert_eq!(snapshot.get("tests::meanwhile").map(crate::ProbeStats::calls), Some(2));
    assert_eq!(snapshot.get(&format!("tests::meanwhile {}", MANY - 1)).map(crate::ProbeStats::calls), Some(1));
}

/// Shards that sessions leave while a reader reads are neither lost nor counted twice.
#[test]
fn what_is_left_beside_a_reader_is_put_together_later() {
    static LEFT: Probe = Probe::new("tests::left");
    let sum = |lists: &Lists| -> u64 {
        let id = LEFT.site.site().map_or(0, |site| site.id);
        lists.shards().filter_map(|shard| shard.slot(id)).map(Slot::sum).sum()
    };
    let session = || Session::new().run(|| LEFT.record(Duration::from_mins(1)));
    session();
    let one = REGISTRY.read(sum);
    assert!(one > 0);
    let five = REGISTRY.read(|lists| {
        let leave = move || (0..4).for_each(|_| session());
        thread::spawn(leave).join().unwrap();
        sum(lists)
    });
    assert!(five >= one, "what the reader's lists hold is there");
    assert_eq!(REGISTRY.read(sum), 5 * one);
    // Beyond the backlog a session waits for the lock, which is free here.
    let more: u64 = if cfg!(miri) { 5 } else { 100 };
    (0..more).for_each(|_| session());
    assert_eq!(REGISTRY.read(sum), (5 + more) * one);
}

/// A shard that has given its memory back counts again from zero, in the places where its slots were.
#[test]
fn a_shard_gives_back_and_counts_again() {
    let shard = memory::keep(Shard::new(None)).unwrap();
    let mut places = Vec::new();
    for round in 1..4u64 {
        let ids = [1, 70, 5, 700];
        for (index, id) in ids.into_iter().enumerate().take(if round == 2 { 2 } else { 4 }) {
            shard.grow(id).unwrap();
            let slot = shard.make_slot(id).unwrap();
            if round == 1 {
                places.push(address_of(slot));
            }
            assert_eq!((address_of(slot), slot.id, slot.sum()), (places[index], id, 0));
            assert!(read(slot).is_empty());
            for value in 0..if cfg!(miri) { 3 } else { 40 } {
                count(slot, &[(round << value, 1), (round, u64::from(u32::MAX))]);
            }
            shard.tree.descend(id).unwrap().calls.add(1);
        }
        assert_eq!(shard.tree.root().unwrap().children().count(), if round == 2 { 2 } else { 4 });
        shard.give_back();
        assert_eq!((shard.slots().count(), shard.table().1), (0, 0));
        assert!(shard.tree.root().is_none());
    }
}

fn address_of(slot: &Slot) -> usize {
    std::ptr::from_ref(slot).addr()
}

/// Probe and calls of a node.
type Count = (u32, u64);

/// Two levels of a tree.
fn shape(node: &Node) -> Vec<(Count, Vec<Count>)> {
    let mut children: Vec<_> = node
        .children()
        .map(|child| {
            let mut below: Vec<_> = child.children().map(|node| (node.probe, node.calls.get())).collect();
            below.sort_unstable();
            ((child.probe, child.calls.get()), below)
        })
        .collect();
    children.sort_unstable();
    children
}

#[test]
fn trees_absorb_each_other() {
    let trees = [(); 2].map(|()| memory::keep(Shard::new(None)).unwrap());
    for (shard, probes) in trees.iter().zip([[1, 2], [1, 3]]) {
        let parent = shard.tree.descend(probes[0]).unwrap();
        parent.calls.add(1);
        shard.tree.set_current(Some(NodeRef::to(parent)));
        shard.tree.descend(probes[1]).unwrap().calls.add(5);
        // A recursion stays where it began.
        assert_eq!(NodeRef::to(shard.tree.descend(probes[0]).unwrap()), NodeRef::to(parent));
        shard.tree.set_current(None);
    }
    let [mine, theirs] = trees.map(|shard| &shard.tree);
    mine.absorb(theirs);
    assert_eq!(shape(mine.root().unwrap()), [((1, 2), vec![(2, 5), (3, 5)])]);
    theirs.reset();
    assert_eq!(shape(theirs.root().unwrap()), [((1, 0), vec![(3, 0)])]);
}
