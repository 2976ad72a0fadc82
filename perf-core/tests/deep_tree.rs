//! A call tree as deep as there are probes: read, joined, handed on and emptied on a stack that no recursion over it
//! would fit on.

use std::thread;

use perf_core::{CallTree, Guard, Probe, Session, Snapshot, set_call_tree, snapshot};

/// Levels of the tree.
const DEEP: usize = 10_000;
/// The stack that has to be enough for a reader of any tree.
const STACK: usize = 256 << 10;

fn probes() -> Vec<&'static Probe> {
    let probe = |level: usize| -> &'static Probe {
        let name = Box::leak(format!("deep::level{level:05}").into_boxed_str());
        Box::leak(Box::new(Probe::new(name)))
    };
    (0..DEEP).map(probe).collect()
}

/// One call of each, every one inside the one before.
fn nest(probes: &[&'static Probe]) {
    let mut open: Vec<Guard> = probes.iter().map(|probe| probe.start()).collect();
    while open.pop().is_some() {}
}

fn on_a_small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let small = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        small.unwrap().join().unwrap()
    })
}

/// Calls at every level, checking that the tree is one chain.
fn chain(tree: &CallTree) -> Vec<u64> {
    let nodes = tree.nodes();
    for (at, node) in nodes.iter().enumerate().skip(1) {
        assert_eq!((node.parent, node.name.as_str()), (at - 1, format!("deep::level{:05}", at - 1).as_str()));
    }
    nodes.iter().skip(1).map(|node| node.calls).collect()
}

#[test]
fn ten_thousand_nested_probes() {
    set_call_tree(true);
    let probes = probes();
    let counts = |snapshot: &Snapshot| chain(snapshot.tree());
    let (first, handed_on, later) = on_a_small_stack(|| {
        let session = Session::new();
        session.run(|| nest(&probes));
        let first = session.snapshot();
        drop(session); // its shard goes to the process's own, and is emptied
        let handed_on = snapshot();
        let session = Session::new();
        session.run(|| {
            nest(&probes[..DEEP / 2]);
            nest(&probes);
        });
        (first, handed_on, session.snapshot())
    });
    assert_eq!(counts(&first), vec![1; DEEP]);
    assert_eq!(counts(&handed_on), vec![1; DEEP]);
    let halves = [vec![2; DEEP / 2], vec![1; DEEP / 2]].concat();
    assert_eq!(counts(&later), halves, "an emptied shard begins at zero");
    on_a_small_stack(move || {
        let mut both = first.clone();
        both.merge(&later);
        assert_eq!(counts(&both), halves.iter().map(|calls| calls + 1).collect::<Vec<_>>());
        assert_eq!(both.since(&later).tree().nodes().len(), DEEP + 1);
        assert!(later.since(&later).tree().is_empty());
        assert_eq!(both.tree().nodes()[1].total, both.tree().nodes()[0].total);
        drop((first, later, both, handed_on));
    });
}
