//! `fork`: the child is a process of its own, and its figures begin with it.
//!
//! A fork copies memory, but only the thread that asked for it. So no other thread may hold a lock of the library at
//! that moment: the forking thread takes them all before, and gives them back on both sides. In the child the registry
//! then forgets all shards, whose counts are the parent's, and the thread begins with one of its own. That touches a few
//! words and no shard, so that a child that is about to become another program copies no page for it.

#[cfg(unix)]
use std::sync::atomic::AtomicI32;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// How many forks lie between the process that first used the library and this one.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Descriptors that a child closes; -1 where there is none. A listener of the parent would else stay open in the child,
/// where no thread answers.
#[cfg(unix)]
static CLOSED: [AtomicI32; 8] = [const { AtomicI32::new(-1) }; 8];

/// Replaces the first of [`CLOSED`] that is `before`.
#[cfg(unix)]
pub(crate) fn replace_closed(before: i32, after: i32) -> bool {
    CLOSED.iter().any(|place| place.compare_exchange(before, after, Relaxed, Relaxed).is_ok())
}

/// The generation of this process: a child has another one than its parent.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Relaxed)
}

/// Installs the handlers that keep the library consistent in children of this process.
pub(crate) fn prepare() {
    handlers::install();
}

/// The handlers around a fork, where the platform has them; elsewhere there are none to install.
#[cfg_attr(
    all(
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
    ),
    path = "fork/at_fork.rs"
)]
mod handlers;
