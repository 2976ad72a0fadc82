//! How often `compare` names a winner where there is none, and how often it finds a real one: simulated servers, 1,000
//! comparisons a row, seeds 0 … 999.
//!
//! `cargo run --release -p perf-load --example compare_errors [RUNS]`

mod server;

use std::time::Duration;

use perf_load::compare::{Comparison, Metric, Plan, Winner, compare};
use perf_load::{Arrivals, Error};
use server::{Machine, Server};

/// Arrivals a second, half of the server's capacity.
const RATE: f64 = 500.0;
const MEAN: f64 = 1e-3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runs: u64 = std::env::args().nth(1).map_or(Ok(1_000), |text| text.parse())?;
    println!("M/M/1 at half load, blocks of 1 s with {RATE} arrivals, {runs} comparisons a row.\n");
    println!("### Two that are alike\n");
    println!("| machine | pairs | any winner | p50 | p95 | p99 | throughput | errors |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for (name, wander, drift) in MACHINES {
        for pairs in [8, 12, 20] {
            let mut wins = [0_u64; 6];
            for seed in 0..runs {
                let found = one(seed, pairs, 1.0, wander, drift)?;
                for (sum, win) in wins.iter_mut().zip(winners(&found)) {
                    *sum += u64::from(win != Winner::Neither);
                }
            }
            let [any, rest @ ..] = wins.map(|count| percent(count, runs));
            println!("| {name} | {pairs} | {any} | {} |", rest.join(" | "));
        }
    }
    println!("\n### B slower\n");
    println!(
        "| machine | pairs | B's service time | true change of p50 | A wins p50 | B wins anything | interval holds the truth | median least change of p50 |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for (name, wander, drift) in MACHINES {
        for slower in [1.02, 1.05, 1.065, 1.1, 1.2] {
            let truth = (1.0 / MEAN - RATE) / (1.0 / (MEAN * slower) - RATE) - 1.0;
            let (mut right, mut wrong, mut held) = (0, 0, 0);
            let mut least = Vec::new();
            for seed in 0..runs {
                let found = one(seed, 20, slower, wander, drift)?;
                let p50 = found.finding(Metric::P50).ok_or("p50 is judged")?;
                right += u64::from(p50.winner == Winner::A);
                wrong += u64::from(found.findings.iter().any(|finding| finding.winner == Winner::B));
                held += u64::from(p50.interval.0 <= truth && truth <= p50.interval.1);
                least.push(p50.least_change);
            }
            least.sort_by(f64::total_cmp);
            println!(
                "| {name} | 20 | +{:.1} % | +{:.1} % | {} | {} | {} | {:.1} % |",
                100.0 * (slower - 1.0),
                100.0 * truth,
                percent(right, runs),
                percent(wrong, runs),
                percent(held, runs),
                100.0 * least[least.len() / 2],
            );
        }
    }
    Ok(())
}

/// Name, steps of the speed from block to block, and its fall from block to block.
const MACHINES: [(&str, f64, f64); 3] =
    [("steady", 0.0, 0.0), ("wandering 3 % a block", 0.03, 0.0), ("slowing by 1 ‰ a block", 0.01, 0.001)];

fn one(seed: u64, pairs: usize, slower: f64, wander: f64, drift: f64) -> Result<Comparison, Error> {
    let machine = Machine::new(seed, wander, drift);
    let block = Arrivals::constant(RATE, Duration::from_secs(1))?.poisson(seed);
    let plan = Plan::new(block).pairs(pairs).seed(seed);
    compare(Server::new(&machine, MEAN), Server::new(&machine, MEAN * slower), &plan)
}

/// The winner in any metric, and in each one.
fn winners(found: &Comparison) -> [Winner; 6] {
    let of = |metric| found.finding(metric).map_or(Winner::Neither, |finding| finding.winner);
    let all = [Metric::P50, Metric::P95, Metric::P99, Metric::Throughput, Metric::Errors].map(of);
    let any = all.into_iter().find(|winner| *winner != Winner::Neither).unwrap_or(Winner::Neither);
    let [p50, p95, p99, throughput, errors] = all;
    [any, p50, p95, p99, throughput, errors]
}

fn percent(count: u64, runs: u64) -> String {
    format!("{:.1} %", 100.0 * count as f64 / runs as f64)
}
