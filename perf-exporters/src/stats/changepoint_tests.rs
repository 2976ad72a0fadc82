use super::super::noise::normal;
use super::super::states::States;
use super::*;

fn level(value: f64, n: usize, noise: f64, rng: &mut Rng) -> Vec<f64> {
    (0..n).map(|_| value * (1.0 + noise * normal(rng))).collect()
}

fn cuts(history: &[f64]) -> Vec<usize> {
    find(history, &Options::default()).iter().map(|c| c.index).collect()
}

/// The energy distance of a cut, pair by pair.
fn naive(left: &[f64], right: &[f64]) -> f64 {
    let mean = |a: &[f64], b: &[f64], pairs: f64| {
        a.iter().flat_map(|x| b.iter().map(move |y| (x - y).abs())).sum::<f64>() / pairs
    };
    let (m, n) = (left.len() as f64, right.len() as f64);
    let inner = mean(left, left, m * (m - 1.0)) + mean(right, right, n * (n - 1.0));
    m * n / (m + n) * (2.0 * mean(left, right, m * n) - inner)
}

#[test]
fn the_running_sums_agree_with_pairs() {
    let mut rng = Rng::with_seed(1);
    for _ in 0..100 {
        let n = rng.usize(4..30);
        let values: Vec<f64> = (0..n).map(|_| rng.f64()).collect();
        let shortest = rng.usize(2..5);
        let slow = (shortest..=n.saturating_sub(shortest))
            .map(|at| naive(&values[..at], &values[at..]))
            .max_by(f64::total_cmp);
        match (best_cut(&values, shortest), slow) {
            (Some((at, q)), Some(most)) => {
                assert!((q - most).abs() < 1e-9);
                assert!((naive(&values[..at], &values[at..]) - q).abs() < 1e-9);
            }
            (fast, slow) => assert!(fast.is_none() && (slow.is_none() || n < 2 * shortest)),
        }
    }
}

#[test]
fn steps_are_found_where_they_are() {
    let mut rng = Rng::with_seed(2);
    let mut near = 0;
    for _ in 0..20 {
        let mut history = level(100.0, 30, 0.03, &mut rng);
        history.extend(level(110.0, 30, 0.03, &mut rng));
        let found = cuts(&history);
        near += u32::from(found.len() == 1 && found[0].abs_diff(30) <= 2);
    }
    assert!(near >= 18, "{near} of 20");
    let mut three = level(100.0, 20, 0.02, &mut rng);
    three.extend(level(130.0, 20, 0.02, &mut rng));
    three.extend(level(80.0, 20, 0.02, &mut rng));
    assert_eq!(cuts(&three), [20, 40]);
    let found = find(&three, &Options::default());
    assert!((found[0].ratio() - 1.3).abs() < 0.05 && found[0].p <= 0.01);
}

#[test]
fn a_steady_history_has_no_changes() {
    let mut rng = Rng::with_seed(3);
    let alarms: usize = (0..100).map(|_| cuts(&level(100.0, 40, 0.1, &mut rng)).len()).sum();
    assert!(alarms <= 4, "{alarms} in 100 histories");
    assert!(cuts(&[5.0; 50]).is_empty());
    assert!(cuts(&[0.0; 50]).is_empty());
}

#[test]
fn an_outlier_and_a_small_step_are_no_change() {
    let mut rng = Rng::with_seed(4);
    let mut history = level(100.0, 40, 0.02, &mut rng);
    history[17] = 900.0;
    assert!(cuts(&history).is_empty());
    let mut small = level(100.0, 40, 0.002, &mut rng);
    small.extend(level(103.0, 40, 0.002, &mut rng));
    assert!(cuts(&small).is_empty());
    let eager = Options { least_change: 0.01, ..Options::default() };
    assert_eq!(find(&small, &eager).len(), 1);
}

#[test]
fn short_and_spoiled_histories_are_harmless() {
    for n in 0..12 {
        assert!(cuts(&vec![f64::NAN; n]).is_empty());
        assert!(n == 10 || n == 11 || cuts(&(0..n).map(|i| i as f64).collect::<Vec<_>>()).is_empty());
    }
    let rise = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0];
    let found = find(&rise, &Options::default());
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].index, found[0].ratio()), (6, f64::INFINITY));
}

#[test]
fn the_same_seed_gives_the_same_answer() {
    let mut rng = Rng::with_seed(5);
    let mut history = level(1.0, 25, 0.2, &mut rng);
    history.extend(level(1.2, 25, 0.2, &mut rng));
    assert_eq!(find(&history, &Options::default()), find(&history, &Options::default()));
}

