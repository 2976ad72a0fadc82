//! The one place that decides whose atomics are used: the standard library's, or loom's while a model runs.
//!
//! Every cell of a shard has one writer, so a counter is a relaxed load and a relaxed store, never a locked
//! instruction. Readers may see an older value of each counter, never a torn one.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, fence};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, fence};

#[cfg(loom)]
pub(crate) use loom::sync::{Mutex, MutexGuard};
#[cfg(not(loom))]
pub(crate) use std::sync::{Mutex, MutexGuard};

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// A counter with one writer and any number of readers. Arithmetic wraps: signed sums live in it as two's complement.
#[derive(Debug)]
pub(crate) struct Count(AtomicU64);

/// `const fn`, but under loom, whose atomics cannot be made at compile time.
macro_rules! const_unless_loom {
    ($(#[$meta:meta])* $vis:vis fn $($rest:tt)*) => {
        #[cfg(not(loom))] $(#[$meta])* $vis const fn $($rest)*
        #[cfg(loom)] $(#[$meta])* $vis fn $($rest)*
    };
}
pub(crate) use const_unless_loom;

impl Count {
    const_unless_loom! {
        pub(crate) fn new(value: u64) -> Self {
            Self(AtomicU64::new(value))
        }
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }

    /// The writer only.
    #[inline(always)]
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    /// What [`Own::own`] is to an atomic.
    #[inline(always)]
    pub(crate) fn own(&self) -> u64 {
        self.0.own()
    }

    /// The writer only.
    #[inline(always)]
    pub(crate) fn add(&self, more: u64) {
        self.set(self.own().wrapping_add(more));
    }
}

/// Reading a cell in order to write to it, which only its one writer does: a relaxed load. In a model, loom fails where
/// anybody else may have written meanwhile.
pub(crate) trait Own {
    type Value;
    fn own(&self) -> Self::Value;
}

macro_rules! own {
    ($($cell:ty => $value:ty $(, $t:ident)?;)*) => {$(
        impl$(<$t>)? Own for $cell {
            type Value = $value;

            #[inline(always)]
            fn own(&self) -> $value {
                #[cfg(not(loom))]
                let value = self.load(Relaxed);
                #[cfg(loom)]
                // SAFETY: loom keeps the value itself, and stops the model where the load is not exclusive of stores.
                let value = unsafe { self.unsync_load() };
                value
            }
        }
    )*};
}

own! {
    AtomicU32 => u32;
    AtomicU64 => u64;
    AtomicPtr<T> => *mut T, T;
}

/// Lets readers see several stores of one writer as one: even at rest, odd while the writer is between them.
pub(crate) struct Version(AtomicU64);

impl Version {
    const_unless_loom! {
        pub(crate) fn new() -> Self {
            Self(AtomicU64::new(0))
        }
    }

    /// The writer only.
    #[inline]
    pub(crate) fn write(&self, stores: impl FnOnce()) {
        let version = self.0.own();
        self.0.store(version + 1, Relaxed);
        // Pairs with the acquire fence in `read`: who sees one of the stores sees the odd version.
        fence(Release);
        stores();
        self.0.store(version + 2, Release);
    }

    /// Reads until no writer has come between; any thread.
    #[inline]
    pub(crate) fn read<R>(&self, mut loads: impl FnMut() -> R) -> R {
        loop {
            let version = self.0.load(Acquire);
            if version.is_multiple_of(2) {
                let read = loads();
                fence(Acquire);
                if self.0.load(Relaxed) == version {
                    return read;
                }
            }
            pause();
        }
    }
}

/// What a reader does while it waits for a writer to finish two stores.
fn pause() {
    #[cfg(loom)]
    loom::thread::yield_now();
    #[cfg(not(loom))]
    std::thread::yield_now();
}
