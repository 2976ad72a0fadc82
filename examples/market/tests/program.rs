//! The program as it is called, the API as it answers, and the README's table.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::sync::Arc;

use market::api::Server;
use market::sql::Store;
use market::symbols::Symbols;
use market::tick::ticks;

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn program(args: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_market")).args(args).arg("--folder").arg(folder).output().unwrap()
}

fn status(args: &[&str]) -> ExitCode {
    let paths = [here("report.json").into(), "--budgets".into(), here("perf-budgets.toml").into()];
    let all: [OsString; 2] = ["cargo-perf".into(), "status".into()];
    cargo_perf::run(all.into_iter().chain(paths).chain(args.iter().map(OsString::from)))
}

#[test]
fn the_table_in_the_readme_has_the_targets_of_today() {
    let page = here("README.md");
    assert_eq!(status(&["--check", page.to_str().unwrap()]), ExitCode::SUCCESS, "see standard error for the remedy");
}

#[test]
fn every_command_is_in_the_help_and_what_is_none_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let help = program(&["--help"], folder.path());
    let text = String::from_utf8(help.stdout).unwrap();
    for command in
        ["quick", "throughput", "latency", "curve", "stress", "endurance", "regression", "production", "pair", "serve"]
    {
        assert!(text.lines().any(|line| line.trim_start().starts_with(command)), "{command}: {text}");
    }
    let unknown = program(&["quick", "--inject", "nothing"], folder.path());
    assert_eq!(unknown.status.code(), Some(2));
    let text = String::from_utf8(unknown.stderr).unwrap();
    assert!(text.contains("there is no regression `nothing`; take one of extra-allocation, "), "{text}");
}

#[test]
fn a_folder_that_cannot_be_made_is_2() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let failed = program(&["throughput", "--mode", "quick"], file.path());
    assert_eq!(failed.status.code(), Some(2));
    assert!(String::from_utf8(failed.stderr).unwrap().contains("market: cannot make the folder "));
}

#[cfg(not(feature = "kafka"))]
#[test]
fn brokers_without_their_feature_are_2() {
    let folder = tempfile::tempdir().unwrap();
    let failed = program(&["curve", "--mode", "quick", "--brokers", "localhost:9092"], folder.path());
    assert_eq!(failed.status.code(), Some(2));
    let text = String::from_utf8(failed.stderr).unwrap();
    assert!(text.contains("this build cannot ask localhost:9092; build it with `--features kafka`"), "{text}");
}

#[cfg(not(feature = "datafusion"))]
#[test]
fn an_engine_without_its_feature_is_2() {
    let folder = tempfile::tempdir().unwrap();
    for args in [&["throughput", "--mode", "quick", "--engine", "datafusion"][..], &["pair", "sql-engines"]] {
        let failed = program(args, folder.path());
        assert_eq!(failed.status.code(), Some(2), "{args:?}");
        let text = String::from_utf8(failed.stderr).unwrap();
        assert!(text.contains("this build has no DataFusion; build it with `--features datafusion`"), "{text}");
    }
}

/// A command that measures a part has nothing to say of the others, and no success table.
#[test]
fn a_part_shows_its_own_figures() {
    let folder = tempfile::tempdir().unwrap();
    let done = program(&["curve", "--mode", "quick"], folder.path());
    let table = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{table}");
    for (row, expected) in [("curve", true), ("ingestion", false), ("api", false), ("regression", false)] {
        assert_eq!(table.lines().any(|line| line.starts_with(row)), expected, "{row}: {table}");
    }
    assert!(!table.contains("no call of such a probe"), "{table}");
    let page = folder.path().join("PAGE.md");
    std::fs::write(&page, "<!-- perf status -->\n<!-- /perf status -->\n").unwrap();
    let refused = program(&["table", page.to_str().unwrap()], folder.path());
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("`market quick` measures all of it"));
}

/// The library's own comparison: no allocation is left of thousands.
#[test]
fn a_pair_prints_before_and_after() {
    let folder = tempfile::tempdir().unwrap();
    let done = program(&["pair", "allocation"], folder.path());
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{text}");
    let row = text.lines().find(|line| line.contains("pair::allocation") && line.contains(" allocs "));
    let words: Vec<&str> = row.unwrap_or_default().split_whitespace().collect();
    assert_eq!(words.get(3..6), Some(&["5000", "0", "−5000"][..]), "{text}");
}

fn ask(server: &Server, path: &str) -> (u16, serde_json::Value) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

#[test]
fn the_api_answers() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("market.sqlite");
    let symbols = Arc::new(Symbols::first(20));
    Store::with(&database, &symbols, &ticks(9, 10, 2_000).unwrap()).unwrap();
    let server = Server::start("127.0.0.1:0", &database, symbols).unwrap();
    let (status, trades) = ask(&server, "/trades/AAAA?limit=3");
    assert_eq!((status, trades.as_array().map(Vec::len)), (200, Some(3)));
    assert!(trades[0]["price"].as_str().is_some_and(|price| price.contains('.')), "exact, so text: {trades}");
    let (status, quote) = ask(&server, "/quotes/AAAA");
    assert!(status == 200 && quote["bid_size"].is_u64(), "{quote}");
    let (status, sums) = ask(&server, "/stats/AAAB");
    assert!(status == 200 && sums["trades"].as_u64() > Some(10), "{sums}");
    assert_eq!(ask(&server, "/quotes/AAAT").0, 404, "a symbol without quotes");
    assert_eq!(ask(&server, "/quotes/NONE").0, 404, "no symbol");
    assert_eq!(ask(&server, "/trades/AAAA?limit=many").0, 400);
}
