//! The whole public API, called with the library off: it compiles as it does with the library on, and does nothing.

use std::alloc::System;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use perf_core::{
    CallContext, CallContextGuard, CallTree, ClockKind, Guard, Histogram, InCallContext, InSession, InTrace, Measured,
    MockClock, PerfAlloc, Probe, ProbeStats, Session, SessionGuard, SessionHandle, Snapshot, SnapshotMeta, SplitCall,
    Trace, TraceGuard, TreeNode, is_enabled, perf_block, perf_budget, perf_probe, set_call_tree, set_recording,
    set_timeline, snapshot, spans, timeline,
};

#[global_allocator]
static ALLOC: PerfAlloc<System> = PerfAlloc::new(System);

static PROBE: Probe = Probe::new("off").sample(10).overhead(10_000);

#[perf_probe(name = "off::work", items = list.len())]
fn work(list: &[u32]) -> u32 {
    perf_block!("off::scope");
    list.iter().sum()
}

struct Machine(u32);

#[perf_probe]
impl Machine {
    fn step(&mut self) -> u32 {
        self.0 += 1;
        self.0
    }

    #[perf_probe(skip)]
    fn peek(&self) -> u32 {
        self.0
    }
}

#[perf_probe]
async fn later(x: u32) -> Result<u32, String> {
    if x > 3 { Err("too much".to_owned()) } else { Ok(x) }
}

#[perf_budget(p99 = "1s", allocs = 0)]
fn bounded() -> u32 {
    3
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

struct Nowhere;

impl spans::SpanSink for Nowhere {
    fn enter(&self, _probe: spans::SpanOf) -> u64 {
        unreachable!("no probe is on")
    }

    fn exit(&self, _token: u64) {}

    fn begin(&self, _probe: spans::SpanOf) -> Option<Box<dyn spans::TaskSpan>> {
        None
    }
}

#[test]
fn everything_compiles_and_nothing_counts() {
    const ON: bool = is_enabled();
    const { assert!(!ON) };
    let guard: Guard = PROBE.start();
    guard.items(1);
    guard.bytes(1);
    guard.fail();
    drop(guard);
    PROBE.record(Duration::from_secs(1));
    let measured: Measured<_> = PROBE.wrap(async { 1 }).items(1).bytes(1).errors_when(|one| *one == 1);
    assert_eq!(block_on(measured), 1);
    let mut machine = Machine(1);
    assert_eq!((work(&[1, 2]), machine.step(), machine.peek(), bounded()), (3, 2, 2, 3));
    assert_eq!((block_on(later(1)), block_on(later(4)).is_err()), (Ok(1), true));

    let mut split: SplitCall = Probe::split(&PROBE);
    split.enter();
    split.exit();
    split.fail();
    drop(split);
    assert!(!spans::install(Box::new(Nowhere)), "there is nothing to open spans for");
    spans::switch(true);
    set_timeline(1_000);
    let traced: InTrace<_> = Trace::new(1).wrap(async { work(&[1]) });
    let in_trace: TraceGuard = Trace::new(2).enter();
    assert_eq!(block_on(traced), 1);
    drop(in_trace);
    assert!(timeline().events().is_empty() && timeline().threads().is_empty());

    let session = Session::new();
    let handle: SessionHandle = session.handle();
    let inside: SessionGuard = handle.enter();
    let both = (session.run(|| work(&[1])), session.enter());
    drop(both);
    let future: InSession<_> = session.wrap(handle.wrap(async { 2 }));
    assert_eq!(block_on(future), 2);
    drop(inside);

    let callers: CallContext = CallContext::current();
    let below: CallContextGuard = callers.enter();
    let along: InCallContext<_> = callers.wrap(async { callers.run(|| 2) });
    assert_eq!(block_on(along), 2);
    drop(below);

    set_recording(true);
    set_call_tree(true);
    let clock = MockClock::install().unwrap();
    clock.advance(Duration::from_secs(1));
    clock.step_back(Duration::from_secs(1));
    let mut all: Snapshot = snapshot();
    all.merge(&session.snapshot().since(&all));
    let meta: &SnapshotMeta = all.meta();
    assert_eq!((meta.clock, meta.probe_cost), (ClockKind::Instant, Duration::ZERO));
    let (tree, none): (&CallTree, Option<&ProbeStats>) = (all.tree(), all.get("off"));
    let nodes: &[TreeNode] = tree.nodes();
    assert_eq!((nodes.len(), tree.is_empty(), none.is_none(), all.probes().count()), (1, true, true, 0));
    let values: Histogram = [1, 2, 100].into_iter().collect();
    assert_eq!((values.count(), values.quantile(1.0)), (3, Some(100)));
}

#[test]
fn what_is_left_has_no_size() {
    assert_eq!((size_of::<Guard>(), size_of::<SessionGuard>(), size_of::<SessionHandle>()), (0, 0, 0));
    assert_eq!((size_of::<PerfAlloc>(), size_of::<Probe>()), (0, 0));
    assert_eq!(size_of::<Measured<std::future::Ready<u64>>>(), size_of::<std::future::Ready<u64>>());
}
