//! How often are verdicts wrong, by condition?
//!
//! Seeded noise goes through the project's own verdict code, so the same table comes out on every machine, also on a busy one:
//! `cargo run --release -p experiments --features simulated --bin budget_conditions [quick|TIMES [PARTS]]`. It ends with 1 where a
//! rate leaves its bound. `quick` is a tenth of the runs, for CI; a number is so many times as many. PARTS are parts of the conditions'
//! names, `,` between them.

#[path = "../simulated/mod.rs"]
mod simulated;

use fastrand::Rng;
use simulated::condition::Wrong;
use simulated::{calls, growing, histories, reports};

fn main() {
    let argument = |at| std::env::args().nth(at).unwrap_or_default();
    let (quick, parts) = (argument(1) == "quick", argument(2));
    let times = argument(1).parse().unwrap_or(1_u32);
    println!("| condition | runs | PASS | FAIL | INCONCLUSIVE | wrong is | at most |\n|---|---|---|---|---|---|---|");
    let mut beyond = 0;
    let table = [
        calls::conditions,
        growing::growing,
        growing::at_a_bound,
        histories::conditions,
        reports::conditions,
        growing::with_empty_caches,
    ];
    for mut condition in table.iter().flat_map(|part| part()) {
        if !parts.split(',').any(|part| condition.what.contains(part)) {
            continue;
        }
        let runs = if quick { condition.runs / 10 } else { condition.runs * times };
        let mut rng = Rng::with_seed(2_026);
        let (mut passed, mut failed) = (0, 0);
        for _ in 0..runs {
            let verdict = (condition.judge)(&mut rng);
            passed += u32::from(verdict.is_pass());
            failed += u32::from(verdict.is_fail());
        }
        let (wrong, name) = match condition.wrong {
            Wrong::Fail => (failed, "FAIL"),
            Wrong::Pass => (passed, "PASS"),
            Wrong::NoFail => (runs - failed, "not FAIL"),
        };
        let share = f64::from(runs) * condition.most;
        // Of few runs, what exceeds the share by one, or by the deviation that chance gives to it, proves nothing.
        let chance = if quick { (share * (1.0 - condition.most)).sqrt().max(1.0) } else { 0.0 };
        beyond += u32::from(f64::from(wrong) > share.ceil() + chance);
        let undecided = runs - passed - failed;
        let share = 100.0 * condition.most;
        println!("| {} | {runs} | {passed} | {failed} | {undecided} | {name} | {share} % |", condition.what);
    }
    println!("\n{beyond} conditions beyond their bounds");
    std::process::exit(i32::from(beyond > 0));
}
