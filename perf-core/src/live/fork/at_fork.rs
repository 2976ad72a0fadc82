//! For platforms whose C library calls handlers around a fork.

use std::cell::Cell;
use std::ffi::c_int;
use std::mem::ManuallyDrop;
use std::sync::MutexGuard;
use std::sync::atomic::Ordering::Relaxed;

use super::super::local::{Local, Phase};
use super::super::registry::{Content, REGISTRY, State};
use super::super::{clock, entry, lost};
use super::{CLOSED, GENERATION};

/// The locks that the forking thread holds during the fork, and its phase before it.
struct Held {
    phase: Phase,
    content: MutexGuard<'static, Content>,
    state: MutexGuard<'static, State>,
}

/// Takes all locks; none where this thread is inside the library already, and may hold them itself.
fn take() -> Option<Held> {
    let local = Local::here();
    let phase = local.phase.get();
    if phase == Phase::InLibrary {
        return None;
    }
    // All one-time initialization is completed here: a child could wait for ever for a thread that was doing it.
    entry::prepared();
    clock::kind();
    local.enter_phase(Phase::InLibrary);
    let content = REGISTRY.lock_content();
    Some(Held { phase, content, state: REGISTRY.lock() })
}

/// Releases the locks in the parent.
fn give_back(held: Held) {
    drop((held.state, held.content));
    // For threads that have left shards meanwhile.
    REGISTRY.settle();
    Local::here().enter_phase(held.phase);
}

/// Resets the library in the child, and releases the locks.
fn begin_anew(held: Held) {
    let Held { phase, mut content, mut state } = held;
    GENERATION.fetch_add(1, Relaxed);
    content.forget();
    state.forget_shards();
    lost::forget_lost();
    drop((state, content));
    let local = Local::here();
    local.home.set(None);
    local.ring.set(None);
    local.use_shard(None);
    // Calls that began before the fork began in a shard of the parent's.
    if phase == Phase::Alive {
        local.begin_loan();
        local.home_loan.set(local.loan());
    }
    local.enter_phase(phase);
    for place in &CLOSED {
        let descriptor = place.swap(-1, Relaxed);
        if descriptor >= 0 {
            close_here(descriptor);
        }
    }
}

thread_local! {
    /// Set from before a fork until after it.
    static HELD: Cell<Option<ManuallyDrop<Held>>> = const { Cell::new(None) };
}

type Handler = extern "C" fn();

unsafe extern "C" {
    fn close(descriptor: c_int) -> c_int;
    fn pthread_atfork(before: Handler, in_parent: Handler, in_child: Handler) -> c_int;
}

extern "C" fn before() {
    HELD.set(take().map(ManuallyDrop::new));
}

extern "C" fn in_parent() {
    if let Some(held) = HELD.take() {
        give_back(ManuallyDrop::into_inner(held));
    }
}

extern "C" fn in_child() {
    if let Some(held) = HELD.take() {
        begin_anew(ManuallyDrop::into_inner(held));
    }
}

fn close_here(descriptor: c_int) {
    // SAFETY: its owner registered it to be closed, and is on a thread that does not exist in the child.
    unsafe { close(descriptor) };
}

pub(super) fn install() {
    // SAFETY: the handlers do not unwind, and the C library forgets them where this library is unloaded. Where it has
    // no memory for them a child may find a lock taken.
    unsafe { pthread_atfork(before, in_parent, in_child) };
}
