//! The slowest calls, and what their time went into.

use std::collections::BTreeMap;

use serde::Serialize;

use super::millis;
use super::names::Names;
use crate::label;
use crate::report::{Exemplar, ProbeReport};

/// Calls of a page.
const MOST: usize = 3_000;
/// Callees of a call that are told apart; more could not be seen.
const MOST_CALLEES: usize = 6;

/// By the probe's place among the names: how many calls are known, and those that are drawn, the slowest first.
#[derive(Serialize)]
pub(super) struct Slow(BTreeMap<u64, (usize, Vec<Call>)>);

/// Start in milliseconds since 1970, thread, duration, own time, waiting, other probes, trace, and the names and times of
/// callees in turns.
#[derive(Serialize)]
struct Call(u64, u32, u64, u64, u64, u64, String, Vec<u64>);

impl Slow {
    /// One call of every probe as far as there is room, and all of those that cost most.
    pub(super) fn new<'a>(probes: &'a [ProbeReport], names: &mut Names<'a>) -> Self {
        let mut slow: Vec<_> = probes.iter().filter(|probe| !probe.exemplars.is_empty()).collect();
        slow.sort_by(|a, b| b.self_ns.cmp(&a.self_ns).then_with(|| a.name.cmp(&b.name)));
        slow.truncate(MOST);
        let mut room = MOST - slow.len();
        let calls = slow.into_iter().map(|probe| {
            let calls = &probe.exemplars[..probe.exemplars.len().min(1 + room)];
            room -= calls.len() - 1;
            let drawn = calls.iter().map(|call| Call::new(call, names)).collect();
            (names.place(&probe.name), (probe.exemplars.len(), drawn))
        });
        Self(calls.collect())
    }
}

impl Call {
    fn new<'a>(call: &'a Exemplar, names: &mut Names<'a>) -> Self {
        let greatest = call.callees.iter().take(MOST_CALLEES);
        let others = call.callees.iter().skip(MOST_CALLEES).map(|callee| callee.ns);
        Self(
            millis(call.start),
            call.thread,
            call.duration_ns,
            call.self_ns,
            call.waiting_ns,
            others.fold(call.callees_ns, u64::saturating_add),
            label::escaped(call.trace.as_deref().unwrap_or_default()),
            greatest.flat_map(|callee| [names.place(&callee.name), callee.ns]).collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::CalleeTime;

    #[test]
    fn where_there_are_too_many_the_dearest_probes_have_all_of_theirs() {
        let probe = |at: usize| {
            let mut probe = ProbeReport::new(format!("{at:04}"));
            (probe.self_ns, probe.exemplars) = (at as u64, vec![Exemplar::default(); 8]);
            probe
        };
        let drawn = |probes: usize| {
            let probes: Vec<_> = (0..probes).map(probe).collect();
            let Slow(calls) = Slow::new(&probes, &mut Names::default());
            calls.into_values().map(|(known, calls)| (known, calls.len())).collect::<Vec<_>>()
        };
        assert_eq!(drawn(3), [(8, 8); 3]);
        let thousand = drawn(1_000);
        assert_eq!(thousand.iter().map(|(_, calls)| calls).sum::<usize>(), MOST);
        // Names are numbered as they come up, and the dearest come first.
        assert!(thousand.is_sorted_by(|a, b| a.1 >= b.1) && thousand[0] == (8, 8) && thousand[999] == (8, 1));
        assert_eq!(drawn(MOST + 5).len(), MOST);
    }

    #[test]
    fn nothing_of_a_call_is_lost() {
        let callee = |at: u64| CalleeTime { name: format!("callee {at}"), ns: 10 * (9 - at) };
        let mut call = Exemplar { duration_ns: 1_000, self_ns: 100, callees_ns: 5, ..Exemplar::default() };
        call.callees = (0..9).map(callee).collect();
        let mut names = Names::default();
        let Call(.., duration, own, waiting, others, _, callees) = Call::new(&call, &mut names);
        assert_eq!((duration, own, waiting, others), (1_000, 100, 0, 5 + 30 + 20 + 10));
        assert_eq!(callees, [0, 90, 1, 80, 2, 70, 3, 60, 4, 50, 5, 40]);
    }
}
