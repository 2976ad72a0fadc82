use super::*;
use crate::judge::quantile::{Exceedances, judge_share, minimal_samples};
use crate::judge::{Verdict, mean};
use fastrand::Rng;

/// Nanoseconds of a call of 10 µs, of which a share is slow by a factor, in runs.
struct Code {
    share: f64,
    run: f64,
    slower: f64,
}

impl Code {
    fn take(&self, calls: usize, rng: &mut Rng) -> Vec<f64> {
        let leave = 1.0 / self.run;
        let enter = leave * self.share / (1.0 - self.share);
        let mut slow = rng.f64() < self.share;
        let call = |_| {
            let turn = rng.f64();
            slow = if slow { turn >= leave } else { turn < enter };
            10_000.0 * (1.0 + 0.1 * rng.f64()) * if slow { self.slower } else { 1.0 }
        };
        (0..calls).map(call).collect()
    }
}

/// The final verdict of looks at every doubling, where a PASS has to wait, or does not.
fn sampled(times: &[f64], first: usize, waits: bool, judge: impl Fn(&[f64]) -> (Verdict, f64)) -> Verdict {
    let most = Duration::from_secs(2);
    let floor = Floor::of(Duration::from_millis(100), most, calls_for_runs(0.01));
    let (mut look, mut spent) = (first, 0);
    loop {
        let seen = &times[..look.min(times.len())];
        let elapsed = Duration::from_secs_f64(seen.iter().sum::<f64>() / 1e9);
        let over = seen.len() == times.len() || elapsed >= most;
        let (verdict, pass_p) = judge(seen);
        let may_pass = !waits || floor.allows(seen.len() as u64, elapsed);
        let passes = verdict.is_pass() && (!waits || pass_p <= spent_at(spent, over));
        if over || verdict.is_fail() || (passes && may_pass) {
            return if verdict.is_pass() && !passes {
                Verdict::Inconclusive(crate::judge::Reason::Undecided)
            } else {
                verdict
            };
        }
        spent += u32::from(may_pass);
        look *= 2;
    }
}

const TRIES: u32 = 30;

fn passes(code: &Code, waits: bool) -> u32 {
    let mut rng = Rng::with_seed(21);
    let first = usize::try_from(minimal_samples(0.99)).unwrap();
    let p99 = |seen: &[f64]| {
        let judged = judge_share(Exceedances::of(seen, 20_000.0), 0.01);
        (judged.verdict, judged.pass_p)
    };
    (0..TRIES).map(|_| u32::from(sampled(&code.take(40_000, &mut rng), first, waits, p99).is_pass())).sum()
}

#[test]
fn slow_calls_in_runs_are_waited_for() {
    for (share, run) in [(0.03, 30.0), (0.03, 300.0), (0.05, 250.0)] {
        let code = Code { share, run, slower: 4.0 };
        let (at_once, so) = (passes(&code, false), passes(&code, true));
        assert!(at_once >= 15 && so <= 3, "{share} in runs of {run}: {at_once} at once, {so} so, of {TRIES}");
    }
    assert_eq!(passes(&Code { share: 0.0, run: 1.0, slower: 1.0 }, true), TRIES);
}

#[test]
fn a_mean_that_rare_calls_double_does_not_pass() {
    let mut rng = Rng::with_seed(22);
    let verdicts: Vec<Verdict> = (0..20)
        .map(|_| {
            // Every 1,000th call takes 1,000 times as long; the mean is twice as long, and 1.2 times is allowed.
            let from = rng.usize(0..1_000);
            let call = |at: usize| if (from + at) % 1_000 == 999 { 10_000_000.0 } else { 10_000.0 + 100.0 * rng.f64() };
            let times: Vec<f64> = (0..100_000).map(call).collect();
            sampled(&times, 60, true, |seen| {
                let judged = mean::judge(seen, 12_000.0);
                (judged.verdict, judged.pass_p)
            })
        })
        .collect();
    assert_eq!(verdicts.iter().filter(|verdict| verdict.is_fail()).count(), 20);
}

#[test]
fn what_is_spent_is_no_more_than_there_is() {
    let spent: f64 = (0..20).map(|look| spent_at(look, false)).sum::<f64>() + spent_at(20, true);
    assert!((spent - PASS_LEVEL).abs() < 1e-12);
    assert_eq!((calls_for_runs(0.01), longest_run(37_500, 0.01), rarest(300)), (37_500, 300, 100));
    let short = Floor::of(Duration::from_millis(100), Duration::from_millis(20), 1_000);
    assert!(short.allows(1, Duration::from_millis(20)) && !short.allows(5_000, Duration::from_millis(19)));
}
