//! The slowest calls and the timeline, to the tick: a mock clock, random programs, and a naive account of every call.

mod steps;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use perf_core::{EventKind, Exemplar, Guard, MockClock, Probe, Session, Trace, set_timeline, timeline};
use proptest::prelude::*;
use steps::{Step, steps};

static PROBES: [Probe; 5] =
    [Probe::new("a"), Probe::new("b"), Probe::new("c"), Probe::new("d"), Probe::new("sampled").sample(1)];
const NAMES: [&str; 5] = ["a", "b", "c", "d", "sampled"];
const KEPT: usize = 8;
const NAMED: usize = 3;

#[derive(Clone, Debug, Default)]
struct Call {
    probe: usize,
    start: u64,
    nanos: u64,
    /// By callee.
    callees: BTreeMap<usize, u64>,
}

impl Call {
    fn own(&self) -> u64 {
        self.nanos - self.callees.values().sum::<u64>()
    }

    /// The times of the callees that are named, and what is left of the others.
    fn named(&self) -> (Vec<u64>, u64) {
        let mut times: Vec<u64> = self.callees.values().copied().filter(|nanos| *nanos > 0).collect();
        times.sort_unstable_by_key(|nanos| std::cmp::Reverse(*nanos));
        let rest = times.split_off(times.len().min(NAMED));
        (times, rest.iter().sum())
    }
}

/// All calls of a program in the order of their ends; `now` starts at 0.
fn naive(steps: &[Step]) -> Vec<Call> {
    let (mut now, mut stack, mut ended) = (0, Vec::<Call>::new(), Vec::new());
    let mut finish = |stack: &mut Vec<Call>, now: u64| {
        let Some(mut call) = stack.pop() else {
            return;
        };
        call.nanos = now - call.start;
        if let Some(caller) = stack.last_mut() {
            *caller.callees.entry(call.probe).or_default() += call.nanos;
        }
        ended.push(call);
    };
    for step in steps {
        match *step {
            Step::Call(probe) => stack.push(Call { probe, start: now, ..Call::default() }),
            Step::Spend(nanos) => now += nanos,
            Step::Return => finish(&mut stack, now),
        }
    }
    while !stack.is_empty() {
        finish(&mut stack, now);
    }
    ended
}

/// Every call belongs to the trace of its place in [`naive`], from 1.
fn run(clock: MockClock, steps: &[Step]) {
    let mut stack: Vec<Guard> = Vec::new();
    let mut ended = 0;
    let mut finish = |stack: &mut Vec<Guard>| {
        if let Some(call) = stack.pop() {
            ended += 1;
            let _number = Trace::new(ended).enter();
            drop(call);
        }
    };
    for step in steps {
        match *step {
            Step::Call(probe) => stack.push(PROBES[probe].start()),
            Step::Spend(nanos) => clock.advance(Duration::from_nanos(nanos)),
            Step::Return => finish(&mut stack),
        }
    }
    while !stack.is_empty() {
        finish(&mut stack);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap()
}

/// Whether a slow call that was kept is this one.
fn is(kept: &Exemplar, call: &Call) -> bool {
    let (times, rest) = call.named();
    let named: Vec<u64> = kept.callees().map(|(_, time)| nanos(time)).collect();
    let by_name = kept.callees().all(|(name, time)| {
        let probe = NAMES.iter().position(|known| *known == name).unwrap();
        call.callees.get(&probe) == Some(&nanos(time))
    });
    nanos(kept.duration()) == call.nanos
        && nanos(kept.self_time()) == call.own()
        && (named, nanos(kept.other_callees())) == (times, rest)
        && by_name
        && kept.waiting().is_zero()
}

fn compare(clock: MockClock, steps: &[Step]) {
    let session = Session::new();
    let before = timeline().events().len();
    clock.advance(Duration::from_nanos(1)); // what comes now begins after all that was
    session.run(|| run(clock, steps));
    let calls = naive(steps);
    let snapshot = session.snapshot();
    for (index, name) in NAMES.iter().enumerate() {
        let kept = snapshot.get(name).map_or(&[][..], |probe| probe.exemplars());
        assert!(kept.len() <= KEPT && kept.is_sorted_by_key(|call| std::cmp::Reverse(call.duration())));
        let number = |call: &Exemplar| usize::try_from(call.trace().unwrap()).unwrap() - 1;
        for call in kept {
            let known = &calls[number(call)];
            assert!(known.probe == index && is(call, known), "{name}: {call:?} is not {known:?}");
        }
        // What was left out was no slower than all that are kept, or as fast as the fastest before it.
        let fastest_kept = kept.last().filter(|_| kept.len() == KEPT).map(|call| nanos(call.duration()));
        let mut least = u64::MAX;
        for (place, call) in calls.iter().enumerate().filter(|(_, call)| call.probe == index) {
            let slow = fastest_kept.is_none_or(|fastest| call.nanos > fastest);
            let is_kept = kept.iter().any(|kept| number(kept) == place);
            assert!(is_kept || !slow || call.nanos == least, "{name}: {call:?} was left out");
            least = least.min(call.nanos);
        }
    }
    let timeline = timeline();
    let events = &timeline.events()[before..];
    let mut wanted: Vec<(u64, std::cmp::Reverse<u64>)> =
        calls.iter().map(|call| (call.start, std::cmp::Reverse(call.nanos))).collect();
    wanted.sort_unstable();
    let first = events.first().map_or(0, |event| nanos(event.start));
    let base = wanted.first().map_or(0, |call| call.0);
    let seen: Vec<_> = events
        .iter()
        .map(|event| (nanos(event.start) - first + base, std::cmp::Reverse(nanos(event.duration))))
        .collect();
    assert_eq!(seen, wanted);
    assert!(events.iter().all(|event| event.kind == EventKind::Call && NAMES.contains(&event.name)));
    assert_eq!(timeline.overwritten(), 0);
}

#[test]
fn slow_calls_are_kept_whole() {
    let clock = MockClock::install().expect("nothing else runs in this process");
    set_timeline(if cfg!(miri) { 1 << 11 } else { 1 << 17 });
    let cases = if cfg!(miri) { 2 } else { 300 };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(cases));
    runner
        .run(&steps(PROBES.len(), 300), |steps| {
            compare(clock, &steps);
            Ok(())
        })
        .unwrap();
    an_interval_has_its_own(clock);
    futures_tell_what_they_waited_for(clock);
    set_timeline(0);
    without_a_timeline(clock);
}

