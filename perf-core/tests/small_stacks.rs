//! Threads with the smallest stacks there are: their first call of a probe, which registers it and makes the thread's shard,
//! does not overflow them.
#![cfg(all(target_os = "linux", not(miri)))]

use std::process::Command;
use std::thread;

use perf_core::{Probe, perf_probe, snapshot};

/// What the standard library gives at least, `PTHREAD_STACK_MIN`, of which the thread's start takes its part.
const SMALLEST: usize = 16 << 10;

static FIRST: Probe = Probe::new("stacks::first");
static CAPPED: Probe = Probe::new("stacks::capped").overhead(10_000);

#[perf_probe(name = "stacks::named", items = 1)]
fn named() -> Result<(), u32> {
    Ok(())
}

/// In a process of its own: an overflow ends it.
#[test]
fn a_first_call_on_the_smallest_stack() {
    let size = std::env::var("SMALL_STACK").ok().and_then(|size| size.parse().ok());
    let Some(size) = size else {
        let me = std::env::current_exe().unwrap();
        for tree in ["", "1"] {
            let mut child = Command::new(&me);
            child.args(["--exact", "a_first_call_on_the_smallest_stack", "--nocapture"]);
            child.env("SMALL_STACK", SMALLEST.to_string()).env("SMALL_STACK_TREE", tree);
            let output = child.output().unwrap();
            assert!(output.status.success(), "tree {tree:?}: {output:?}");
        }
        return;
    };
    if std::env::var("SMALL_STACK_TREE").is_ok_and(|tree| tree == "1") {
        perf_core::set_call_tree(true);
    }
    for _ in 0..3 {
        let work = || {
            drop(FIRST.start());
            drop(CAPPED.start());
            assert_eq!(named(), Ok(()));
        };
        thread::Builder::new().stack_size(size).spawn(work).unwrap().join().unwrap();
    }
    assert_eq!(snapshot().get("stacks::named").unwrap().calls(), 3);
}
