//! `PERF_SERVE` and `PERF_OTLP` in a program of its own: this binary runs itself with the environment that a test asks for.
#![cfg(feature = "serve")]

#[path = "support/http.rs"]
mod http;

use std::env;
use std::net::TcpListener;
use std::process::Command;

/// Tells the child that it is one, and the address to ask.
const CHILD: &str = "PERF_TEST_CHILD";

/// What the child does. Run as a test of its own, it does nothing.
#[test]
fn child() {
    let Ok(address) = env::var(CHILD) else { return };
    let address = address.parse().unwrap();
    let named = || perf_exporters::Reporter::builder().program("named").build();
    let (first, second) = (named(), named());
    drop(first);
    let report = perf_exporters::Report::from_json(http::get(address, "/report.json").body).unwrap();
    assert_eq!(report.meta.program, "named");
    #[cfg(feature = "monitor")]
    assert_eq!(report.monitor.len(), usize::from(env::var("PERF_MONITOR").is_ok_and(|value| value == "5ms")));
    drop(second);
    TcpListener::bind(address).expect("the endpoint ends with the last reporter");
    let _third = named();
    assert_eq!(http::get(address, "/health").status, 200);
}

fn run(variables: &[(&str, &str)]) -> (bool, String) {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env("PERF_REPORT", "off")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn the_environment_asks_for_an_endpoint() {
    if !perf_core::is_enabled() {
        return;
    }
    let address = free_address();
    let (success, told) = run(&[("PERF_SERVE", &address), (CHILD, &address)]);
    assert!(success && !told.contains("perf:"), "{told}");
}

#[cfg(feature = "monitor")]
#[test]
fn the_environment_asks_for_a_monitor() {
    if !perf_core::is_enabled() {
        return;
    }
    for (value, complaint) in [("5ms", None), ("off", None), ("often", Some("PERF_MONITOR=\"often\""))] {
        let address = free_address();
        let (success, told) = run(&[("PERF_MONITOR", value), ("PERF_SERVE", &address), (CHILD, &address)]);
        let found = told.lines().find(|line| line.starts_with("perf: "));
        assert!(success && found.is_some() == complaint.is_some(), "{told}");
        assert!(complaint.is_none_or(|complaint| told.contains(complaint)), "{told}");
    }
}

#[test]
fn what_cannot_be_served_is_told_and_the_program_goes_on() {
    let address = free_address();
    let (_, told) = run(&[("PERF_SERVE", "0.0.0.0:0"), (CHILD, &address)]);
    let line = told.lines().find(|line| line.starts_with("perf: ")).expect("a line");
    let why = if perf_core::is_enabled() { "PERF_SERVE_REMOTE=1" } else { "built without probes" };
    assert!(line.contains("PERF_SERVE") && line.contains(why), "{line}");
    let (_, told) = run(&[("PERF_OTLP", "nonsense"), (CHILD, &address)]);
    assert!(told.contains("perf: "), "{told}");
}
