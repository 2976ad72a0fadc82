//! A distribution in a few characters.

use crate::report::Histogram;

const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A distribution from its least to its greatest bucket on a logarithmic axis, cut into columns of equal length.
///
/// ```
/// use perf_exporters::report::Histogram;
/// use perf_exporters::table::Shape;
///
/// let histogram: Histogram = [100, 100, 10_000].into_iter().collect();
/// let shape = Shape::of(&histogram, 5).unwrap();
/// assert_eq!((shape.column(100), shape.column(10_000)), (0, 4));
/// assert!(shape.heights()[0] > shape.heights()[4]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    heights: Vec<f64>,
    begin: f64,
    end: f64,
}

impl Shape {
    /// None where there is nothing, or all is in one bucket.
    #[must_use]
    pub fn of(histogram: &Histogram, columns: usize) -> Option<Self> {
        let buckets: Vec<_> = histogram.buckets().collect();
        let [first, .., last] = buckets.as_slice() else { return None };
        let (begin, end) = (log(first.low as f64), log(last.high as f64 + 1.0));
        let mut shape = Self { heights: vec![0.0; columns], begin, end };
        for bucket in &buckets {
            let (from, to) = (shape.place(bucket.low as f64), shape.place(bucket.high as f64 + 1.0));
            for (at, height) in shape.heights.iter_mut().enumerate() {
                let inside = (to.min(at as f64 + 1.0) - from.max(at as f64)).max(0.0);
                if inside > 0.0 && to > from {
                    *height += bucket.count as f64 * inside / (to - from);
                }
            }
        }
        Some(shape)
    }

    /// Values in each column. A bucket that lies in several of them is shared out by length.
    #[must_use]
    pub fn heights(&self) -> &[f64] {
        &self.heights
    }

    /// The column that a value lies in; the first or last for what is beyond.
    #[must_use]
    pub fn column(&self, value: u64) -> usize {
        // Not below zero.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let column = self.place(value as f64) as usize;
        column.min(self.heights.len().saturating_sub(1))
    }

    fn place(&self, value: f64) -> f64 {
        let columns = self.heights.len() as f64;
        ((log(value) - self.begin) / (self.end - self.begin) * columns).clamp(0.0, columns)
    }
}

/// The distribution in `width` characters. The fullest is full; what holds a value at all shows at least the lowest
/// step, what holds none is blank.
pub(super) fn line(histogram: &Histogram, width: usize) -> String {
    let Some(shape) = Shape::of(histogram, width) else {
        return if histogram.count() == 0 { String::new() } else { spike(width) };
    };
    let highest = shape.heights.iter().copied().fold(0.0, f64::max);
    shape.heights.iter().map(|height| step(*height, highest)).collect()
}

/// All in one bucket.
fn spike(width: usize) -> String {
    let blank = " ".repeat(width.saturating_sub(1) / 2);
    format!("{blank}█")
}

/// Logarithm, with zero at zero.
fn log(value: f64) -> f64 {
    (value + 1.0).ln()
}

fn step(height: f64, highest: f64) -> char {
    // Less than a thousandth of a call comes from rounding, not from a bucket.
    if height < 1e-3 {
        return ' ';
    }
    // 0 < height / highest <= 1.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let level = (height / highest * STEPS.len() as f64).ceil() as usize;
    STEPS[level.clamp(1, STEPS.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[(u64, usize)]) -> Histogram {
        values.iter().flat_map(|(value, count)| std::iter::repeat_n(*value, *count)).collect()
    }

    #[test]
    fn nothing_is_nothing_and_one_bucket_a_spike() {
        assert_eq!(line(&of(&[]), 8), "");
        assert_eq!(line(&of(&[(100, 9)]), 8), "   █");
    }

    #[test]
    fn two_modes_stand_apart_and_a_lone_call_is_seen() {
        let shape = line(&of(&[(100, 500), (100_000, 1000), (100_000_000, 1)]), 9);
        assert_eq!(shape, "▄   █   ▁");
    }

    #[test]
    fn an_even_spread_is_even() {
        let octaves: Vec<_> = (8..28).flat_map(|e| (64..128).map(move |step| (step << e, 10))).collect();
        let shape = line(&of(&octaves), 5);
        assert!(shape.chars().all(|c| c >= '▇'), "{shape}");
    }

    #[test]
    fn any_bounds_do() {
        let shape = line(&of(&[(0, 1), (u64::MAX, 1)]), 4);
        assert_eq!(shape, "█  █");
    }
}
