//! Loom models of perf-core's lock-free parts, compiled from the library's own files with loom's atomics in place of
//! the standard library's. Run with
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test --release --manifest-path perf-core/loom/Cargo.toml
//! ```
//!
//! Loom tries every order in which the threads of a model can run, and every value that the memory model lets a load
//! return. A model is at most a few dozen operations long, so each shows one thing. What loom cannot see is memory that
//! is not atomic: that a pointer is published after what it points to is shown only where that holds atomics.
#![cfg(all(loom, test))]
#![allow(dead_code, unused_imports, reason = "the models use a part of what the files hold")]

#[path = "../../src/buckets.rs"]
mod buckets;
#[path = "../../src/budget.rs"]
mod budget;
#[path = "../../src/exemplar.rs"]
mod exemplar;
#[path = "../../src/name.rs"]
mod name;

#[path = "../../src/live"]
mod live {
    pub(crate) mod callsite;
    pub(crate) mod cap;
    /// What a call costs is measured by calls, which no model has.
    pub(crate) mod cost {
        pub(crate) fn due() -> u64 {
            1
        }

        pub(crate) fn passed() -> u64 {
            1
        }
    }
    pub(crate) mod lost;
    pub(crate) mod memory;
    pub(crate) mod object;
    pub(crate) mod pages;
    pub(crate) mod prefetch;
    pub(crate) mod registry;
    pub(crate) mod ring;
    pub(crate) mod shard;
    pub(crate) mod sign;
    pub(crate) mod site;
    pub(crate) mod slot;
    pub(crate) mod sync;
    pub(crate) mod tail;
    pub(crate) mod tree;
    pub(crate) mod watched;
}

mod models;
