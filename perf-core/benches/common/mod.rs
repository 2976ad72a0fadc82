//! Comparing ways of doing the same thing on a machine that is never quiet: they take turns, round by round, and what is
//! reported is the median of the ratios within each round.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// One way: does it so many times and says how long that took.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    pub(crate) run: Box<dyn Fn(u64) -> Duration>,
}

impl Way {
    pub(crate) fn new(name: &'static str, run: impl Fn(u64) -> Duration + 'static) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// Times calls of a small function with inputs that do not depend on each other.
pub(crate) fn time(calls: u64, function: impl Fn(u64) -> u64) -> Duration {
    let mut sum = 0u64;
    let start = Instant::now();
    for call in 0..calls {
        sum = sum.wrapping_add(function(black_box(call)));
    }
    let took = start.elapsed();
    black_box(sum);
    took
}

/// The work that is instrumented: a few instructions, no memory.
#[inline(always)]
pub(crate) fn work(x: u64) -> u64 {
    let x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x ^ (x >> 29)).rotate_left(17).wrapping_add(x)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Runs all ways by turns and prints ns per call, what a call costs over the first way, and the ratio to the way
/// called `unit`. Quick when called by `cargo test`.
pub(crate) fn compare(title: &str, unit: &str, calls: u64, ways: &[Way]) {
    let measured = std::env::args().any(|argument| argument == "--bench");
    let (rounds, calls) = if measured { (15, calls) } else { (1, calls.min(1000)) };
    let mut times = vec![Vec::new(); ways.len()];
    for way in ways {
        (way.run)(calls / 10 + 1);
    }
    for _ in 0..rounds {
        for (times, way) in times.iter_mut().zip(ways) {
            times.push((way.run)(calls).as_secs_f64() * 1e9 / calls as f64);
        }
    }
    if !measured {
        return;
    }
    let unit_at = ways.iter().position(|way| way.name == unit).expect("the unit is one of the ways");
    println!("\n### {title}\n\n| way | ns/call | over `{}` | x `{unit}` |\n|---|--:|--:|--:|", ways[0].name);
    for (index, way) in ways.iter().enumerate() {
        let each = |against: usize, combine: fn(f64, f64) -> f64| {
            let pairs = times[index].iter().zip(&times[against]);
            median(pairs.map(|(mine, theirs)| combine(*mine, *theirs)).collect())
        };
        println!(
            "| {} | {:.2} | {:.2} | {:.2} |",
            way.name,
            median(times[index].clone()),
            each(0, |mine, theirs| mine - theirs),
            each(unit_at, |mine, theirs| mine / theirs),
        );
    }
}
