//! The models.

use loom::sync::Arc;
use loom::thread;

use crate::live::callsite::{Callsite, ID, Name};
use crate::live::memory;
use crate::live::registry::Registry;
use crate::live::ring::{Event, Kind, Ring, tag};
use crate::live::shard::Shard;
use crate::live::slot::Slot;
use crate::live::tail::{Record, Tail};

fn site(name: &'static str) -> &'static Callsite {
    memory::keep(Callsite::new(Name::Given(name))).unwrap()
}

fn count(slot: &Slot) -> u64 {
    let mut pairs = Vec::new();
    slot.read_histogram(&mut pairs);
    pairs.into_iter().map(|(_, count)| count).sum()
}

fn record(ticks: u64) -> Record {
    Record { start: ticks, ticks, own: ticks, ..Record::default() }
}

#[test]
fn registration_gives_every_name_one_id() {
    loom::model(|| {
        let registry = Arc::new(Registry::new());
        let (one, namesake, other) = (site("one"), site("one"), site("other"));
        let there = Arc::clone(&registry);
        let thread = thread::spawn(move || (there.register(one), there.register(other)));
        let here = (registry.register(namesake), registry.register(one));
        let there = thread.join().unwrap();
        assert_eq!(here.0, here.1, "callsites of one name share their id");
        assert_eq!(here.1, there.0, "a callsite is registered once");
        assert_ne!(there.0 & ID, there.1 & ID);
        let state = registry.lock();
        assert_eq!((state.lists.names(), state.lists.sites().count()), (2, 3));
    });
}

#[test]
fn an_adopted_shard_goes_on_counting() {
    loom::model(|| {
        let registry = Arc::new(Registry::new());
        let live = |registry: &Registry, ticks| {
            let shard = registry.lock().adopt().unwrap();
            shard.grow(0).unwrap();
            shard.make_slot(0).unwrap().observe(ticks, |ticks| ticks);
            registry.lock().release(shard);
        };
        let there = Arc::clone(&registry);
        let thread = thread::spawn(move || live(&there, 1));
        live(&registry, 2);
        thread.join().unwrap();
        live(&registry, 3);
        let state = registry.lock();
        let shards: Vec<_> = state.lists.shards().collect();
        assert!(shards.len() <= 2, "as many as threads were alive at once");
        assert_eq!(shards.iter().filter_map(|shard| shard.slot(0)).map(count).sum::<u64>(), 3, "nothing is lost");
    });
}

/// A reader sees a slot's first block and first counts whole or not at all.
#[test]
fn a_reader_beside_the_writer() {
    loom::model(|| {
        let shard = memory::keep(Shard::new(None)).unwrap();
        shard.grow(0).unwrap();
        let thread = thread::spawn(move || {
            let slot = shard.make_slot(0).unwrap();
            slot.observe(70, |ticks| slot.record_outlier(ticks, |ticks| record(ticks)));
            slot.observe(70, |ticks| ticks);
        });
        let read = || shard.slot(0).map_or(0, count);
        let (first, second) = (read(), read());
        assert!(first <= second && second <= 2);
        thread.join().unwrap();
        let slot = shard.slot(0).unwrap();
        assert_eq!((count(slot), slot.extremes()), (2, Some((70, 70))));
    });
}

/// A reader goes on in the table that it has while the writer moves to a longer one, and misses nothing that was there.
#[test]
fn a_reader_beside_a_growing_table() {
    loom::model(|| {
        let shard = memory::keep(Shard::new(None)).unwrap();
        shard.grow(0).unwrap();
        shard.make_slot(0).unwrap().observe(70, |ticks| ticks);
        let thread = thread::spawn(move || {
            shard.grow(2).unwrap();
            shard.make_slot(2).unwrap().observe(70, |ticks| ticks);
        });
        assert_eq!(shard.slot(0).map(count), Some(1));
        assert!(shard.slot(2).map_or(0, count) <= 1);
        thread.join().unwrap();
        assert_eq!([0, 2].map(|id| shard.slot(id).map(count)), [Some(1); 2]);
    });
}

/// While a full cell is carried into its wide neighbour, a reader sees the sum from before or from after.
#[test]
fn a_reader_beside_a_carry() {
    const NEARLY_FULL: u64 = u32::MAX as u64 - 1;
    let mut model = loom::model::Builder::new();
    // The reader's retries make too many orders to try them all; a mistake here shows within two switches.
    model.preemption_bound = Some(3);
    model.max_branches = 10_000;
    model.check(|| {
        let shard = memory::keep(Shard::new(None)).unwrap();
        shard.grow(0).unwrap();
        let slot = shard.make_slot(0).unwrap();
        slot.observe_weighted(70, NEARLY_FULL, |ticks| ticks);
        let thread = thread::spawn(move || {
            slot.observe_weighted(70, 3, |ticks| ticks);
        });
        let seen = count(slot);
        assert!(seen == NEARLY_FULL || seen == NEARLY_FULL + 3, "{seen}");
        thread.join().unwrap();
        assert_eq!(count(slot), NEARLY_FULL + 3);
    });
}

/// A reader that meets a new node of the call tree finds it linked: the older nodes are still there behind it.
#[test]
fn a_reader_beside_a_growing_tree() {
    loom::model(|| {
        let shard = memory::keep(Shard::new(None)).unwrap();
        let older = shard.tree.descend(7).unwrap();
        older.calls.add(1);
        let thread = thread::spawn(move || shard.tree.descend(8).unwrap().calls.add(1));
        let root = shard.tree.root().unwrap();
        let seen: Vec<_> = root.children().map(|child| child.probe).collect();
        assert!(seen == [7] || seen == [8, 7], "{seen:?}");
        thread.join().unwrap();
        let calls: Vec<_> = root.children().map(|child| (child.probe, child.calls.get())).collect();
        assert_eq!(calls, [(8, 1), (7, 1)]);
    });
}

/// A reader sees a slow call's record from before or from after, never half of each.
#[test]
fn a_reader_beside_a_record() {
    let mut model = loom::model::Builder::new();
    // The loads of two records in every order: with one change of threads more it takes many minutes.
    model.preemption_bound = Some(2);
    model.max_branches = 10_000;
    model.check(|| {
        let tail = memory::keep(Tail::new()).unwrap();
        tail.insert(record(1));
        let thread = thread::spawn(move || tail.insert(record(2)));
        let seen: Vec<_> = tail.places().map(|(_, place)| tail.record(place)).collect();
        assert!(seen == [record(1)] || seen == [record(1), record(2)], "{seen:?}");
        thread.join().unwrap();
    });
}

/// A reader of a ring sees whole events, in order, and none that is being overwritten.
#[test]
fn a_reader_beside_a_ring() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let ring = memory::keep(Ring::new(2).unwrap()).unwrap();
        let event = |start| Event { kind: Kind::Call, id: 7, thread: 3, start, ticks: start };
        ring.push(tag(Kind::Call, 7, 3), 1, 1);
        let thread = thread::spawn(move || {
            ring.push(tag(Kind::Call, 7, 3), 2, 2);
            ring.push(tag(Kind::Call, 7, 3), 3, 3);
        });
        let mut seen = Vec::new();
        let overwritten = ring.read(&mut seen);
        for (read, start) in seen.iter().zip(overwritten + 1..) {
            assert_eq!(*read, event(start));
        }
        thread.join().unwrap();
        seen.clear();
        assert_eq!((ring.read(&mut seen), &seen[..]), (2, &[event(3)][..]));
    });
}
