//! Requests of a program to the valgrind that runs it: a few instructions that do nothing elsewhere.
//!
//! valgrind knows a fixed sequence of rotations that together leave their register as it was. Behind it stands an exchange of a
//! register with itself; there it takes the arguments from one register and leaves its answer in another. The sequences, the
//! registers and the numbers are those of `valgrind.h` and `callgrind.h`, which promise that they do not change.
#![allow(unsafe_code, reason = "a request is inline assembly, where the platform has any")]

use std::ffi::CString;

/// "Are you there?"
const RUNNING_ON_VALGRIND: u64 = 0x1001;

/// callgrind's own requests begin with its initials.
const CALLGRIND: u64 = (b'C' as u64) << 24 | (b'T' as u64) << 16;
const TOGGLE_COLLECT: u64 = CALLGRIND + 2;
const DUMP_STATS_AT: u64 = CALLGRIND + 3;
const START_INSTRUMENTATION: u64 = CALLGRIND + 4;

/// Whether requests can be made on this platform.
pub(super) const fn is_possible() -> bool {
    cfg!(all(any(target_arch = "x86_64", target_arch = "aarch64"), target_os = "linux", not(miri)))
}

/// Whether valgrind runs this program.
pub(super) fn is_on_valgrind() -> bool {
    request(RUNNING_ON_VALGRIND, 0) > 0
}

/// Has callgrind look at instructions from here on.
pub(super) fn start_instrumentation() {
    request(START_INSTRUMENTATION, 0);
}

/// Has callgrind count instructions of this thread, or no longer count them.
#[inline(always)]
pub(super) fn toggle_collect() {
    request(TOGGLE_COLLECT, 0);
}

/// Has callgrind write its counts under this name, and begin anew.
pub(super) fn dump(name: &str) {
    // No name has a zero byte in it; the empty name would stand for one.
    let name = CString::new(name).unwrap_or_default();
    request(DUMP_STATS_AT, name.as_ptr().addr() as u64);
    drop(name);
}

/// Makes a request with one argument; without valgrind the answer is zero.
#[inline(always)]
fn request(code: u64, argument: u64) -> u64 {
    let arguments = [code, argument, 0, 0, 0, 0];
    // SAFETY: the rotations add up to a whole turn of the register, and the exchange is one of a register with itself, so
    // outside of valgrind only flags change. Inside, valgrind reads the six words, which outlive the request, and for
    // `DUMP_STATS_AT` a string whose address is one of them, which its caller keeps. It writes to the register of the answer alone.
    #[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
    unsafe {
        let mut answer: u64 = 0;
        std::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inout("rdx") answer,
            options(nostack),
        );
        answer
    }
    // SAFETY: as above.
    #[cfg(all(target_arch = "aarch64", target_os = "linux", not(miri)))]
    unsafe {
        let mut answer: u64 = 0;
        std::arch::asm!(
            "ror x12, x12, #3",
            "ror x12, x12, #13",
            "ror x12, x12, #51",
            "ror x12, x12, #61",
            "orr x10, x10, x10",
            in("x4") arguments.as_ptr(),
            inout("x3") answer,
            options(nostack),
        );
        answer
    }
    #[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), target_os = "linux", not(miri))))]
    {
        let _ = arguments;
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_of_valgrind_requests_do_nothing() {
        assert!(!is_on_valgrind());
        start_instrumentation();
        toggle_collect();
        dump("a name");
        toggle_collect();
        assert_eq!(request(RUNNING_ON_VALGRIND, u64::MAX), 0);
    }
}
