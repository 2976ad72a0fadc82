//! Allocations, exact to the byte: nested, recursive, reallocated, freed elsewhere, across threads of a future.

use std::alloc::System;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;

use perf_core::{PerfAlloc, Probe, ProbeStats, Session};

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(System);

fn stats(session: &Session, name: &str) -> ProbeStats {
    session.snapshot().get(name).unwrap().clone()
}

fn figures(probe: &ProbeStats) -> (u64, u64, u64, i64) {
    (probe.allocs(), probe.alloc_bytes(), probe.peak_bytes(), probe.net_bytes())
}

#[test]
fn inclusive_and_own() {
    static OUTER: Probe = Probe::new("alloc::outer");
    static INNER: Probe = Probe::new("alloc::inner");
    let session = Session::new();
    let kept = session.run(|| {
        let _outer = OUTER.start();
        let before = vec![0u8; 100];
        let kept = {
            let _inner = INNER.start();
            let _gone = vec![0u8; 1000];
            vec![0u8; 10]
        };
        drop(before);
        let _more = Box::new([0u8; 3]);
        kept
    });
    let (outer, inner) = (stats(&session, "alloc::outer"), stats(&session, "alloc::inner"));
    assert_eq!(figures(&inner), (2, 1010, 1010, 10));
    assert_eq!(figures(&outer), (4, 1113, 1110, 10));
    assert_eq!((outer.self_allocs(), outer.self_alloc_bytes()), (2, 103));
    assert_eq!((inner.self_allocs(), inner.self_alloc_bytes()), (2, 1010));
    drop(kept);
}

#[test]
fn peaks_are_those_of_each_call() {
    static CALL: Probe = Probe::new("alloc::peak");
    static AROUND: Probe = Probe::new("alloc::peak::around");
    let session = Session::new();
    session.run(|| {
        let _around = AROUND.start();
        for size in [10, 5000, 20] {
            let _call = CALL.start();
            drop(vec![0u8; size]);
        }
        // A peak before a call does not count for it, one in a callee counts for the caller.
        let _call = CALL.start();
    });
    assert_eq!(figures(&stats(&session, "alloc::peak")), (3, 5030, 5000, 0));
    assert_eq!(figures(&stats(&session, "alloc::peak::around")), (3, 5030, 5000, 0));
}

#[test]
fn recursion_counts_once() {
    static CALL: Probe = Probe::new("alloc::recursion");
    fn descend(levels: u32) -> Vec<u8> {
        let _call = CALL.start();
        let mut own = vec![0u8; 10];
        if levels > 0 {
            own = descend(levels - 1);
        }
        own
    }
    let session = Session::new();
    drop(session.run(|| descend(9)));
    let recursion = stats(&session, "alloc::recursion");
    assert_eq!((recursion.calls(), recursion.allocs(), recursion.alloc_bytes()), (10, 10, 100));
    assert_eq!((recursion.self_allocs(), recursion.net_bytes()), (10, 10));
}

#[test]
fn reallocations() {
    static CALL: Probe = Probe::new("alloc::realloc");
    let session = Session::new();
    let vec = session.run(|| {
        let _call = CALL.start();
        let mut vec: Vec<u8> = Vec::with_capacity(16);
        vec.reserve_exact(64);
        vec.push(1);
        vec.shrink_to(8);
        vec
    });
    // 16, then 48 more, then 56 fewer.
    assert_eq!(figures(&stats(&session, "alloc::realloc")), (3, 64, 64, 8));
    drop(vec);
}

#[test]
fn zeroed_and_aligned() {
    static CALL: Probe = Probe::new("alloc::zeroed");
    #[repr(align(256))]
    struct Wide([u8; 256]);
    let session = Session::new();
    session.run(|| {
        let _call = CALL.start();
        let zeros = vec![0u64; 1000];
        assert!(zeros.iter().all(|&zero| zero == 0));
        let wide = Box::new(Wide([7; 256]));
        assert_eq!(std::ptr::from_ref(&*wide).addr() % 256, 0);
        assert_eq!(wide.0[255], 7);
    });
    assert_eq!(figures(&stats(&session, "alloc::zeroed")), (2, 8256, 8256, 0));
}

#[test]
fn freed_by_another_thread() {
    static MAKE: Probe = Probe::new("alloc::make");
    static FREE: Probe = Probe::new("alloc::free");
    let session = Session::new();
    let (send, receive) = mpsc::sync_channel::<Vec<u8>>(1);
    let vec = session.run(|| {
        let _call = MAKE.start();
        vec![0u8; 777]
    });
    let handle = session.handle();
    let freeing = thread::spawn(move || {
        let vec = receive.recv().unwrap();
        let _inside = handle.enter();
        let _call = FREE.start();
        drop(vec);
    });
    send.send(vec).unwrap();
    freeing.join().unwrap();
    assert_eq!(figures(&stats(&session, "alloc::make")), (1, 777, 777, 777));
    assert_eq!(figures(&stats(&session, "alloc::free")), (0, 0, 0, -777));
}

