//! Calls against calls, programs against programs, and calls against limits.

use fastrand::Rng;
use perf_exporters::judge::relative::{self, Order};
use perf_exporters::judge::versus::{Blocks, MOST};
use perf_exporters::judge::{Reason, Verdict};

use super::condition::{Condition, Wrong, row};
use super::{Machine, mean_epoch, normal, p99_epoch};

fn vs(machine: Machine, slower: fn(u64) -> f64) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    const PER_SLOT: usize = 500;
    Box::new(move |rng| {
        let (mut blocks, mut calls) = (Blocks::default(), rng.u64(0..1_000));
        let seed = rng.u64(..);
        loop {
            let order = Order::drawn(seed, blocks.len());
            let mut times = machine.take(4 * PER_SLOT, rng).into_iter();
            blocks.add_drawn(order, PER_SLOT, |runs_b| {
                let time = times.next().unwrap_or(f64::NAN);
                calls += u64::from(runs_b);
                if runs_b { time * slower(calls) } else { time }
            });
            if blocks.are_looked_at() {
                let verdict = blocks.judge(1.10).verdict;
                if blocks.len() >= MOST || !matches!(verdict, Verdict::Inconclusive(Reason::TooFewSamples { .. })) {
                    return verdict;
                }
            }
        }
    })
}

/// A comparison of two programs of so many probes, of each four figures: runs scatter together by so much, each figure by itself by half
/// of it, and one run in five makes a mean up to twenty times as long. The new program's third probe is slower.
fn compared(probes: usize, scatter: f64, slower: f64, most: usize) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    const FIGURES: usize = 4;
    Box::new(move |rng| {
        let seed = rng.u64(..);
        let mut series = vec![Vec::with_capacity(most); probes * FIGURES];
        for block in 0..most {
            let order = Order::drawn(seed, block);
            let together = [0, 1, 2, 3].map(|_| scatter * normal(rng));
            let disturbed = [0, 1, 2, 3].map(|_| if rng.u8(0..5) == 0 { 3.0 * rng.f64() } else { 0.0 });
            for (at, d) in series.iter_mut().enumerate() {
                let slots = [0, 1, 2, 3].map(|slot| {
                    let mean = if at % FIGURES == 0 { disturbed[slot] } else { 0.0 };
                    let code = if order.runs_b(slot) && at / FIGURES == 2 { slower } else { 1.0 };
                    code * (together[slot] + mean + 0.5 * scatter * normal(rng)).exp()
                });
                d.extend(relative::block(order, slots));
            }
        }
        let series: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
        let judged = relative::judge_comparison(&series, 1.0, most);
        judged.into_iter().map(|judgement| judgement.verdict).fold(Verdict::Pass, Verdict::and)
    })
}

pub(crate) fn conditions() -> Vec<Condition> {
    use Wrong::{Fail, NoFail, Pass};
    fn third(call: u64) -> f64 {
        if call.is_multiple_of(3) { 10.0 } else { 1.0 }
    }
    fn fifth(call: u64) -> f64 {
        if call.is_multiple_of(5) { 10.0 } else { 1.0 }
    }
    fn sixteenth(call: u64) -> f64 {
        if call.is_multiple_of(16) { 6.0 } else { 1.0 }
    }
    fn sixty_fourth(call: u64) -> f64 {
        if call.is_multiple_of(64) { 20.0 } else { 1.0 }
    }
    fn thousandth(call: u64) -> f64 {
        if call.is_multiple_of(1_000) { 1_000.0 } else { 1.0 }
    }
    vec![
        row("vs 1.10, unchanged, calm", 1_000, Fail, 0.001, vs(Machine::CALM, |_| 1.0)),
        row("vs 1.10, unchanged, bursts of 20", 1_000, Fail, 0.001, vs(Machine::BURSTS, |_| 1.0)),
        row("vs 1.10, unchanged, bursts of 50, wandering", 1_000, Fail, 0.001, vs(Machine::BAD, |_| 1.0)),
        row("vs 1.10, bursts of 50, wandering, 1.3 times", 200, Pass, 0.05, vs(Machine::BAD, |_| 1.3)),
        row("vs 1.10, bursts of 50, wandering, every 16th call 6 times", 200, Pass, 0.05, vs(Machine::BAD, sixteenth)),
        row("vs 1.10, every 3rd call 10 times", 200, NoFail, 0.05, vs(Machine::CALM, third)),
        row("vs 1.10, every 5th call 10 times", 200, NoFail, 0.05, vs(Machine::CALM, fifth)),
        row("vs 1.10, every 64th call 20 times", 200, NoFail, 0.05, vs(Machine::CALM, sixty_fourth)),
        row("vs 1.10, every 1,000th call 1,000 times", 200, NoFail, 0.05, vs(Machine::CALM, thousandth)),
        row("compare, six probes, unchanged, runs scatter by 10 %", 10_000, Fail, 0.000_1, compared(6, 0.1, 1.0, 30)),
        row(
            "compare, forty probes, unchanged, runs scatter by 10 %",
            10_000,
            Fail,
            0.000_1,
            compared(40, 0.1, 1.0, 30),
        ),
        row("compare, +10 % in one of six, runs scatter by 6 %", 200, NoFail, 0.1, compared(6, 0.06, 1.1, 30)),
        row("compare, +20 % in one of six, runs scatter by 12 %", 200, NoFail, 0.1, compared(6, 0.12, 1.2, 30)),
        row(
            "compare, +20 % in one of six, runs scatter by 20 %, 100 blocks",
            200,
            NoFail,
            0.1,
            compared(6, 0.2, 1.2, 100),
        ),
        row("p99 at twice the usual, unchanged, calm", 1_000, Fail, 0.001, p99_epoch(Machine::CALM, 0.0, 1.0)),
        row("p99 at twice the usual, unchanged, bursts of 5", 1_000, Fail, 0.001, p99_epoch(Machine::SOME, 0.0, 1.0)),
        row("p99, 3 % slow in runs of 30", 1_000, Pass, 0.05, p99_epoch(Machine::CALM, 0.03, 30.0)),
        row("p99, 3 % slow in runs of 300", 1_000, Pass, 0.05, p99_epoch(Machine::CALM, 0.03, 300.0)),
        row("p99, 5 % slow in runs of 250", 1_000, Pass, 0.05, p99_epoch(Machine::CALM, 0.05, 250.0)),
        row("mean at 1.2 times, unchanged, calm", 1_000, Fail, 0.001, mean_epoch(Machine::CALM, 1.2, 1.0)),
        row("mean at 1.2 times, unchanged, bursts of 5", 1_000, Fail, 0.001, mean_epoch(Machine::SOME, 1.2, 1.0)),
        row(
            "mean at 1.2 times, one call in 1,000 1,000 times",
            200,
            NoFail,
            0.05,
            mean_epoch(Machine::CALM, 1.2, 1_000.0),
        ),
    ]
}
