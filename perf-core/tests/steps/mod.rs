//! Random programs: calls, time that passes, returns.

use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Of the probe with this number.
    Call(usize),
    /// Nanoseconds.
    Spend(u64),
    /// From the latest call, if there is one.
    Return,
}

/// Up to `most` steps; probes are numbered below `probes`.
pub(crate) fn steps(probes: usize, most: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..probes).prop_map(Step::Call),
        3 => prop_oneof![0..5u64, 0..10_000u64, 0..10_000_000_000u64].prop_map(Step::Spend),
        2 => Just(Step::Return),
    ];
    prop::collection::vec(step, 0..most)
}
