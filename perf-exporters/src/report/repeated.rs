//! Probes that are called many times for each call of their caller, as a query in a loop is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{ProbeReport, Report};
use crate::{human, label};

/// Fewer calls for each call of the caller are not reported.
const LEAST_PER_CALL: u64 = 10;
/// A caller that was called less often is a loop of the program itself, such as `main`'s.
const LEAST_CALLERS: u64 = 10;
/// Calls of which half take less are the steps of an algorithm. The mean does not count: a few interruptions move it.
const LEAST_MEDIAN_NS: u64 = 10_000;
/// Calls are worth naming that together take this part of their caller's time: one in so many.
const LEAST_PART: u64 = 4;
/// By counts alone, calls that together take more than so many times their caller's time cannot have run inside it.
const MOST_AT_ONCE: u64 = 8;

/// A probe and a caller of it that calls it many times in each of its own calls.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repeated {
    /// Name of the probe that is called.
    pub callee: String,
    /// Name of the probe that calls it.
    pub caller: String,
    /// Calls of the caller.
    pub caller_calls: u64,
    /// Calls of the callee from there.
    pub callee_calls: u64,
    /// Time in these calls, of all threads together.
    pub callee_ns: u64,
    /// Time in the caller, with what it called.
    pub caller_ns: u64,
    /// Whether the call tree shows it. Otherwise it is concluded from the counts: the callee's calls have no caller in the
    /// tree, as those on other threads, and are an exact multiple of the other's.
    pub in_tree: bool,
}

impl Repeated {
    /// Calls of the callee for each call of the caller, on average.
    #[must_use]
    pub fn per_call(&self) -> f64 {
        self.callee_calls as f64 / self.caller_calls as f64
    }

    /// The sentence for readers, with names written by `name`.
    pub(crate) fn sentence(&self, name: impl Fn(&str) -> String) -> String {
        let (inner, outer) = (name(&self.callee), name(&self.caller));
        let times = if self.callee_calls.is_multiple_of(self.caller_calls) {
            (self.callee_calls / self.caller_calls).to_string()
        } else {
            format!("about {:.0}", self.per_call())
        };
        if self.in_tree {
            let share = human::percent(100.0 * self.callee_ns as f64 / self.caller_ns.max(1) as f64);
            format!("{inner} is called {times} times per call of {outer}, {share} of its time: an N+1 query?")
        } else {
            format!(
                "{inner} is called {times} times per call of {outer}, if the counts are no coincidence (its callers are \
                 unknown, as on other threads): an N+1 query?"
            )
        }
    }
}

impl fmt::Display for Repeated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence(|name| format!("`{}`", label::shown(name))))
    }
}

impl Report {
    /// Probes that are called many times for each call of their caller and take a good part of its time, most time first.
    ///
    /// It lists callees with ten calls or more for each call of the caller, ten microseconds or more as median, and a quarter or
    /// more of the caller's time together; their callers have ten calls or more.
    ///
    /// ```
    /// use perf_exporters::report::{ProbeReport, Report};
    ///
    /// let mut report = Report::default();
    /// for (name, calls, total_ns) in [("list_orders", 50, 100_000_000), ("db::query", 2_000, 90_000_000)] {
    ///     let mut probe = ProbeReport::new(name);
    ///     (probe.calls, probe.total_ns, probe.quantiles.p50) = (calls, total_ns, total_ns / calls);
    ///     report.probes.push(probe);
    /// }
    /// let told = report.repeated()[0].to_string();
    /// assert!(told.starts_with("`db::query` is called 40 times per call of `list_orders`"));
    /// ```
    #[must_use]
    pub fn repeated(&self) -> Vec<Repeated> {
        let mut all = self.repeated_in_tree();
        all.extend(self.repeated_by_counts());
        all.retain(|found| self.probe(&found.callee).is_some_and(|callee| callee.quantiles.p50 >= LEAST_MEDIAN_NS));
        all.sort_by_key(|found| (Reverse(found.callee_ns), found.callee.clone(), found.caller.clone()));
        all
    }

    fn repeated_in_tree(&self) -> Vec<Repeated> {
        let nodes = self.tree.nodes();
        let mut pairs: BTreeMap<(&str, &str), (Repeated, BTreeSet<usize>)> = BTreeMap::new();
        for node in nodes.iter().skip(1).filter(|node| node.parent != 0 && node.calls > 0) {
            let caller = &nodes[node.parent];
            let (pair, callers) = pairs.entry((&caller.probe, &node.probe)).or_insert_with(|| {
                let pair = Repeated {
                    callee: node.probe.clone(),
                    caller: caller.probe.clone(),
                    caller_calls: 0,
                    callee_calls: 0,
                    callee_ns: 0,
                    caller_ns: 0,
                    in_tree: true,
                };
                (pair, BTreeSet::new())
            });
            pair.callee_calls = pair.callee_calls.saturating_add(node.calls);
            pair.callee_ns = pair.callee_ns.saturating_add(node.total_ns);
            if callers.insert(node.parent) {
                pair.caller_calls = pair.caller_calls.saturating_add(caller.calls);
                pair.caller_ns = pair.caller_ns.saturating_add(caller.total_ns);
            }
        }
        pairs.into_values().map(|(pair, _)| pair).filter(stands_out).collect()
    }

