//! `cargo perf compare` of budget tests, on a small library of its own with several revisions.
//!
//! `cargo test -p cargo-perf -- --ignored`, as for the other project.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::common::{Ran, folder, perf_to_spawn, ran};
use crate::repo::Repo;

/// The library, with this much work in it.
fn lib_rs(rounds: u64, allocations: usize, more: &str) -> String {
    format!(
        r#"use perf_core::{{perf_budget, perf_probe}};

#[perf_probe(name = "step")]
pub fn step(n: usize) -> usize {{
    *std::hint::black_box(Box::new(n))
}}

pub fn work() -> u64 {{
    (0..std::hint::black_box({rounds})).fold(1, |value: u64, round| std::hint::black_box(value.rotate_left(13) ^ round))
}}

#[cfg(test)]
mod tests {{
    use super::*;

    #[global_allocator]
    static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

    #[perf_budget(p95 = "10s")]
    #[test]
    fn works() {{
        work();
    }}

    #[perf_budget(allocs = 3)]
    #[test]
    fn breaks_its_budget() {{
        assert!((0..{allocations}).map(step).sum::<usize>() > 0);
    }}

    #[perf_budget(name = "from a file", allocs = 100)]
    #[test]
    fn reads() {{
        // Cargo runs tests in their package's folder.
        assert!(std::fs::read("Cargo.toml").is_ok());
    }}

    #[test]
    fn has_no_budget() {{
        use std::io::Write;
        let mut file = std::fs::File::options().create(true).append(true).open("runs-of-it").unwrap();
        writeln!(file, "once more").unwrap();
    }}
{more}
}}
"#
    )
}

const ONE_MORE: &str = "
    #[perf_budget(allocs = 100)]
    #[test]
    fn is_new() {}
";

fn library() -> Repo {
    let repo = Repo::new(
        "tiny-lib",
        "",
        "[dependencies]\nperf-core = { path = '{workspace}/perf-core' }\n\n\
         [dev-dependencies]\nperf-core = { path = '{workspace}/perf-core', features = [\"enabled\"] }\n\
         perf-exporters = { path = '{workspace}/perf-exporters' }",
    );
    repo.write(".gitignore", "/target\n/.cargo\n/Cargo.lock\n/runs-of-it\n");
    // A baseline says nothing here: a comparison of revisions asks another question.
    repo.write("perf.lock", "not a baseline");
    for (rounds, allocations, more) in [(20_000, 10, ""), (40_000, 12, ""), (40_000, 12, ONE_MORE)] {
        repo.write("src/lib.rs", &lib_rs(rounds, allocations, more));
        repo.commit(&format!("{rounds} rounds, {allocations} allocations{more}"));
    }
    repo
}

fn compare(repo: &Repo, args: &[&str]) -> Ran {
    repo.perf(&[&["compare", "--lib", "--profile", "quick", "--blocks", "20"], args].concat())
}

