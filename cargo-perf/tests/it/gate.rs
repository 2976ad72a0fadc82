//! `cargo perf gate` by a baseline: exit codes, updates, and files that cannot be trusted.

use std::fs;

use perf_exporters::Report;

use crate::common::{folder, perf, probe, ran, read, report, run, write};

#[test]
fn the_exit_code_is_the_verdict() {
    let folder = folder();
    write(folder.path(), "base.json", 10_000);
    write(folder.path(), "same.json", 10_050);
    write(folder.path(), "slow.json", 14_000);
    let gate = |args: &[&str]| run(folder.path(), &[&["gate", "--baseline", "base.json"], args].concat());
    assert_eq!(gate(&["same.json"]).code, Some(0));
    let slow = gate(&["slow.json"]);
    assert_eq!(slow.code, Some(1), "{}{}", slow.stdout, slow.stderr);
    assert!(slow.stdout.contains("verdict: FAIL"));
    assert_eq!(gate(&["missing.json"]).code, Some(2));
    // A probe of the baseline that is gone can be neither kept nor broken.
    report(0, [probe("other", 10)]).write(folder.path().join("other.json")).unwrap();
    let other = gate(&["other.json"]);
    assert_eq!(other.code, Some(0));
    assert!(other.stdout.contains("INCONCLUSIVE") && other.stdout.contains("codec::decode"), "{}", other.stdout);
    assert_eq!(gate(&["--strict", "other.json"]).code, Some(3));
    assert_eq!(gate(&["--strict", "same.json"]).code, Some(0));
    let json = gate(&["--format", "json", "slow.json"]);
    let gated: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(gated["verdict"], "FAIL");
    assert!(gate(&["--format", "markdown", "slow.json"]).stdout.starts_with("### ❌"));
}

/// A generator that was late is no regression of the program.
#[test]
fn times_of_a_drive_that_was_invalid_are_not_compared() {
    use perf_exporters::report::Driven;

    let folder = folder();
    for (name, ns, invalid) in
        [("base.json", 10_000, ""), ("slow.json", 14_000, ""), ("late.json", 14_000, "the generator was late")]
    {
        let probes = ["api::response", "api::lateness"].map(|name| {
            let mut probe = probe(name, ns);
            let mut driven = Driven::new(1_000_000_000);
            invalid.clone_into(&mut driven.invalid);
            probe.driven = Some(driven);
            probe
        });
        report(0, probes).write(folder.path().join(name)).unwrap();
    }
    let gate = |name| run(folder.path(), &["gate", "--baseline", "base.json", name]);
    assert_eq!(gate("slow.json").code, Some(1));
    let late = gate("late.json");
    assert_eq!(late.code, Some(0), "{}", late.stdout);
    let told = "api: INVALID in 1 of 1 runs, whose times are not compared: the generator was late";
    assert!(late.stderr.contains(told), "{}", late.stderr);
}

#[test]
fn a_lock_file_is_recorded_held_and_updated() {
    let folder = folder();
    write(folder.path(), "a.json", 10_000);
    let nothing = run(folder.path(), &["gate", "a.json"]);
    assert_eq!(nothing.code, Some(2));
    assert!(nothing.stderr.contains("--update"), "{}", nothing.stderr);
    let missing = run(folder.path(), &["gate", "--baseline", "perf.lock", "a.json"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.stderr.contains("perf.lock") && missing.stderr.contains("--update"), "{}", missing.stderr);

    let made = run(folder.path(), &["gate", "--update", "a.json"]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let lock = read(folder.path().join("perf.lock"));
    assert!(lock.contains("[entry.\"codec::decode\"]") && lock.contains("kernels"), "{lock}");
    assert_eq!(run(folder.path(), &["gate", "a.json"]).code, Some(0));

    // One more allocation fails on every machine, disturbed or not.
    let mut more = Report::read(folder.path().join("a.json")).unwrap();
    more.probes[0].allocs += 1;
    more.write(folder.path().join("more.json")).unwrap();
    let failed = run(folder.path(), &["gate", "more.json", "--update-passing"]);
    assert_eq!(failed.code, Some(1), "{}", failed.stdout);
    assert!(failed.stderr.contains("stays as it was"));
    assert_eq!(read(folder.path().join("perf.lock")), lock);

    let mut accepted = perf(folder.path(), &["gate", "more.json"]);
    accepted.env("PERF_UPDATE", "1");
    assert_eq!(ran(accepted).code, Some(0));
    assert!(read(folder.path().join("perf.lock")).contains("allocs = 2001"));
    // Fewer are kept where that was asked for.
    assert_eq!(run(folder.path(), &["gate", "a.json", "--skip", "mean,p95", "--update-passing"]).code, Some(0));
    assert!(read(folder.path().join("perf.lock")).contains("allocs = 2000"));
    let wrong = run(folder.path(), &["gate", "--baseline", "a.json", "--update", "a.json"]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("only a perf.lock"), "{}", wrong.stderr);
}

#[test]
fn a_broken_lock_file_is_bad_input_and_stays() {
    let folder = folder();
    write(folder.path(), "a.json", 10_000);
    run(folder.path(), &["gate", "--update", "a.json"]);
    let path = folder.path().join("perf.lock");
    let lock = read(&path);
    for (text, named) in [
        (lock[..lock.len() - 30].to_owned(), "cut short"),
        (lock.replace("calls = 1000", "<<<<<<< HEAD\ncalls = 1000"), "merge conflict"),
        (lock.replace("perf.lock/1", "perf.lock/9"), "newer"),
        (lock.replace("calls = 1000", "calls = 10"), "not what was written"),
    ] {
        fs::write(&path, &text).unwrap();
        for args in [&["gate", "a.json"][..], &["gate", "--update", "a.json"]] {
            let ran = run(folder.path(), args);
            assert_eq!(ran.code, Some(2), "{named}");
            assert!(ran.stderr.contains("perf.lock:") && ran.stderr.contains(named), "{}", ran.stderr);
            assert_eq!(read(&path), text, "nothing writes over it");
        }
    }
}
