//! How much of the delay of a start is the generator's own.
//!
//! A start that is late makes the next ones late, too: these wait for a worker that would have been free. So a worker keeps
//! account of when it would be free had every start been on time. An arrival that is due after that is late by its whole delay;
//! one that is due before would have waited all the same, and inherits the lateness of the operation that it waited for. What
//! passes between two operations of a worker that is never free is left out: it would add up to any figure in an overload.

/// The account of one worker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lateness {
    /// When it would be free, had it never been late.
    free: u64,
    /// Of its last operation.
    last: u64,
}

impl Lateness {
    /// Free since a moment.
    pub(crate) fn new(free: u64) -> Self {
        Self { free, last: 0 }
    }

    /// The lateness of an operation that starts.
    #[inline]
    pub(crate) fn started(&mut self, due: u64, start: u64) -> u64 {
        let delay = start.saturating_sub(due);
        self.last = if due > self.free { delay } else { delay.min(self.last) };
        self.last
    }

    /// That operation has ended.
    #[inline]
    pub(crate) fn ended(&mut self, end: u64) {
        self.free = end - self.last.min(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_that_wait_for_a_late_one_are_late() {
        let mut lateness = Lateness::new(0);
        // Due at 10, started at 110; arrivals at 20, 30, … would have found the worker free.
        let mut now = 110;
        for (due, late) in [(10, 100), (20, 91), (30, 82), (40, 73)] {
            assert_eq!(lateness.started(due, now), late);
            now += 1; // the service
            lateness.ended(now);
        }
    }

    #[test]
    fn waiting_for_a_slow_operation_is_not_lateness() {
        let mut lateness = Lateness::new(0);
        assert_eq!(lateness.started(10, 11), 1);
        lateness.ended(1_011);
        let mut now = 1_011;
        for due in (20..500).step_by(10) {
            now += 3; // what passes between two operations
            assert_eq!(lateness.started(due, now), 1, "inherited, not growing");
            now += 100;
            lateness.ended(now);
        }
    }
}
