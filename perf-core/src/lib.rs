//! Probes cheap enough to leave in production.
//!
//! A *probe* measures a place in the program: the number of calls, their durations and self times, and their
//! allocations. A probe costs two readings of the processor's counter and little more; nothing is locked, allocated or
//! sent anywhere. Without feature `enabled` every name of this crate is still there and does nothing: the attributes
//! return the function as it was.
//!
//! ```
//! use perf_core::{perf_block, perf_probe};
//!
//! #[perf_probe(bytes = text.len())]
//! fn words(text: &str) -> usize {
//!     let words: Vec<_> = perf_block!("split", { text.split(' ').collect() });
//!     words.len()
//! }
//!
//! words("so it goes");
//! let snapshot = perf_core::snapshot();
//! for probe in snapshot.probes() {
//!     println!("{} {} {:?}", probe.name(), probe.calls(), probe.quantile(0.99));
//! }
//! ```
//!
//! | to | use |
//! |---|---|
//! | measure functions, methods, whole `impl` blocks and modules, `async` or not | [`macro@perf_probe`] |
//! | measure a part of a function | [`perf_block!`] |
//! | measure by hand, or a future | [`Probe`] |
//! | count allocations too | [`PerfAlloc`] |
//! | read the counts | [`snapshot`] |
//! | measure one piece of work while others run | [`Session`] |
//! | keep the caller of work that another thread does | [`CallContext`] |
//! | see the latest calls of every thread | [`set_timeline`], [`timeline`](timeline()) |
//! | find a slow call in another system | [`Trace`] |
//! | switch it off and on | [`set_recording`], [`set_call_tree`] |
//! | declare limits on the cost of a call | [`macro@perf_budget`], [`budget`] |
//!
//! `perf-exporters` prints and serves the content of a [`Snapshot`], and turns budgets into verdicts.
//!
//! # How it counts
//! Every thread counts into a *shard* of its own: one slot for each probe, with exact counters and a log-linear
//! [`Histogram`]. Only its thread writes to it, so counting needs no locked instruction; readers add up the shards
//! while their threads go on. Counters only grow, and an interval is the difference of two snapshots. A thread that
//! ends leaves its shard, with all that is in it, to the next one that begins.
//!
//! # What it promises
//! - It never panics, blocks or allocates on the hot path of the program. A call that cannot be counted is left out and
//!   counted as lost: see [`SnapshotMeta::lost`].
//! - Calls, errors, panics, sums of time and allocations are exact. Quantiles are within 0.79 %.
//! - A signal handler may call a probe that its thread has called before, the interrupted one among them: the call counts,
//!   or counts as lost.
//! - Sums stop at their greatest value (2^64 - 1; of times, 2^62 ticks) and never go back.
//! - The first call of a program takes less than 13 KiB of stack, and that of a thread less than 8 KiB, in a debug
//!   build on x86-64 Linux: `cargo test -p perf-core --test small_stacks -- --nocapture` prints how much.
//! - Memory is bounded by the probes, the octaves of their durations and the threads, for any number of calls: a probe
//!   that a thread has called takes 2 KiB there, and 256 bytes more for every doubling that its durations span. Memory
//!   that threads counted in goes to the next threads, or back to the system.
//! - The child of a `fork` counts for itself, from zero. (A raw `fork` system call runs no handler, so the library does not
//!   see it: such a child goes on from its parent's counts.)
//! - A plugin that shares a dynamic library of this crate with its program may be unloaded, on Linux with glibc: its
//!   counts stay. Elsewhere it has to stay loaded.

// Items that only the live half makes are unused without it; the types stay the same.
#![cfg_attr(not(feature = "enabled"), allow(dead_code))]

mod alloc;
mod block;
mod buckets;
pub mod budget;
mod call;
mod call_tree;
mod context;
mod control;
mod exemplar;
mod histogram;
#[cfg(feature = "enabled")]
mod live;
mod measured;
mod meta;
mod mock;
mod name;
mod probe;
mod session;
mod snapshot;
pub mod spans;
mod split;
mod stats;
mod ticks;
mod timeline;
mod trace;
mod typed;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use alloc::PerfAlloc;
pub use call_tree::{CallTree, TreeNode};
pub use context::{CallContext, CallContextGuard, InCallContext};
pub use control::{
    is_enabled, live_bytes, set_call_tree, set_overhead, set_recording, set_timeline, snapshot, timeline,
};
pub use exemplar::Exemplar;
pub use histogram::{Bucket, Histogram, HistogramError};
pub use measured::Measured;
pub use meta::{ClockKind, SnapshotMeta};
pub use mock::MockClock;
pub use perf_macros::{perf_budget, perf_probe};
pub use probe::{Guard, Probe};
pub use session::{InSession, Session, SessionGuard, SessionHandle};
pub use snapshot::Snapshot;
pub use split::SplitCall;
pub use stats::ProbeStats;
pub use timeline::{EventKind, Timeline, TimelineEvent};
pub use trace::{InTrace, Trace, TraceGuard};
