//! Comparisons of simulated servers: the right one wins, and there is seldom a winner between equal ones.

#[path = "../../examples/compare_errors/server.rs"]
mod server;

use std::time::Duration;

use perf_load::Arrivals;
use perf_load::compare::{Comparison, Metric, Plan, Winner, compare};
use server::{Machine, Server};

/// A machine whose speed wanders by 3 % from block to block.
fn machine(seed: u64) -> Machine {
    Machine::new(seed, 0.03, 0.0)
}

/// 500 arrivals a block at half of the capacity.
fn plan(seed: u64) -> Plan {
    let block = Arrivals::constant(500.0, Duration::from_secs(1)).unwrap().poisson(seed);
    Plan::new(block).names("old", "new").pairs(16).seed(seed)
}

#[test]
fn the_faster_one_wins_whichever_it_is() {
    let machine = machine(1);
    let (fast, slow) = (0.8e-3, 1.0e-3);
    let found = compare(Server::new(&machine, fast), Server::new(&machine, slow), &plan(1)).unwrap();
    assert_eq!(found.winner(), Winner::A, "{}", found.markdown());
    let finding = found.finding(Metric::P50).unwrap();
    // M/M/1: the response time is exponential with rate 1/s − λ, so medians relate as (1/0.8 − 0.5) / (1/1 − 0.5) = 1.5.
    assert!(finding.interval.0 < 0.5 && 0.5 < finding.interval.1, "{finding:?}");
    assert!(found.summary().contains("old is faster by"), "{}", found.summary());
    let found = compare(Server::new(&machine, slow), Server::new(&machine, fast), &plan(2)).unwrap();
    assert_eq!(found.winner(), Winner::B, "{}", found.markdown());
    assert!(found.summary().contains("new is the better one, and nothing speaks for old."), "{}", found.summary());
}

#[test]
fn failures_count_against_a_fast_one() {
    let machine = machine(3);
    let failing = Server { fails: 0.1, ..Server::new(&machine, 0.7e-3) };
    let found = compare(failing, Server::new(&machine, 1e-3), &plan(3)).unwrap();
    assert_eq!(found.finding(Metric::P50).unwrap().winner, Winner::A);
    assert_eq!(found.finding(Metric::Errors).unwrap().winner, Winner::B);
    assert_eq!(found.finding(Metric::Throughput).unwrap().winner, Winner::B);
    assert_eq!(found.winner(), Winner::Neither);
    let summary = found.summary();
    assert!(summary.contains("new fails less by") && summary.contains("new completes"), "{summary}");
    assert!(summary.ends_with("Each is better at something, so the choice depends on the use."), "{summary}");
}

#[test]
fn a_late_generator_makes_no_winner() {
    let machine = machine(4);
    let late = Server { late: true, ..Server::new(&machine, 1.0e-3) };
    let found = compare(late, Server::new(&machine, 0.5e-3), &plan(4)).unwrap();
    assert!(found.findings.iter().all(|finding| finding.winner == Winner::Neither));
    assert!(found.invalid.is_some() && found.left_out.len() == 16);
    let summary = found.summary();
    assert!(summary.starts_with("16 of 16 pairs of blocks could not be relied on"), "{summary}");
    assert!(summary.ends_with("is INVALID. No winner is named."), "{summary}");
    assert!(found.unjudged.is_empty(), "{:?}", found.unjudged);
}

#[test]
fn equal_plans_and_drives_make_equal_comparisons_and_the_order_follows_from_the_seed() {
    let run = |order| {
        let machine = machine(5);
        compare(Server::new(&machine, 1e-3), Server::new(&machine, 1e-3), &plan(5).seed(order)).unwrap()
    };
    assert_eq!(run(1), run(1));
    let order = |found: &Comparison| found.pairs.iter().map(|pair| pair.a_first).collect::<Vec<_>>();
    assert_ne!(order(&run(1)), order(&run(2)));
    let first = order(&run(1)).into_iter().filter(|first| *first).count();
    assert!((3..=13).contains(&first), "{first} of 16");
}

#[test]
fn markdown_and_json_have_every_metric_and_every_pair() {
    let machine = machine(6);
    let found = compare(Server::new(&machine, 1e-3), Server::new(&machine, 1e-3), &plan(6).names("a|b", "c")).unwrap();
    let markdown = found.markdown();
    for metric in ["response p50", "response p95", "response p99", "throughput", "error rate"] {
        assert!(markdown.contains(&format!("| {metric} |")), "{markdown}");
    }
    assert!(!markdown.contains("a|b") && markdown.contains("seed 6"), "{markdown}");
    let json: serde_json::Value = serde_json::from_str(&found.json()).unwrap();
    assert_eq!(json["schema"], "perf.load.compare/1");
    assert_eq!(json["pairs"].as_array().unwrap().len(), 16);
    assert_eq!(json["findings"][0]["metric"], "p50");
    assert_eq!(json["block_ns"], 1_000_000_000);
    // Three sentences: none of the names and figures has a full stop followed by a space.
    assert_eq!(found.summary().matches(". ").count(), 2, "{}", found.summary());
}

#[test]
fn too_few_pairs_are_an_error_that_says_how_many_it_takes() {
    let machine = machine(7);
    let plan = plan(7).pairs(5);
    let error = compare(Server::new(&machine, 1e-3), Server::new(&machine, 1e-3), &plan).unwrap_err();
    assert_eq!(error.key(), Some("pairs"));
    assert!(error.to_string().contains("give 8 to 100"), "{error}");
}

/// A tenth of the runs of the example `compare_errors`: two alike get a winner in at most 5 % of comparisons, give or take
/// what chance leaves at this number.
#[test]
fn two_that_are_alike_seldom_get_a_winner() {
    let wins = (0..100).filter(|&seed| {
        let machine = machine(1_000 + seed);
        let found = compare(Server::new(&machine, 1e-3), Server::new(&machine, 1e-3), &plan(seed).pairs(12)).unwrap();
        found.findings.iter().any(|finding| finding.winner != Winner::Neither)
    });
    let wins = wins.count();
    assert!(wins <= 10, "{wins} of 100");
}
