//! A run of any length in a fixed amount of memory.

use crate::report::{Moment, Reading};

/// The figures read at one time.
pub(super) trait Sample: Copy {
    /// It and the next one as one.
    fn joined(self, later: Self) -> Self;
}

impl Sample for Moment {
    /// The time and the processor time of the later, the most memory of both.
    fn joined(self, later: Self) -> Self {
        Self {
            live_bytes: self.live_bytes.max(later.live_bytes),
            rss_bytes: self.rss_bytes.max(later.rss_bytes),
            ..later
        }
    }
}

impl Sample for Reading {
    fn joined(self, later: Self) -> Self {
        Self::joined(self, later)
    }
}

/// The samples so far, at most so many.
#[derive(Debug)]
pub(super) struct Course<T> {
    samples: Vec<T>,
    most: usize,
    /// Looks that make a sample.
    stride: u32,
    /// The looks since the last sample, joined into one.
    gathered: Option<T>,
    looks: u32,
}

impl<T: Sample> Course<T> {
    /// A course of at most twice as many samples as there are `pairs`, plus one.
    pub(super) fn new(pairs: usize) -> Self {
        let most = 2 * pairs + 1;
        // Nothing is allocated while the program is watched.
        Self { samples: Vec::with_capacity(most), most, stride: 1, gathered: None, looks: 0 }
    }

    pub(super) fn add(&mut self, look: T) {
        let gathered = joined(self.gathered.take(), look);
        self.looks += 1;
        if self.looks == self.stride && self.samples.len() == self.most {
            // This sample is then not complete.
            self.halve();
        }
        if self.looks < self.stride {
            self.gathered = Some(gathered);
        } else {
            self.looks = 0;
            self.samples.push(gathered);
        }
    }

    /// Every two samples become one. The first stays as it is: later ones count from it.
    fn halve(&mut self) {
        let pairs = (self.most - 1) / 2;
        for pair in 0..pairs {
            self.samples[pair + 1] = self.samples[2 * pair + 1].joined(self.samples[2 * pair + 2]);
        }
        self.samples.truncate(1 + pairs);
        self.stride = self.stride.saturating_mul(2);
    }

    /// The samples so far and a look of now, by itself: joined with the looks before it, it would have their peaks, and a caller
    /// that compares two looks of now would see memory grow where samples become longer.
    pub(super) fn so_far(&self, now: T) -> Vec<T> {
        let mut samples = Vec::with_capacity(self.samples.len() + 2);
        samples.extend_from_slice(&self.samples);
        samples.extend(self.gathered);
        samples.push(now);
        samples
    }
}

fn joined<T: Sample>(earlier: Option<T>, later: T) -> T {
    earlier.map_or(later, |earlier| earlier.joined(later))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRS: usize = 256;
    const MOST: usize = 2 * PAIRS + 1;

    fn look(at: u64) -> Moment {
        let mut look = Moment { at_ns: at, cpu_ns: Some(at * 3), ..Moment::default() };
        look.rss_bytes = Some(if at == 777 { 9_999 } else { at % 100 });
        look
    }

    #[test]
    fn any_length_fits_and_the_highest_peak_stays() {
        for looks in [1, 2, 512, 513, 514, 1_024, 1_025, 1_026, 5_000, 100_000] {
            let mut course = Course::new(PAIRS);
            let room = course.samples.capacity();
            (0..looks).for_each(|at| course.add(look(at)));
            let moments = &course.so_far(look(looks));
            assert!(moments.len() <= MOST + 2 && moments.len() as u64 > looks.min(250), "{looks}: {}", moments.len());
            assert_eq!(course.samples.capacity(), room, "nothing is allocated");
            assert!(moments.is_sorted_by(|a, b| a.at_ns < b.at_ns && a.cpu_ns < b.cpu_ns));
            assert_eq!((moments[0].at_ns, moments.last().unwrap().at_ns), (0, looks));
            let peak = moments.iter().filter_map(|moment| moment.rss_bytes).max().unwrap();
            assert_eq!(peak == 9_999, looks > 777, "{looks}");
        }
    }

    #[test]
    fn a_look_of_now_has_no_peak_of_the_looks_before_it() {
        let memory = |at, bytes| Moment { at_ns: at, live_bytes: Some(bytes), ..Moment::default() };
        for looks in [1, 3, 511, 514, 1_027, 4_099] {
            let mut course = Course::new(PAIRS);
            (0..looks).for_each(|at| course.add(memory(at, 8)));
            let moments = course.so_far(memory(looks, 5));
            assert_eq!(moments.last().unwrap().live_bytes, Some(5), "after {looks} looks");
        }
    }

    #[test]
    fn moments_stay_evenly_spaced() {
        let mut course = Course::new(PAIRS);
        (0..20_000).for_each(|at| course.add(look(at)));
        let mut gaps = course.samples.windows(2).map(|pair| pair[1].at_ns - pair[0].at_ns);
        assert!(gaps.all(|gap| gap == u64::from(course.stride)));
    }

    #[test]
    fn of_readings_sums_stay_and_levels_keep_their_peak() {
        let reading = |at| Reading {
            at_ns: at,
            minor_faults: Some(7 * at),
            threads: Some(if at == 333 { 50 } else { 4 }),
            // A source that failed for a while.
            io_calls: (at % 5 != 4).then_some(at),
            ..Reading::default()
        };
        let mut course = Course::new(2);
        (0..1_000).for_each(|at| course.add(reading(at)));
        let readings = course.so_far(reading(1_000));
        assert!(readings.len() <= 7 && readings.iter().all(|one| one.minor_faults == Some(7 * one.at_ns)));
        assert_eq!(readings.iter().filter(|one| one.threads == Some(50)).count(), 1);
        assert!(readings.iter().all(|one| one.io_calls.is_some_and(|calls| one.at_ns - calls <= 1)), "{readings:?}");
    }
}
