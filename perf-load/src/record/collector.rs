//! The collector of all parts.

use std::borrow::Cow;
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Distribution;
use super::recorder::{Part, count};
use crate::{Counts, Histogram, Window};

/// Windows of a course, at most: two of them become one where there are more.
const WINDOWS: usize = 128;

/// The collector to which each worker delivers once a window.
#[derive(Debug)]
pub(crate) struct Collector {
    width: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Windows of `width << doubled` nanoseconds.
    doubled: u32,
    windows: Vec<Window>,
    collected: Collected,
}

/// All that was delivered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collected {
    pub(crate) counts: Counts,
    pub(crate) response: Distribution,
    pub(crate) service: Distribution,
    pub(crate) lateness: Distribution,
    pub(crate) operations: Vec<Operation>,
    pub(crate) classes: Vec<(Cow<'static, str>, u64)>,
}

/// The counts of one operation of a mix; its times are empty where there is only one operation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Operation {
    pub(crate) failed: u64,
    pub(crate) panicked: u64,
    pub(crate) response: Distribution,
    pub(crate) service: Distribution,
}

impl Collector {
    pub(crate) fn new(width: u64) -> Self {
        Self { width, state: Mutex::default() }
    }

    pub(crate) fn deliver(&self, part: Part) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).add(self.width, part);
    }

    /// Counts arrivals that were due in an interrupted drive, and never reached.
    pub(crate) fn not_reached(&self, due: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = Counts { due: 1, ..Counts::default() };
        state.count(self.width, due / self.width, &counts);
    }

    /// Response times of the last two windows with deliveries.
    pub(crate) fn recent(&self) -> Histogram {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut recent = Histogram::default();
        for window in state.windows.iter().rev().filter(|window| window.counts.completed > 0).take(2) {
            recent.merge(&window.response);
        }
        recent
    }

    /// Takes all of it; called once.
    pub(crate) fn finish(&self) -> (Collected, Vec<Window>) {
        let mut state = mem::take(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner));
        let mut backlog = 0_u64;
        for window in &mut state.windows {
            let counts = &window.counts;
            backlog = (backlog + counts.due).saturating_sub(counts.completed + counts.dropped);
            window.backlog = backlog;
        }
        (state.collected, state.windows)
    }
}

impl State {
    fn add(&mut self, width: u64, part: Part) {
        self.count(width, part.window, &part.counts);
        for (window, counts) in &part.strays {
            self.count(width, *window, counts);
        }
        if part.response.spread.count > 0 {
            let window = self.window(width, part.window);
            window.response.merge(&part.response.histogram);
            window.service.merge(&part.service.histogram);
        }
        let all = &mut self.collected;
        all.response.merge(&part.response);
        all.service.merge(&part.service);
        all.lateness.merge(&part.lateness);
        all.operations.resize_with(all.operations.len().max(part.operations.len()), Operation::default);
        for (sum, part) in all.operations.iter_mut().zip(&part.operations) {
            sum.failed += part.failed;
            sum.panicked += part.panicked;
            sum.response.merge(&part.response);
            sum.service.merge(&part.service);
        }
        for (class, times) in part.classes {
            count(&mut all.classes, class, times);
        }
    }

    fn count(&mut self, width: u64, window: u64, counts: &Counts) {
        if *counts != Counts::default() {
            self.window(width, window).counts.add(counts);
            self.collected.counts.add(counts);
        }
    }

    /// The window that the recorders' window of that number is part of.
    fn window(&mut self, width: u64, number: u64) -> &mut Window {
        while number >> self.doubled >= WINDOWS as u64 {
            self.doubled += 1;
            let mut windows = mem::take(&mut self.windows).into_iter();
            while let Some(first) = windows.next() {
                self.windows.push(join(first, windows.next()));
            }
        }
        // The number is below 128.
        let place = usize::try_from(number >> self.doubled).unwrap_or(WINDOWS - 1);
        let length = Duration::from_nanos(width << self.doubled);
        while self.windows.len() <= place {
            // The number is below 128.
            let before = u32::try_from(self.windows.len()).unwrap_or(u32::MAX);
            self.windows.push(Window { at: length.saturating_mul(before), width: length, ..Window::default() });
        }
        &mut self.windows[place]
    }
}

/// A window of two, or of the last one alone.
fn join(mut first: Window, second: Option<Window>) -> Window {
    first.width = first.width.saturating_mul(2);
    if let Some(second) = second {
        first.counts.add(&second.counts);
        first.response.merge(&second.response);
        first.service.merge(&second.service);
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Done, Recorder, Times};

    #[test]
    fn windows_are_few_however_long_it_lasts_and_nothing_is_lost() {
        for length in [1_u64, 127, 128, 129, 1_000, 100_000] {
            let collector = Collector::new(10);
            let mut recorder = Recorder::new(10, 1, true);
            for window in 0..length {
                let (due, end) = (window * 10, window * 10 + 15); // ends in the next one
                let times = Times { due, start: due + 1, end, late: 0 };
                if let Some(part) = recorder.ended(times, 0, Done::Ok) {
                    collector.deliver(part);
                }
            }
            collector.deliver(recorder.take());
            let (collected, course) = collector.finish();
            assert!(course.len() <= WINDOWS && (length < 2 || course.len() > 1), "{length}: {}", course.len());
            assert_eq!((collected.counts.due, collected.counts.completed), (length, length));
            let mut sum = Counts::default();
            let mut at = Duration::ZERO;
            for window in &course {
                sum.add(&window.counts);
                assert_eq!(window.at, at);
                at += window.width;
                assert_eq!(window.response.count(), window.counts.completed);
            }
            assert_eq!((sum, course.last().unwrap().backlog), (collected.counts, 0));
            assert_eq!(collected.response.histogram.count(), length);
        }
    }
}
