//! Reading shards: sums over slots while their writers go on, turned into the values of a [`Snapshot`].

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::local::Local;
use super::registry::{Lists, REGISTRY};
use super::sessions::Core;
use super::shard::Shard;
use super::sign::Signed;
use super::site::Site;
use super::slot::Slot;
use super::sync::MOST_TICKS;
use super::tail::{Record, Tail};
use super::tree::Node;
use super::{clock, cost, entry, lost};
use crate::buckets;
use crate::call_tree::{CallTree, TreeBuilder};
use crate::exemplar::Exemplar;
use crate::meta::SnapshotMeta;
use crate::snapshot::Snapshot;
use crate::stats::{Counts, ProbeStats};
use crate::ticks::{Scale, TickHistogram};

/// All counts of the process.
pub(crate) fn process() -> Snapshot {
    entry::prepared();
    locked(|lists| {
        let shards: Vec<_> = lists.shards().collect();
        read(lists, &shards)
    })
}

/// The counts of a session.
pub(crate) fn session(core: &Core) -> Snapshot {
    entry::prepared();
    locked(|lists| read(lists, &core.shards()))
}

/// Runs `read` with the content of shards locked, and with probes off on this thread: reading allocates, and an
/// allocator may have probes.
fn locked(read: impl FnOnce(&Lists) -> Snapshot) -> Snapshot {
    let live_bytes = Local::here().heap.process_live();
    let snapshot = Local::here().in_library(|_| REGISTRY.read(read));
    let mut snapshot = snapshot.unwrap_or_default();
    snapshot.meta.live_bytes = live_bytes;
    snapshot
}

fn read(lists: &Lists, shards: &[&'static Shard]) -> Snapshot {
    let scale = Scale::ticks(clock::ticks_per_second());
    let sites = by_id(lists);
    let now = (clock::now(), clock::wall());
    let mut probes = Vec::with_capacity(sites.len());
    let mut reader = Reader::new(shards.len());
    for (id, namesakes) in sites.iter().enumerate() {
        let Some(first) = namesakes.last() else {
            continue; // no probe has id 0
        };
        #[allow(clippy::cast_possible_truncation, reason = "there are fewer than 2^24")]
        let slots = shards.iter().enumerate().filter_map(|(at, shard)| Some((at, shard.slot(id as u32)?)));
        if let Some((counts, histogram)) = reader.sum(slots) {
            let budgets = namesakes.iter().rev().filter_map(|site| site.budget).collect();
            let exemplars = reader.slowest().iter().map(|record| exemplar(record, now, &sites, scale)).collect();
            let places = namesakes.iter().rev().map(|site| site.place);
            let stats = ProbeStats::new(first.name, places, budgets, scale, counts, histogram, exemplars);
            probes.push(stats.with_errors_unseen(namesakes.iter().any(|site| site.errors_unseen)));
        }
    }
    Snapshot::new(probes, read_tree(shards, &sites, scale), meta(lists, shards, scale, now.1, &reader))
}

/// The name of each id.
pub(super) fn names(lists: &Lists) -> Vec<&'static str> {
    by_id(lists).iter().map(|namesakes| namesakes.last().map_or("", |first| first.name)).collect()
}

/// The sites of each id, latest first.
fn by_id(lists: &Lists) -> Vec<Vec<&'static Site>> {
    let mut sites = vec![Vec::new(); lists.names() as usize + 1];
    for site in lists.sites() {
        if let Some(place) = sites.get_mut(site.id as usize) {
            place.push(site);
        }
    }
    sites
}

/// Sums slots of one probe; the buckets of one after the other pass through the same array.
struct Reader {
    dense: Vec<u64>,
    sparse: Vec<(u16, u64)>,
    /// Places and ticks of the slowest calls of the probe that is being read; calls of fewer than `floor` ticks are
    /// none of them.
    tail: Vec<(u64, &'static Tail, usize)>,
    floor: Option<u64>,
    /// Steps back of the clock, of all slots.
    backward: u64,
    /// Ticks that the probes of each shard took for themselves.
    taken: Vec<u64>,
}

impl Reader {
    fn new(shards: usize) -> Self {
        Self {
            dense: vec![0; buckets::BUCKETS],
            sparse: Vec::new(),
            tail: Vec::new(),
            floor: None,
            backward: 0,
            taken: vec![0; shards],
        }
    }

