//! The one place that decides whose atomics the schedule uses: the standard library's, or loom's while a model runs.

#[cfg(loom)]
pub(super) use loom::{
    sync::Mutex,
    sync::atomic::{AtomicBool, AtomicU64},
    thread::yield_now,
};
#[cfg(not(loom))]
pub(super) use std::{
    sync::Mutex,
    sync::atomic::{AtomicBool, AtomicU64},
    thread::yield_now,
};
