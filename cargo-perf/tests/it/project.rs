//! `cargo perf run` and `compare` on a small project of its own, in a git repository in a temporary folder.
//!
//! One test does all of it, since building the project is what takes the time: `cargo test -p cargo-perf -- --ignored`.

use crate::repo::Repo;

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

/// The project, with two commits: the second one is slower and allocates more.
fn project() -> Repo {
    let repo = Repo::new(
        "tiny",
        "profiling = [\"perf-core/enabled\", \"perf-exporters/enabled\"]",
        "[dependencies]\nperf-core = { path = '{workspace}/perf-core' }\n\
         perf-exporters = { path = '{workspace}/perf-exporters', default-features = false }",
    );
    for (rounds, allocations, message) in [(10_000, 10, "first"), (20_000, 12, "slower")] {
        repo.write("src/main.rs", &main_rs(rounds, allocations));
        repo.commit(message);
    }
    repo
}

#[test]
#[ignore = "builds a project several times: a minute on an idle machine"]
fn run_and_compare_a_project_of_its_own() {
    let repo = project();
    let quick = |args: &[&str], rest: &[&str]| repo.perf(&[args, &["--profile", "quick"], rest].concat());

    let ran = quick(&["run"], &["--runs", "2", "--save", "runs/"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("work") && ran.stdout.contains("2 processes"), "{}", ran.stdout);
    assert!(["runs/001.json", "runs/002.json"].iter().all(|file| repo.path().join(file).exists()));
    let json = quick(&["run"], &["--format", "json"]);
    let report = perf_exporters::Report::from_json(&json.stdout).expect("nothing but the report");
    assert_eq!((report.probe("work").unwrap().calls, report.probe("store").unwrap().allocs), (200, 12));
    // The program's exit code is handed on, and a program that leaves no report is told of.
    assert_eq!(quick(&["run"], &["--", "fail"]).code, Some(7));
    let silent = quick(&["run"], &["--no-feature"]);
    assert!(silent.code == Some(2) && silent.stderr.contains("left no report"), "{}", silent.stderr);
    let unknown = quick(&["run"], &["--feature", "nothing"]);
    assert!(unknown.code == Some(2) && unknown.stderr.contains("--feature"), "{}", unknown.stderr);

    // Twice the work and two allocations more than in the commit before.
    let slower = quick(&["compare", "HEAD~1"], &["--format", "json", "--blocks", "14"]);
    assert_eq!(slower.code, Some(1), "{}{}", slower.stdout, slower.stderr);
    let found: serde_json::Value = serde_json::from_str(&slower.stdout).unwrap();
    let work = found["probes"].as_array().unwrap().iter().find(|probe| probe["probe"] == "work").unwrap();
    // On a machine that is busy enough fourteen blocks may not do; but twice the work never passes.
    let verdict = work["verdict"].as_str().unwrap();
    assert!(verdict == "FAIL" || verdict.starts_with("INCONCLUSIVE"), "{work}");
    assert!(work["ratio"].as_f64().unwrap() > 1.05, "{work}");
    let counts = found["counts"]["changes"].as_array().unwrap();
    let allocs = counts.iter().find(|c| c["probe"] == "store" && c["metric"] == "allocs").unwrap();
    assert_eq!((&allocs["old"], &allocs["new"], &allocs["level"]), (&10.0.into(), &12.0.into(), &"fail".into()));

    // Nothing is left of the worktree, also after bad input and a program that fails.
    assert_eq!(repo.perf(&["compare", "no-such-branch"]).code, Some(2));
    let failing = quick(&["compare", "HEAD"], &["--", "fail"]);
    assert!(failing.code == Some(2) && failing.stderr.contains("HEAD: it ended with"), "{}", failing.stderr);
    assert_eq!(repo.worktrees(), 1);
    assert_eq!(repo.git(&["status", "--short"]), "");
}
