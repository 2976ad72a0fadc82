//! A program of 1,000 probes under the cap of the whole program: `cargo run --release -p experiments --features probes
//! --bin program_cap [ROUNDS]`.
//!
//! 990 functions of some 2 to 20 microseconds, and ten of 20 nanoseconds that they call, which makes up some
//! million calls a second. It prints how much longer the program takes under a cap of 1 % than with its probes switched off, in the same
//! process by turns, and how far the figures under the cap are from those of a run without one.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use perf_core::{Probe, perf_probe};

const ORDINARY: usize = 990;
const SHORT: usize = 10;
/// Parts per million.
const CAP: u32 = 10_000;
/// Passes over all functions of a turn, and turns of a process: off and capped, twice each.
const PASSES: u64 = 6;
const TURNS: usize = 48;
/// Passes of the runs whose figures are compared.
const COMPARED: u64 = 300;

/// A chain of dependent steps, each a nanosecond or two.
#[inline(always)]
fn steps(x: u64, steps: u64) -> u64 {
    (0..steps).fold(x, |x, step| {
        let x = (x ^ step).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x ^ (x >> 29)
    })
}

macro_rules! short {
    ($($function:ident)*) => {
        $(
            #[inline(never)]
            #[perf_probe]
            fn $function(x: u64) -> u64 {
                steps(x, 12)
            }
        )*
        /// The ten functions of 20 ns.
        const SHORT_FUNCTIONS: [fn(u64) -> u64; SHORT] = [$($function),*];
    };
}
short!(short_0 short_1 short_2 short_3 short_4 short_5 short_6 short_7 short_8 short_9);

/// One of the 990: work of its own, and ten calls of short functions in between.
#[inline(never)]
fn ordinary(probe: &'static Probe, index: usize, mut x: u64) -> u64 {
    let _call = probe.start();
    let part = 100 + 90 * (index as u64 % 11);
    for short in SHORT_FUNCTIONS {
        x = short(black_box(steps(x, part)));
    }
    x
}

fn probes() -> Vec<&'static Probe> {
    (0..ORDINARY).map(|index| &*Box::leak(Box::new(Probe::new(format!("ordinary {index}").leak())))).collect()
}

fn pass(probes: &[&'static Probe], x: u64) -> u64 {
    probes.iter().enumerate().fold(x, |x, (index, probe)| ordinary(probe, index, x))
}

/// Nanoseconds that the processor worked for this thread, where the system tells; else those that passed.
fn processor_ns(began: Instant) -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let told = told.split_whitespace().next().and_then(|first| first.parse().ok());
    told.unwrap_or_else(|| u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX))
}

/// By turns without probes and under the cap: prints the median of the ratios of neighbours, and the ratio of the sums.
fn turns() {
    let (probes, began) = (probes(), Instant::now());
    let mut x = pass(&probes, 1);
    perf_core::set_overhead(CAP);
    let mut turn = |on: bool| {
        perf_core::set_recording(on);
        let before = processor_ns(began);
        for _ in 0..PASSES {
            x = pass(&probes, x);
        }
        processor_ns(began).saturating_sub(before) as f64
    };
    let mut ratios = Vec::new();
    let mut sums = [0.0; 2];
    for _ in 0..TURNS {
        let [off, on, on_again, off_again] = [false, true, true, false].map(&mut turn);
        ratios.extend([on / off, on_again / off_again]);
        sums = [sums[0] + off + off_again, sums[1] + on + on_again];
    }
    ratios.sort_by(f64::total_cmp);
    println!("{} {}", ratios[ratios.len() / 2], sums[1] / sums[0]);
    black_box(x);
}

/// The figures of a run: one line for each probe.
fn figures(cap: u32) {
    let probes = probes();
    perf_core::set_overhead(cap);
    black_box((0..COMPARED).fold(1, |x, _| pass(&probes, x)));
    for probe in perf_core::snapshot().probes() {
        let [p50, p90] = [0.5, 0.9].map(|q| probe.quantile(q).as_nanos());
        let (total, own) = (probe.total().as_nanos(), probe.self_time().as_nanos());
        let name = probe.name().rsplit("::").next().unwrap_or_default();
        println!("{name}\t{} {} {total} {own} {p50} {p90}", probe.calls(), probe.timed_calls());
    }
}

/// What this program prints when it is started with these arguments.
fn told(arguments: &[&str]) -> String {
    let me = std::env::current_exe().expect("the path of this program");
    let output = Command::new(me).args(arguments).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Calls, timed calls, total, self time, median and p90 by probe.
fn figures_of(cap: u32) -> BTreeMap<String, [f64; 6]> {
    let line = |line: &str| {
        let (name, numbers) = line.split_once('\t').expect("a name and numbers");
        let numbers: Vec<f64> = numbers.split(' ').map(|number| number.parse().expect("a number")).collect();
        (name.to_owned(), numbers.try_into().expect("six of them"))
    };
    told(&["--figures", &cap.to_string()]).lines().map(line).collect()
}

fn slow_down(rounds: usize) {
    println!("| process | median of neighbouring turns | all turns |\n|--:|--:|--:|");
    let mut all: Vec<f64> = Vec::new();
    for round in 1..=rounds {
        let told = told(&["--turns"]);
        let ratio = |text: &str| text.trim().parse::<f64>().expect("a ratio");
        let (median, sum) = told.split_once(' ').expect("two ratios");
        let (median, sum) = (ratio(median), ratio(sum));
        println!("| {round} | {:+.2} % | {:+.2} % |", 100.0 * (median - 1.0), 100.0 * (sum - 1.0));
        all.push(median);
    }
    all.sort_by(f64::total_cmp);
    println!("| median | {:+.2} % | |\n", 100.0 * (all[all.len() / 2] - 1.0));
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--turns"] => return turns(),
        ["--figures", cap] => return figures(cap.parse().expect("parts per million")),
        _ => {}
    }
    slow_down(arguments.first().map_or(5, |rounds| rounds.parse().expect("a number of processes")));
    let (without, with) = (figures_of(0), figures_of(CAP));
    println!("| probe | calls, timed | total | self | median, ns | p90, ns |\n|---|--:|--:|--:|--:|--:|");
    let off = |with: f64, without: f64| format!("{:+.1} %", 100.0 * (with / without - 1.0));
    let mut sums = [[0.0; 6]; 2];
    for (name, capped) in &with {
        let free = without[name];
        assert!((free[0] - capped[0]).abs() < 0.5, "{name}: calls are exact");
        if name.starts_with("short") {
            println!(
                "| {name} | {}, {} | {} | {} | {} for {} | {} for {} |",
                capped[0],
                capped[1],
                off(capped[2], free[2]),
                off(capped[3], free[3]),
                capped[4],
                free[4],
                capped[5],
                free[5]
            );
        } else {
            for (sum, one) in sums.iter_mut().zip([capped, &free]) {
                sum.iter_mut().zip(one).for_each(|(sum, one)| *sum += one);
            }
        }
    }
    let [capped, free] = sums;
    println!(
        "| the {ORDINARY} others | {}, {} | {} | {} | {} | {} |",
        capped[0],
        capped[1],
        off(capped[2], free[2]),
        off(capped[3], free[3]),
        off(capped[4], free[4]),
        off(capped[5], free[5])
    );
}
