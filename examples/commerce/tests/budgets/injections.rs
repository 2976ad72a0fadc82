//! Every mistake is caught by the budgets that are about it, and by no other.
//!
//! One round without the tests of time, as `cargo test` runs it, or `INJECTION_ROUNDS=20` with all of them:
//! `INJECTION_ROUNDS=20 cargo test --release -p commerce --test budgets injections -- --nocapture`.

use std::process::Command;

use commerce::inject::Injection;

/// The budgets that are about it. The first has to catch it, for it counts; others may.
const fn caught_by(injection: Injection) -> &'static [&'static str] {
    match injection {
        Injection::NPlusOne => &["counts::a_list_of_orders_takes_one_query"],
        // In a debug build the copy takes so long that a hit is no longer ten times as fast as the database.
        Injection::ExtraAllocation => {
            &["counts::a_cached_tenant_costs_no_allocation", "versus::the_cache_beats_the_database"]
        }
        Injection::LockContention => &["counts::two_readers_do_not_wait_for_each_other"],
        Injection::OnLookup => &["counts::a_search_takes_few_steps"],
        // Beside others in one process the leak check is now and then undecided.
        Injection::Leak => &["counts::handled_events_are_let_go", "leaks::handled_events_are_let_go"],
    }
}

#[test]
fn each_mistake_is_caught_by_its_budgets_alone() {
    let rounds =
        std::env::var("INJECTION_ROUNDS").ok().map(|rounds| rounds.parse::<u32>().expect("a number of rounds"));
    assert_eq!(failing(None, rounds.is_none()), Vec::<String>::new(), "without a mistake");
    println!("{:<18} {:>6} {:>7} {:>6} {:>6}  by", "injected", "rounds", "caught", "missed", "wrong");
    let (mut all_missed, mut all_wrong) = (0, Vec::new());
    for injection in Injection::ALL {
        let (mut caught, mut wrong) = (0, Vec::new());
        for _ in 0..rounds.unwrap_or(1) {
            let failed = failing(Some(injection), rounds.is_none());
            caught += u32::from(failed.iter().any(|test| test == caught_by(injection)[0]));
            wrong.extend(failed.into_iter().filter(|test| !caught_by(injection).contains(&test.as_str())));
        }
        let missed = rounds.unwrap_or(1) - caught;
        println!(
            "{:<18} {:>6} {caught:>7} {missed:>6} {:>6}  {}",
            injection.name(),
            rounds.unwrap_or(1),
            wrong.len(),
            caught_by(injection)[0]
        );
        all_missed += missed;
        all_wrong.append(&mut wrong);
    }
    assert_eq!((all_missed, all_wrong), (0, Vec::new()), "none missed, none wrong");
}

/// The tests of this program that fail with that mistake, in a process of their own.
fn failing(injection: Option<Injection>, without_times: bool) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--skip", "injections"]).env_remove("PERF_UPDATE").env_remove("COMMERCE_INJECT");
    if without_times {
        command.args(["--skip", "times::", "--skip", "versus::"]);
    }
    if let Some(injection) = injection {
        command.env("COMMERCE_INJECT", injection.name());
    }
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("test result:"), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    let failed = told.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    failed.map(ToOwned::to_owned).collect()
}
