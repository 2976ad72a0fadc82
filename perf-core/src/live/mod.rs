//! The half that exists only when the library is on.
//!
//! From hot to cold: [`local`] (what a thread keeps at hand) with [`heap`], [`slot`] and [`shard`] (where one thread
//! counts), [`lane`] (the way of one call), [`general`] (the longer way, with sampling and [`tree`]), [`poll`] (the way
//! of one poll) with [`journey`] (what a future carries), [`entry`] (all that is not the usual case), [`slow`] and [`tail`] (the
//! slowest calls), [`waiting`] and [`watched`] (what of a call was on no processor), [`ring`] and [`timeline`] (the latest
//! calls), [`context`] (callers of work on another thread), [`spans`] (what another system opens for a call), then
//! [`registry`] (with [`site`], [`object`] and [`pages`]), [`sessions`], [`fork`] and [`collect`], which may lock. [`clock`] and
//! [`cost`] know about time. Nothing outside this folder touches a shard.

pub(crate) mod callsite;
pub(crate) mod clock;
pub(crate) mod collect;
pub(crate) mod context;
pub(crate) mod cost;
pub(crate) mod entry;
pub(crate) mod fork;
pub(crate) mod general;
pub(crate) mod heap;
pub(crate) mod journey;
pub(crate) mod lane;
pub(crate) mod local;
pub(crate) mod memory;
pub(crate) mod more;
mod object;
pub(crate) mod open;
mod pages;
pub(crate) mod poll;
pub(crate) mod registry;
pub(crate) mod ring;
pub(crate) mod sessions;
pub(crate) mod shard;
pub(crate) mod site;
pub(crate) mod slot;
pub(crate) mod slow;
pub(crate) mod spans;
pub(crate) mod sync;
pub(crate) mod tail;
pub(crate) mod timeline;
pub(crate) mod tree;
pub(crate) mod waiting;
pub(crate) mod watched;

#[cfg(test)]
mod tests;
