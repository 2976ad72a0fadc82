//! What the two experiments about budgets share: code to measure, short epochs, and tables.

use std::collections::BTreeMap;
use std::time::Duration;

use perf_core::budget::{Bound, BudgetSpec, Limit, Metric, Warmup};
use perf_exporters::gate::Pace;

#[path = "../tally.rs"]
mod tally;
#[path = "../work.rs"]
mod work;

pub(crate) use tally::Tally;
pub(crate) use work::work;

/// Short epochs, and no pause between them: ten thousand verdicts are to fit into minutes. Real runs are longer and
/// further apart, so they suffer less from noise than these. With `default-pace` as the second argument, that of real runs.
pub(crate) fn pace() -> Pace {
    let mut pace = Pace::default();
    if is_default_pace() {
        return pace;
    }
    pace.max_time = Duration::from_millis(30);
    pace.least_epoch = Duration::from_millis(3);
    pace.slot = Duration::from_micros(300);
    pace.rules.pause = Duration::ZERO;
    pace
}

/// A budget that lives as long as the program, after a short warm-up.
pub(crate) fn spec(metric: Metric, bound: Bound) -> &'static BudgetSpec {
    leaked(BudgetSpec { limits: vec![Limit { metric, bound }].leak(), ..BudgetSpec::EMPTY })
}

pub(crate) fn leaked(spec: BudgetSpec) -> &'static BudgetSpec {
    Box::leak(Box::new(BudgetSpec { warmup: Some(Warmup::Calls(20)), ..spec }))
}

pub(crate) type Table = BTreeMap<(String, String), Tally>;

/// A table in Markdown.
pub(crate) fn print(headings: [&str; 2], table: &Table) {
    println!("| {} | {} | runs | PASS | FAIL | INCONCLUSIVE |\n|---|---|---|---|---|---|", headings[0], headings[1]);
    for ((first, second), tally) in table {
        let Tally { pass, fail, undecided } = *tally;
        println!("| {first} | {second} | {} | {pass} | {fail} | {undecided} |", tally.runs());
    }
}

/// The number of rounds: the first argument, or the default.
pub(crate) fn rounds(default: u32) -> u32 {
    std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Whether verdicts are made exactly as users' tests make them.
pub(crate) fn is_default_pace() -> bool {
    std::env::args().nth(2).is_some_and(|pace| pace == "default-pace")
}
