//! Each injected regression is found by its own budget, is named right, and nothing else fails.
//!
//! The tests of this executable run again in processes of their own, with `MARKET_INJECT` set. Once by default, which takes
//! seconds, without tests that need time and have nothing to do with it; all of them each time with
//! `MARKET_RUNS=20 cargo test --release -p market --test budgets injected -- --nocapture`, which prints a table.

use std::collections::BTreeSet;
use std::process::Command;

use market::Inject;
use market::inject::VARIABLE;

/// How often each is injected.
const RUNS: &str = "MARKET_RUNS";

/// How a regression must be found.
struct Expected {
    inject: Inject,
    /// The test of a count, which must find it on any machine.
    by: &'static str,
    /// What its message must name.
    named: &'static [&'static str],
    /// The test of the same promise by times or over time: it may find it as well, and may not where the machine is busy.
    beside: Option<&'static str>,
}

const fn expected(inject: Inject, by: &'static str, named: &'static [&'static str]) -> Expected {
    Expected { inject, by, named, beside: None }
}

const EXPECTED: [Expected; 5] = [
    expected(Inject::ExtraAllocation, "counts::encoding_allocates_nothing", &["allocs ≤ 0"]),
    Expected {
        beside: Some("relative::the_schema_beats_json"),
        ..expected(
            Inject::SlowerCodec,
            "counts::decoding_reads_once_and_allocates_nothing",
            &["calls(\"codec::schema::read\") ≤ 1000"],
        )
    },
    expected(Inject::NPlusOne, "counts::a_join_is_one_statement", &["calls(\"sql::statement\") ≤ 1"]),
    Expected {
        beside: Some("leaks::batches_are_let_go"),
        ..expected(Inject::Leak, "leaks::batches_leave_nothing_behind", &["net_bytes ≤ 0", "ingest::batch"])
    },
    expected(Inject::LinearLookup, "growth::a_symbol_is_found_at_once", &["symbols::compare"]),
];

/// What a run of all other tests said.
struct Ran {
    failed: BTreeSet<String>,
    text: String,
}

fn run(inject: Option<Inject>, whole: bool) -> Ran {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--skip", "injected::", "--test-threads", "2"]).env_remove(VARIABLE);
    if !whole {
        command.args(["--skip", "times::", "--skip", "exact::", "--skip", "relative::"]);
    }
    if let Some(inject) = inject {
        command.env(VARIABLE, inject.name());
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let failed = text.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    let failed: BTreeSet<String> = failed.map(str::to_owned).collect();
    assert_eq!(output.status.success(), failed.is_empty(), "{text}");
    Ran { failed, text }
}

#[test]
fn each_regression_is_found_and_nothing_else_fails() {
    if std::env::var_os(VARIABLE).is_some() {
        return;
    }
    let runs: u32 = std::env::var(RUNS).ok().and_then(|runs| runs.parse().ok()).unwrap_or(1);
    println!(
        "| injected | runs | found | named right | found beside | others that failed |\n|---|--:|--:|--:|--:|--:|"
    );
    let mut wrong = String::new();
    for Expected { inject, by, named, beside } in EXPECTED {
        let (mut found, mut right, mut twice, mut others) = (0, 0, 0, 0);
        for _ in 0..runs {
            let Ran { failed, text } = run(Some(inject), runs > 1);
            let other = failed.iter().filter(|name| *name != by && beside.is_none_or(|test| *name != test)).count();
            let good = (failed.contains(by), named.iter().all(|name| text.contains(name)));
            found += u32::from(good.0);
            right += u32::from(good.1);
            twice += u32::from(beside.is_some_and(|test| failed.contains(test)));
            others += other;
            if good != (true, true) || other > 0 {
                wrong = format!("{wrong}{}: {failed:?}\n{text}\n", inject.name());
            }
        }
        let twice = beside.map_or("–".to_owned(), |_| twice.to_string());
        println!("| {} | {runs} | {found} | {right} | {twice} | {others} |", inject.name());
    }
    let Ran { failed, text } = run(None, runs > 1);
    println!("| none | 1 | – | – | – | {} |", failed.len());
    assert!(failed.is_empty(), "{text}");
    assert!(wrong.is_empty(), "{wrong}");
}
