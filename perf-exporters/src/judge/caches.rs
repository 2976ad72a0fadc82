//! Does time grow because of the code, or because data outgrow the caches?
//!
//! Times at sizes alone cannot decide that where both rise in the same places. Small sizes are within the first cache and
//! need no more evidence; beyond, the same calls are made with empty caches: where caches explain growth, all sizes are slow.

use super::growth::Class;

/// An element takes about so many bytes.
pub(super) const ELEMENT: u64 = 32;

/// Least rises of cost ÷ f(n) over the last three steps of the sizes that a constant could
/// have hidden until then.
const TURN: [f64; 3] = [0.9, 1.08, 1.25];

/// Whether the logarithms of cost ÷ f(n) turn upwards over the last three steps, the last of which is the greatest: growth behind a
/// constant, or a cache's edge. Noise may put the first two in either order.
pub(super) fn is_bent(y: &[f64]) -> bool {
    let Some(last) = y.last_chunk::<4>() else { return false };
    let steps = [last[1] - last[0], last[2] - last[1], last[3] - last[2]];
    steps[2] >= steps[0].max(steps[1]) && steps.iter().zip(TURN).all(|(step, least)| *step >= least.ln())
}

/// Up to so many elements, data are within the caches that a growth test empties before a call.
pub const CACHED: u64 = (1 << 20) / ELEMENT;

/// The least share of the code's own growth that shows with empty caches, on a noisy machine; the caches' growth does not.
const SHARE: f64 = 0.4;

/// The least share of the cost with empty caches that is growth. Costs scatter by some per cent: where calls take many times as long with
/// empty caches, that is as much as the caches' growth with full ones, and would be taken for the code's.
const SURE: f64 = 0.2;

/// Whether growth that caches may explain shows in the same way with empty caches, by costs at the same sizes with full and with
/// empty caches: where caches explain it, calls at small sizes take as long as at large ones once the caches are empty.
///
/// The comparison is of the last size's cost beyond what the claim allows by the middle size: an offset, such as the time of
/// fetching the code, is the same on both sides of that where the claim is `1`, and favours the claim elsewhere. With empty caches
/// it also has to be a fifth of that cost, more than the scatter of slow calls.
///
/// ```
/// # use perf_exporters::judge::{caches::shows_with_empty_caches, growth::Class};
/// let warm: Vec<(u64, f64)> = [16, 64, 256, 1024, 4096, 16384].map(|n| (n, 1000.0 + 0.1 * n as f64)).to_vec();
/// let constant: Class = "1".parse().unwrap();
/// let later: Vec<(u64, f64)> = warm.iter().map(|(n, c)| (*n, c + 800.0)).collect();
/// assert!(shows_with_empty_caches(&warm, &later, constant));
/// let flat: Vec<(u64, f64)> = warm.iter().map(|(n, _)| (*n, 2700.0)).collect();
/// assert!(!shows_with_empty_caches(&warm, &flat, constant));
/// ```
#[must_use]
pub fn shows_with_empty_caches(full: &[(u64, f64)], empty: &[(u64, f64)], class: Class) -> bool {
    let excess = |points: &[(u64, f64)]| {
        let (middle, last) = (points.get(points.len() / 2)?, points.last()?);
        Some((last.1 - middle.1 * class.at(last.0) / class.at(middle.0), last.1))
    };
    match excess(full).zip(excess(empty)) {
        Some(((full, _), (empty, cost))) => full > 0.0 && empty >= (SHARE * full).max(SURE * cost),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logarithms(rates: &[f64]) -> Vec<f64> {
        rates.iter().map(|rate| rate.ln()).collect()
    }

    #[test]
    fn scatter_of_slow_calls_is_no_growth() {
        let sizes = [16, 64, 256, 1_024, 4_096, 16_384];
        let points = |costs: [f64; 6]| -> Vec<(u64, f64)> { sizes.into_iter().zip(costs).collect() };
        let shows =
            |full, empty| shows_with_empty_caches(&points(full), &points(empty), Class { degree: 0, log: false });
        // The caches' growth is 1,600, and with empty caches a call takes 12,000, give or take a twentieth.
        let full = [1_000.0, 1_000.0, 1_000.0, 1_100.0, 1_500.0, 2_700.0];
        assert!(!shows(full, [12_000.0, 11_800.0, 12_100.0, 11_400.0, 12_000.0, 12_600.0]));
        let grows = [12_000.0, 12_000.0, 12_000.0, 12_100.0, 13_000.0, 16_000.0];
        assert!(shows(full, grows), "a quarter of it is growth");
    }

    #[test]
    fn what_a_constant_hides_turns_upwards_and_one_step_does_not() {
        assert!(is_bent(&logarithms(&[1001.6, 1006.4, 1025.6, 1102.4, 1409.6, 2638.4])));
        assert!(is_bent(&logarithms(&[1.016, 1.064, 1.256, 2.024, 5.096, 17.384])));
        assert!(!is_bent(&logarithms(&[1.0, 1.0, 1.0, 1.0, 1.01, 3.0])), "the last size left the cache");
        assert!(!is_bent(&logarithms(&[1.0, 1.0, 1.2, 2.0, 3.0, 3.2])), "it goes on more slowly");
        assert!(!is_bent(&logarithms(&[1.0, 2.0, 4.0])));
    }
}
