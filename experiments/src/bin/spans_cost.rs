//! What a span costs, with and without a probe made of it, and what a probe costs that opens one: `cargo run --release
//! -p experiments --features spans --bin spans_cost`. Medians over rounds that take every way in turn, in ns.

use std::hint::black_box;
use std::time::Instant;

use perf_core::Probe;
use perf_exporters::spans::{self, PerfLayer};
use tracing::{Dispatch, Level, info_span};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

const CALLS: u32 = 20_000;
const ROUNDS: usize = 21;

static PROBE: Probe = Probe::new("shop::checkout");

fn nanos_per_call(call: impl Fn()) -> f64 {
    let start = Instant::now();
    (0..CALLS).for_each(|_| call());
    start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
}

fn span() {
    info_span!("checkout").in_scope(|| black_box(()));
}

fn probe() {
    let _call = PROBE.start();
    black_box(());
}

fn main() {
    let nowhere = Dispatch::none();
    let plain = Dispatch::new(registry());
    let layered = Dispatch::new(registry().with(PerfLayer::new()));
    spans::open(Level::INFO);
    spans::close();
    let opening = |call: fn()| {
        spans::open(Level::INFO);
        let took = nanos_per_call(call);
        spans::close();
        took
    };
    type Way<'a> = (&'a str, &'a Dispatch, Box<dyn Fn() -> f64 + 'a>);
    let ways: [Way; 5] = [
        ("probe", &nowhere, Box::new(|| nanos_per_call(probe))),
        ("span, nobody listens", &nowhere, Box::new(|| nanos_per_call(span))),
        ("span, in a registry", &plain, Box::new(|| nanos_per_call(span))),
        ("the same with PerfLayer", &layered, Box::new(|| nanos_per_call(span))),
        ("probe that opens a span there", &plain, Box::new(|| opening(probe))),
    ];
    let mut times = vec![Vec::new(); ways.len()];
    for _ in 0..ROUNDS {
        for (way, times) in ways.iter().zip(&mut times) {
            times.push(tracing::dispatcher::with_default(way.1, &way.2));
        }
    }
    println!("| way | ns/call |\n|---|--:|");
    for (way, times) in ways.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        println!("| {} | {:.0} |", way.0, times[ROUNDS / 2]);
    }
}
