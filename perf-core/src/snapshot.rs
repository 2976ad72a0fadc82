//! All probes at one moment.

use crate::call_tree::CallTree;
use crate::meta::SnapshotMeta;
use crate::stats::ProbeStats;

/// The counts of all probes at one moment, sorted by name.
///
/// Counters only grow, so an interval is the difference of two snapshots: [`since`](Self::since). A probe that never
/// counted anything is not in it.
///
/// ```
/// use perf_core::{Session, perf_probe};
///
/// #[perf_probe(name = "square")]
/// fn square(x: u64) -> u64 {
///     x * x
/// }
///
/// let session = Session::new();
/// session.run(|| square(3));
/// let snapshot = session.snapshot();
/// if perf_core::is_enabled() {
///     assert_eq!(snapshot.get("square").unwrap().calls(), 1);
/// } else {
///     assert!(snapshot.get("square").is_none());
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    probes: Vec<ProbeStats>,
    tree: CallTree,
    pub(crate) meta: SnapshotMeta,
}

impl Snapshot {
    pub(crate) fn new(mut probes: Vec<ProbeStats>, tree: CallTree, meta: SnapshotMeta) -> Self {
        probes.sort_unstable_by(|a, b| a.name().cmp(b.name()));
        Self { probes, tree, meta }
    }

    /// All probes that counted anything, by name.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static STEP: Probe = Probe::new("step");
    ///
    /// drop(STEP.start());
    /// let snapshot = perf_core::snapshot();
    /// let slowest = snapshot.probes().max_by_key(|probe| probe.self_time());
    /// assert_eq!(slowest.map(|probe| probe.name()), perf_core::is_enabled().then_some("step"));
    /// ```
    pub fn probes(&self) -> impl Iterator<Item = &ProbeStats> {
        self.probes.iter()
    }

    /// The probe with this name.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static STEP: Probe = Probe::new("step");
    ///
    /// drop(STEP.start());
    /// let snapshot = perf_core::snapshot();
    /// assert_eq!(snapshot.get("step").is_some(), perf_core::is_enabled());
    /// assert!(snapshot.get("never called").is_none());
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ProbeStats> {
        let place = self.find(name).ok()?;
        Some(&self.probes[place])
    }

    /// Callers and callees: the call tree.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static STEP: Probe = Probe::new("step");
    ///
    /// drop(STEP.start());
    /// let snapshot = perf_core::snapshot();
    /// assert!(snapshot.tree().is_empty()); // there is one after `perf_core::set_call_tree(true)`
    /// ```
    #[must_use]
    pub fn tree(&self) -> &CallTree {
        &self.tree
    }

    /// The conditions it was taken under.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static STEP: Probe = Probe::new("step");
    ///
    /// drop(STEP.start());
    /// let snapshot = perf_core::snapshot();
    /// println!("one probe costs {:?} a call", snapshot.meta().probe_cost);
    /// ```
    #[must_use]
    pub fn meta(&self) -> &SnapshotMeta {
        &self.meta
    }

    /// The counts after `earlier`, a snapshot of the same process or session. Probes without a call since are
    /// left out. Least and greatest are known to a bucket; a peak is still that of the whole time.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static STEP: Probe = Probe::new("step");
    ///
    /// drop(STEP.start());
    /// let earlier = perf_core::snapshot();
    /// drop(STEP.start());
    /// drop(STEP.start());
    /// let calls = perf_core::snapshot().since(&earlier).get("step").map_or(0, |step| step.calls());
    /// assert_eq!(calls, if perf_core::is_enabled() { 2 } else { 0 });
    /// ```
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let probes = self.probes.iter().filter_map(|probe| match earlier.get(probe.name()) {
            Some(before) => probe.since(before),
            None => Some(probe.clone()),
        });
        Self {
            probes: probes.collect(),
            tree: self.tree.since(&earlier.tree),
            meta: SnapshotMeta {
                probes_took: self.meta.probes_took.saturating_sub(earlier.meta.probes_took),
                costliest_thread: self.meta.costliest_thread.saturating_sub(earlier.meta.costliest_thread),
                processor_time: self
                    .meta
                    .processor_time
                    .zip(earlier.meta.processor_time)
                    .map(|(now, before)| now.saturating_sub(before)),
                lost: self.meta.lost.saturating_sub(earlier.meta.lost),
                backward_steps: self.meta.backward_steps.saturating_sub(earlier.meta.backward_steps),
                dropped_nodes: self.meta.dropped_nodes.saturating_sub(earlier.meta.dropped_nodes),
                ..self.meta.clone()
            },
        }
    }

    /// Adds a snapshot of another process or session: counts, times, distributions and trees add up, extremes and peaks
    /// are the more extreme ones. Associative and commutative, and lossless between snapshots of one clock; of
    /// different clocks, ticks become nanoseconds first. The conditions stay those of `self`.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static STEP: Probe = Probe::new("step");
    ///
    /// drop(STEP.start());
    /// let mut snapshot = perf_core::snapshot();
    /// snapshot.merge(&snapshot.clone());
    /// let calls = snapshot.get("step").map_or(0, |step| step.calls());
    /// assert_eq!(calls, if perf_core::is_enabled() { 2 } else { 0 });
    /// ```
    pub fn merge(&mut self, other: &Self) {
        for probe in &other.probes {
            match self.find(probe.name()) {
                Ok(place) => self.probes[place].merge(probe),
                Err(place) => self.probes.insert(place, probe.clone()),
            }
        }
        self.tree.merge(&other.tree);
        self.meta.probes_took = self.meta.probes_took.saturating_add(other.meta.probes_took);
        self.meta.costliest_thread = self.meta.costliest_thread.max(other.meta.costliest_thread);
        self.meta.lost = self.meta.lost.saturating_add(other.meta.lost);
        self.meta.backward_steps = self.meta.backward_steps.saturating_add(other.meta.backward_steps);
        self.meta.dropped_nodes = self.meta.dropped_nodes.saturating_add(other.meta.dropped_nodes);
        self.meta.live_bytes = self.meta.live_bytes.saturating_add(other.meta.live_bytes);
        self.meta.threads = self.meta.threads.saturating_add(other.meta.threads);
        self.meta.alloc_tracking |= other.meta.alloc_tracking;
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.probes.binary_search_by(|probe| probe.name().cmp(name))
    }
}
