//! Times to the tick: a mock clock, random programs, and a naive account of what they should have cost.

mod steps;

use std::collections::BTreeMap;
use std::time::Duration;

use perf_core::{Guard, MockClock, Probe, Session, set_call_tree};
use proptest::prelude::*;
use steps::{Step, steps};

static PROBES: [Probe; 4] = [Probe::new("a"), Probe::new("b"), Probe::new("c"), Probe::new("d")];
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// One that times every call, one that times so few that the first of a series only warm up, one that times one in three,
/// and one under a cap.
static MIXED: [Probe; 4] = [
    Probe::new("mixed::every"),
    Probe::new("mixed::rare").sample(400),
    Probe::new("mixed::sampled").sample(3),
    Probe::new("mixed::capped").overhead(100_000),
];

#[derive(Debug, Default, PartialEq, Eq)]
struct Account {
    calls: u64,
    total: u64,
    own: u64,
    sum: u64,
    least: u64,
    greatest: u64,
}

/// What the program should have cost, by the definition of each figure.
fn naive(steps: &[Step]) -> BTreeMap<&'static str, Account> {
    let mut accounts: BTreeMap<&str, Account> = BTreeMap::new();
    let mut now = 0;
    // probe, begin, time in callees
    let mut stack: Vec<(usize, u64, u64)> = Vec::new();
    let finish = |stack: &mut Vec<(usize, u64, u64)>, now: u64, accounts: &mut BTreeMap<&'static str, Account>| {
        let (probe, began, callees) = stack.pop().unwrap();
        let took = now - began;
        let account = accounts.entry(NAMES[probe]).or_default();
        account.least = if account.calls == 0 { took } else { account.least.min(took) };
        account.greatest = account.greatest.max(took);
        account.calls += 1;
        account.sum += took;
        account.own += took - callees;
        if stack.iter().all(|open| open.0 != probe) {
            account.total += took;
        }
        if let Some(caller) = stack.last_mut() {
            caller.2 += took;
        }
    };
    for step in steps {
        match *step {
            Step::Call(probe) => stack.push((probe, now, 0)),
            Step::Spend(nanos) => now += nanos,
            Step::Return if stack.is_empty() => {}
            Step::Return => finish(&mut stack, now, &mut accounts),
        }
    }
    while !stack.is_empty() {
        finish(&mut stack, now, &mut accounts);
    }
    accounts
}

fn run(clock: MockClock, steps: &[Step]) {
    run_of(&PROBES, clock, steps);
}