#[test]
#[ignore = "builds a library several times: a minute on an idle machine"]
fn budget_tests_of_two_revisions() {
    let repo = library();

    // Twice the work and two allocations more; the test that breaks its budget in both has measured all the same.
    repo.git(&["checkout", "--quiet", "HEAD~1"]);
    let slower = compare(&repo, &["HEAD~1", "--format", "json"]);
    assert_eq!(slower.code, Some(1), "{}{}", slower.stdout, slower.stderr);
    let found: serde_json::Value = serde_json::from_str(&slower.stdout).unwrap();
    let probes = found["probes"].as_array().unwrap();
    // Each by its mean and by its median, of which the median shows through what the machine does.
    let verdict = |name: &str, figure: &str| {
        probes.iter().find(|probe| probe["probe"] == name && probe["estimator"] == figure).unwrap()
    };
    let works = verdict("tiny_lib::tests::works", "p50");
    assert_eq!(works["verdict"], "FAIL", "{works}");
    assert!(works["ratio"].as_f64().unwrap() > 1.05, "{works}");
    for figure in ["mean", "p50"] {
        assert!(verdict("from a file", figure)["verdict"] != "FAIL" && probes.len() >= 6, "{probes:?}");
    }
    let counts = found["counts"]["changes"].as_array().unwrap();
    let level = |name: &str, metric: &str| {
        let change = counts.iter().find(|change| change["probe"] == name && change["metric"] == metric).unwrap();
        (change["old"].as_f64().unwrap(), change["new"].as_f64().unwrap(), change["level"].as_str().unwrap())
    };
    let name = "tiny_lib::tests::breaks_its_budget";
    assert_eq!(level(name, "allocs"), (10.0, 12.0, "fail"));
    assert_eq!(level(&format!("{name}: step"), "calls"), (10.0, 12.0, "fail"));
    assert_eq!(level("from a file", "allocs").2, "same");
    // The warm-up found out which tests have budgets.
    let once = fs::read_to_string(repo.path().join("runs-of-it")).unwrap();
    assert_eq!(once.lines().count(), 1, "{once}");

    counted_instead_of_timed(&repo);

    // The same code with another test beside it.
    repo.git(&["checkout", "--quiet", "main"]);
    let same = compare(&repo, &["HEAD~1", "--ratio", "1.5"]);
    assert_eq!(same.code, Some(0), "{}{}", same.stdout, same.stderr);
    // On a busy machine it may not be proven; it never fails.
    for part in ["verdict: ", "0 of 3 slower", "only in this tree, not compared: tests::is_new"] {
        assert!(same.stdout.contains(part), "{part} is missing:\n{}", same.stdout);
    }
    let selected = compare(&repo, &["HEAD~1", "--ratio", "1.5", "--format", "markdown", "--", "from_nowhere"]);
    assert!(selected.code == Some(2) && selected.stderr.contains("no budget test ran"), "{}", selected.stderr);

    // A test that fails by itself is told of, with what it said.
    repo.write("src/lib.rs", &lib_rs(40_000, 0, ""));
    let failing = compare(&repo, &["HEAD"]);
    assert!(failing.code == Some(2) && failing.stderr.contains("this tree: it ended with"), "{}", failing.stderr);
    assert!(failing.stderr.contains("assertion failed"), "{}", failing.stderr);
    repo.git(&["checkout", "--quiet", "src"]);

    killed_runs_leave_nothing_for_long(&repo);
    assert_eq!(repo.git(&["status", "--short"]), "");
}

/// Twice the work, which no busy machine hides; the test whose work is in its allocations has as many again.
fn counted_instead_of_timed(repo: &Repo) {
    let counted =
        |args: &[&str]| repo.perf(&[&["compare", "--lib", "--profile", "quick", "--instructions"], args].concat());
    let slower = counted(&["HEAD~1", "--format", "json"]);
    if slower.code == Some(2) {
        assert!(slower.stderr.contains("apt-get install valgrind"), "{}", slower.stderr);
        return;
    }
    assert_eq!(slower.code, Some(1), "{}{}", slower.stdout, slower.stderr);
    let found: serde_json::Value = serde_json::from_str(&slower.stdout).unwrap();
    let changes = found["instructions"]["changes"].as_array().unwrap();
    let of = |name: &str| changes.iter().find(|change| change["probe"] == name).unwrap();
    let works = of("tiny_lib::tests::works");
    assert!((works["ratio"].as_f64().unwrap() - 2.0).abs() < 0.01 && works["level"] == "fail", "{works}");
    assert_eq!((&works["old_runs"], of("from a file")["level"].as_str()), (&6.into(), Some("same")));

    let text = counted(&["HEAD~1", "--ratio", "2.5", "--format", "markdown"]);
    assert_eq!(text.code, Some(0), "{}{}", text.stdout, text.stderr);
    assert!(text.stdout.contains("instructions of a call, counted by"), "{}", text.stdout);
    let same = counted(&["HEAD", "--strict"]);
    assert_eq!(same.code, Some(0), "{}{}", same.stdout, same.stderr);
    assert!(same.stdout.contains("0 of 3 with more") && same.stdout.contains("verdict: PASS"), "{}", same.stdout);
}

