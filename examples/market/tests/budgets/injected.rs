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

/// A regression, the test that must find it, and what its message must name.
const EXPECTED: [(Inject, &str, &str); 5] = [
    (Inject::ExtraAllocation, "counts::encoding_allocates_nothing", "allocs ≤ 0"),
    (Inject::SlowerCodec, "relative::the_schema_beats_json", "decoding_json"),
    (Inject::NPlusOne, "counts::a_join_is_one_statement", "calls(\"sql::statement\") ≤ 1"),
    (Inject::Leak, "leaks::batches_are_let_go", "ingest::batch"),
    (Inject::LinearLookup, "growth::a_symbol_is_found_at_once", "symbols::compare"),
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
        command.args(["--skip", "times::", "--skip", "exact::"]);
        // What takes time is repeated only for the regression that times find.
        if inject != Some(Inject::SlowerCodec) {
            command.args(["--skip", "relative::"]);
        }
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
    println!("| injected | runs | found | named right | others that failed |\n|---|--:|--:|--:|--:|");
    let mut wrong = String::new();
    for (inject, test, named) in EXPECTED {
        let (mut found, mut right, mut others) = (0, 0, 0);
        for _ in 0..runs {
            let Ran { failed, text } = run(Some(inject), runs > 1);
            found += u32::from(failed.contains(test));
            right += u32::from(text.contains(named));
            others += failed.iter().filter(|name| *name != test).count();
            if failed.len() != 1 || !failed.contains(test) || !text.contains(named) {
                wrong = format!("{wrong}{}: {failed:?}\n{text}\n", inject.name());
            }
        }
        println!("| {} | {runs} | {found} | {right} | {others} |", inject.name());
    }
    let Ran { failed, text } = run(None, runs > 1);
    println!("| none | 1 | – | – | {} |", failed.len());
    assert!(failed.is_empty(), "{text}");
    assert!(wrong.is_empty(), "{wrong}");
}
