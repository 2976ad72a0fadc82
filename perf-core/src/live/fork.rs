//! `fork`: the child is a process of its own, and its figures begin with it.
//!
//! A fork copies memory, but only the thread that asked for it. So no other thread may hold a lock of the library at
//! that moment: the forking thread takes them all before, and gives them back on both sides. In the child the registry
//! then forgets all shards, whose counts are the parent's, and the thread begins with one of its own. That touches a few
//! words and no shard, so that a child that is about to become another program copies no page for it.

use std::sync::MutexGuard;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};

use super::local::{Local, Phase};
use super::registry::{self, Content, REGISTRY, State};
use super::{clock, entry};

/// How many forks lie between the process that first used the library and this one.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Descriptors that a child closes; -1 where there is none. What listens for the parent would else go on listening in the
/// child, with nobody to answer.
static CLOSED: [AtomicI32; 8] = [const { AtomicI32::new(-1) }; 8];

/// Replaces the first of [`CLOSED`] that is `before`.
pub(crate) fn replace_closed(before: i32, after: i32) -> bool {
    CLOSED.iter().any(|place| place.compare_exchange(before, after, Relaxed, Relaxed).is_ok())
}

/// A child has another one than its parent.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Relaxed)
}

/// Sees to it that children of this process find the library in order.
pub(crate) fn prepare() {
    handlers::install();
}

/// What the forking thread holds meanwhile.
struct Held {
    phase: Phase,
    content: MutexGuard<'static, Content>,
    state: MutexGuard<'static, State>,
}

/// Takes all locks; none where this thread is inside the library already, and may hold them itself.
fn take() -> Option<Held> {
    let local = Local::here();
    let phase = local.phase.get();
    if phase == Phase::Busy {
        return None;
    }
    // What is made once has been made by then, or is made now: a child could wait for its maker for ever.
    entry::prepared();
    clock::kind();
    local.enter_phase(Phase::Busy);
    let content = REGISTRY.lock_content();
    Some(Held { phase, content, state: REGISTRY.lock() })
}

/// On the parent's side.
fn give_back(held: Held) {
    drop((held.state, held.content));
    // For those who have left something meanwhile.
    REGISTRY.settle();
    Local::here().enter_phase(held.phase);
}

/// On the child's side.
fn begin_anew(held: Held) {
    let Held { phase, mut content, mut state } = held;
    GENERATION.fetch_add(1, Relaxed);
    content.forget();
    state.forget_shards();
    registry::forget_lost();
    drop((state, content));
    let local = Local::here();
    local.home.set(None);
    local.ring.set(None);
    local.use_shard(None);
    // Calls that began before the fork began in a shard of the parent's.
    if phase == Phase::Alive {
        local.begin_loan();
        local.home_loan.set(local.loan.get());
    }
    local.enter_phase(phase);
    for place in &CLOSED {
        let descriptor = place.swap(-1, Relaxed);
        if descriptor >= 0 {
            handlers::close_here(descriptor);
        }
    }
}

/// Where there is a `fork`.
#[cfg(all(
    any(
        target_os = "linux",
        target_os = "android",
        target_os = "macos",
        target_os = "ios",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd"
    ),
    not(miri)
))]
mod handlers {
    use std::cell::Cell;
    use std::ffi::c_int;
    use std::mem::ManuallyDrop;

    use super::Held;

    thread_local! {
        /// From before a fork until after it.
        static HELD: Cell<Option<ManuallyDrop<Held>>> = const { Cell::new(None) };
    }

    type Handler = extern "C" fn();

    unsafe extern "C" {
        fn close(descriptor: c_int) -> c_int;
        fn pthread_atfork(before: Handler, in_parent: Handler, in_child: Handler) -> c_int;
    }

    extern "C" fn before() {
        HELD.set(super::take().map(ManuallyDrop::new));
    }

    extern "C" fn in_parent() {
        if let Some(held) = HELD.take() {
            super::give_back(ManuallyDrop::into_inner(held));
        }
    }

    extern "C" fn in_child() {
        if let Some(held) = HELD.take() {
            super::begin_anew(ManuallyDrop::into_inner(held));
        }
    }

    pub(super) fn close_here(descriptor: c_int) {
        // SAFETY: its owner, who said that it is to be closed, is on a thread that is not here.
        unsafe { close(descriptor) };
    }

    pub(super) fn install() {
        // SAFETY: the handlers do not unwind, and the C library forgets them where this library is unloaded. Where it has
        // no memory for them a child may find a lock taken.
        unsafe { pthread_atfork(before, in_parent, in_child) };
    }
}

#[cfg(not(all(
    any(
        target_os = "linux",
        target_os = "android",
        target_os = "macos",
        target_os = "ios",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd"
    ),
    not(miri)
)))]
mod handlers {
    pub(super) fn close_here(_descriptor: i32) {}

    pub(super) fn install() {}
}
