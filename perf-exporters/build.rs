//! Notes which compiler and profile build this crate; the machine fingerprint of a report carries both.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC");
    println!("cargo::rustc-env=PERF_BUILD_RUSTC={}", rustc());
    println!("cargo::rustc-env=PERF_BUILD_PROFILE={}", profile());
}

/// `1.95.0 (f2d3ce0bd 2026-03-21)`.
fn rustc() -> String {
    env::var_os("RUSTC")
        .and_then(|rustc| Command::new(rustc).arg("--version").output().ok())
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map(|line| line.trim().trim_start_matches("rustc ").to_owned())
        .filter(|version| !version.is_empty() && !version.contains('\n'))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// `release opt-level=3`: a profile of the user's own shows by the level it optimises at.
fn profile() -> String {
    let of = |name| env::var(name).unwrap_or_else(|_| "unknown".to_owned());
    format!("{} opt-level={}", of("PROFILE"), of("OPT_LEVEL"))
}
