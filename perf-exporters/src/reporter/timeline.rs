//! How much every thread remembers of what it did last.

use crate::Output;
use crate::env::{self, Choice};

/// Events of a thread where a trace is asked for and nothing else is said.
const EVENTS: usize = 16_384;

/// Events of a thread: what the environment says, or the program, or as many as a trace among the outputs needs.
pub(super) fn chosen(env: bool, given: Option<usize>, outputs: &[Output]) -> usize {
    let wanted = || if outputs.iter().any(Output::is_trace) { EVENTS } else { 0 };
    let asked = if env { env::TIMELINE.get() } else { None };
    let asked = asked.map(|choice| match choice {
        Choice::Off => 0,
        Choice::On => EVENTS,
        Choice::Value(events) => events,
    });
    asked.or(given).unwrap_or_else(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_needs_something_to_show() {
        assert_eq!(chosen(false, None, &[Output::Table]), 0);
        assert_eq!(chosen(false, Some(7), &[Output::Table]), 7);
        #[cfg(feature = "chrome-trace")]
        assert_eq!(chosen(false, None, &[Output::Trace("a".into())]), EVENTS);
    }
}
