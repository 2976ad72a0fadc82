//! Threads with the smallest stacks there are: their first call of a probe, which registers it and makes the thread's shard,
//! does not overflow them.
#![cfg(all(target_os = "linux", not(miri)))]

use std::ffi::c_void;
use std::process::Command;
use std::{ptr, thread};

use perf_core::{Probe, perf_probe, snapshot};

/// What the standard library gives at least, `PTHREAD_STACK_MIN`, of which the thread's start takes its part.
const SMALLEST: usize = 16 << 10;

/// What the documentation says of the stack that the first call of a program takes, and that of a thread.
const FIRST_OF_PROGRAM: usize = 13 << 10;
const FIRST_OF_THREAD: usize = 8 << 10;

static FIRST: Probe = Probe::new("stacks::first");
static CAPPED: Probe = Probe::new("stacks::capped").overhead(10_000);

#[perf_probe(name = "stacks::named", items = 1)]
fn named() -> Result<(), u32> {
    Ok(())
}

/// Bytes of stack that a thread touches which does this.
fn depth(work: extern "C" fn(*mut c_void) -> *mut c_void) -> usize {
    const SIZE: usize = 256 << 10;
    const PAINT: u64 = 0x7061_696e_7465_6421;
    let mut stack = vec![PAINT; SIZE / 8];
    // SAFETY: the stack outlives the thread, which is joined here and whose only work is `work`.
    unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        let mut thread: libc::pthread_t = std::mem::zeroed();
        assert_eq!(libc::pthread_attr_init(&raw mut attributes), 0);
        assert_eq!(libc::pthread_attr_setstack(&raw mut attributes, stack.as_mut_ptr().cast(), SIZE), 0);
        assert_eq!(libc::pthread_create(&raw mut thread, &raw const attributes, work, ptr::null_mut()), 0);
        assert_eq!(libc::pthread_join(thread, ptr::null_mut()), 0);
        libc::pthread_attr_destroy(&raw mut attributes);
    }
    SIZE - 8 * stack.iter().take_while(|&&word| word == PAINT).count()
}

extern "C" fn nothing(_: *mut c_void) -> *mut c_void {
    ptr::null_mut()
}

extern "C" fn first_calls(_: *mut c_void) -> *mut c_void {
    drop(FIRST.start());
    drop(CAPPED.start());
    assert_eq!(named(), Ok(()));
    ptr::null_mut()
}

/// In a process of its own: an overflow ends it.
#[test]
fn a_first_call_on_the_smallest_stack() {
    let size = std::env::var("SMALL_STACK").ok().and_then(|size| size.parse().ok());
    let Some(size) = size else {
        let me = std::env::current_exe().unwrap();
        let plain = depth(nothing);
        let (first, again) = (depth(first_calls) - plain, depth(first_calls) - plain);
        println!("first call of the program: {first} bytes of stack; of a thread: {again}");
        assert!(first <= FIRST_OF_PROGRAM && again <= FIRST_OF_THREAD, "{first} and {again} bytes");
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
