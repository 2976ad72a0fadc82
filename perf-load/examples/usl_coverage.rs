//! How often the intervals of a fitted Universal Scalability Law contain the true parameters, over seeded synthetic
//! data.
//!
//! `cargo run --release -p perf-load --example usl_coverage`

use perf_load::scale::{Estimate, Noise, Point, Usl};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, Normal};

const SAMPLES: u64 = 1_000;
const LAMBDA: f64 = 1_000.0;

fn throughput(workers: u32, sigma: f64, kappa: f64) -> f64 {
    let n = f64::from(workers);
    LAMBDA * n / (1.0 + sigma * (n - 1.0) + kappa * n * (n - 1.0))
}

/// Peak and ceiling of the true curve.
fn derived(sigma: f64, kappa: f64) -> (f64, f64) {
    let peak = if kappa > 0.0 { ((1.0 - sigma) / kappa).sqrt().max(1.0) } else { f64::INFINITY };
    let u = 1.0 / peak;
    (peak, LAMBDA / (sigma + (1.0 - sigma) * (2.0 * u - u * u)))
}

fn main() {
    println!("{SAMPLES} samples a row; per cent of them whose 95 % interval holds the true value.\n");
    println!("| worker counts | noise | scatter | σ | κ | λ | σ held | κ held | peak held | ceiling held |");
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let counts: [&[u32]; 3] =
        [&[1, 2, 4, 8, 12, 16, 24, 32], &[1, 2, 3, 4, 6, 8], &[1, 1, 1, 2, 2, 2, 4, 4, 4, 8, 8, 8]];
    let curves = [(0.05, 0.001), (0.3, 0.01), (0.2, 0.0), (0.0, 0.002), (0.02, 0.0001), (0.9, 0.0)];
    let mut least = 100.0_f64;
    for counts in counts {
        for (noise, scatter) in [(Noise::Relative, 0.03), (Noise::Relative, 0.1), (Noise::Absolute, 0.03)] {
            for (sigma, kappa) in curves {
                let held = held(counts, noise, scatter, sigma, kappa);
                least = held.iter().copied().fold(least, f64::min);
                let [lambda, s, k, peak, ceiling] = held.map(|share| format!("{share:.1}"));
                println!(
                    "| {counts:?} | {noise:?} | {:.0} % | {sigma} | {kappa} | {lambda} | {s} | {k} | {peak} | {ceiling} |",
                    100.0 * scatter
                );
            }
        }
    }
    println!("\nleast: {least:.1} %");
}

fn held(counts: &[u32], noise: Noise, scatter: f64, sigma: f64, kappa: f64) -> [f64; 5] {
    let normal = Normal::new(0.0, scatter).expect("a scatter is finite");
    let (peak, ceiling) = derived(sigma, kappa);
    let mut inside = [0_u32; 5];
    for seed in 0..SAMPLES {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let points: Vec<Point> = counts
            .iter()
            .map(|&workers| {
                let exact = throughput(workers, sigma, kappa);
                let throughput = match noise {
                    Noise::Absolute => (exact + LAMBDA * normal.sample(&mut rng)).max(1.0),
                    _ => exact * normal.sample(&mut rng).exp(),
                };
                Point { workers, throughput }
            })
            .collect();
        let usl = Usl::fit(&points, noise).expect("enough points");
        let holds = |estimate: Estimate, truth: f64| u32::from(estimate.contains(truth));
        let now = [
            holds(usl.lambda, LAMBDA),
            holds(usl.sigma, sigma),
            holds(usl.kappa, kappa),
            holds(usl.peak, peak),
            holds(usl.ceiling, ceiling),
        ];
        for (sum, holds) in inside.iter_mut().zip(now) {
            *sum += holds;
        }
    }
    inside.map(|count| 100.0 * f64::from(count) / SAMPLES as f64)
}
