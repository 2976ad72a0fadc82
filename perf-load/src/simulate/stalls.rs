//! Times in which no server works.

use std::time::Duration;

use crate::Error;

/// When the servers stand still, in nanoseconds of the queue's own time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stalls {
    /// One after the other, ascending: from, until.
    once: Vec<(u64, u64)>,
    /// Period and length; the first begins after a period.
    periodic: Option<(u64, u64)>,
}

impl Stalls {
    pub(super) fn add(&mut self, from: u64, lasts: u64) {
        self.once.push((from, from.saturating_add(lasts)));
        self.once.sort_unstable();
    }

    pub(super) fn every(&mut self, period: Duration, lasts: Duration) -> Result<(), Error> {
        if lasts >= period {
            let why = "a stall that lasts as long as its period leaves no time to work";
            return Err(Error::invalid("stall", why));
        }
        self.periodic = Some((super::nanos(period), super::nanos(lasts)));
        Ok(())
    }

    /// The stall that `at` is in, or the next one; nothing where there is none.
    fn next(&self, at: u64) -> Option<(u64, u64)> {
        let once = self.once.iter().copied().find(|stall| stall.1 > at);
        let periodic = self.periodic.map(|(period, lasts)| {
            let this = (at / period).max(1) * period;
            if at < this.saturating_add(lasts) { (this, this + lasts) } else { (this + period, this + period + lasts) }
        });
        once.into_iter().chain(periodic).min()
    }

    /// When work of `length` is done that begins at `from`.
    pub(super) fn done(&self, from: u64, length: u64) -> u64 {
        let (mut at, mut left) = (from, length);
        while let Some((begin, end)) = self.next(at) {
            let until = begin.saturating_sub(at);
            if left <= until && at < begin {
                break;
            }
            left = left.saturating_sub(until);
            at = end.max(at);
        }
        at.saturating_add(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_waits_for_the_end_of_every_stall_that_it_meets() {
        let mut stalls = Stalls::default();
        assert_eq!(stalls.done(5, 10), 15);
        stalls.add(100, 50);
        for (from, length, done) in
            [(0, 100, 100), (0, 101, 151), (95, 10, 155), (100, 1, 151), (149, 1, 151), (150, 7, 157)]
        {
            assert_eq!(stalls.done(from, length), done, "{from} + {length}");
        }
        // Two that overlap are one.
        stalls.add(120, 80);
        assert_eq!(stalls.done(95, 10), 205);
    }

    #[test]
    fn periodic_ones_come_again() {
        let mut stalls = Stalls::default();
        stalls.every(Duration::from_nanos(100), Duration::from_nanos(10)).unwrap();
        for (from, length, done) in
            [(0, 99, 99), (0, 101, 111), (100, 1, 111), (105, 1, 111), (110, 90, 200), (110, 91, 211)]
        {
            assert_eq!(stalls.done(from, length), done, "{from} + {length}");
        }
        assert_eq!(stalls.done(0, 1000), 1100, "ten of them, and the eleventh comes too late");
        assert!(stalls.every(Duration::from_nanos(10), Duration::from_nanos(10)).is_err());
    }
}
