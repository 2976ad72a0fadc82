//! Slots are hidden at every instruction of what must not be disturbed: by a signal after each instruction of it, whose handler hides
//! slots too.

use core::arch::asm;
use std::ptr;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use super::callsite::ID;
use super::local::{Local, Phase, undisturbed};
use crate::Probe;

static PROBE: Probe = Probe::new("stepped");
static SIGNALS: AtomicUsize = AtomicUsize::new(0);
/// Closures of `undisturbed` that are open.
static UNDISTURBED: AtomicUsize = AtomicUsize::new(0);
/// Signals that found slots inside of one.
static FOUND: AtomicUsize = AtomicUsize::new(0);
/// Handlers that left the thread otherwise than they found it.
static CHANGED: AtomicUsize = AtomicUsize::new(0);

/// Whether the thread finds slots.
fn found() -> bool {
    Local::here().known_slot(PROBE.site.word() & ID).is_some()
}

fn hide_once() {
    undisturbed(|| {
        UNDISTURBED.fetch_add(1, Relaxed);
        UNDISTURBED.fetch_sub(1, Relaxed);
    });
}

extern "C" fn handle(_: libc::c_int) {
    SIGNALS.fetch_add(1, Relaxed);
    let before = found();
    if UNDISTURBED.load(Relaxed) > 0 && before {
        FOUND.fetch_add(1, Relaxed);
    }
    hide_once();
    if found() != before {
        CHANGED.fetch_add(1, Relaxed);
    }
}

/// Runs it with a signal after each instruction.
fn step(work: fn()) {
    // SAFETY: sets the processor's trap flag on this thread, for which there is a handler. A handler begins without it.
    unsafe { asm!("pushfq", "or qword ptr [rsp], 0x100", "popfq") };
    work();
    // SAFETY: clears it again.
    unsafe { asm!("pushfq", "and qword ptr [rsp], -0x101", "popfq") };
}

#[test]
fn no_signal_finds_slots_that_are_hidden() {
    drop(PROBE.start());
    assert!(found());
    // SAFETY: a handler that calls what handlers may call; zeros are a valid set of no signals and no flags.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handle as extern "C" fn(libc::c_int) as usize;
        assert_eq!(libc::sigaction(libc::SIGTRAP, &raw const action, ptr::null_mut()), 0);
    }
    step(|| {
        hide_once();
        Local::here().in_library(|_| hide_once());
    });
    let signals = SIGNALS.load(Relaxed);
    assert!(signals > 100, "{signals} signals");
    assert_eq!((FOUND.load(Relaxed), CHANGED.load(Relaxed)), (0, 0), "of {signals} signals");
    assert_eq!((found(), Local::here().phase.get() == Phase::Alive), (true, true));
}
