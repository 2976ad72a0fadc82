//! Callers that go along to other threads: the call tree goes on below them, and stays as it was everywhere else.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use perf_core::{CallContext, Session, Snapshot, perf_probe, set_call_tree, snapshot};

#[perf_probe(name = "outer")]
fn outer<R>(work: impl FnOnce() -> R) -> R {
    middle(work)
}

#[perf_probe(name = "middle")]
fn middle<R>(work: impl FnOnce() -> R) -> R {
    work()
}

#[perf_probe(name = "leaf")]
fn leaf() {}

#[perf_probe(name = "other")]
fn other<R>(work: impl FnOnce() -> R) -> R {
    work()
}

/// Calls of every way to `leaf`, such as `outer/middle/leaf`.
fn ways(snapshot: &Snapshot) -> Vec<(String, u64)> {
    let nodes = snapshot.tree().nodes();
    let way = |mut at: usize| {
        let mut names = Vec::new();
        while at != 0 {
            names.insert(0, nodes[at].name.as_str());
            at = nodes[at].parent;
        }
        names.join("/")
    };
    let mut ways: Vec<_> = (1..nodes.len())
        .filter(|at| nodes[*at].name == "leaf" && nodes[*at].calls > 0)
        .map(|at| (way(at), nodes[at].calls))
        .collect();
    ways.sort();
    ways
}

fn measured(work: impl FnOnce()) -> Vec<(String, u64)> {
    let before = snapshot();
    work();
    ways(&snapshot().since(&before))
}

fn elsewhere(work: impl FnOnce() + Send) {
    thread::scope(|scope| scope.spawn(work).join().unwrap());
}

fn way(way: &str, calls: u64) -> Vec<(String, u64)> {
    vec![(way.to_owned(), calls)]
}

/// One test, since whether a tree is recorded is a matter of the process.
#[test]
fn callers_go_along() {
    set_call_tree(true);

    // Without a context the thread begins anew.
    assert_eq!(measured(|| outer(|| elsewhere(leaf))), way("leaf", 1));

    let along = || {
        let context = outer(CallContext::current);
        elsewhere(move || context.run(leaf));
    };
    assert_eq!(measured(along), way("outer/middle/leaf", 1));

    // What the thread does before and after is its own, also after a panic.
    let restored = || {
        let context = outer(CallContext::current);
        elsewhere(move || {
            other(|| {
                context.run(leaf);
                let panics = || context.run(|| std::panic::resume_unwind(Box::new(())));
                assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
                leaf();
            });
        });
    };
    assert_eq!(measured(restored), [way("other/leaf", 1), way("outer/middle/leaf", 1)].concat());

    // On the same thread, and of no callers.
    let empty = CallContext::current();
    assert_eq!(measured(|| other(|| empty.run(leaf))), way("leaf", 1));

    // A probe that is among the callers counts where it began, as any recursion.
    let recursive = || {
        let context = outer(CallContext::current);
        elsewhere(move || context.run(|| outer(leaf)));
    };
    assert_eq!(measured(recursive), way("outer/middle/leaf", 1));

    futures();
    sessions();

    // Nothing is followed where nothing is recorded.
    set_call_tree(false);
    assert_eq!(measured(|| outer(CallContext::current).run(leaf)), []);
}

/// A future takes its callers along from poll to poll, and leaves the polling thread as it was.
fn futures() {
    let polled = || {
        let context = outer(CallContext::current);
        let mut future = pin!(context.wrap(async {
            leaf();
            let mut first = true;
            std::future::poll_fn(move |_| if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) })
                .await;
            leaf();
        }));
        let mut nop = Context::from_waker(Waker::noop());
        other(|| assert!(future.as_mut().poll(&mut nop).is_pending()));
        leaf();
        assert!(future.as_mut().poll(&mut nop).is_ready());
    };
    assert_eq!(measured(polled), [way("leaf", 1), way("outer/middle/leaf", 2)].concat());
}

/// A session on the other thread has a tree of its own, in which the callers are known as well; left out of order, nothing
/// stays behind.
fn sessions() {
    let session = Session::new();
    let context = outer(CallContext::current);
    let handle = session.handle();
    elsewhere(move || {
        let inside = handle.enter();
        let below = context.enter();
        leaf();
        drop(inside);
        drop(below);
        leaf();
    });
    assert_eq!(ways(&session.snapshot()), way("outer/middle/leaf", 1));
    let session = Session::new();
    session.run(leaf);
    assert_eq!(ways(&session.snapshot()), way("leaf", 1));
}
