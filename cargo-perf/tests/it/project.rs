//! `cargo perf run` and `compare` on a small project of its own, in a git repository in a temporary folder.
//!
//! One test does all of it, since building the project is what takes the time: `cargo test -p cargo-perf -- --ignored`.
//! It builds offline, with this workspace's lock file, so that it needs nothing that is not here already.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{folder, run};

/// The main function with this much work in it.
fn main_rs(rounds: u64, allocations: usize) -> String {
    format!(
        r#"use perf_core::perf_probe;

#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

#[perf_probe(name = "work")]
fn work(seed: u64) -> u64 {{
    let mut value = std::hint::black_box(seed);
    for round in 0..{rounds} {{
        value = std::hint::black_box(value.wrapping_mul(6364136223846793005).rotate_left(13) ^ round);
    }}
    value
}}

#[perf_probe(name = "store")]
fn store() -> usize {{
    (0..{allocations}).map(|n| std::hint::black_box(Box::new(n))).map(|n| *n).sum()
}}

fn main() {{
    let _reporter = perf_exporters::init();
    if std::env::args().any(|arg| arg == "fail") {{
        std::process::exit(7);
    }}
    let sum = (0..200).map(work).fold(0, u64::wrapping_add);
    println!("{{sum}} {{}}", store());
}}
"#
    )
}

fn git(folder: &Path, args: &[&str]) -> String {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").arg("-C").arg(folder).args(identity).args(args).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The project, with two commits: the second one is slower and allocates more.
fn project(folder: &Path) {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let toml = format!(
        r#"[package]
name = "tiny"
version = "0.1.0"
edition = "2024"

[features]
profiling = ["perf-core/enabled", "perf-exporters/enabled"]

[dependencies]
perf-core = {{ path = '{core}' }}
perf-exporters = {{ path = '{exporters}', default-features = false }}

[profile.quick]
inherits = "dev"
opt-level = 1

[workspace]
"#,
        core = workspace.join("perf-core").display(),
        exporters = workspace.join("perf-exporters").display(),
    );
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), toml).unwrap();
    fs::write(folder.join(".gitignore"), "/target\n/runs\n/Cargo.lock\n").unwrap();
    fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    git(folder, &["init", "--quiet", "--initial-branch=main"]);
    for (rounds, allocations, message) in [(10_000, 10, "first"), (20_000, 12, "slower")] {
        fs::write(folder.join("src/main.rs"), main_rs(rounds, allocations)).unwrap();
        git(folder, &["add", "."]);
        git(folder, &["commit", "--quiet", "--message", message]);
    }
}

#[test]
#[ignore = "builds a project several times: a minute on an idle machine"]
fn run_and_compare_a_project_of_its_own() {
    let folder = folder();
    let here = folder.path();
    project(here);

    // Cargo's own settings for all builds below. What they build stays for the next time.
    fs::create_dir(here.join(".cargo")).unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tiny");
    let settings = format!("[net]\noffline = true\n[build]\ntarget-dir = '{}'\n", target.display());
    fs::write(here.join(".cargo/config.toml"), settings).unwrap();

    let ran = run(here, &["run", "--profile", "quick", "--runs", "2", "--save", "runs/"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("work") && ran.stdout.contains("2 processes"), "{}", ran.stdout);
    assert!(here.join("runs/001.json").exists() && here.join("runs/002.json").exists());
    let json = run(here, &["run", "--profile", "quick", "--format", "json"]);
    let report = perf_exporters::Report::from_json(&json.stdout).expect("nothing but the report");
    assert_eq!((report.probe("work").unwrap().calls, report.probe("store").unwrap().allocs), (200, 12));
    // The program's exit code is handed on, and a program that leaves no report is told of.
    assert_eq!(run(here, &["run", "--profile", "quick", "--", "fail"]).code, Some(7));
    let silent = run(here, &["run", "--profile", "quick", "--no-feature"]);
    assert!(silent.code == Some(2) && silent.stderr.contains("left no report"), "{}", silent.stderr);
    let unknown = run(here, &["run", "--profile", "quick", "--feature", "nothing"]);
    assert!(unknown.code == Some(2) && unknown.stderr.contains("--feature"), "{}", unknown.stderr);

    // Twice the work and two allocations more than in the commit before.
    let slower = run(here, &["compare", "HEAD~1", "--profile", "quick", "--format", "json", "--blocks", "14"]);
    assert_eq!(slower.code, Some(1), "{}{}", slower.stdout, slower.stderr);
    let found: serde_json::Value = serde_json::from_str(&slower.stdout).unwrap();
    let work = found["probes"].as_array().unwrap().iter().find(|probe| probe["probe"] == "work").unwrap();
    assert_eq!(work["verdict"], "FAIL", "{work}");
    assert!((1.5..2.5).contains(&work["ratio"].as_f64().unwrap()), "{work}");
    let counts = found["counts"]["changes"].as_array().unwrap();
    let allocs = counts.iter().find(|c| c["probe"] == "store" && c["metric"] == "allocs").unwrap();
    assert_eq!((&allocs["old"], &allocs["new"], &allocs["level"]), (&10.0.into(), &12.0.into(), &"fail".into()));

    // Nothing is left of the worktree, also after bad input and a program that fails.
    assert_eq!(run(here, &["compare", "no-such-branch"]).code, Some(2));
    assert_eq!(run(here, &["compare", "HEAD", "--profile", "quick", "--", "fail"]).code, Some(2));
    assert_eq!(git(here, &["worktree", "list"]).lines().count(), 1);
    assert_eq!(git(here, &["status", "--short"]).trim(), "?? .cargo/");
}
