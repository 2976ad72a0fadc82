//! `cargo perf merge`, on reports of real processes, held against sums of what stands in their files.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use perf_core::Probe;
use serde_json::Value;

use crate::common::{folder, read, run, write};

/// Tells this test binary that it is one of several processes, and which.
const PROCESS: &str = "CARGO_PERF_TEST_PROCESS";

static SHARED: Probe = Probe::new("shared");
static INNER: Probe = Probe::new("inner");
static ONLY_SECOND: Probe = Probe::new("only in the second");

/// The program that is measured, where this is one of its processes; else nothing.
#[test]
fn one_of_several_processes() {
    let Ok(number) = env::var(PROCESS) else { return };
    let number: u64 = number.parse().unwrap();
    let _reporter = perf_exporters::init();
    for call in 0..100 * (number + 1) {
        let shared = SHARED.start();
        shared.items(number);
        if call % 7 == number {
            shared.fail();
        }
        let _inner = INNER.start();
        std::hint::black_box((0..call * 10).map(|n| n.to_string()).collect::<Vec<_>>());
    }
    if number == 2 {
        let _call = ONLY_SECOND.start();
    }
}

/// Runs the program in several processes at once; each leaves a report.
fn processes(folder: &Path, count: usize) -> Vec<String> {
    let start = |number: usize| {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "merge::one_of_several_processes", "--quiet"])
            .current_dir(folder)
            .env(PROCESS, number.to_string())
            .env("PERF_REPORT", "json=perf-%p.json")
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let running: Vec<_> = (0..count).map(start).collect();
    let wait = |mut child: std::process::Child| {
        assert!(child.wait().unwrap().success());
        format!("perf-{}.json", child.id())
    };
    running.into_iter().map(wait).collect()
}

