//! Snapshots: the sums that [`super::reader`] finds, turned into values.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::local::Local;
use super::reader::Reader;
use super::registry::{Lists, REGISTRY};
use super::sessions::Core;
use super::shard::Shard;
use super::sign::Signed;
use super::site::Site;
use super::tail::Record;
use super::tree::Node;
use super::{clock, cost, entry, lost};
use crate::call_tree::{CallTree, TreeBuilder};
use crate::exemplar::Exemplar;
use crate::meta::SnapshotMeta;
use crate::snapshot::Snapshot;
use crate::stats::ProbeStats;
use crate::ticks::Scale;

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
    let sites = Sites::of(lists);
    let now = (clock::now(), clock::wall());
    let names: Vec<_> = sites.by_name().collect();
    let ids: Vec<_> = names.iter().map(|namesakes| namesakes[0].id).collect();
    let mut probes = Vec::with_capacity(names.len());
    let mut reader = Reader::new(shards.len());
    reader.read(shards, &ids, |at, (counts, histogram, slowest)| {
        let namesakes = names[at];
        let budgets = namesakes.iter().filter_map(|site| site.budget).collect();
        let exemplars = slowest.iter().map(|record| exemplar(record, now, &sites, scale)).collect();
        let places = namesakes.iter().map(|site| site.place);
        let stats = ProbeStats::new(namesakes[0].name, places, budgets, scale, counts, histogram, exemplars);
        probes.push(stats.with_errors_unseen(namesakes.iter().any(|site| site.errors_unseen)));
    });
    Snapshot::new(probes, read_tree(shards, &sites, scale), meta(lists, shards, scale, now.1, &reader))
}

/// The name of each id.
pub(super) fn names(lists: &Lists) -> Vec<&'static str> {
    Sites::of(lists).names
}

/// All callsites.
struct Sites {
    /// By id; of one id, the first registered first.
    sites: Vec<&'static Site>,
    /// The name of each id.
    names: Vec<&'static str>,
}

impl Sites {
    fn of(lists: &Lists) -> Self {
        let mut sites: Vec<_> = lists.sites().collect();
        // Then they are in order already, but for namesakes.
        sites.reverse();
        sites.sort_by_key(|site| site.id);
        let mut names = vec![""; lists.names() as usize + 1];
        for site in &sites {
            if let Some(name) = names.get_mut(site.id as usize) {
                *name = site.name;
            }
        }
        Self { sites, names }
    }

    /// The sites of each id, in the order of ids.
    fn by_name(&self) -> impl Iterator<Item = &[&'static Site]> {
        self.sites.chunk_by(|one, next| one.id == next.id)
    }

    fn name(&self, id: u32) -> Option<&'static str> {
        self.names.get(id as usize).copied()
    }
}

/// A record as a value; `now` is one moment by both clocks.
fn exemplar(record: &Record, now: (u64, SystemTime), sites: &Sites, scale: Scale) -> Exemplar {
    let ago = scale.duration(now.0.saturating_sub(record.start));
    let named = record.named.iter().filter(|callee| callee.1 > 0);
    let nonzero = |time: &(&str, Duration)| !time.1.is_zero();
    Exemplar {
        identity: (record.start, record.ticks, record.thread),
        start: now.1.checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH),
        duration: scale.duration(record.ticks),
        own: scale.duration(record.own),
        waiting: scale.duration(record.waiting),
        callees: named
            .filter_map(|&(id, ticks)| Some((sites.name(id)?, scale.duration(ticks))))
            .filter(nonzero)
            .collect(),
        other_callees: scale.duration(record.callees),
        trace: (record.trace != 0).then_some(record.trace),
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
        alloc_tracking: Local::here().is_tracking(),
        lost: lost::lost(),
        backward_steps: reader.backward,
        live_bytes: 0,
        threads: lists.threads,
        dropped_nodes: shards.iter().fold(0, |sum, shard| sum.saturating_add(shard.tree.dropped.get())),
    }
}

/// Joins the nodes of equal paths in the trees of several shards. A tree is as deep as there are probes, so nodes that
/// are still to be read wait in a list and not on the stack.
fn read_tree(shards: &[&Shard], sites: &Sites, scale: Scale) -> CallTree {
    let mut builder = TreeBuilder::new();
    let roots: Vec<_> = shards.iter().filter_map(|shard| shard.tree.root()).collect();
    let mut waiting = Vec::new();
    wait_for_children(&mut waiting, 0, &roots);
    while let Some((parent, nodes)) = waiting.pop() {
        let Some(name) = nodes.first().and_then(|node| sites.name(node.probe)) else {
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
        let index = builder.add(parent, name, calls, scale.duration(own), allocs, bytes);
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
