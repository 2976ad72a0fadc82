//! The positions of values on an axis, and its ticks.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

/// Values of an axis: evenly, or by their logarithm, with ticks at round figures of its unit.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    range: Range<f64>,
    logarithmic: bool,
    /// The unit of which ticks are round multiples.
    unit: f64,
}

impl Scale {
    pub(super) fn new(range: Range<f64>, logarithmic: bool, unit: f64) -> Self {
        Self { range, logarithmic, unit }
    }
}

impl Ranged for Scale {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let Range { start, end } = self.range;
        let share = if self.logarithmic {
            (value.max(f64::MIN_POSITIVE) / start).ln() / (end / start).ln()
        } else {
            (value - start) / (end - start)
        };
        let place = f64::from(limit.0) + share.clamp(-1.0, 2.0) * f64::from(limit.1 - limit.0);
        // The value is within three times the drawing.
        #[allow(clippy::cast_possible_truncation)]
        let place = place.round() as i32;
        place
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        ticks(&self.range, self.logarithmic, self.unit, hint.max_num_points())
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// Round figures in the range, at most so many: 1, 2 and 5 times powers of ten, or powers of ten alone where that is enough.
fn ticks(range: &Range<f64>, logarithmic: bool, unit: f64, most: usize) -> Vec<f64> {
    let (from, to) = (range.start / unit, range.end / unit);
    let most = most.max(2);
    let decade = |value: f64| value.log10().floor();
    if !logarithmic {
        let rough = (to - from) / most as f64;
        let ten = 10_f64.powf(decade(rough));
        let step =
            [1.0, 2.0, 5.0, 10.0].map(|times| times * ten).into_iter().find(|step| *step >= rough).unwrap_or(rough);
        let first = (from / step).ceil();
        return (0..=most)
            .map(|at| (first + at as f64) * step)
            .filter(|tick| *tick <= to)
            .map(|tick| tick * unit)
            .collect();
    }
    let decades = || (0..=40).map(|at| 10_f64.powf(decade(from) + f64::from(at))).take_while(|ten| *ten <= to);
    let fine: Vec<f64> = decades().flat_map(|ten| [1.0, 2.0, 5.0].map(|times| times * ten)).collect();
    let inside = |all: Vec<f64>| all.into_iter().filter(|tick| (from..=to).contains(tick)).map(|tick| tick * unit);
    let fine: Vec<f64> = inside(fine).collect();
    if fine.len() <= most + 2 { fine } else { inside(decades().collect()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_figures_of_the_unit() {
        assert_eq!(
            ticks(&(0.0..28_800.0), false, 3600.0, 10),
            (0..=8).map(|hour| f64::from(hour) * 3600.0).collect::<Vec<_>>()
        );
        assert_eq!(ticks(&(0.0..1.1), false, 1.0, 6), [0.0, 0.2, 0.4, 3.0 * 0.2, 0.8, 1.0]);
        assert_eq!(ticks(&(0.7e6..9e6), true, 1.0, 5), [1e6, 2e6, 5e6]);
        assert_eq!(ticks(&(0.7e3..1.2e9), true, 1.0, 5), [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]);
    }

    #[test]
    fn ends_lie_at_the_ends() {
        for logarithmic in [false, true] {
            let scale = Scale::new(10.0..1000.0, logarithmic, 1.0);
            assert_eq!((scale.map(&10.0, (400, 100)), scale.map(&1000.0, (400, 100))), (400, 100));
            assert_eq!(scale.map(&100.0, (0, 100)), if logarithmic { 50 } else { 9 });
        }
    }
}