fn run_of(probes: &'static [Probe; 4], clock: MockClock, steps: &[Step]) {
    let mut stack: Vec<Guard> = Vec::new();
    for step in steps {
        match *step {
            Step::Call(probe) => stack.push(probes[probe].start()),
            Step::Spend(nanos) => clock.advance(Duration::from_nanos(nanos)),
            Step::Return => drop(stack.pop()),
        }
    }
    while let Some(guard) = stack.pop() {
        drop(guard);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap()
}

fn compare(clock: MockClock, steps: &[Step]) {
    let session = Session::new();
    session.run(|| run(clock, steps));
    let snapshot = session.snapshot();
    let seen: BTreeMap<_, _> = snapshot
        .probes()
        .map(|probe| {
            let name = NAMES[NAMES.iter().position(|name| *name == probe.name()).unwrap()];
            let account = Account {
                calls: probe.calls(),
                total: nanos(probe.total()),
                own: nanos(probe.self_time()),
                sum: nanos(probe.mean().mul_f64(probe.calls() as f64)),
                least: nanos(probe.min()),
                greatest: nanos(probe.max()),
            };
            assert_eq!(probe.histogram().count(), probe.calls());
            (name, account)
        })
        .collect();
    let wanted = naive(steps);
    assert_eq!(seen.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    for (name, wanted) in wanted {
        let mut seen = seen.get(name).map_or_else(Account::default, |seen| Account { ..*seen });
        // The mean is rounded to a nanosecond, so the sum is known to as many as there are calls.
        assert!(seen.sum.abs_diff(wanted.sum) <= wanted.calls + wanted.sum / (1 << 40), "{name}: {seen:?} {wanted:?}");
        seen.sum = wanted.sum;
        assert_eq!(seen, wanted, "{name}");
    }
}

/// Programs of which some calls are sampled: all calls are counted, and what is timed of the other probes is to the tick
/// what it is without them. The sampled ones have times that calls of theirs had, and as many as they stand for. The
/// program runs for so many `rounds`.
fn compare_mixed(clock: MockClock, steps: &[Step], rounds: u64) {
    let session = Session::new();
    session.run(|| (0..rounds).for_each(|_| run_of(&MIXED, clock, steps)));
    let snapshot = session.snapshot();
    let wanted = naive(steps);
    assert_eq!(snapshot.probes().count(), wanted.len());
    for (name, mut wanted) in wanted {
        (wanted.calls, wanted.total) = (rounds * wanted.calls, rounds * wanted.total);
        let index = NAMES.iter().position(|known| *known == name).unwrap();
        let name = ["mixed::every", "mixed::rare", "mixed::sampled", "mixed::capped"][index];
        let seen = snapshot.get(name).unwrap();
        assert_eq!(seen.calls(), wanted.calls, "{name}");
        let (least, greatest) = (nanos(seen.min()), nanos(seen.max()));
        let timed = seen.histogram().count();
        if index == 0 {
            assert_eq!((timed, least, greatest), (wanted.calls, wanted.least, wanted.greatest), "{name}");
            assert_eq!(nanos(seen.total()), wanted.total, "{name}");
        } else {
            assert!(timed <= wanted.calls, "{name}: {timed} of {}", wanted.calls);
            assert!(
                timed == 0 || (wanted.least <= least && greatest <= wanted.greatest),
                "{name}: {least} to {greatest}"
            );
            // Every call that is timed stands for those before it since the last one: gaps are below twice their mean.
            let stretch = [1, 800, 6, u64::MAX][index];
            assert!(wanted.calls - timed < stretch, "{name}: {timed} of {}", wanted.calls);
        }
    }
}

#[test]
fn times_are_exact() {
    let clock = MockClock::install().expect("nothing else runs in this process");
    for tree in [false, true] {
        set_call_tree(tree);
        let cases = if cfg!(miri) { 1 } else { 400 };
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(cases));
        runner
            .run(&steps(PROBES.len(), 200), |steps| {
                compare(clock, &steps);
                Ok(())
            })
            .unwrap();
        runner
            .run(&steps(MIXED.len(), 200), |steps| {
                compare_mixed(clock, &steps, 1);
                Ok(())
            })
            .unwrap();
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(30));
        runner
            .run(&steps(MIXED.len(), 200), |steps| {
                compare_mixed(clock, &steps, 60);
                Ok(())
            })
            .unwrap();
    }
    tree_adds_up(clock);
    steps_back(clock);
    recorded_durations(clock);
}

/// The tree's nodes add up to the probes, and a recursion stays at the node where it began.
fn tree_adds_up(clock: MockClock) {
    use Step::{Call, Return, Spend};
    let session = Session::new();
    // a 1 > b 2 > a 4 > b 8; a > c 16
    let steps = [
        Call(0),
        Spend(1),
        Call(1),
        Spend(2),
        Call(0),
        Spend(4),
        Call(1),
        Spend(8),
        Return,
        Return,
        Return,
        Call(2),
        Spend(16),
        Return,
        Return,
    ];
    session.run(|| run(clock, &steps));
    let snapshot = session.snapshot();
    let mut nodes: Vec<_> = snapshot
        .tree()
        .nodes()
        .iter()
        .map(|node| {
            let parent = &snapshot.tree().nodes()[node.parent].name;
            (node.name.as_str(), parent.as_str(), node.calls, nanos(node.self_time), nanos(node.total))
        })
        .collect();
    nodes.sort_unstable();
    assert_eq!(nodes, [("", "", 0, 0, 31), ("a", "", 2, 5, 31), ("b", "a", 2, 10, 10), ("c", "a", 1, 16, 16)]);
}

fn steps_back(clock: MockClock) {
    let session = Session::new();
    session.run(|| {
        let call = PROBES[0].start();
        clock.step_back(Duration::from_secs(1));
        drop(call);
    });
    let snapshot = session.snapshot();
    let probe = snapshot.get("a").unwrap();
    assert_eq!((probe.calls(), probe.total(), probe.max()), (1, Duration::ZERO, Duration::ZERO));
    assert_eq!(snapshot.meta().backward_steps, 1);
}

fn recorded_durations(clock: MockClock) {
    let session = Session::new();
    session.run(|| {
        let _around = PROBES[0].start();
        clock.advance(Duration::from_nanos(7));
        PROBES[1].record(Duration::from_micros(3));
    });
    let snapshot = session.snapshot();
    let recorded = snapshot.get("b").unwrap();
    assert_eq!((recorded.calls(), recorded.total()), (1, Duration::from_micros(3)));
    assert_eq!(snapshot.get("a").unwrap().self_time(), Duration::from_nanos(7));
}
