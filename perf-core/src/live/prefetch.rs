//! Asks the processor for memory that is about to be read. A reader of slots finds hardly anything in a cache: it would wait
//! for a line, then for one that the first leads to, slot after slot.

const LINE: usize = 64;

/// Asks for so many bytes.
#[inline(always)]
pub(crate) fn prefetch<T>(place: *const T, bytes: usize) {
    for offset in (0..bytes).step_by(LINE) {
        line(place.cast::<u8>().wrapping_add(offset));
    }
}

#[inline(always)]
#[cfg(all(target_arch = "x86_64", not(any(loom, miri))))]
fn line(place: *const u8) {
    use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a hint, which is valid for any address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) };
}

#[inline(always)]
#[cfg(all(target_arch = "aarch64", not(any(loom, miri))))]
fn line(place: *const u8) {
    // SAFETY: a hint, which is valid for any address.
    unsafe {
        core::arch::asm!("prfm pldl1keep, [{place}]", place = in(reg) place, options(nostack, readonly, preserves_flags))
    };
}

#[inline(always)]
#[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(any(loom, miri)))))]
fn line(_: *const u8) {}
