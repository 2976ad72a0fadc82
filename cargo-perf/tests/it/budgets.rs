//! `cargo perf gate --budgets`.

use std::fs;

use crate::common::{folder, probe, report, run, write};

#[test]
fn limits_fail_targets_warn() {
    let folder = folder();
    write(folder.path(), "a.json", 10_000);
    let gate = |budgets: &str| {
        fs::write(folder.path().join("perf-budgets.toml"), budgets).unwrap();
        run(folder.path(), &["gate", "a.json"])
    };
    let kept = gate(
        "[probe.\"codec::*\"]\np95 = \"20us\"\nmean = { target = \"15us\", limit = \"20us\" }\nallocs = 2\nmemory = \"4KiB\"\nerrors = \"1%\"\nthroughput = \"50000/s\"\n",
    );
    assert_eq!(kept.code, Some(0), "{}", kept.stderr);
    assert!(kept.stdout.contains("6 of 6 limits kept"), "{}", kept.stdout);

    let broken = gate("[probe.\"codec::decode\"]\np95 = \"5us\"\n");
    assert_eq!(broken.code, Some(1), "{}", broken.stdout);
    assert!(broken.stdout.contains("FAIL") && broken.stdout.contains("p95 limit ≤ 5us"), "{}", broken.stdout);
    for budget in ["mean = \"9us\"", "allocs = 1", "memory = \"1KiB\"", "throughput = \"200000/s\""] {
        let ran = gate(&format!("[probe.\"codec::decode\"]\n{budget}\n"));
        assert_eq!(ran.code, Some(1), "{budget}: {}", ran.stdout);
    }
    let warned = gate("[probe.\"codec::decode\"]\np95 = { target = \"5us\", limit = \"20us\" }\n");
    assert_eq!(warned.code, Some(0));
    assert!(warned.stdout.contains("warn") && warned.stdout.contains("1 target missed"), "{}", warned.stdout);

    let absent = gate("[probe.\"codec::encode\"]\np95 = \"5us\"\n");
    assert!(absent.code == Some(0) && absent.stdout.contains("no call of such a probe"), "{}", absent.stdout);
    let wrong = gate("[probe.\"codec::decode\"]\np95 = \"5 parsecs\"\n");
    assert!(wrong.code == Some(2) && wrong.stderr.contains("perf-budgets.toml:2:"), "{}", wrong.stderr);
}

#[test]
fn one_bad_run_of_three_is_not_confirmed() {
    let folder = folder();
    for (name, ns) in [("1.json", 10_000), ("2.json", 40_000), ("3.json", 10_100)] {
        write(folder.path(), name, ns);
    }
    fs::write(folder.path().join("b.toml"), "[probe.\"codec::decode\"]\np95 = \"20us\"\n").unwrap();
    let args = ["gate", "--budgets", "b.toml", "--strict", "1.json", "2.json", "3.json"];
    let unconfirmed = run(folder.path(), &args);
    assert_eq!(unconfirmed.code, Some(3), "{}", unconfirmed.stdout);
    assert!(unconfirmed.stdout.contains("1 of 3 epochs failed"), "{}", unconfirmed.stdout);
}

#[test]
fn errors_and_few_calls() {
    let folder = folder();
    let mut some = probe("codec::decode", 10_000);
    some.errors = 80;
    let mut few = probe("rare", 10_000);
    few.calls = 3;
    few.histogram = [9_000, 10_000, 11_000].into_iter().collect();
    few.sum_ns = 30_000;
    // Of a sampled probe as much is known as was timed.
    let mut sampled = probe("sampled", 10_000);
    sampled.timed_calls = 15;
    report(0, [some, few, sampled]).write(folder.path().join("a.json")).unwrap();
    fs::write(
        folder.path().join("b.toml"),
        "[probe.\"codec::decode\"]\nerror_rate = \"1%\"\n[probe.rare]\np99 = \"1s\"\n\
         [probe.sampled]\np95 = \"1s\"\nmean = \"1s\"\n",
    )
    .unwrap();
    let ran = run(folder.path(), &["gate", "--budgets", "b.toml", "a.json", "--format", "json"]);
    assert_eq!(ran.code, Some(1));
    let gated: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let rows = gated["budgets"]["rows"].as_array().unwrap();
    assert_eq!(rows[0]["verdict"], "FAIL");
    assert_eq!(rows[1]["verdict"], "INCONCLUSIVE (3 samples, 299 needed)");
    assert_eq!(rows[2]["verdict"], "INCONCLUSIVE (15 samples, 59 needed)");
    assert_eq!(rows[3]["verdict"], "INCONCLUSIVE (15 samples, 20 needed)");
}
