//! The one place that decides whose atomics are used: the standard library's, or loom's while a model runs.
//!
//! Every cell of a shard has one writer, so an addition is never a locked instruction. Readers may see an older value of
//! each counter, never a torn one.
//!
//! The writer may be interrupted by a signal handler that writes too. Where an addition is a single instruction
//! ([`ADDS_AT_ONCE`]), both count. Where it is not, and for stores to several cells that belong together, the thread finds
//! no slots meanwhile, and a probe in the handler counts as lost: `undisturbed`.
//!
//! Sums never wrap. Sums that grow by one, or by the measured time of a call, cannot reach the end of 64 bits: a
//! billion a second takes 584 years, and ticks of 5 GHz take 29 years from [`MOST_TICKS`], where sums of durations that
//! callers name, or that are weighted, stop. Sums of other numbers that users or allocators name stop at the greatest
//! number.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, fence};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, fence};

#[cfg(loom)]
pub(crate) use loom::sync::{Mutex, MutexGuard};
#[cfg(not(loom))]
pub(crate) use std::sync::{Mutex, MutexGuard};

use super::sign::{Signed, Unsigned};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

#[cfg(not(loom))]
pub(crate) use super::local::undisturbed;
/// A model has no signal handlers.
#[cfg(loom)]
pub(crate) fn undisturbed<R>(stores: impl FnOnce() -> R) -> R {
    stores()
}

/// Whether an addition to a cell is one instruction, which no signal handler comes into the middle of.
pub(crate) const ADDS_AT_ONCE: bool = cfg!(all(target_arch = "x86_64", not(any(loom, miri))));

/// The limit of sums of durations that were not measured call by call: 146 years of nanoseconds.
pub(crate) const MOST_TICKS: u64 = 1 << 62;

/// A counter with one writer and any number of readers. Signed sums live in it as two's complement.
#[derive(Debug)]
#[repr(transparent)]
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

    /// As [`Own::own`] of an atomic.
    #[inline(always)]
    pub(crate) fn own(&self) -> u64 {
        self.0.own()
    }

    /// The same, as a plain load, which may be part of another instruction.
    ///
    /// # Safety
    /// The caller is the writer.
    #[inline(always)]
    pub(crate) unsafe fn own_plainly(&self) -> u64 {
        #[cfg(not(loom))]
        // SAFETY: no other thread writes to the cell, so this load is in no race.
        let value = unsafe { self.0.as_ptr().read() };
        #[cfg(loom)]
        let value = self.own();
        value
    }

    /// As [`Self::set`], as a plain store: of a cell that no other thread reads.
    ///
    /// # Safety
    /// The caller is the writer, and there are no readers.
    #[inline(always)]
    pub(crate) unsafe fn set_plainly(&self, value: u64) {
        #[cfg(not(loom))]
        // SAFETY: no other thread accesses the cell, so this store is in no race.
        unsafe {
            self.0.as_ptr().write(value);
        }
        #[cfg(loom)]
        self.set(value);
    }

    /// The writer only. Wraps: for sums that cannot reach the end (see above), and for differences, which may be
    /// negative.
    #[inline(always)]
    pub(crate) fn add(&self, more: u64) {
        #[cfg(all(target_arch = "x86_64", not(any(loom, miri))))]
        // SAFETY: the cell is a valid, aligned word; a plain addition to it is a relaxed load and a relaxed store.
        unsafe {
            let cell = self.0.as_ptr();
            core::arch::asm!("add qword ptr [{cell}], {more}", cell = in(reg) cell, more = in(reg) more, options(nostack));
        }
        #[cfg(not(all(target_arch = "x86_64", not(any(loom, miri)))))]
        self.set(self.own().wrapping_add(more));
    }

    /// The writer only. Sets it to 0 and returns the value before, also where a signal handler does the same. This is
    /// the only locked instruction, for rare use.
    #[inline]
    pub(crate) fn take(&self) -> u64 {
        self.0.swap(0, Relaxed)
    }

    /// The writer only. Ticks, of a sum that stops at [`MOST_TICKS`].
    #[inline]
    pub(crate) fn add_ticks(&self, more: u64) {
        if (self.own() | more) < MOST_TICKS >> 1 {
            return self.add(more);
        }
        // Measured time may have gone past it.
        let sum = self.own().saturating_add(more).min(MOST_TICKS);
        self.set(sum.max(self.own()));
    }

    /// The writer only. Sets it where that does not set it back.
    #[inline(always)]
    pub(crate) fn raise(&self, value: u64) {
        self.set(value.max(self.own()));
    }

    /// The writer only. Stops at the greatest number.
    #[inline]
    pub(crate) fn add_up(&self, more: u64) {
        if (self.own() | more) <= u64::MAX >> 1 {
            return self.add(more);
        }
        self.set(self.own().saturating_add(more));
    }

    /// The writer only. Signed ticks, of a sum that stops at [`MOST_TICKS`] on either side.
    #[inline]
    pub(crate) fn add_signed_ticks(&self, more: u64) {
        let most = MOST_TICKS.signed();
        let (own, more) = (self.own().signed(), more.signed());
        let sum = own.saturating_add(more);
        // Measured time may have gone past it.
        let sum = if more >= 0 { sum.min(most).max(own) } else { sum.max(most.wrapping_neg()).min(own) };
        self.set(sum.unsigned());
    }

    /// The writer only. A signed sum, in two's complement, that stops at its ends.
    #[inline]
    pub(crate) fn add_signed(&self, more: u64) {
        self.set(saturating_signed(self.own(), more));
    }
}

