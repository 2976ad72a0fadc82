//! From a snapshot to a report.

use std::collections::BTreeSet;
use std::time::SystemTime;

use perf_core::{ClockKind, ProbeStats, Snapshot, SnapshotMeta};

use super::time::nanos;
use super::{
    CallTree, CalleeTime, Exemplar, Machine, Meta, Place, ProbeReport, Quantiles, Report, TreeNode, effect, place,
};

/// The content of a snapshot and nothing else: the same snapshot makes the same report on every machine. Where it was measured is
/// added by [`Report::of_this_process`], and budgets are judged by [`Report::judged`].
impl From<Snapshot> for Report {
    fn from(snapshot: Snapshot) -> Self {
        Self::from(&snapshot)
    }
}

impl From<&Snapshot> for Report {
    fn from(snapshot: &Snapshot) -> Self {
        let mut report = Self {
            meta: Meta::from(snapshot.meta()),
            probes: snapshot.probes().map(ProbeReport::from).collect(),
            tree: CallTree::from(snapshot.tree()),
            ..Self::default()
        };
        let meta = &mut report.meta;
        meta.observer_longer_ns =
            effect::longer(meta.observer_ns, nanos(snapshot.meta().costliest_thread), meta.machine.cores);
        report.compute_observer_effect();
        report
    }
}

impl From<&SnapshotMeta> for Meta {
    fn from(meta: &SnapshotMeta) -> Self {
        let allocator = if meta.alloc_tracking { "perf-alloc" } else { "uncounted" };
        Self {
            program: String::new(),
            args: None,
            pid: None,
            processes: 1,
            identities: BTreeSet::new(),
            time: meta.taken.max(SystemTime::UNIX_EPOCH),
            duration_ns: 0,
            machine: Machine { allocator: allocator.to_owned(), ..Machine::default() },
            clock: clock(meta.clock).to_owned(),
            ticks_per_second: if meta.ticks_per_second.is_finite() { meta.ticks_per_second } else { 0.0 },
            probe_cost_ns: nanos(meta.probe_cost),
            probe_resolution_ns: nanos(meta.probe_resolution),
            observer_ns: nanos(meta.probes_took),
            observer_effect_pct: 0.0,
            observer_longer_ns: 0,
            waiting_told: meta.waiting_is_told,
            processor_ns: meta.processor_time.map(nanos),
            lost: meta.lost,
            backward_steps: meta.backward_steps,
            dropped_nodes: meta.dropped_nodes,
            live_bytes: meta.live_bytes,
            threads: meta.threads as u64,
            alloc_tracking: meta.alloc_tracking,
        }
    }
}

fn clock(kind: ClockKind) -> &'static str {
    match kind {
        ClockKind::Tsc => "tsc",
        ClockKind::ArmCounter => "counter",
        ClockKind::Instant => "instant",
        ClockKind::Mock => "mock",
        ClockKind::None => "none",
        _ => "unknown",
    }
}

impl From<&ProbeStats> for ProbeReport {
    fn from(stats: &ProbeStats) -> Self {
        let histogram = stats.histogram();
        let mean_ns = nanos(stats.mean());
        Self {
            name: stats.name().to_owned(),
            file: stats.file().to_owned(),
            line: stats.line(),
            places: place::several(stats.places().map(|(file, line)| Place::new(file, line))),
            calls: stats.calls(),
            timed_calls: stats.timed_calls(),
            errors: stats.errors(),
            errors_unseen: stats.errors_unseen(),
            panics: stats.panics(),
            cancelled: stats.cancelled(),
            polls: stats.polls(),
            items: stats.items(),
            bytes: stats.bytes(),
            total_ns: nanos(stats.total()),
            self_ns: nanos(stats.self_time()),
            waiting_ns: nanos(stats.waiting()),
            busy_ns: nanos(stats.busy()),
            sum_ns: nanos(stats.sum()),
            mean_ns,
            min_ns: nanos(stats.min()),
            max_ns: nanos(stats.max()),
            quantiles: Quantiles::from_fn(|q| nanos(stats.quantile(q))),
            allocs: stats.allocs(),
            alloc_bytes: stats.alloc_bytes(),
            self_allocs: stats.self_allocs(),
            self_alloc_bytes: stats.self_alloc_bytes(),
            peak_bytes: stats.peak_bytes(),
            net_bytes: stats.net_bytes(),
            histogram,
            exemplars: stats.exemplars().iter().map(Exemplar::from).collect(),
            driven: None,
        }
    }
}

impl From<&perf_core::Exemplar> for Exemplar {
    fn from(call: &perf_core::Exemplar) -> Self {
        Self {
            start: call.start().max(SystemTime::UNIX_EPOCH),
            duration_ns: nanos(call.duration()),
            thread: call.thread(),
            self_ns: nanos(call.self_time()),
            waiting_ns: nanos(call.waiting()),
            callees: call.callees().map(|(name, time)| CalleeTime { name: name.to_owned(), ns: nanos(time) }).collect(),
            callees_ns: nanos(call.other_callees()),
            trace: call.trace().map(|id| format!("{id:032x}")),
        }
    }
}

impl From<&perf_core::CallTree> for CallTree {
    /// A tree without a call becomes an empty tree.
    fn from(tree: &perf_core::CallTree) -> Self {
        if tree.is_empty() {
            return Self::default();
        }
        tree.nodes().iter().map(TreeNode::from).collect()
    }
}

impl From<&perf_core::TreeNode> for TreeNode {
    fn from(node: &perf_core::TreeNode) -> Self {
        Self {
            probe: node.name.clone(),
            parent: node.parent,
            calls: node.calls,
            total_ns: nanos(node.total),
            self_ns: nanos(node.self_time),
            allocs: node.allocs,
            alloc_bytes: node.alloc_bytes,
            self_allocs: node.self_allocs,
            self_alloc_bytes: node.self_alloc_bytes,
        }
    }
}