/// A future that allocates a hundred bytes at each poll, and frees them at its end.
struct Hoard(Vec<Vec<u8>>);

impl Future for Hoard {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.0.len() == 10 {
            self.0.clear();
            return Poll::Ready(());
        }
        self.0.push(vec![0; 100]);
        Poll::Pending
    }
}

#[test]
fn a_future_polled_on_two_threads_by_turns() {
    static CALL: Probe = Probe::new("alloc::future");
    let session = Session::new();
    let hoard = Hoard(Vec::with_capacity(10));
    let future = Arc::new(Mutex::new(Some(Box::pin(session.wrap(CALL.wrap(hoard))))));
    let (turn, turns) = (Arc::new(Mutex::new(0)), 2);
    let poll_when_due = |me: usize| {
        let (future, turn) = (Arc::clone(&future), Arc::clone(&turn));
        move || {
            loop {
                let mut now = turn.lock().unwrap();
                if *now % turns != me {
                    drop(now);
                    thread::yield_now();
                    continue;
                }
                *now += 1;
                // Noise of this thread, outside of the future.
                drop(vec![0u8; 12_345]);
                let mut future = future.lock().unwrap();
                let Some(pending) = future.as_mut() else { return };
                if pending.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                    *future = None;
                }
            }
        }
    };
    let (one, other) = (thread::spawn(poll_when_due(0)), thread::spawn(poll_when_due(1)));
    one.join().unwrap();
    other.join().unwrap();
    let future = stats(&session, "alloc::future");
    assert_eq!((future.calls(), future.polls(), future.cancelled()), (1, 11, 0));
    assert_eq!(figures(&future), (10, 1000, 1000, 0));
}

