//! The half that exists only when the library is on.
//!
//! From hot to cold: [`local`] (the state of a thread) with [`here`] (the way to it) and [`heap`], [`slot`] and [`shard`] (where one thread counts),
//! [`lane`] (the path of one call) with [`frame`] (the state of an open one) on the thread's [`shadow`] stack, [`highest_bit`] (one instruction),
//! [`placed`] (the same path for a call in the [`tree`]) and [`more`] (parts that not every call has: allocations), [`general`] (the longer path),
//! [`series`] and [`cap`] (which calls of a sampled probe are timed), [`poll`] (the path of one poll) with [`future_state`] (the state of a
//! future) in a place of a [`pool`], [`entry`] (all cases but the usual one), [`slow`] and [`tail`] (the
//! slowest calls), [`waiting`] and [`watched`] (the part of a call on no processor), [`ring`] and [`timeline`] (the
//! latest calls), [`context`] (callers of work on another thread), [`spans`] (spans that another system opens for a
//! call), then [`lost`] (calls that are in no shard), [`registry`] (with [`site`], [`object`] and [`pages`]), [`sessions`], [`fork`] and [`collect`] (with [`reader`] and [`prefetch`]), which
//! may lock. [`clock`] and [`cost`] measure time. Nothing outside this folder touches a shard.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "calls pass through here, and nothing on their way may panic in any profile"
    )
)]

// The modules that may panic are off the path of a call.
pub(crate) mod callsite;
pub(crate) mod cap;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
pub(crate) mod clock;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
pub(crate) mod collect;
pub(crate) mod context;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
pub(crate) mod cost;
pub(crate) mod entry;
pub(crate) mod fork;
pub(crate) mod frame;
pub(crate) mod future_state;
pub(crate) mod general;
pub(crate) mod heap;
mod here;
mod highest_bit;
pub(crate) mod lane;
pub(crate) mod local;
pub(crate) mod lost;
pub(crate) mod memory;
pub(crate) mod more;
mod object;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
mod pages;
mod placed;
pub(crate) mod poll;
pub(crate) mod pool;
mod prefetch;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
mod reader;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
pub(crate) mod registry;
pub(crate) mod ring;
mod series;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
pub(crate) mod sessions;
pub(crate) mod shadow;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
pub(crate) mod shard;
mod sign;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
pub(crate) mod site;
pub(crate) mod slot;
pub(crate) mod slow;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
pub(crate) mod spans;
pub(crate) mod sync;
pub(crate) mod tail;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
pub(crate) mod timeline;
pub(crate) mod tree;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
pub(crate) mod waiting;
pub(crate) mod watched;

#[cfg(all(test, target_arch = "x86_64", target_os = "linux", not(any(miri, loom))))]
mod stepped_tests;
#[cfg(test)]
mod tests;
