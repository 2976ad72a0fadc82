//! The compiler and clippy say the same of a crate with the attribute on everything as of the one without it.
#![cfg(feature = "enabled")]

mod crates;

use std::collections::BTreeSet;
use std::process::Command;

/// Functions that warn, with `#[probe]` where the attribute goes.
const CORPUS: &str = include_str!("crates/warnings.rs");

/// Warnings by line, of both crates.
fn warnings(checks: &str) -> [BTreeSet<String>; 2] {
    let mut crates = crates::Crates::new(&format!("warnings_{checks}"));
    let keys = "edition = \"2021\"\nrust-version = \"1.60\"";
    crates.add("plain", keys, "", "main.rs", &CORPUS.replace("#[probe]", ""));
    crates.add("probed", keys, "", "main.rs", &CORPUS.replace("#[probe]", "#[perf_core::perf_probe]"));
    ["plain", "probed"].map(|package| {
        let output = crates.cargo(&[checks, "--package", package, "--message-format", "short"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        said.lines().filter_map(|line| line.split_once("src/main.rs:")).map(|(_, said)| said.to_owned()).collect()
    })
}

/// What only one of them says.
fn difference(said: &[BTreeSet<String>; 2]) -> String {
    let [plain, probed] = said;
    let mut text = String::new();
    plain.difference(probed).for_each(|line| text = format!("{text}\nlost:  {line}"));
    probed.difference(plain).for_each(|line| text = format!("{text}\nadded: {line}"));
    text
}

#[test]
fn the_compiler_says_the_same() {
    let said = warnings("check");
    assert!(said[0].len() >= 30, "the corpus warns too little: {:#?}", said[0]);
    assert_eq!(difference(&said), "");
}

#[test]
fn clippy_says_the_same() {
    let installed = Command::new(env!("CARGO")).args(["clippy", "--version"]).output();
    if !installed.is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: clippy is not installed");
        return;
    }
    let said = warnings("clippy");
    assert!(said[0].len() >= 60, "the corpus warns too little: {:#?}", said[0]);
    assert_eq!(difference(&said), "");
}
