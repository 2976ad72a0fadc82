//! A program of 1,000 probes under the cap of the whole program: `cargo run --release -p experiments --features probes
//! --bin program_cap [ROUNDS] [instructions]`.
//!
//! 990 functions of some 10 to 100 microseconds, each of which calls one of ten functions of 20 nanoseconds 40 times. It prints how much longer the program takes under a cap of 1 % than with its probes switched off, in the same
//! process by turns, and how far the figures under the cap are from those of a run without one.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use perf_core::{Probe, perf_probe};

#[path = "../callgrind/mod.rs"]
mod callgrind;

const ORDINARY: usize = 990;
const SHORT: usize = 10;
/// Parts per million.
const CAP: u32 = 10_000;
/// Passes over all functions of a turn, and turns of a process: off and capped, twice each.
const PASSES: u64 = 1;
const TURNS: usize = 20;
/// Passes of the runs whose instructions are counted, and subtracted.
const COUNTED: [u64; 2] = [5, 20];
/// Passes of the runs whose figures are compared.
const COMPARED: u64 = 50;

/// Steps of four chains side by side, as work that keeps a processor busy: the counter is read when its turn comes, which
/// behind one long chain would be long after the work before it was issued. A function of its own, so that it is the same code
/// whether a probe around it is on or off.
///
/// No multiplication: four chains that share one multiplier settle at six or at seven cycles a step, by the state of the
/// processor when they begin, and a turn may keep to one of these. Here every unit is busy, which has one speed.
#[inline(never)]
fn steps(x: u64, steps: u64) -> u64 {
    let next = |x: u64, step: u64| (x ^ step).rotate_left(7).wrapping_add(x >> 3);
    let chains = (0..steps).fold([x, !x, x << 1, x >> 1], |chains, step| chains.map(|x| next(x, step)));
    chains.iter().fold(0, |sum, x| sum ^ x)
}

macro_rules! short {
    ($($function:ident)*) => {
        $(
            #[inline(never)]
            #[perf_probe]
            fn $function(x: u64) -> u64 {
                steps(x, 16)
            }
        )*
        /// The ten functions of 20 ns.
        const SHORT_FUNCTIONS: [fn(u64) -> u64; SHORT] = [$($function),*];
    };
}
short!(short_0 short_1 short_2 short_3 short_4 short_5 short_6 short_7 short_8 short_9);

/// One of the 990: work of its own, and in the midst of it the calls of a short function.
#[inline(never)]
fn ordinary(probe: &'static Probe, index: usize, x: u64) -> u64 {
    let _call = probe.start();
    let (part, short) = (3_000 + 3_000 * (index as u64 % 11), SHORT_FUNCTIONS[index % SHORT]);
    let x = (0..40).fold(steps(x, part), |x, _| short(black_box(x)));
    steps(x, part)
}

fn probes() -> Vec<&'static Probe> {
    (0..ORDINARY).map(|index| &*Box::leak(Box::new(Probe::new(format!("ordinary {index}").leak())))).collect()
}

fn pass(probes: &[&'static Probe], x: u64) -> u64 {
    probes.iter().enumerate().fold(x, |x, (index, probe)| ordinary(probe, index, x))
}

/// Nanoseconds that the processor worked for this thread, where the system tells; else those that passed.
///
/// The system brings the number up to date when the thread gives way, and else once in some milliseconds. A reading of the
/// thread's processor clock does so too, and there are such readings in calls that are timed: without giving way, turns with
/// probes would be told longer than they are, and those without shorter.
fn processor_ns(began: Instant) -> u64 {
    std::thread::yield_now();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let told = told.split_whitespace().next().and_then(|first| first.parse().ok());
    told.unwrap_or_else(|| u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX))
}

/// Nanoseconds of calls of one function, without probes and under the cap.
type Calls = [Vec<u64>; 2];

