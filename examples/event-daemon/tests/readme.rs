//! The README's table of targets is that of the saved report and of the budgets: a test fails when either changed in shape.

use std::process::ExitCode;

#[test]
fn the_table_of_targets_is_not_stale() {
    let file = |name: &str| format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    let (budgets, report, page) = (file("perf-budgets.toml"), file("report.json"), file("README.md"));
    let words = ["cargo-perf", "perf", "status", "--budgets", &budgets, &report, "--check", &page];
    let code = cargo_perf::run(words.into_iter().map(Into::into));
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::SUCCESS), "the line above says what is stale");
}
