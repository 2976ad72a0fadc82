//! Calls that outlive the session they began in: random programs under a mock clock, in which sessions are entered and
//! left and calls begin and end in any order, against an account of what each session has seen.
#![allow(clippy::incompatible_msrv, reason = "tests are built with the workspace's compiler")]

use std::thread;
use std::time::Duration;

use perf_core::{Guard, MockClock, Probe, ProbeStats, Session, SessionGuard, Snapshot, set_call_tree, snapshot};
use proptest::prelude::*;

static PROBES: [Probe; 3] =
    [Probe::new("outliving::a"), Probe::new("outliving::b"), Probe::new("outliving::c").sample(1)];
const NAMES: [&str; 3] = ["outliving::a", "outliving::b", "outliving::c"];
const SESSIONS: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    Enter(usize),
    /// The guard of an entry, counted from the oldest, around the end of the list.
    Leave(usize),
    Call(usize),
    /// A call under way, likewise.
    End(usize),
    Spend(u64),
    /// The process reads the session, and another begins in its place: its shards serve the next.
    Renew(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..SESSIONS).prop_map(Step::Enter),
        3 => (0..8usize).prop_map(Step::Leave),
        4 => (0..PROBES.len()).prop_map(Step::Call),
        4 => (0..8usize).prop_map(Step::End),
        3 => (1..10_000_000u64).prop_map(Step::Spend),
        1 => (0..SESSIONS).prop_map(Step::Renew),
    ];
    prop::collection::vec(step, 0..120)
}

/// Calls and nanoseconds by probe.
type Account = [(u64, u64); 3];

/// An entry: its guard, the names of the sessions it counts for, its loan, whether its guard is gone.
struct Entered {
    number: usize,
    chain: Vec<usize>,
    loan: usize,
    left: bool,
}

/// What the steps do, and what is to be seen of it.
struct Program {
    clock: MockClock,
    now: u64,
    /// The session in each place, and its number.
    sessions: Vec<(Session, usize)>,
    guards: Vec<(SessionGuard, usize)>,
    stack: Vec<Entered>,
    calls: Vec<(Guard, usize, usize, u64)>,
    numbers: usize,
    /// By number of the session.
    seen: Vec<Account>,
    all: Account,
}

impl Program {
    fn new(clock: MockClock) -> Self {
        let sessions = (0..SESSIONS).map(|number| (Session::new(), number)).collect();
        let seen = vec![Account::default(); SESSIONS];
        let (guards, stack, calls) = (Vec::new(), Vec::new(), Vec::new());
        Self { clock, now: 0, sessions, guards, stack, calls, numbers: SESSIONS, seen, all: Account::default() }
    }

    /// The chain of sessions and the loan that calls count under now.
    fn place(&self) -> (Vec<usize>, usize) {
        self.stack.last().map_or((Vec::new(), 0), |top| (top.chain.clone(), top.loan))
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Enter(place) => {
                let (session, session_number) = &self.sessions[place];
                self.guards.push((session.enter(), self.numbers));
                let (mut chain, mut loan) = self.place();
                if !chain.contains(session_number) {
                    chain.push(*session_number);
                    loan = self.numbers;
                }
                self.stack.push(Entered { number: self.numbers, chain, loan, left: false });
                self.numbers += 1;
            }
            Step::Leave(_) if self.guards.is_empty() => {}
            Step::Leave(place) => {
                let (guard, number) = self.guards.remove(place % self.guards.len());
                drop(guard);
                self.stack.iter_mut().find(|entry| entry.number == number).unwrap().left = true;
                while self.stack.pop_if(|top| top.left).is_some() {}
            }
            Step::Call(probe) => {
                let loan = self.place().1;
                // No recursion where one counts: then totals are sums.
                if !self.calls.iter().any(|call| (call.1, call.2) == (probe, loan)) {
                    self.calls.push((PROBES[probe].start(), probe, loan, self.now));
                }
            }
            Step::End(_) if self.calls.is_empty() => {}
            Step::End(place) => {
                let (guard, probe, began_under, began) = self.calls.remove(place % self.calls.len());
                drop(guard);
                let (chain, loan) = self.place();
                let add = |account: &mut Account| {
                    account[probe].0 += 1;
                    account[probe].1 += self.now - began;
                };
                add(&mut self.all);
                if loan == began_under {
                    for session in chain {
                        add(&mut self.seen[session]);
                    }
                }
            }
            Step::Spend(nanos) => {
                self.clock.advance(Duration::from_nanos(nanos));
                self.now += nanos;
            }
            Step::Renew(place) => {
                self.check(place);
                let number = self.seen.len();
                self.seen.push(Account::default());
                self.sessions[place] = (Session::new(), number);
            }
        }
    }

    fn check(&self, place: usize) {
        let (session, number) = &self.sessions[place];
        assert_eq!(account(&session.snapshot()), self.seen[*number], "session {number}");
    }
}

fn account(snapshot: &Snapshot) -> Account {
    NAMES.map(|name| {
        let Some(probe) = snapshot.get(name) else {
            return (0, 0);
        };
        assert_eq!(probe.total(), probe.sum(), "{name}: no recursion");
        (probe.calls(), u64::try_from(probe.total().as_nanos()).unwrap())
    })
}

#[test]
fn sessions_see_what_began_and_ended_in_them() {
    let clock = MockClock::install().expect("nothing else runs in this process");
    for tree in [false, true] {
        set_call_tree(tree);
        let cases = if cfg!(miri) { 3 } else { 400 };
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(cases));
        runner
            .run(&steps(), |steps| {
                let before = account(&snapshot());
                let mut program = Program::new(clock);
                for step in steps {
                    program.step(step);
                }
                while !program.calls.is_empty() {
                    program.step(Step::End(0));
                }
                for place in 0..SESSIONS {
                    program.check(place);
                }
                program.guards.clear();
                program.sessions.clear();
                let all = account(&snapshot());
                let grown = std::array::from_fn(|at| (all[at].0 - before[at].0, all[at].1 - before[at].1));
                assert_eq!(grown, program.all, "the process sees all of it");
                Ok(())
            })
            .unwrap();
    }
    another_thread_in_between(clock);
}

/// A session's shard that another thread had in between, and that comes back to the thread of the call.
fn another_thread_in_between(clock: MockClock) {
    static CALL: Probe = Probe::new("outliving::between");
    let session = Session::new();
    let inside = session.enter();
    let call = CALL.start();
    drop(inside);
    let handle = session.handle();
    thread::spawn(move || {
        let _inside = handle.enter();
        CALL.record(Duration::from_secs(100));
    })
    .join()
    .unwrap();
    let inside = session.enter();
    clock.advance(Duration::from_secs(1));
    drop(call);
    drop(inside);
    let times = |stats: &ProbeStats| (stats.calls(), stats.total());
    assert_eq!(times(session.snapshot().get("outliving::between").unwrap()), (1, Duration::from_secs(100)));
    assert_eq!(times(snapshot().get("outliving::between").unwrap()), (2, Duration::from_secs(101)));
}