    /// For callees whose callers are unknown, the one caller that the counts point to: an exact multiple, and of several
    /// such callers the innermost, which is one that the tree knows no callees of, and of these the one with the least time.
    fn repeated_by_counts(&self) -> Vec<Repeated> {
        let nodes = self.tree.nodes();
        let below_another = || nodes.iter().skip(1).filter(|node| node.parent != 0);
        let has_caller: BTreeSet<&str> = below_another().map(|node| node.probe.as_str()).collect();
        let calls_others: BTreeSet<&str> = below_another().map(|node| nodes[node.parent].probe.as_str()).collect();
        let fits = |callee: &ProbeReport, caller: &ProbeReport| {
            callee.calls.checked_rem(caller.calls) == Some(0)
                && stand_out((callee.calls, callee.total_ns), (caller.calls, caller.total_ns))
                && callee.total_ns / MOST_AT_ONCE <= caller.total_ns
                && callee.name != caller.name
        };
        let innermost = |caller: &&ProbeReport| (calls_others.contains(caller.name.as_str()), caller.total_ns);
        let alone = self.probes.iter().filter(|probe| !has_caller.contains(probe.name.as_str()));
        let found = alone.filter_map(|callee| {
            let caller = self.probes.iter().filter(|caller| fits(callee, caller)).min_by_key(innermost)?;
            Some(Repeated {
                callee: callee.name.clone(),
                caller: caller.name.clone(),
                caller_calls: caller.calls,
                callee_calls: callee.calls,
                callee_ns: callee.total_ns,
                caller_ns: caller.total_ns,
                in_tree: false,
            })
        });
        found.collect()
    }
}

fn stands_out(pair: &Repeated) -> bool {
    stand_out((pair.callee_calls, pair.callee_ns), (pair.caller_calls, pair.caller_ns))
}

/// Whether calls of a callee, and their time, are many for those of the caller.
fn stand_out((calls, ns): (u64, u64), (caller_calls, caller_ns): (u64, u64)) -> bool {
    caller_calls >= LEAST_CALLERS && calls / LEAST_PER_CALL >= caller_calls && ns >= caller_ns / LEAST_PART
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{CallTree, TreeNode};

    fn probe(name: &str, calls: u64, total_ns: u64) -> ProbeReport {
        let mut probe = ProbeReport::new(name);
        (probe.calls, probe.total_ns, probe.quantiles.p50) = (calls, total_ns, total_ns / calls);
        probe
    }

    fn node(name: &str, parent: usize, calls: u64, total_ns: u64) -> TreeNode {
        let mut node = TreeNode::new(name, parent);
        (node.calls, node.total_ns) = (calls, total_ns);
        node
    }

    fn with_tree(nodes: impl IntoIterator<Item = TreeNode>) -> Report {
        let nodes: Vec<TreeNode> = std::iter::once(TreeNode::new("", 0)).chain(nodes).collect();
        Report {
            probes: nodes[1..].iter().map(|node| probe(&node.probe, node.calls, node.total_ns)).collect(),
            tree: nodes.into_iter().collect::<CallTree>(),
            ..Report::default()
        }
    }

    #[test]
    fn the_tree_names_caller_callee_and_share() {
        let report = with_tree([node("list", 0, 100, 100_000_000), node("query", 1, 4_000, 90_000_000)]);
        let told: Vec<String> = report.repeated().iter().map(ToString::to_string).collect();
        assert_eq!(told, ["`query` is called 40 times per call of `list`, 90.0 % of its time: an N+1 query?"]);
        let uneven = with_tree([node("list", 0, 100, 100_000_000), node("query", 1, 4_040, 90_000_000)]);
        assert!(uneven.repeated()[0].to_string().contains("about 40 times"));
    }

    #[test]
    fn what_is_no_query_in_a_loop_is_not_named() {
        for (callers, caller_ns, calls, callee_ns) in [
            (100, 100_000_000, 900, 90_000_000),     // nine for each
            (9, 100_000_000, 4_000, 90_000_000),     // a loop of the program itself
            (100, 100_000_000, 40_000, 90_000_000),  // steps of an algorithm, 2.25 µs each
            (100, 1_000_000_000, 4_000, 90_000_000), // little of the caller's time
        ] {
            let report = with_tree([node("list", 0, callers, caller_ns), node("query", 1, calls, callee_ns)]);
            assert_eq!(report.repeated(), [], "{callers} {caller_ns} {calls} {callee_ns}");
        }
    }

    #[test]
    fn on_other_threads_the_counts_alone_are_looked_at() {
        let apart = |calls| {
            with_tree([
                node("request", 0, 100, 120_000_000),
                node("list", 1, 100, 100_000_000),
                node("query", 0, calls, 90_000_000),
            ])
        };
        let found = apart(4_000).repeated();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].caller.as_str(), found[0].in_tree), ("list", false), "the innermost");
        assert!(found[0].to_string().contains("called 40 times per call of `list`, if the counts are no coincidence"));
        assert_eq!(apart(4_001).repeated(), [], "no exact multiple");
        // Where the tree knows a caller, the counts are not used.
        let known = with_tree([
            node("list", 0, 100, 100_000_000),
            node("job", 0, 1, 200_000_000),
            node("query", 2, 4_000, 90_000_000),
        ]);
        assert_eq!(known.repeated(), []);
    }
}