/// What stands in a report, added up without any of the code under test.
#[derive(Debug, Default, PartialEq)]
struct Sums {
    /// By probe and field.
    added: BTreeMap<(String, &'static str), i64>,
    extremes: BTreeMap<(String, &'static str), u64>,
    histograms: BTreeMap<String, BTreeMap<u64, u64>>,
    /// By the way from the root.
    tree: BTreeMap<(String, &'static str), u64>,
}

const ADDED: [&str; 17] = [
    "calls",
    "timed_calls",
    "errors",
    "panics",
    "cancelled",
    "polls",
    "items",
    "bytes",
    "total_ns",
    "self_ns",
    "busy_ns",
    "sum_ns",
    "allocs",
    "alloc_bytes",
    "self_allocs",
    "self_alloc_bytes",
    "net_bytes",
];

impl Sums {
    fn add(&mut self, report: &Value) {
        for probe in report["probes"].as_array().unwrap() {
            let name = probe["name"].as_str().unwrap().to_owned();
            for field in ADDED {
                *self.added.entry((name.clone(), field)).or_default() += probe[field].as_i64().unwrap();
            }
            for field in ["max_ns", "peak_bytes"] {
                let most = self.extremes.entry((name.clone(), field)).or_default();
                *most = (*most).max(probe[field].as_u64().unwrap());
            }
            let least = self.extremes.entry((name.clone(), "min_ns")).or_insert(u64::MAX);
            *least = (*least).min(probe["min_ns"].as_u64().unwrap());
            let buckets = self.histograms.entry(name).or_default();
            for pair in probe["histogram"].as_array().unwrap() {
                *buckets.entry(pair[0].as_u64().unwrap()).or_default() += pair[1].as_u64().unwrap();
            }
        }
        let mut ways: Vec<String> = Vec::new();
        for node in report["tree"].as_array().unwrap() {
            let parent = ways.get(usize::try_from(node["parent"].as_u64().unwrap()).unwrap()).cloned();
            ways.push(format!("{}/{}", parent.unwrap_or_default(), node["probe"].as_str().unwrap()));
            for field in ["calls", "total_ns", "self_ns", "allocs", "alloc_bytes", "self_allocs", "self_alloc_bytes"] {
                let sum = self.tree.entry((ways[ways.len() - 1].clone(), field)).or_default();
                *sum += node[field].as_u64().unwrap();
            }
        }
    }

    /// The middle of the bucket that holds the rank, as the form of the file describes buckets.
    fn quantile(&self, probe: &str, q: f64) -> u64 {
        let buckets = &self.histograms[probe];
        let all: u64 = buckets.values().sum();
        let mut seen = 0;
        let holder = buckets.iter().find(|(_, count)| {
            seen += **count;
            seen as f64 >= q * all as f64
        });
        let bucket = *holder.unwrap().0;
        let middle = if bucket < 128 {
            bucket
        } else {
            let k = bucket / 64 - 1;
            let low = (64 + bucket % 64) << k;
            low + ((1 << k) - 1) / 2
        };
        let bound = |field| self.extremes[&(probe.to_owned(), field)];
        middle.clamp(bound("min_ns"), bound("max_ns"))
    }
}

#[test]
fn several_processes_add_up_in_any_order() {
    let folder = folder();
    let files = processes(folder.path(), 4);
    let values: Vec<Value> =
        files.iter().map(|file| serde_json::from_str(&read(folder.path().join(file))).unwrap()).collect();
    let mut expected = Sums::default();
    for value in &values {
        expected.add(value);
    }

    let merged = |order: &[usize]| {
        let mut args = vec!["merge"];
        args.extend(order.iter().map(|at| files[*at].as_str()));
        let merged = run(folder.path(), &args);
        assert_eq!(merged.code, Some(0), "{}", merged.stderr);
        merged.stdout
    };
    let text = merged(&[0, 1, 2, 3]);
    for order in [[3, 2, 1, 0], [2, 0, 3, 1]] {
        assert_eq!(merged(&order), text, "{order:?}");
    }
    let all: Value = serde_json::from_str(&text).unwrap();
    let mut found = Sums::default();
    found.add(&all);
    assert_eq!(found, expected);
    // The program is known: its calls were 100 + 200 + 300 + 400.
    assert_eq!(found.added[&("shared".to_owned(), "calls")], 1000);
    assert_eq!(found.added[&("shared".to_owned(), "items")], 200 + 600 + 1200);
    assert_eq!(found.added[&("only in the second".to_owned(), "calls")], 1);
    assert_eq!(found.tree[&("//shared/inner".to_owned(), "calls")], 1000);
    assert_eq!((&all["meta"]["processes"], &all["meta"]["pid"]), (&4.into(), &Value::Null));
    for probe in all["probes"].as_array().unwrap() {
        let name = probe["name"].as_str().unwrap();
        for (key, q) in [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999)] {
            assert_eq!(probe["quantiles"][key], expected.quantile(name, q), "{name} {key}");
        }
    }

    // By halves, in a folder, and as JSON lines it is the same.
    let half = |args: &[&str]| assert_eq!(run(folder.path(), args).code, Some(0));
    half(&["merge", &files[0], &files[3], "-o", "new/a.json"]);
    half(&["merge", &files[2], &files[1], "-o", "new/b.json"]);
    assert_eq!(run(folder.path(), &["merge", "new"]).stdout, text);
    let lines: String = files.iter().map(|file| read(folder.path().join(file))).collect();
    fs::write(folder.path().join("all.jsonl"), lines).unwrap();
    assert_eq!(run(folder.path(), &["merge", "all.jsonl"]).stdout, text);
    let table = run(folder.path(), &["merge", "all.jsonl", "--format", "table"]);
    assert!(table.stdout.contains("4 processes") && table.stdout.contains("1.00K"), "{}", table.stdout);
}

#[test]
fn a_bad_file_is_named_and_nothing_is_written() {
    let folder = folder();
    write(folder.path(), "a.json", 10_000);
    let good = read(folder.path().join("a.json"));
    fs::write(folder.path().join("cut.json"), &good[..good.len() / 3]).unwrap();
    fs::write(folder.path().join("newer.json"), good.replace("perf.report/1", "perf.report/9")).unwrap();
    for bad in ["cut.json", "newer.json", "missing.json"] {
        for out in [None, Some("old.json"), Some("new.json")] {
            fs::write(folder.path().join("old.json"), "precious").unwrap();
            let mut args = vec!["merge", "a.json", bad];
            args.extend(out.iter().flat_map(|out| ["-o", *out]));
            let ran = run(folder.path(), &args);
            assert!(ran.code == Some(2) && ran.stderr.contains(bad) && ran.stdout.is_empty(), "{}", ran.stderr);
            assert_eq!(read(folder.path().join("old.json")), "precious");
            assert!(!folder.path().join("new.json").exists());
        }
    }
    // Nothing temporary is left either.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
}

#[test]
fn nothing_counts_twice() {
    let folder = folder();
    for name in ["a.json", "runs/b.json"] {
        write(folder.path(), name, 10_000);
    }
    for (args, told) in [
        (&["merge", "a.json", "./a.json"][..], "./a.json: is named twice"),
        (&["merge", "runs", "runs/b.json"], "runs/b.json: is named twice"),
        (&["merge", "a.json", "-o", "a.json"], "a.json: is both read and written"),
        (&["merge", "runs", "a.json", "--output", "runs/../runs/b.json"], "is both read and written"),
    ] {
        let ran = run(folder.path(), args);
        assert!(ran.code == Some(2) && ran.stderr.contains(told), "{args:?}: {}", ran.stderr);
    }
    assert_eq!(run(folder.path(), &["merge", "runs", "a.json", "-o", "runs/all.json"]).code, Some(0));
    // The second time it is one of the files in the folder.
    let again = run(folder.path(), &["merge", "runs", "a.json", "-o", "runs/all.json"]);
    assert!(again.code == Some(2) && again.stderr.contains("runs/all.json"), "{}", again.stderr);
    assert!(read(folder.path().join("runs/all.json")).contains(r#""calls":2000"#));
}
