//! A run of any length in so much memory.

use std::process;
use std::time::{Instant, SystemTime};

use crate::report::{Moment, Track};

/// Moments of a track: the first, and pairs.
const MOST: usize = 513;

/// What was seen so far, in at most [`MOST`] moments.
#[derive(Debug)]
pub(super) struct Course {
    started: Instant,
    track: Track,
    /// Looks that make a moment.
    stride: u32,
    /// Looks since the last moment, as one.
    gathered: Option<Moment>,
    looks: u32,
}

impl Course {
    pub(super) fn new(started: Instant) -> Self {
        let mut track = Track { pid: process::id(), start: SystemTime::now(), moments: Vec::new() };
        // Nothing is allocated while the program is watched.
        track.moments.reserve_exact(MOST);
        Self { started, track, stride: 1, gathered: None, looks: 0 }
    }

    pub(super) fn started(&self) -> Instant {
        self.started
    }

    pub(super) fn add(&mut self, look: Moment) {
        let gathered = joined(self.gathered.take(), look);
        self.looks += 1;
        if self.looks == self.stride && self.track.moments.len() == MOST {
            // This moment is not over, then.
            self.halve();
        }
        if self.looks < self.stride {
            self.gathered = Some(gathered);
        } else {
            self.looks = 0;
            self.track.moments.push(gathered);
        }
    }

    /// Every two moments become one. The first stays as it is: what follows counts from it.
    fn halve(&mut self) {
        let moments = &mut self.track.moments;
        for pair in 0..(MOST - 1) / 2 {
            moments[pair + 1] = joined(Some(moments[2 * pair + 1]), moments[2 * pair + 2]);
        }
        moments.truncate(1 + (MOST - 1) / 2);
        self.stride = self.stride.saturating_mul(2);
    }

    /// What was seen so far and a look of now.
    pub(super) fn track(&self, now: Moment) -> Track {
        let mut track = self.track.clone();
        track.moments.push(joined(self.gathered, now));
        track
    }
}

/// Two looks as one: the time and the processor time of the later, the most memory of both.
fn joined(earlier: Option<Moment>, later: Moment) -> Moment {
    let Some(earlier) = earlier else { return later };
    Moment {
        live_bytes: earlier.live_bytes.max(later.live_bytes),
        rss_bytes: earlier.rss_bytes.max(later.rss_bytes),
        ..later
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(at: u64) -> Moment {
        let mut look = Moment { at_ns: at, cpu_ns: Some(at * 3), ..Moment::default() };
        look.rss_bytes = Some(if at == 777 { 9_999 } else { at % 100 });
        look
    }

    #[test]
    fn any_length_fits_and_the_highest_peak_stays() {
        for looks in [1, 2, 512, 513, 514, 1_024, 1_025, 1_026, 5_000, 100_000] {
            let mut course = Course::new(Instant::now());
            let room = course.track.moments.capacity();
            (0..looks).for_each(|at| course.add(look(at)));
            let track = course.track(look(looks));
            let moments = &track.moments;
            assert!(moments.len() <= MOST + 1 && moments.len() as u64 > looks.min(250), "{looks}: {}", moments.len());
            assert_eq!(course.track.moments.capacity(), room, "nothing is allocated");
            assert!(moments.is_sorted_by(|a, b| a.at_ns < b.at_ns && a.cpu_ns < b.cpu_ns));
            assert_eq!((moments[0].at_ns, moments.last().unwrap().at_ns), (0, looks));
            let peak = moments.iter().filter_map(|moment| moment.rss_bytes).max().unwrap();
            assert_eq!(peak == 9_999, looks > 777, "{looks}");
        }
    }

    #[test]
    fn moments_stay_evenly_spaced() {
        let mut course = Course::new(Instant::now());
        (0..20_000).for_each(|at| course.add(look(at)));
        let mut gaps = course.track.moments.windows(2).map(|pair| pair[1].at_ns - pair[0].at_ns);
        assert!(gaps.all(|gap| gap == u64::from(course.stride)));
    }
}
