//! The half that exists only when the library is on.
//!
//! From hot to cold: [`local`] (what a thread keeps at hand) with [`heap`], [`slot`] and [`shard`] (where one thread
//! counts), [`lane`] (the way of one call), [`general`] (the longer way, with sampling and [`tree`]), [`poll`] (the way
//! of one poll), [`entry`] (whatever is not the usual case), then [`registry`], [`sessions`] and [`collect`], which may
//! lock. [`clock`] and [`cost`] know about time. Nothing outside this folder touches a shard.

pub(crate) mod callsite;
pub(crate) mod memory;
pub(crate) mod registry;
pub(crate) mod shard;
pub(crate) mod slot;
pub(crate) mod sync;
pub(crate) mod tree;

// What follows hangs on thread-locals and statics, which loom's models do without.
#[cfg(not(loom))]
pub(crate) mod clock;
#[cfg(not(loom))]
pub(crate) mod collect;
#[cfg(not(loom))]
pub(crate) mod cost;
#[cfg(not(loom))]
pub(crate) mod entry;
#[cfg(not(loom))]
pub(crate) mod general;
#[cfg(not(loom))]
pub(crate) mod heap;
#[cfg(not(loom))]
pub(crate) mod lane;
#[cfg(not(loom))]
pub(crate) mod local;
#[cfg(not(loom))]
pub(crate) mod poll;
#[cfg(not(loom))]
pub(crate) mod sessions;

#[cfg(all(loom, test))]
mod models;