/// Calls that had ended before are not the interval's; a merge keeps the slowest of both.
fn an_interval_has_its_own(clock: MockClock) {
    use Step::{Call, Return, Spend};
    let session = Session::new();
    session.run(|| run(clock, &[Call(0), Spend(70), Return, Call(0), Spend(90), Return]));
    let early = session.snapshot();
    session.run(|| run(clock, &[Call(0), Spend(80), Return]));
    let late = session.snapshot();
    let durations = |snapshot: &perf_core::Snapshot| -> Vec<u64> {
        snapshot.get("a").unwrap().exemplars().iter().map(|call| nanos(call.duration())).collect()
    };
    assert_eq!(durations(&late), [90, 80, 70]);
    assert_eq!(durations(&late.since(&early)), [80]);
    let mut merged = early.clone();
    merged.merge(&late.since(&early));
    assert_eq!(durations(&merged), [90, 80, 70]);
}

/// Pends as often as asked; each poll takes 5 ns.
fn pending(clock: MockClock, mut times: u32) -> impl Future<Output = ()> {
    poll_fn(move |_| {
        clock.advance(Duration::from_nanos(5));
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        Poll::Pending
    })
}

fn futures_tell_what_they_waited_for(clock: MockClock) {
    static HANDLE: Probe = Probe::new("handle");
    static QUERY: Probe = Probe::new("query");
    static PARSE: Probe = Probe::new("parse");
    let session = Session::new();
    let mut handle = pin!(Trace::new(7).wrap(HANDLE.wrap(async {
        QUERY.wrap(pending(clock, 2)).await;
        {
            let _parse = PARSE.start();
            clock.advance(Duration::from_nanos(20));
        }
        pending(clock, 1).await;
    })));
    let before = timeline().events().len();
    let mut context = Context::from_waker(Waker::noop());
    while session.run(|| handle.as_mut().poll(&mut context)).is_pending() {
        clock.advance(Duration::from_nanos(100));
    }
    let snapshot = session.snapshot();
    let [call] = snapshot.get("handle").unwrap().exemplars() else {
        panic!("one call");
    };
    // Five polls of 5 ns, two of them in `handle` itself, 20 ns of parsing, and three waits, two of them the query's.
    assert_eq!(nanos(call.duration()), 5 * 5 + 20 + 300);
    let callees: Vec<_> = call.callees().map(|(name, time)| (name, nanos(time))).collect();
    assert_eq!(callees, [("query", 3 * 5 + 200), ("parse", 20)]);
    assert_eq!((nanos(call.self_time()), nanos(call.waiting()), nanos(call.other_callees())), (2 * 5, 100, 0));
    assert_eq!(call.trace(), Some(7));
    let [query] = snapshot.get("query").unwrap().exemplars() else {
        panic!("one call");
    };
    assert_eq!((nanos(query.self_time()), nanos(query.waiting())), (15, 200));
    let timeline = timeline();
    let kinds = |kind| timeline.events()[before..].iter().filter(|event| event.kind == kind).count();
    assert_eq!((kinds(EventKind::Future), kinds(EventKind::Poll), kinds(EventKind::Call)), (2, 4 + 3, 1));
}

/// Callees are then known by their sum only, and nothing is recorded.
fn without_a_timeline(clock: MockClock) {
    use Step::{Call, Return, Spend};
    let before = timeline().events().len();
    let session = Session::new();
    session.run(|| run(clock, &[Call(0), Spend(1), Call(1), Spend(30), Return, Return]));
    let snapshot = session.snapshot();
    let [call] = snapshot.get("a").unwrap().exemplars() else {
        panic!("one call");
    };
    assert_eq!(call.callees().count(), 0);
    assert_eq!((nanos(call.self_time()), nanos(call.other_callees())), (1, 30));
    assert_eq!(timeline().events().len(), before);
}
