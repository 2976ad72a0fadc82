//! Two ways to count words under the same load: a hash map and a sorted vector.
//!
//! `cargo run --release -p perf-load --example compare [PAIRS] [ARRIVALS A SECOND]`

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Duration;

use perf_load::compare::{Plan, compare};
use perf_load::data::Documents;
use perf_load::{Arrivals, Load};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let pairs = arguments.next().map_or(Ok(20), |text| text.parse())?;
    let rate = arguments.next().map_or(Ok(500.0), |text| text.parse())?;
    let texts: Vec<String> = Documents::new(1)
        .bytes(8_000.0, 0.3)
        .stream()?
        .take(64)
        .map(|document| String::from_utf8_lossy(document.as_bytes()).into_owned())
        .collect();
    let text = |number: u64| texts[usize::try_from(number).unwrap_or(0) % texts.len()].as_str();
    let load = Load::new("words").max_in_flight(4).limit(Duration::from_millis(50));
    let hashed = load.driver(|ctx| {
        black_box(hashed(text(ctx.number())));
    });
    let sorted = load.driver(|ctx| {
        black_box(sorted(text(ctx.number())));
    });
    let block = Arrivals::constant(rate, Duration::from_secs(1))?.poisson(1);
    let plan = Plan::new(block).names("hash map", "sorted vector").pairs(pairs).seed(7);
    let found = compare(hashed, sorted, &plan)?;
    println!("{}", found.markdown());
    Ok(())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn hashed(text: &str) -> usize {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for word in words(text) {
        *counts.entry(word).or_default() += 1;
    }
    counts.len()
}

fn sorted(text: &str) -> usize {
    let mut all: Vec<&str> = words(text).collect();
    all.sort_unstable();
    all.dedup();
    all.len()
}
