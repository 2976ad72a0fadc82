//! A distribution in a few characters.

use crate::report::Histogram;

const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The distribution from its least to its greatest bucket on a logarithmic axis, in `width` characters.
///
/// A bucket that lies in several of them is shared out by length. The fullest is full; what holds a value at all
/// shows at least the lowest step, what holds none is blank.
pub(super) fn line(histogram: &Histogram, width: usize) -> String {
    let buckets: Vec<_> = histogram.buckets().collect();
    let [first, .., last] = buckets.as_slice() else {
        return if buckets.is_empty() { String::new() } else { spike(width) };
    };
    let (begin, end) = (log(first.low as f64), log(last.high as f64 + 1.0));
    let cells = width as f64;
    let place = |value: f64| ((log(value) - begin) / (end - begin) * cells).clamp(0.0, cells);
    let mut heights = vec![0.0_f64; width];
    for bucket in &buckets {
        let (from, to) = (place(bucket.low as f64), place(bucket.high as f64 + 1.0));
        for (at, height) in heights.iter_mut().enumerate() {
            let inside = (to.min(at as f64 + 1.0) - from.max(at as f64)).max(0.0);
            if inside > 0.0 && to > from {
                *height += bucket.count as f64 * inside / (to - from);
            }
        }
    }
    let highest = heights.iter().copied().fold(0.0, f64::max);
    heights.iter().map(|height| step(*height, highest)).collect()
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
