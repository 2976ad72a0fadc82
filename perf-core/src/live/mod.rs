//! The half that exists only when the library is on.
//!
//! From hot to cold: [`local`] (what a thread keeps at hand) with [`heap`], [`slot`] and [`shard`] (where one thread
//! counts), [`lane`] (the way of one call) with [`open`] (what its guard holds) and [`more`] (what not every call has: allocations,
//! [`tree`]), [`general`] (the longer way, with sampling), [`poll`] (the way
//! of one poll) with [`future_state`] (what a future carries), [`entry`] (all that is not the usual case), [`slow`] and [`tail`] (the
//! slowest calls), [`waiting`] and [`watched`] (what of a call was on no processor), [`ring`] and [`timeline`] (the latest
//! calls), [`context`] (callers of work on another thread), [`spans`] (what another system opens for a call), then
//! [`registry`] (with [`site`], [`object`] and [`pages`]), [`sessions`], [`fork`] and [`collect`], which may lock. [`clock`] and
//! [`cost`] know about time. Nothing outside this folder touches a shard.

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

// Those that are allowed to are off the way of a call.
pub(crate) mod callsite;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
pub(crate) mod clock;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
pub(crate) mod collect;
pub(crate) mod context;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
pub(crate) mod cost;
pub(crate) mod entry;
pub(crate) mod fork;
pub(crate) mod future_state;
pub(crate) mod general;
pub(crate) mod heap;
pub(crate) mod lane;
pub(crate) mod local;
pub(crate) mod memory;
pub(crate) mod more;
mod object;
pub(crate) mod open;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
mod pages;
pub(crate) mod poll;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
pub(crate) mod registry;
pub(crate) mod ring;
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
pub(crate) mod sessions;
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

#[cfg(test)]
mod tests;
