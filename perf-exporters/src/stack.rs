//! The call tree as stacks with weights: what flame graphs and profiles are made of.
//!
//! Where no tree was recorded, every probe is a stack of itself alone, so that there is a profile all the same.

use crate::report::{ProbeReport, TreeNode};
use crate::{Report, Weight, label};

/// Levels that a stack has at most. What is deeper counts for the caller at this level: the text of a recursion would
/// grow with the square of its depth.
pub(crate) const DEEPEST: usize = 256;

/// The weight of a frame without its callees.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Own {
    time: u64,
    allocs: u64,
    bytes: u64,
}

impl Own {
    pub(crate) fn get(self, weight: Weight) -> u64 {
        match weight {
            Weight::Time => self.time,
            Weight::Allocs => self.allocs,
            Weight::Bytes => self.bytes,
        }
    }

    fn add(&mut self, other: Self) {
        self.time = self.time.saturating_add(other.time);
        self.allocs = self.allocs.saturating_add(other.allocs);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

impl From<&TreeNode> for Own {
    fn from(node: &TreeNode) -> Self {
        Self { time: node.self_ns, allocs: node.self_allocs, bytes: node.self_alloc_bytes }
    }
}

impl From<&ProbeReport> for Own {
    fn from(probe: &ProbeReport) -> Self {
        Self { time: probe.self_ns, allocs: probe.self_allocs, bytes: probe.self_alloc_bytes }
    }
}

/// A frame on a way to it.
struct Frame<'a> {
    name: &'a str,
    caller: Option<usize>,
    own: Own,
}

/// All stacks of a report.
pub(crate) struct Stacks<'a> {
    frames: Vec<Frame<'a>>,
}

impl<'a> Stacks<'a> {
    pub(crate) fn of(report: &'a Report) -> Self {
        let nodes = report.tree.nodes();
        if nodes.len() < 2 {
            let frame = |probe: &'a ProbeReport| Frame { name: &probe.name, caller: None, own: probe.into() };
            return Self { frames: report.probes.iter().map(frame).collect() };
        }
        let mut frames: Vec<Frame<'a>> = Vec::new();
        // Which frame a node counts for, and on which level it is; none for the root.
        let mut places: Vec<Option<(usize, usize)>> = vec![None];
        for node in &nodes[1..] {
            let caller = places[node.parent];
            let place = if let Some((frame, DEEPEST)) = caller {
                frames[frame].own.add(node.into());
                (frame, DEEPEST)
            } else {
                frames.push(Frame { name: &node.probe, caller: caller.map(|(at, _)| at), own: node.into() });
                (frames.len() - 1, caller.map_or(1, |(_, level)| level + 1))
            };
            places.push(Some(place));
        }
        Self { frames }
    }

    /// Every stack that has something for itself: its names, the outermost caller first, and what it has.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Vec<&'a str>, Own)> + '_ {
        self.frames.iter().enumerate().filter(|(_, frame)| frame.own.time | frame.own.allocs | frame.own.bytes > 0).map(
            |(at, frame)| {
                let mut names: Vec<_> = std::iter::successors(Some(at), |at| self.frames[*at].caller)
                    .map(|at| self.frames[at].name)
                    .collect();
                names.reverse();
                (names, frame.own)
            },
        )
    }
}

/// Names as they are shown, each told once.
#[cfg(any(feature = "pprof", feature = "speedscope"))]
#[derive(Default)]
pub(crate) struct Names<'a> {
    known: std::collections::HashMap<&'a str, usize>,
    order: Vec<&'a str>,
}

#[cfg(any(feature = "pprof", feature = "speedscope"))]
impl<'a> Names<'a> {
    /// The number of a name, from 0 in order of first use.
    pub(crate) fn number(&mut self, name: &'a str) -> usize {
        *self.known.entry(name).or_insert_with(|| {
            self.order.push(name);
            self.order.len() - 1
        })
    }

    /// Every name, in order of number.
    pub(crate) fn in_order(&self) -> &[&'a str] {
        &self.order
    }
}

/// The probe of a name, for its place in the source.
#[cfg(any(feature = "pprof", feature = "speedscope"))]
pub(crate) fn by_name(report: &Report) -> std::collections::HashMap<&str, &ProbeReport> {
    report.probes.iter().rev().map(|probe| (probe.name.as_str(), probe)).collect()
}

/// Title of a profile.
pub(crate) fn title(report: &Report) -> String {
    let program = report.meta.program.as_str();
    if program.is_empty() { "perf".to_owned() } else { label::escaped(program) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, parent: usize, time: u64) -> TreeNode {
        TreeNode { self_ns: time, ..TreeNode::new(name, parent) }
    }

    fn stacks(report: &Report) -> Vec<(String, u64)> {
        Stacks::of(report).iter().map(|(names, own)| (names.join("/"), own.get(Weight::Time))).collect()
    }

    #[test]
    fn a_stack_for_every_node_that_has_time_of_its_own() {
        let mut report = Report::default();
        report.tree = [node("", 0, 0), node("a", 0, 5), node("b", 1, 0), node("c", 2, 7)].into_iter().collect();
        assert_eq!(stacks(&report), [("a".to_owned(), 5), ("a/b/c".to_owned(), 7)]);
    }

    #[test]
    fn without_a_tree_probes_stand_alone() {
        let mut report = Report::default();
        report.probes = vec![ProbeReport { self_ns: 3, ..ProbeReport::new("a") }, ProbeReport::new("never called")];
        assert_eq!(stacks(&report), [("a".to_owned(), 3)]);
        report.tree = [node("", 0, 0)].into_iter().collect();
        assert_eq!(stacks(&report), [("a".to_owned(), 3)]);
    }

    #[test]
    fn what_is_too_deep_counts_for_the_last_level_that_is_shown() {
        let deep = 50_000;
        let mut report = Report::default();
        report.tree = (0..=deep).map(|at: usize| node("f", at.saturating_sub(1), u64::from(at > 0))).collect();
        let stacks = Stacks::of(&report);
        let all: Vec<_> = stacks.iter().collect();
        assert_eq!(all.len(), DEEPEST);
        assert_eq!(all.iter().map(|(_, own)| own.time).sum::<u64>(), deep as u64);
        assert!(all.iter().all(|(names, _)| names.len() <= DEEPEST));
    }
}