/// A pass that notes how long each call took.
fn timed_pass(probes: &[&'static Probe], x: u64, on: bool, calls: &mut [Calls]) -> u64 {
    probes.iter().zip(calls).enumerate().fold(x, |x, (index, (probe, calls))| {
        let began = Instant::now();
        let x = ordinary(probe, index, x);
        calls[usize::from(on)].push(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
        x
    })
}

/// The mean of calls without probes and of those under the cap, less the calls that were interrupted: the ones that took half
/// as much again as the median of the former, which is more than any probe adds.
fn uninterrupted(calls: &mut Calls) -> [f64; 2] {
    let [off, _] = calls;
    off.sort_unstable();
    let most = off[off.len() / 2] * 3 / 2;
    [0, 1].map(|on| {
        let whole = calls[on].iter().filter(|call| **call <= most);
        whole.clone().sum::<u64>() as f64 / whole.count().max(1) as f64
    })
}

/// By turns without probes and under the cap: prints the ratio of their calls that were not interrupted, and that of the
/// processor time of all.
fn turns(cap: u32) {
    let (probes, began) = (probes(), Instant::now());
    let mut x = pass(&probes, 1);
    perf_core::set_overhead(cap);
    let mut calls = vec![Calls::default(); ORDINARY];
    let mut turn = |on: bool| {
        perf_core::set_recording(on);
        let before = processor_ns(began);
        for _ in 0..PASSES {
            x = timed_pass(&probes, x, on, &mut calls);
        }
        processor_ns(began).saturating_sub(before) as f64
    };
    let mut sums = [0.0; 2];
    for _ in 0..TURNS {
        let [off, on, on_again, off_again] = [false, true, true, false].map(&mut turn);
        sums = [sums[0] + off + off_again, sums[1] + on + on_again];
    }
    black_box(x);
    let means = calls.iter_mut().map(uninterrupted).fold([0.0; 2], |sums, one| [sums[0] + one[0], sums[1] + one[1]]);
    println!("{} {}", means[1] / means[0], sums[1] / sums[0]);
}

/// So many passes, without probes or under a cap.
fn passes(cap: u32, passes: u64) {
    let probes = probes();
    perf_core::set_overhead(cap);
    perf_core::set_recording(cap != 0);
    black_box((0..passes).fold(1, |x, _| pass(&probes, x)));
}

/// The instructions of a pass under the cap over those of one without probes.
fn print_instructions() {
    let of_a_pass = |cap: u32| {
        let run = |passes: u64| callgrind::instructions(&["--passes", &cap.to_string(), &passes.to_string()]);
        let [few, many] = COUNTED.map(run);
        (many - few) as f64 / (COUNTED[1] - COUNTED[0]) as f64
    };
    let [off, capped] = [0, CAP].map(of_a_pass);
    let calls = (ORDINARY * 41) as f64;
    println!(
        "Instructions of a pass, by callgrind: {off:.0} without probes, {capped:.0} under the cap: {:+.2} %, {:.1} a call.\n",
        100.0 * (capped / off - 1.0),
        (capped - off) / calls
    );
}

/// The figures of a run: one line for each probe.
fn figures(cap: u32) {
    let probes = probes();
    perf_core::set_overhead(cap);
    black_box((0..COMPARED).fold(1, |x, _| pass(&probes, x)));
    for probe in perf_core::snapshot().probes() {
        let [p50, p90] = [0.5, 0.9].map(|q| probe.quantile(q).as_nanos());
        let per_call = |time: Duration| time.as_secs_f64() * 1e9 / probe.calls() as f64;
        let (total, own) = (per_call(probe.total()), per_call(probe.self_time()));
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

/// How far the work itself, without a probe, scatters: where it has two speeds, turns are compared that differ by more than
/// their probes.
fn speed_of_work() {
    let mut x = 1;
    let mut times: Vec<u64> = (0..2_000)
        .map(|_| {
            let began = Instant::now();
            x = steps(black_box(x), 20_000);
            u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX)
        })
        .collect();
    black_box(x);
    times.sort_unstable();
    let [low, middle, high] = [10, 50, 90].map(|percent| times[times.len() * percent / 100] as f64 / times[0] as f64);
    println!(
        "Work of 20,000 steps without a probe: {} ns at least; p10, p50, p90 are {low:.3}, {middle:.3}, {high:.3} of that.\n",
        times[0]
    );
}

fn slow_down(rounds: usize) {
    println!("| process | calls that were not interrupted | processor time |\n|--:|--:|--:|");
    let mut all: [Vec<f64>; 2] = Default::default();
    for round in 1..=rounds {
        let told = told(&["--turns", &CAP.to_string()]);
        let ratio = |text: &str| text.trim().parse::<f64>().expect("a ratio");
        let (calls, sum) = told.split_once(' ').expect("two ratios");
        let (calls, sum) = (ratio(calls), ratio(sum));
        println!("| {round} | {:+.2} % | {:+.2} % |", 100.0 * (calls - 1.0), 100.0 * (sum - 1.0));
        all[0].push(calls);
        all[1].push(sum);
    }
    let [calls, sum] = all.map(|mut ratios| {
        ratios.sort_by(f64::total_cmp);
        100.0 * (ratios[ratios.len() / 2] - 1.0)
    });
    println!("| median | {calls:+.2} % | {sum:+.2} % |\n");
}

fn print_row(name: &str, capped: [f64; 6], free: [f64; 6]) {
    let pair = |at: usize| format!("{:.1} for {:.1}", capped[at], free[at]);
    println!("| {name} | {:.0}, {:.0} | {} | {} | {} | {} |", capped[0], capped[1], pair(2), pair(3), pair(4), pair(5));
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--turns", cap] => return turns(cap.parse().expect("parts per million")),
        ["--passes", cap, count] => {
            return passes(cap.parse().expect("parts per million"), count.parse().expect("a number of passes"));
        }
        ["--figures", cap] => return figures(cap.parse().expect("parts per million")),
        _ => {}
    }
    speed_of_work();
    slow_down(arguments.first().map_or(5, |rounds| rounds.parse().expect("a number of processes")));
    if arguments.get(1).is_some_and(|wanted| wanted == "instructions") {
        print_instructions();
    }
    let (without, with) = (figures_of(0), figures_of(CAP));
    println!(
        "Under the cap for without it, ns; medians of the {ORDINARY} others are compared one by one.\n\n\
         | probe | calls, timed | mean | self | median | p90 |\n|---|--:|--:|--:|--:|--:|"
    );
    let (mut others, mut compared) = ([[0.0; 6]; 2], Vec::new());
    for (name, capped) in &with {
        let free = without[name];
        assert!((free[0] - capped[0]).abs() < 0.5, "{name}: calls are exact");
        if name.starts_with("short") {
            print_row(name, *capped, free);
        } else {
            for (sum, one) in others.iter_mut().zip([capped, &free]) {
                sum.iter_mut().zip(one).for_each(|(sum, one)| *sum += one);
            }
            compared.push(100.0 * (capped[4] / free[4] - 1.0));
        }
    }
    let each = |sums: [f64; 6]| [sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]].map(|sum| sum / ORDINARY as f64);
    print_row("each of the others", each(others[0]), each(others[1]));
    compared.sort_by(f64::total_cmp);
    let [low, middle, high] = [1, 2, 3].map(|part| compared[compared.len() * part / 4]);
    println!("\nMedians of the others: {middle:+.2} %, half of them between {low:+.2} % and {high:+.2} %.");
}
