//! The success table in the README has the targets and limits of today: `cargo perf status … --into README.md` writes it anew.

use std::ffi::OsString;
use std::process::ExitCode;

#[test]
fn the_table_in_the_readme_is_not_stale() {
    let here = |name: &str| format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    let [budgets, report, page] = ["perf-budgets.toml", "report.json", "README.md"].map(here);
    let args = ["cargo-perf", "perf", "status", "--budgets", &budgets, &report, "--check", &page];
    assert_eq!(cargo_perf::run(args.map(OsString::from)), ExitCode::SUCCESS);
}
