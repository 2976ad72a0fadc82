//! Does the backlog grow?
//!
//! The values of a backlog depend on those before: a queue near its capacity wanders like a random walk, and any slope fitted to
//! its values is "significant" (Granger and Newbold 1974). Its *increments* do not: those of a random walk are independent, those of
//! a queue that holds its load pull it back to where it was, so their mean scatters less than independent ones would. So the slope is
//! the mean increment per second, and its lower bound that of Student's t: exact where a queue is just full, careful below.

use perf_exporters::stats::dist::student_quantile_above;

use crate::Window;

/// Chance of a bound above zero where nothing grows.
pub(super) const LEVEL: f64 = 0.01;
/// Increments that the slope is computed from, at most: longer stretches depend less on their neighbours.
const MOST: usize = 40;
/// Fewer increments give no bound.
const LEAST: usize = 8;

/// How fast a backlog grows, in operations a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Growth {
    /// Mean slope.
    pub slope: f64,
    /// With 99 % confidence it is at least this; negative infinite where too few windows bound anything.
    pub lower: f64,
}

impl Growth {
    /// Whether the backlog certainly grows.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.lower > 0.0
    }

    /// The growth over equally long windows, in the order of time; the first is where it begins.
    pub(super) fn of(windows: &[&Window]) -> Self {
        let none = Self { slope: 0.0, lower: f64::NEG_INFINITY };
        let each = windows.len().saturating_sub(1).div_ceil(MOST).max(1);
        let backlogs: Vec<f64> = windows.iter().step_by(each).map(|window| window.backlog as f64).collect();
        let width = windows.first().map_or(0.0, |window| window.width.as_secs_f64()) * each as f64;
        let increments: Vec<f64> = backlogs.windows(2).map(|pair| (pair[1] - pair[0]) / width).collect();
        let n = increments.len();
        if n == 0 || width <= 0.0 {
            return none;
        }
        let slope = increments.iter().sum::<f64>() / n as f64;
        if n < LEAST {
            return Self { slope, ..none };
        }
        let squares: f64 = increments.iter().map(|increment| (increment - slope).powi(2)).sum();
        let error = (squares / (n - 1) as f64 / n as f64).sqrt();
        Self { slope, lower: slope - student_quantile_above(LEVEL, (n - 1) as f64) * error }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn course(backlogs: impl Iterator<Item = u64>) -> Vec<Window> {
        let width = Duration::from_millis(500);
        backlogs.map(|backlog| Window { width, backlog, ..Window::default() }).collect()
    }

    fn growth(course: &[Window]) -> Growth {
        Growth::of(&course.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_rise_is_seen_and_one_jump_is_none() {
        let rising = growth(&course((0..100).map(|at| 10 * at + at * 7 % 5)));
        assert!((rising.slope - 20.0).abs() < 0.5 && rising.is_sure(), "{rising:?}");
        let jump = growth(&course((0..100).map(|at| if at < 99 { at % 3 } else { 500 })));
        assert!(!jump.is_sure(), "{jump:?}");
        let wave = growth(&course((0..100).map(|at| at % 10)));
        assert!(!wave.is_sure(), "{wave:?}");
        assert!(!growth(&course(0..5)).is_sure(), "too few");
        assert!(!growth(&[]).is_sure());
    }
}