/// First-order autoregressions without a change.
fn dependent(rho: f64, n: usize, rng: &mut Rng) -> Vec<f64> {
    let mut state = normal(rng);
    (0..n)
        .map(|_| {
            state = rho * state + (1.0 - rho * rho).sqrt() * normal(rng);
            100.0 * (1.0 + 0.1 * state)
        })
        .collect()
}

/// The number of 100 histories in which the level is said to change at some place.
fn steps(mut history: impl FnMut(&mut Rng) -> Vec<f64>) -> usize {
    let mut rng = Rng::with_seed(31);
    let options = Options { shuffles: 199, ..Options::default() };
    (0..100).filter(|_| find(&history(&mut rng), &options).iter().any(|change| change.kind == Kind::Level)).count()
}

#[test]
fn neighbours_that_depend_on_each_other_are_no_change() {
    let found = [0.0, 0.3, 0.6, 0.9].map(|rho| steps(|rng| dependent(rho, 60, rng)));
    let mut state = false;
    let states = steps(|rng| {
        let mut value = |rng: &mut Rng| {
            state ^= rng.u8(0..10) == 0;
            if state { 115.0 } else { 100.0 }
        };
        (0..60).map(|_| value(rng) * (1.0 + 0.02 * normal(rng))).collect()
    });
    // A machine that changes its state once or twice in all cannot be distinguished from code that does.
    assert!(found.iter().all(|found| *found <= 10) && states <= 7, "{found:?}, {states}");
}

/// A rise by 30 % in 60 reports.
fn rising(rng: &mut Rng) -> Vec<f64> {
    (0..60).map(|at| (100.0 + 0.5 * f64::from(at)) * (1.0 + 0.02 * normal(rng))).collect()
}

#[test]
fn a_change_of_the_scatter_is_called_spread() {
    let mut rng = Rng::with_seed(32);
    let mut next = || kinds(&[level(100.0, 30, 0.02, &mut rng), level(100.0, 30, 0.12, &mut rng)].concat());
    let found: Vec<Vec<Kind>> = (0..50).map(|_| next()).collect();
    let of = |kinds: &[Kind]| found.iter().filter(|found| found[..] == *kinds).count();
    assert!(of(&[Kind::Spread]) >= 38 && of(&[Kind::Spread]) + of(&[]) >= 48, "{found:?}");
}

fn kinds(history: &[f64]) -> Vec<Kind> {
    find(history, &Options::default()).iter().map(|change| change.kind).collect()
}

/// Both make neighbours alike: one moves along a line, the other to and fro.
#[test]
fn a_slow_rise_is_a_drift_and_a_level_that_wanders_is_none() {
    let mut rng = Rng::with_seed(33);
    let mut drifts =
        |history: &dyn Fn(&mut Rng) -> Vec<f64>| (0..50).filter(|_| kinds(&history(&mut rng)) == [Kind::Drift]).count();
    let [rises, wanders] = [drifts(&rising), drifts(&|rng| dependent(0.9, 60, rng))];
    assert!(rises == 50 && wanders <= 4, "{rises}, {wanders}");
}

#[test]
fn a_straight_line_is_a_drift_with_its_place_in_the_middle() {
    let line: Vec<f64> = (0..30).map(|at| 100.0 + f64::from(at)).collect();
    let found = find(&line, &Options::default());
    assert_eq!(found.iter().map(|change| (change.index, change.kind)).collect::<Vec<_>>(), [(15, Kind::Drift)]);
}

/// A mistake that came and was repaired looks like a state of the machine that came once: in the end nothing changed.
#[test]
fn a_level_that_comes_back_is_no_change() {
    let mut rng = Rng::with_seed(14);
    let stays = [(46.0, 28), (168.0, 14), (46.0, 14)];
    let history: Vec<f64> = stays.iter().flat_map(|(to, runs)| level(*to, *runs, 0.05, &mut rng)).collect();
    assert_eq!(find(&history, &Options::default()), []);
    assert_eq!(States::of(&history, 5).map(|states| states.turns), Some(2));
}

/// Single runs that reach the other level by chance do not make a step two states for good: their order is improbable.
#[test]
fn a_step_is_found_among_outliers_as_high_as_it() {
    let found = steps(|rng| {
        let mut value = |at: usize| {
            let high = at >= 30 || rng.u8(0..20) == 0;
            (if high { 115.0 } else { 100.0 }) * (1.0 + 0.02 * normal(rng))
        };
        (0..60).map(&mut value).collect()
    });
    assert!(found >= 60, "{found} of 100");
}