/// The sum of two signed numbers in two's complement, which stops at its ends.
#[inline]
pub(crate) fn saturating_signed(one: u64, other: u64) -> u64 {
    one.signed().saturating_add(other.signed()).unsigned()
}

/// Adds one to a cell that is not full; its writer only. As [`Count::add`].
///
/// # Safety
/// There is a cell at this position.
#[inline(always)]
pub(crate) unsafe fn add_one(cells: *const AtomicU32, position: usize) {
    #[cfg(all(target_arch = "x86_64", not(any(loom, miri))))]
    // SAFETY: the caller's promise, and as in `Count::add`.
    unsafe {
        core::arch::asm!("inc dword ptr [{cells} + 4*{at}]", cells = in(reg) cells, at = in(reg) position, options(nostack));
    }
    #[cfg(not(all(target_arch = "x86_64", not(any(loom, miri)))))]
    {
        // SAFETY: the caller's promise.
        let cell = unsafe { &*cells.wrapping_add(position) };
        cell.store(cell.own().wrapping_add(1), Relaxed);
    }
}

/// The value of a cell, as [`Count::own_plainly`].
///
/// # Safety
/// There is a cell at this position, and the caller is its writer.
#[inline(always)]
pub(crate) unsafe fn cell_plainly(cells: *const AtomicU32, position: usize) -> u32 {
    // SAFETY: the caller's promise.
    let cell = unsafe { &*cells.wrapping_add(position) };
    #[cfg(not(loom))]
    // SAFETY: no other thread writes to the cell, so this load is in no race.
    let value = unsafe { cell.as_ptr().read() };
    #[cfg(loom)]
    let value = cell.own();
    value
}

/// [`Count::add`] to a field of a struct behind a reference, without an instruction for the field's address.
macro_rules! add_to {
    ($of:expr, $type:ty, $field:ident, 1) => {
        $crate::live::sync::add_to!(@ $of, $type, $field, 1_u64, const 1)
    };
    ($of:expr, $type:ty, $field:ident, $more:expr) => {{
        let more: u64 = $more;
        $crate::live::sync::add_to!(@ $of, $type, $field, more, in(reg) more)
    }};
    (@ $of:expr, $type:ty, $field:ident, $more:expr, $($operand:tt)*) => {{
        #[cfg(all(target_arch = "x86_64", not(any(loom, miri))))]
        // SAFETY: the field is a counter of the struct that `of` refers to; otherwise as in `Count::add`.
        unsafe {
            let of: &$type = $of;
            let _: &$crate::live::sync::Count = &of.$field;
            core::arch::asm!(
                "add qword ptr [{of} + {at}], {more}",
                of = in(reg) std::ptr::from_ref::<$type>(of),
                at = const std::mem::offset_of!($type, $field),
                more = $($operand)*,
                options(nostack)
            );
        }
        #[cfg(not(all(target_arch = "x86_64", not(any(loom, miri)))))]
        $of.$field.add($more);
    }};
}
pub(crate) use add_to;

/// Reading a cell in order to write to it, which only its one writer does: a relaxed load. In a model, loom fails where
/// any other thread may have written meanwhile.
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

/// Lets readers see several stores of one writer as one: even outside of a write, odd while the writer is between the
/// stores.
pub(crate) struct Version(AtomicU64);

impl Version {
    #[cfg(any(loom, test))]
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The writer only.
    #[inline]
    pub(crate) fn write(&self, stores: impl FnOnce()) {
        let version = self.0.own();
        self.0.store(version.wrapping_add(1), Relaxed);
        // Pairs with the acquire fence in `read`: a reader that sees one of the stores sees the odd version.
        fence(Release);
        stores();
        // Pairs with the first acquire in `read`: a reader that sees the even version sees the stores.
        self.0.store(version.wrapping_add(2), Release);
    }

    /// Reads until no writer has come between; any thread.
    #[inline]
    pub(crate) fn read<R>(&self, mut loads: impl FnMut() -> R) -> R {
        loop {
            // Pairs with the last release in `write`.
            let version = self.0.load(Acquire);
            if version % 2 == 0 {
                let read = loads();
                // Pairs with the release fence in `write`.
                fence(Acquire);
                if self.0.load(Relaxed) == version {
                    return read;
                }
            }
            pause();
        }
    }
}

/// Yields while a reader waits for a writer to finish its stores.
fn pause() {
    #[cfg(loom)]
    loom::thread::yield_now();
    #[cfg(not(loom))]
    std::thread::yield_now();
}
