//! The work of measured code.

use std::hint::black_box;

/// Some arithmetic in steps of about a nanosecond.
pub(crate) fn work(steps: u64) -> u64 {
    (0..black_box(steps)).fold(1, |state: u64, step| (state ^ step).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17))
}
