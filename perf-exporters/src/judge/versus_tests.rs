use super::*;
use crate::stats::noise::{Calls, MACHINES};
use fastrand::Rng;

/// A call of B: how much longer it takes than one of A on the same machine.
type Slower = fn(u64) -> f64;

fn verdict(machine: &Calls, slower: Slower, ratio: f64, per_slot: usize, rng: &mut Rng) -> Versus {
    let mut blocks = Blocks::default();
    let mut calls = rng.u64(0..1_000);
    loop {
        let order = Order::drawn(1, blocks.len());
        let mut times = machine.take(4 * per_slot, rng).into_iter();
        blocks.add_drawn(order, per_slot, |runs_b| {
            let time = times.next().unwrap();
            calls += u64::from(runs_b);
            if runs_b { time * slower(calls) } else { time }
        });
        if !blocks.are_looked_at() {
            continue;
        }
        let judged = blocks.judge(ratio);
        let waits = matches!(judged.verdict, Verdict::Inconclusive(Reason::TooFewSamples { .. }));
        if !waits || blocks.len() >= MOST {
            return judged;
        }
    }
}

fn tally(machine: &Calls, slower: Slower, ratio: f64, tries: u32) -> (u32, u32) {
    let mut rng = Rng::with_seed(11);
    let (mut passed, mut failed) = (0, 0);
    for _ in 0..tries {
        let judged = verdict(machine, slower, ratio, 500, &mut rng);
        passed += u32::from(judged.verdict.is_pass());
        failed += u32::from(judged.verdict.is_fail());
    }
    (passed, failed)
}

#[test]
fn what_a_median_does_not_see_fails() {
    let every: [(&str, Slower, Figure); 5] = [
        ("every 3rd call 10 times", |n| if n % 3 == 0 { 10.0 } else { 1.0 }, Figure::Mean),
        ("every 5th call 10 times", |n| if n % 5 == 0 { 10.0 } else { 1.0 }, Figure::Mean),
        ("every 64th call 20 times", |n| if n % 64 == 0 { 20.0 } else { 1.0 }, Figure::Mean),
        ("every 1,000th call 1,000 times", |n| if n % 1_000 == 0 { 1_000.0 } else { 1.0 }, Figure::Mean),
        ("a fifth slower", |_| 1.3, Figure::Median),
    ];
    for (what, slower, figure) in every {
        let (passed, failed) = tally(&MACHINES[0], slower, 1.10, 20);
        assert_eq!((passed, failed), (0, 20), "{what}");
        let told = verdict(&MACHINES[0], slower, 1.10, 500, &mut Rng::with_seed(1));
        assert!(
            told.figures.iter().any(|(own, judged)| *own == figure && judged.verdict.is_fail()),
            "{what}: {told:?}"
        );
        assert!(told.worst().is_some_and(|(_, judged)| judged.verdict.is_fail() && judged.ratio > 1.15), "{told:?}");
    }
}

#[test]
fn unchanged_code_never_fails() {
    for (index, machine) in MACHINES.iter().enumerate() {
        let (passed, failed) = tally(machine, |_| 1.0, 1.10, 15);
        assert_eq!(failed, 0, "machine {index}");
        // Without turns that are shorter than bursts it is some 6 on the last machine.
        assert!(passed >= 14, "machine {index}: {passed} of 15");
    }
}

#[test]
fn turns_are_learnt_from_runs_of_slow_calls_and_lose_no_sample() {
    let mut rng = Rng::with_seed(3);
    let after_a_look = |machine: &Calls, rng: &mut Rng| {
        let mut blocks = Blocks::default();
        for _ in 0..LOOKS[0].blocks {
            assert_eq!(blocks.turns(500), 1, "nothing is known yet");
            blocks.add(Order::Abba, &[(); 4].map(|()| machine.take(500, rng)));
        }
        [500, 5].map(|samples| (blocks.turns(samples), blocks.parts(samples).collect::<Vec<_>>()))
    };
    let uncut = |samples: usize| (1, (0..4).map(|place| (place, samples)).collect::<Vec<_>>());
    assert_eq!(after_a_look(&MACHINES[0], &mut rng), [500, 5].map(uncut), "a calm machine");
    assert_eq!(after_a_look(&MACHINES[1], &mut rng), [500, 5].map(uncut), "runs of five calls");
    let [(turns, parts), (few, _)] = after_a_look(&MACHINES[3], &mut rng);
    assert!((20..=50).contains(&turns) && few == 1, "{turns}, {few}");
    assert_eq!(parts.len(), 4 * turns);
    for place in 0..4 {
        let own = parts.iter().filter(|part| part.0 == place);
        assert_eq!(own.map(|part| part.1).sum::<usize>(), 500);
    }
}

#[test]
fn useless_input_is_said() {
    let mut blocks = Blocks::default();
    assert!(blocks.is_empty());
    blocks.add(Order::Abba, &[vec![1.0], vec![0.0], vec![1.0], vec![1.0]]);
    assert!(matches!(blocks.judge(1.1).verdict, Verdict::Inconclusive(Reason::Invalid(_))));
    assert!(matches!(Blocks::default().judge(0.0).verdict, Verdict::Inconclusive(Reason::Invalid(_))));
}
