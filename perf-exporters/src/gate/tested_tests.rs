use super::*;
use crate::report::Machine;

fn of(metric: Metric, runs: &[f64]) -> Baseline {
    let mut baseline = Baseline::default();
    let low = runs.iter().copied().fold(f64::INFINITY, f64::min);
    let high = runs.iter().copied().fold(0.0, f64::max);
    baseline.put("test", &Machine::current(), [(metric, Figure::new(runs, low, high).unwrap())]);
    baseline
}

fn times(runs: [f64; 5]) -> Baseline {
    of(Metric::P50Ns, &runs.map(|run| 1_000.0 * run))
}

fn level(before: &Baseline, now: &Baseline) -> (Level, bool) {
    let found = compare(before, now, None);
    (found.changes[0].level, found.changes[0].gates)
}

const USUAL: [f64; 5] = [100.0, 101.0, 102.0, 103.0, 140.0];

#[test]
fn a_time_fails_beyond_twice_the_worst_that_was_recorded() {
    let usual = times(USUAL);
    assert_eq!(level(&usual, &times(USUAL.map(|run| 1.4 * run))), (Level::Same, true));
    assert_eq!(level(&usual, &times(USUAL.map(|run| 1.7 * run))), (Level::Warn, true));
    assert_eq!(level(&usual, &times([280.0, 281.0, 290.0, 300.0, 310.0])), (Level::Fail, true));
    // One of the new runs was within twice one of the old runs.
    assert_eq!(level(&usual, &times([279.0, 281.0, 290.0, 300.0, 310.0])), (Level::Unproven, true));
    assert_eq!(level(&usual, &times(USUAL.map(|run| 0.4 * run))), (Level::Improved, true));
    assert_eq!(level(&of(Metric::P95Ns, &[100.0]), &of(Metric::P95Ns, &[900.0])), (Level::Fail, false));
}

#[test]
fn a_machine_that_is_slower_has_its_share_taken_off() {
    let kernels = |by: f64| Kernels::new(100.0 * by, 200.0 * by, 400.0 * by, "release").unwrap();
    let mut before = times(USUAL);
    before.machines.values_mut().for_each(|class| class.kernels = Some(kernels(1.0)));
    let now = times([300.0, 301.0, 302.0, 303.0, 304.0]);
    for (by, expected) in [(0.5, Level::Fail), (1.0, Level::Fail), (1.05, Level::Fail), (1.2, Level::Unproven)] {
        assert_eq!(compare(&before, &now, Some(&kernels(by))).changes[0].level, expected, "{by}");
    }
    let mut found = compare(&before, &now, None);
    excuse_times(&mut found);
    assert!(matches!(found.verdict(), Verdict::Inconclusive(_)), "{found}");
}

#[test]
fn an_update_changes_what_moved_and_takes_away_what_is_gone() {
    let counts = |allocs: u64| [(Metric::Calls, Figure::exact(1)), (Metric::Allocs, Figure::exact(allocs))];
    let mut file = times(USUAL);
    let machine = Machine::current();
    for other in ["test: gone", "tests", "test: kept", "other"] {
        file.put(other, &machine, counts(1));
    }
    let mut now = times(USUAL.map(|run| 1.1 * run));
    now.put("test: kept", &machine, counts(2));
    let told = file.take_over("test", &now, None).unwrap();
    assert_eq!(told, "updated: kept: allocs +1 per call (2, was 1), gone is gone");
    assert_eq!(file.entries().map(|(name, _)| name).collect::<Vec<_>>(), ["other", "test", "test: kept", "tests"]);
    let kept = |file: &Baseline| file.get("test").unwrap().times.values().next().unwrap().figures.clone();
    assert_eq!(kept(&file), kept(&times(USUAL)), "ten per cent are no reason to write a time anew");
    assert_eq!(file.take_over("test", &now, None), None);
    file.take_over("test", &times(USUAL.map(|run| 3.0 * run)), None).unwrap();
    assert_eq!(kept(&file), kept(&times(USUAL.map(|run| 3.0 * run))));
}

#[test]
fn the_fastest_kernels_are_kept() {
    let kernels = |by: f64| Kernels::new(100.0 * by, 200.0 * by, 400.0 * by, "release").unwrap();
    let mut file = Baseline::default();
    let mut after = |by: f64| {
        file.take_over("test", &times(USUAL), Some(&kernels(by)));
        file.machines.values().next().unwrap().kernels.clone().unwrap()
    };
    assert_eq!([1.0, 2.0, 0.97, 0.5].map(&mut after), [1.0, 1.0, 1.0, 0.5].map(kernels));
}