/// A comparison that is killed leaves its tree; the next one takes it away, but not that of one that goes on, nor one in
/// which a killed one's cargo still builds.
fn killed_runs_leave_nothing_for_long(repo: &Repo) {
    let temporary = folder();
    let command = |args: &[&str]| {
        let args = [&["compare", "HEAD", "--lib", "--profile", "quick"], args].concat();
        let mut command = perf_to_spawn(repo.path(), &args);
        command.env("TMPDIR", temporary.path());
        command
    };
    // It cleans up, and gets no further than its own build.
    let next = || assert_eq!(ran(command(&["--feature", "none"]).into()).code, Some(2));
    let start = || Building::start(command(&[]), &temporary);

    let mut killed = start();
    killed.kill();
    next();
    assert_eq!(repo.worktrees(), 2, "its cargo goes on");
    killed.cargo_ends();
    let mut going_on = start();
    assert_eq!(repo.worktrees(), 2, "the one of before is gone, this one is new");
    next();
    assert_eq!(repo.worktrees(), 2, "it is in use");
    going_on.kill();
    going_on.cargo_ends();
    // As after a reboot: the folder is gone, and git does not know yet.
    let left: Vec<PathBuf> = trees(&temporary).collect();
    assert_eq!(left, [going_on.folder.as_path()]);
    fs::remove_dir_all(&left[0]).unwrap();
    next();
    assert_eq!(repo.worktrees(), 1);
    // As after a kill just before git was called: git does not know, and the folder is there.
    let folder = temporary.path().join("cargo-perf-abandoned");
    fs::create_dir_all(folder.join("tree")).unwrap();
    fs::write(folder.join("in-use"), "").unwrap();
    next();
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

/// A comparison that has its tree, and whose cargo in there waits.
struct Building {
    comparison: Child,
    /// The folder with the tree in it.
    folder: PathBuf,
}

/// Cargo, which in a tree makes a file and waits until it is gone. As cargo does, it then makes the folders of its files.
const CARGO: &str = r#"#!/bin/sh
case "$PWD" in
*/cargo-perf-*/tree)
    touch waits
    while test -e waits; do sleep 0.05; done
    mkdir -p "$PWD" && touch "$PWD/Cargo.lock"
    exit 1 ;;
esac
exec cargo "$@"
"#;

impl Building {
    fn start(mut command: Command, temporary: &TempDir) -> Self {
        let before: Vec<PathBuf> = trees(temporary).collect();
        let script = folder();
        let cargo = script.path().join("cargo.sh");
        fs::write(&cargo, CARGO).unwrap();
        assert!(Command::new("chmod").arg("+x").arg(&cargo).status().unwrap().success());
        let comparison = command.env("CARGO", cargo).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let ours = || trees(temporary).find(|folder| !before.contains(folder) && folder.join("tree/waits").exists());
        let folder = eventually("cargo builds in a worktree", ours);
        Self { comparison, folder }
    }

    fn kill(&mut self) {
        self.comparison.kill().unwrap(); // SIGKILL
        self.comparison.wait().unwrap();
    }

    fn cargo_ends(&self) {
        fs::remove_file(self.folder.join("tree/waits")).unwrap();
        let lock = fs::File::open(self.folder.join("in-use")).unwrap();
        eventually("cargo ends", || lock.try_lock().ok());
    }
}

fn eventually<T>(what: &str, mut asked: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = asked() {
            return answer;
        }
        assert!(began.elapsed() < Duration::from_mins(2), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Folders with trees in them.
fn trees(temporary: &TempDir) -> impl Iterator<Item = PathBuf> {
    let folders = fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().path());
    folders.filter(|folder| folder.join("tree").exists())
}