#[test]
fn cancelled_futures() {
    static CALL: Probe = Probe::new("alloc::cancelled");
    let session = Session::new();
    session.run(|| {
        drop(CALL.wrap(Hoard(Vec::new()))); // never polled: never begun
        let mut hoard = pin!(CALL.wrap(Hoard(Vec::with_capacity(10))));
        assert!(hoard.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    });
    let cancelled = stats(&session, "alloc::cancelled");
    assert_eq!((cancelled.calls(), cancelled.cancelled(), cancelled.polls()), (1, 1, 1));
    assert_eq!((cancelled.allocs(), cancelled.net_bytes()), (1, 100));
}

#[test]
fn the_library_itself_is_not_counted() {
    static FIRST: Probe = Probe::new("alloc::first");
    static AROUND: Probe = Probe::new("alloc::library");
    thread::spawn(|| {
        let session = Session::new();
        let inside = session.enter();
        let around = AROUND.start();
        for _ in 0..100 {
            drop(FIRST.start()); // registers, makes a shard, a slot, blocks
        }
        let inner = Session::new();
        inner.run(|| drop(FIRST.start()));
        drop(inner);
        drop(around);
        drop(inside);
        assert_eq!(figures(&stats(&session, "alloc::library")), (0, 0, 0, 0));
    })
    .join()
    .unwrap();
}

#[test]
fn live_bytes_of_the_process() {
    static CALL: Probe = Probe::new("alloc::live");
    let live = || perf_core::snapshot().meta().live_bytes;
    let before = live();
    let vecs: Vec<Vec<u8>> = (0..8)
        .map(|_| {
            thread::spawn(|| {
                let _call = CALL.start();
                vec![1u8; 1 << 20]
            })
        })
        .map(|thread| thread.join().unwrap())
        .collect();
    // Other tests of this process come and go meanwhile; their share is far below this.
    let grown = live() - before;
    assert!((7 << 20..9 << 20).contains(&grown), "{grown}");
    drop(vecs);
    assert!(live() - before < 1 << 20);
    assert!(perf_core::snapshot().meta().alloc_tracking);
}

/// What a naive account has of a probe, and of an open call.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
struct Account {
    calls: u64,
    allocs: u64,
    bytes: u64,
    own_allocs: u64,
    own_bytes: u64,
    net: i64,
    peak: i64,
}

static RANDOM: [Probe; 4] = [
    Probe::new("alloc::random::0"),
    Probe::new("alloc::random::1"),
    Probe::new("alloc::random::2"),
    Probe::new("alloc::random::3"),
];

/// A random program. Nothing of it allocates but what is accounted for.
struct Program {
    state: u64,
    steps: u32,
    /// The probes of open calls, and their accounts so far, callees included.
    open: [(usize, Account); 40],
    depth: usize,
    blocks: [Option<Box<[u8]>>; 16],
    wanted: [Account; 4],
}

impl Program {
    fn random(&mut self, below: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % below
    }

    fn changed(&mut self, allocs: u64, bytes: i64) {
        let depth = self.depth;
        for (at, (_, call)) in self.open[..depth].iter_mut().enumerate() {
            call.net += bytes;
            call.peak = call.peak.max(call.net);
            call.allocs += allocs;
            call.bytes += allocs * bytes.unsigned_abs();
            if at + 1 == depth {
                call.own_allocs += allocs;
                call.own_bytes += allocs * bytes.unsigned_abs();
            }
        }
    }

    fn run(&mut self) {
        while self.steps > 0 {
            self.steps -= 1;
            let at = usize::try_from(self.random(16)).unwrap();
            match self.random(10) {
                0 | 1 => {
                    if let Some(block) = self.blocks[at].take() {
                        self.changed(0, -i64::try_from(block.len()).unwrap());
                    } else {
                        // Some are too large to be counted without a look at the ends of the sums.
                        let below = if self.random(16) == 0 { 100_000 } else { 5000 };
                        let size = usize::try_from(1 + self.random(below)).unwrap();
                        self.blocks[at] = Some(vec![1u8; size].into_boxed_slice());
                        self.changed(1, i64::try_from(size).unwrap());
                    }
                }
                2..=5 if self.depth < self.open.len() => {
                    let probe = usize::try_from(self.random(4)).unwrap();
                    let call = RANDOM[probe].start();
                    self.open[self.depth] = (probe, Account::default());
                    self.depth += 1;
                    self.run();
                    drop(call);
                    self.depth -= 1;
                    let (_, call) = self.open[self.depth];
                    let outermost = self.open[..self.depth].iter().all(|around| around.0 != probe);
                    let wanted = &mut self.wanted[probe];
                    wanted.calls += 1;
                    wanted.own_allocs += call.own_allocs;
                    wanted.own_bytes += call.own_bytes;
                    wanted.peak = wanted.peak.max(call.peak);
                    if outermost {
                        wanted.allocs += call.allocs;
                        wanted.bytes += call.bytes;
                        wanted.net += call.net;
                    }
                }
                6..=9 => return,
                _ => {}
            }
        }
    }
}

/// Marks of the heap are taken when something is first allocated or freed in a call, of all open calls that have none, and the
/// sums in them before the first end of a call that allocated or freed something.
#[test]
fn random_programs() {
    for seed in 1..=200u64 {
        let session = Session::new();
        let mut program = Program {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            steps: 400,
            open: [(0, Account::default()); 40],
            depth: 0,
            blocks: Default::default(),
            wanted: Default::default(),
        };
        session.run(|| {
            while program.steps > 0 {
                program.run();
            }
        });
        let seen = session.snapshot();
        for (probe, wanted) in program.wanted.iter().enumerate().filter(|(_, wanted)| wanted.calls > 0) {
            let stats = seen.get(&format!("alloc::random::{probe}")).unwrap();
            let account = Account {
                calls: stats.calls(),
                allocs: stats.allocs(),
                bytes: stats.alloc_bytes(),
                own_allocs: stats.self_allocs(),
                own_bytes: stats.self_alloc_bytes(),
                net: stats.net_bytes(),
                peak: i64::try_from(stats.peak_bytes()).unwrap(),
            };
            assert_eq!(account, *wanted, "seed {seed}, probe {probe}");
        }
    }
}

/// More calls than the shadow stack has frames in its array, each of which allocates; one in three is sampled.
#[test]
fn allocations_of_calls_beyond_the_array() {
    static DEEP: Probe = Probe::new("alloc::deep");
    static PASSED: Probe = Probe::new("alloc::deep::sampled").sample(1000);
    const DEPTH: usize = 10_000;
    let session = Session::new();
    let mut open = Vec::with_capacity(2 * DEPTH);
    let mut blocks = Vec::with_capacity(DEPTH);
    session.run(|| {
        for _ in 0..DEPTH {
            open.push(DEEP.start());
            open.push(PASSED.start());
            blocks.push(Box::new([0u8; 7]));
        }
        while let Some(call) = open.pop() {
            drop(call);
        }
    });
    let deep = stats(&session, "alloc::deep");
    let all = DEPTH as u64;
    assert_eq!(figures(&deep), (all, 7 * all, 7 * all, i64::try_from(7 * all).unwrap()));
    assert_eq!(deep.calls(), all);
    assert_eq!(stats(&session, "alloc::deep::sampled").calls(), all);
}
