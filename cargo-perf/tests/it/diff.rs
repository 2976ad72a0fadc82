//! `cargo perf diff`.

use std::fs;
use std::path::Path;

use crate::common::{folder, probe, report, run, write};

#[test]
fn one_run_of_each_and_several() {
    let folder = folder();
    write(folder.path(), "a.json", 10_000);
    write(folder.path(), "b.json", 14_000);
    let slower = run(folder.path(), &["diff", "a.json", "b.json"]);
    assert_eq!(slower.code, Some(0), "a difference is no error: {}", slower.stderr);
    assert!(slower.stdout.contains("FAIL") && slower.stdout.contains("+40.0 %"), "{}", slower.stdout);
    assert!(slower.stdout.contains("look first at codec::decode"));
    let same = run(folder.path(), &["diff", "a.json", "a.json"]);
    assert!(same.stdout.contains("nothing moved") && same.stdout.contains("verdict: PASS"), "{}", same.stdout);

    for (n, jitter) in [0, 40, 90, 20, 70].into_iter().enumerate() {
        write(folder.path(), &format!("old/{n}.json"), 10_000 + jitter);
        write(folder.path(), &format!("new/{n}.json"), 12_500 + jitter);
    }
    let several = run(folder.path(), &["diff", "old", "new", "--format", "markdown"]);
    assert!(several.stdout.starts_with("### ❌ perf: FAIL"), "{}", several.stdout);
    assert!(several.stdout.contains("5+5 runs"));
    let named = run(folder.path(), &["diff", "--a", "old/0.json", "old/1.json", "--b", "new/0.json"]);
    assert!(named.stdout.contains("2+1 run"), "{}", named.stdout);
    let json = run(folder.path(), &["diff", "new", "old", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let mean = found["changes"].as_array().unwrap().iter().find(|change| change["metric"] == "mean_ns").unwrap();
    assert_eq!((&mean["level"], &mean["proof"]), (&"improved".into(), &"runs".into()));
}

#[test]
fn thresholds_and_metrics_are_chosen() {
    let folder = folder();
    write(folder.path(), "a.json", 10_000);
    write(folder.path(), "b.json", 10_800);
    let of = |args: &[&str]| run(folder.path(), &[&["diff", "a.json", "b.json"], args].concat());
    assert!(of(&[]).stdout.contains("PASS"));
    assert!(of(&["--threshold", "mean=2,5"]).stdout.contains("verdict: FAIL"));
    assert!(of(&["--threshold", "mean=2,5", "--skip", "mean"]).stdout.contains("verdict: PASS"));
    assert!(of(&["--all"]).stdout.contains("alloc bytes"));
    for (bad, named) in [("mean=5", "--threshold mean=5"), ("speed=1,2", "\"speed\""), ("mean=9,5", "mean=9,5")] {
        let ran = of(&["--threshold", bad]);
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(named), "{}", ran.stderr);
    }
    assert_eq!(run(folder.path(), &["diff", "a.json"]).code, Some(2));
}

#[test]
fn a_great_improvement_is_shown_as_unproven_as_a_regression_is() {
    let folder = folder();
    // So few calls that nothing is known of their mean.
    let few = |file: &str, ns: u64| {
        let mut probe = probe("codec::decode", ns);
        (probe.calls, probe.sum_ns) = (3, 3 * ns);
        (probe.total_ns, probe.self_ns, probe.mean_ns) = (probe.sum_ns, probe.sum_ns, ns);
        probe.histogram = [ns; 3].into_iter().collect();
        (probe.allocs, probe.alloc_bytes) = (6, 192);
        report(0, [probe]).write(folder.path().join(file)).unwrap();
    };
    few("slow.json", 3_000_000);
    few("fast.json", 100_000);
    for (sides, verdict) in [(["slow.json", "fast.json"], "PASS"), (["fast.json", "slow.json"], "INCONCLUSIVE")] {
        let ran = run(folder.path(), &["diff", sides[0], sides[1]]);
        assert!(ran.stdout.contains("unproven") && !ran.stdout.contains("nothing moved"), "{}", ran.stdout);
        assert!(ran.stdout.contains("record five runs of each side"), "{}", ran.stdout);
        assert!(ran.stdout.contains(&format!("verdict: {verdict}")), "{}", ran.stdout);
    }
    let better = run(folder.path(), &["diff", "slow.json", "fast.json"]);
    assert!(better.stdout.contains("−96.7 %"), "{}", better.stdout);
}

#[test]
fn the_exit_code_is_the_verdict_where_that_is_asked_for() {
    let folder = folder();
    write(folder.path(), "a.json", 10_000);
    write(folder.path(), "b.json", 14_000);
    let code = |args: &[&str]| run(folder.path(), &[&["diff"], args].concat()).code;
    assert_eq!(code(&["a.json", "b.json"]), Some(0));
    assert_eq!(code(&["a.json", "b.json", "--exit-code"]), Some(1));
    assert_eq!(code(&["b.json", "a.json", "--exit-code"]), Some(0));
    report(0, [probe("other", 10_000)]).write(folder.path().join("c.json")).unwrap();
    assert_eq!(code(&["a.json", "c.json", "--exit-code"]), Some(0), "inconclusive");
    assert_eq!(code(&["a.json", "c.json", "--exit-code", "--strict"]), Some(3));
    assert_eq!(code(&["a.json", "c.json", "--strict"]), Some(2), "strict about what?");
    let help = run(folder.path(), &["diff", "--help"]).stdout;
    assert!(help.contains("--exit-code") && help.contains("0 also where figures moved"), "{help}");
    let help = run(folder.path(), &["--help"]).stdout;
    assert!(help.contains("`diff --exit-code`"), "{help}");
}

/// What criterion leaves behind of one benchmark.
fn criterion(root: &Path, benchmark: &str, name: &str, mean: f64) {
    let folder = root.join(benchmark).join(name);
    fs::create_dir_all(&folder).unwrap();
    let estimate = |value: f64| {
        format!(
            r#"{{"confidence_interval":{{"confidence_level":0.95,"lower_bound":{},"upper_bound":{}}},"point_estimate":{value},"standard_error":{}}}"#,
            value * 0.99,
            value * 1.01,
            value * 0.005
        )
    };
    let (mean, median) = (estimate(mean), estimate(mean * 0.98));
    fs::write(
        folder.join("estimates.json"),
        format!(r#"{{"mean":{mean},"median":{median},"median_abs_dev":{mean},"slope":null,"std_dev":{mean}}}"#),
    )
    .unwrap();
    let about = format!(
        r#"{{"group_id":"g","function_id":null,"value_str":null,"throughput":{{"Bytes":4096}},"full_id":"{benchmark}","directory_name":"{benchmark}","title":"t"}}"#
    );
    fs::write(folder.join("benchmark.json"), about).unwrap();
}

#[test]
fn criterions_estimates_are_read() {
    let folder = folder();
    let root = folder.path().join("target/criterion");
    for (name, sort, find) in [("base", 1000.0, 50_000.0), ("new", 1300.0, 50_100.0), ("main", 900.0, 50_000.0)] {
        criterion(&root, "group/sort", name, sort);
        criterion(&root, "find", name, find);
    }
    let found = run(folder.path(), &["diff", "target/criterion"]);
    assert_eq!(found.code, Some(0), "{}", found.stderr);
    assert!(found.stdout.contains("group/sort") && found.stdout.contains("+30.0 %"), "{}", found.stdout);
    assert!(!found.stdout.contains("find"), "{}", found.stdout);
    let named = run(folder.path(), &["diff", "target/criterion@main", "target/criterion@new", "--format", "json"]);
    assert!(named.stdout.contains("bytes_per_second"), "{}", named.stdout);
    let missing = run(folder.path(), &["diff", "target/criterion@other", "target/criterion@new"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.stderr.contains("--save-baseline other"), "{}", missing.stderr);
    fs::write(root.join("find/new/estimates.json"), "{").unwrap();
    let broken = run(folder.path(), &["diff", "target/criterion"]);
    assert!(broken.code == Some(2) && broken.stderr.contains("estimates.json"), "{}", broken.stderr);
}

/// A run of criterion's knows how its own samples scatter, and nothing of what the machine did before or after it.
#[test]
fn criterions_runs_fail_only_by_more_than_a_machine_does() {
    let folder = folder();
    let root = folder.path().join("target/criterion");
    for (name, same, slower) in [("base", 480.0, 30_000.0), ("new", 900.0, 270_000.0)] {
        criterion(&root, "same", name, same);
        criterion(&root, "slower", name, slower);
    }
    let found = run(folder.path(), &["diff", "target/criterion"]);
    assert!(found.stderr.contains("not interleaved"), "{}", found.stderr);
    let failing: Vec<&str> = found.stdout.lines().filter(|line| line.starts_with("FAIL")).collect();
    assert!(failing.iter().any(|line| line.contains("slower")), "{}", found.stdout);
    assert!(!failing.iter().any(|line| line.contains("same")), "{}", found.stdout);
}

#[test]
fn names_never_act_on_the_terminal() {
    let folder = folder();
    let named = |file: &str, ns| {
        let mut probe = probe("evil\u{1b}[2J\u{202e}", ns);
        probe.allocs *= ns;
        report(0, [probe]).write(folder.path().join(file)).unwrap();
    };
    named("old.json", 10_000);
    named("new.json", 20_000);
    for args in
        [&["diff", "old.json", "new.json"][..], &["report", "new.json"], &["diff", "old.json", "new.json", "--all"]]
    {
        let ran = run(folder.path(), args);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(
            ran.stdout.contains(r"evil\u{1b}[2J\u{202e}") && !ran.stdout.contains(['\u{1b}', '\u{202e}']),
            "{}",
            ran.stdout
        );
    }
}
