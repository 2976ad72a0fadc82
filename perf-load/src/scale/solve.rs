//! Least squares within bounds: Gauss–Newton steps on the parameters that are free, damped where a step would not descend.

/// The point at which a sum of squares is least, and the sum there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found<const P: usize> {
    pub(super) at: [f64; P],
    pub(super) sum: f64,
}

/// Steps until the sum no longer falls; a fit of three parameters takes fewer than ten.
const STEPS: usize = 200;
/// The damping at which a step counts as none.
const MOST_DAMPING: f64 = 1e8;
/// Parameters are scaled to the order of one, so one step of differentiation serves all of them.
const DELTA: f64 = 1e-6;

/// Minimises Σ rᵢ(θ)² over `low` ≤ θ ≤ `high` from `start`.
///
/// `residuals` fills its second argument with r(θ); it must be defined a little beyond the bounds, where derivatives are
/// taken. A parameter at a bound is fixed there while the sum falls towards the outside (the active set), and is free again
/// once it does not.
pub(super) fn minimise<const P: usize>(
    residuals: impl Fn(&[f64; P], &mut Vec<f64>),
    start: [f64; P],
    bounds: &[(f64, f64); P],
) -> Found<P> {
    let mut scratch = Vec::new();
    let mut sum_at = |at: &[f64; P]| {
        residuals(at, &mut scratch);
        scratch.iter().map(|r| r * r).sum::<f64>()
    };
    let mut at = start;
    clamp(&mut at, bounds);
    let mut best = Found { at, sum: sum_at(&at) };
    let mut damping = 1e-6;
    for _ in 0..STEPS {
        let (normal, gradient) = linearised(&residuals, &best.at);
        let held: [bool; P] = std::array::from_fn(|i| {
            let (low, high) = bounds[i];
            (best.at[i] <= low && gradient[i] > 0.0) || (best.at[i] >= high && gradient[i] < 0.0)
        });
        let before = best.sum;
        while best.sum >= before {
            let Some(step) = solve(&normal, &gradient, &held, damping) else { return best };
            // The gain that the linear model predicts; where it is zero, there is no gain.
            let gain: f64 = step.iter().zip(&gradient).map(|(step, slope)| step * slope).sum();
            if gain <= 1e-12 * before || damping > MOST_DAMPING {
                return best;
            }
            let mut next = best.at;
            for (value, step) in next.iter_mut().zip(step) {
                *value -= step;
            }
            clamp(&mut next, bounds);
            let sum = sum_at(&next);
            if sum < before {
                best = Found { at: next, sum };
                damping = (damping / 10.0).max(1e-12);
            } else {
                damping *= 10.0;
            }
        }
    }
    best
}

fn clamp<const P: usize>(at: &mut [f64; P], bounds: &[(f64, f64); P]) {
    for (value, &(low, high)) in at.iter_mut().zip(bounds) {
        *value = value.max(low).min(high);
    }
}

/// `JᵀJ` and `Jᵀr`, by central differences.
fn linearised<const P: usize>(
    residuals: &impl Fn(&[f64; P], &mut Vec<f64>),
    at: &[f64; P],
) -> ([[f64; P]; P], [f64; P]) {
    let mut here = Vec::new();
    residuals(at, &mut here);
    let columns: [Vec<f64>; P] = std::array::from_fn(|i| {
        let (mut above, mut below) = (Vec::new(), Vec::new());
        let mut shifted = *at;
        shifted[i] = at[i] + DELTA;
        residuals(&shifted, &mut above);
        shifted[i] = at[i] - DELTA;
        residuals(&shifted, &mut below);
        above.iter().zip(&below).map(|(a, b)| (a - b) / (2.0 * DELTA)).collect()
    });
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let normal = std::array::from_fn(|i| std::array::from_fn(|j| dot(&columns[i], &columns[j])));
    (normal, std::array::from_fn(|i| dot(&columns[i], &here)))
}

/// Solves (N + damping·diag N) x = g on the parameters that are not fixed, by elimination with pivots; x is 0 on the
/// others. `None` where nothing is free or a figure is not finite.
fn solve<const P: usize>(
    normal: &[[f64; P]; P],
    gradient: &[f64; P],
    held: &[bool; P],
    damping: f64,
) -> Option<[f64; P]> {
    let mut rows = *normal;
    let mut right = *gradient;
    for i in 0..P {
        rows[i][i] += damping * normal[i][i].max(1e-12);
        if held[i] {
            right[i] = 0.0;
            for row in &mut rows {
                row[i] = 0.0;
            }
            rows[i] = [0.0; P];
            rows[i][i] = 1.0;
        }
    }
    for column in 0..P {
        let pivot = (column..P).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()))?;
        rows.swap(column, pivot);
        right.swap(column, pivot);
        let pivot = rows[column];
        if pivot[column].abs() <= 0.0 || pivot[column].is_nan() {
            return None;
        }
        for below in column + 1..P {
            let factor = rows[below][column] / pivot[column];
            for (value, above) in rows[below].iter_mut().zip(pivot) {
                *value -= factor * above;
            }
            right[below] -= factor * right[column];
        }
    }
    let mut x = [0.0; P];
    for i in (0..P).rev() {
        let known: f64 = (i + 1..P).map(|j| rows[i][j] * x[j]).sum();
        x[i] = (right[i] - known) / rows[i][i];
    }
    let usable = x.iter().all(|v| v.is_finite()) && held.iter().any(|held| !held);
    usable.then_some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line through three points, where the least squares are known: y = 1 + 2x with residuals that cancel.
    fn line(at: &[f64; 2], out: &mut Vec<f64>) {
        out.clear();
        out.extend([(0.0, 1.1), (1.0, 2.8), (2.0, 5.1)].map(|(x, y): (f64, f64)| y - at[0] - at[1] * x));
    }

    #[test]
    fn a_line_is_found_in_closed_form() {
        let free = [(f64::NEG_INFINITY, f64::INFINITY); 2];
        let found = minimise(line, [0.0, 0.0], &free);
        assert!((found.at[0] - 1.0).abs() < 1e-6 && (found.at[1] - 2.0).abs() < 1e-6, "{found:?}");
        assert!((found.sum - 0.06).abs() < 1e-9);
    }

    #[test]
    fn a_bound_holds_what_would_leave_and_the_rest_is_solved_with_it() {
        let found = minimise(line, [0.0, 0.0], &[(0.0, f64::INFINITY), (0.0, 1.5)]);
        // The slope is fixed at 1.5; the best level is the mean of y - 1.5 x.
        assert!((found.at[1] - 1.5).abs() < 1e-12 && (found.at[0] - 1.5).abs() < 1e-6, "{found:?}");
    }
}
