//! How much of the delay of a start is the generator's own.
//!
//! A start that is late makes the next ones late, too: these wait for a worker that would have been free. So a worker keeps
//! account of when it would be free had every start been on time: the ideal start, the later of the intended one and of that
//! time, plus the service time is the next such time. The delay of an operation after its ideal start is lateness; its wait for
//! a slow operation before it is not.
//!
//! The time between two operations is the generator's, too. For a worker that is never free it would add up to any figure,
//! however small it is beside the operations; so a share of each service time is deducted. Where operations are so short that
//! the generator itself is saturated, the rest adds up, and shows that.

/// One part in this many of a service time is deducted: one fiftieth.
const FORGIVEN: u64 = 50;

/// The account of one worker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lateness {
    /// When it would be free, had it never been late.
    free: u64,
    /// When its last operation would have started, and when it did.
    ideal: u64,
    start: u64,
}

impl Lateness {
    /// A worker that is free since a moment.
    pub(crate) fn new(free: u64) -> Self {
        Self { free, ideal: free, start: free }
    }

    /// The lateness of an operation that starts.
    #[inline]
    pub(crate) fn started(&mut self, due: u64, start: u64) -> u64 {
        self.ideal = due.max(self.free).min(start);
        self.start = start;
        start - self.ideal
    }

    /// Records the end of that operation.
    #[inline]
    pub(crate) fn ended(&mut self, end: u64) {
        let service = end.saturating_sub(self.start);
        self.free = (self.ideal + service + service / FORGIVEN).min(end);
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
        for due in (20..5_000).step_by(10) {
            now += 2; // what passes between two operations
            assert!(lateness.started(due, now) <= 2, "it does not add up");
            now += 100;
            lateness.ended(now);
        }
    }

    #[test]
    fn a_generator_that_is_saturated_is_late() {
        let mut lateness = Lateness::new(0);
        let (mut now, mut late) = (0, 0);
        for due in (0..100_000).step_by(50) {
            now = (now + 70).max(due); // between two operations
            late = lateness.started(due, now);
            now += 30;
            lateness.ended(now);
        }
        assert!(late > 99_000, "half as fast as asked for, on its own account: {late}");
    }
}