    /// `None` where no slot ever counted anything.
    fn sum(&mut self, slots: impl Iterator<Item = (usize, &'static Slot)>) -> Option<(Counts, TickHistogram)> {
        let mut counts = Counts::default();
        self.sparse.clear();
        self.tail.clear();
        self.floor = None;
        let mut slots_read = 0;
        for (shard, slot) in slots {
            add(&mut counts, slot);
            self.backward = self.backward.saturating_add(slot.backward.get());
            let before = self.sparse.len();
            slot.read_histogram(&mut self.sparse);
            let counted = self.sparse[before..].iter().fold(0_u64, |sum, &(_, count)| sum.saturating_add(count));
            let skipped = slot.skipped.get();
            let timed = counted.saturating_sub(skipped);
            let untimed = slot.untimed.get().saturating_add(slot.claimed.get()).saturating_add(skipped);
            self.taken[shard] = self.taken[shard].saturating_add(cost::taken(timed, untimed, slot.polls.get()));
            self.add_tail(slot);
            slots_read += 1;
        }
        if slots_read > 1 {
            self.join();
        }
        let histogram = TickHistogram::from_sorted(self.sparse.clone());
        let timed = histogram.count();
        counts.calls = timed.saturating_add(counts.calls);
        // A sum that has stopped at its end stays there.
        if counts.own < MOST_TICKS.signed() {
            counts.own = counts.own.saturating_sub_unsigned(cost::measured_of_nothing(timed, counts.polls));
        }
        (!counts.is_empty()).then_some((counts, histogram))
    }

    /// Adds the slowest calls of a slot that are among the slowest so far.
    fn add_tail(&mut self, slot: &'static Slot) {
        // Many slots have none, which their greatest value shows.
        if Some(slot.greatest()) > self.floor {
            let found = slot.tail.places().filter(|(ticks, _)| Some(*ticks) > self.floor);
            self.tail.extend(found.map(|(ticks, place)| (ticks, &slot.tail, place)));
            if self.tail.len() > 2 * Exemplar::KEPT {
                self.keep_slowest();
                self.floor = self.tail.last().map(|slow| slow.0);
            }
        }
    }

    fn keep_slowest(&mut self) {
        self.tail.sort_unstable_by_key(|slow| std::cmp::Reverse(slow.0));
        self.tail.truncate(Exemplar::KEPT);
    }

    /// The slowest calls of the probe that was read last, slowest first.
    fn slowest(&mut self) -> Vec<Record> {
        self.keep_slowest();
        let mut records: Vec<Record> = self.tail.iter().map(|(_, tail, place)| tail.record(*place)).collect();
        records.sort_unstable_by_key(|record| (std::cmp::Reverse(record.ticks), record.start));
        records
    }

    /// Joins equal buckets in `sparse`.
    fn join(&mut self) {
        let mut touched = [0u64; buckets::BUCKETS.div_ceil(64)];
        for &(bucket, count) in &self.sparse {
            let sum = &mut self.dense[usize::from(bucket)];
            *sum = sum.saturating_add(count);
            touched[usize::from(bucket) / 64] |= 1 << (bucket % 64);
        }
        self.sparse.clear();
        for (word, mut bits) in touched.into_iter().enumerate() {
            while bits != 0 {
                let bucket = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                #[allow(clippy::cast_possible_truncation, reason = "BUCKETS is 3776")]
                self.sparse.push((bucket as u16, std::mem::take(&mut self.dense[bucket])));
            }
        }
    }
}

/// A record as a value; `now` is one moment by both clocks.
fn exemplar(record: &Record, now: (u64, SystemTime), sites: &[Vec<&'static Site>], scale: Scale) -> Exemplar {
    let ago = scale.duration(now.0.saturating_sub(record.start));
    let name = |id: u32| sites.get(id as usize)?.last().map(|site| site.name);
    let named = record.named.iter().filter(|callee| callee.1 > 0);
    let nonzero = |time: &(&str, Duration)| !time.1.is_zero();
    Exemplar {
        identity: (record.start, record.ticks, record.thread),
        start: now.1.checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH),
        duration: scale.duration(record.ticks),
        own: scale.duration(record.own),
        waiting: scale.duration(record.waiting),
        callees: named.filter_map(|&(id, ticks)| Some((name(id)?, scale.duration(ticks)))).filter(nonzero).collect(),
        other_callees: scale.duration(record.callees),
        trace: (record.trace != 0).then_some(record.trace),
    }
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

fn meta(lists: &Lists, shards: &[&Shard], scale: Scale, taken: SystemTime, reader: &Reader) -> SnapshotMeta {
    let took = &reader.taken;
    SnapshotMeta {
        clock: clock::kind(),
        ticks_per_second: clock::ticks_per_second(),
        probe_cost: scale.duration(cost::ticks()),
        probe_resolution: scale.duration(cost::resolution()),
        probes_took: scale.duration(took.iter().copied().fold(0, u64::saturating_add)),
        costliest_thread: scale.duration(took.iter().copied().max().unwrap_or(0)),
        taken,
        processor_time: clock::process_processor_time(),
        waiting_is_told: cost::waiting_is_told(),
        alloc_tracking: Local::here().heap.is_tracking(),
        lost: lost::lost(),
        backward_steps: reader.backward,
        live_bytes: 0,
        threads: lists.threads,
        dropped_nodes: shards.iter().fold(0, |sum, shard| sum.saturating_add(shard.tree.dropped.get())),
    }
}

/// Joins the nodes of equal paths in the trees of several shards. A tree is as deep as there are probes, so nodes that
/// are still to be read wait in a list and not on the stack.
fn read_tree(shards: &[&Shard], sites: &[Vec<&'static Site>], scale: Scale) -> CallTree {
    let mut builder = TreeBuilder::new();
    let roots: Vec<_> = shards.iter().filter_map(|shard| shard.tree.root()).collect();
    let mut waiting = Vec::new();
    wait_for_children(&mut waiting, 0, &roots);
    while let Some((parent, nodes)) = waiting.pop() {
        let site = nodes.first().and_then(|node| sites.get(node.probe as usize)?.last());
        let Some(site) = site else {
            continue;
        };
        let mut sums = [0i64; 4];
        for node in &nodes {
            for (sum, count) in sums.iter_mut().zip(node.sums()) {
                *sum = sum.saturating_add(count.get().signed());
            }
        }
        let [calls, own, ..] = &mut sums;
        *own = own.saturating_sub(cost::measured_of_nothing(calls.unsigned_abs(), 0).signed());
        // Below zero where sampled callees weigh more than their caller.
        let [calls, own, allocs, bytes] = sums.map(|sum| u64::try_from(sum).unwrap_or(0));
        let index = builder.add(parent, site.name, calls, scale.duration(own), allocs, bytes);
        wait_for_children(&mut waiting, index, &nodes);
    }
    builder.finish()
}

/// Puts the children of `parents`, which are one place of the joined tree, onto the list: equal probes together, the
/// least at the end.
fn wait_for_children(waiting: &mut Vec<(usize, Vec<&'static Node>)>, place: usize, parents: &[&'static Node]) {
    let mut by_probe: BTreeMap<u32, Vec<&'static Node>> = BTreeMap::new();
    for child in parents.iter().flat_map(|node| node.children()) {
        by_probe.entry(child.probe).or_default().push(child);
    }
    waiting.extend(by_probe.into_values().rev().map(|nodes| (place, nodes)));
}
