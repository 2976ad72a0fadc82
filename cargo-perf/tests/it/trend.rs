//! `cargo perf trend`.

use std::fs;

use crate::common::{folder, probe, read, report, run, write};

#[test]
fn a_step_in_a_history_is_found_dated_and_drawn() {
    let folder = folder();
    let history: String = (0..30)
        .map(|n| {
            let ns = if n < 18 { 10_000 } else { 11_500 } + (n * 37) % 90;
            report(n, [probe("codec::decode", ns), probe("steady", 5_000 + (n * 53) % 40)]).to_json()
        })
        .collect();
    fs::write(folder.path().join("history.jsonl"), history).unwrap();
    let found = run(folder.path(), &["trend", "history.jsonl", "--svg", "trend.svg"]);
    assert_eq!(found.code, Some(0), "{}", found.stderr);
    assert!(found.stdout.contains("30 reports") && found.stdout.contains("1 changes in 1"), "{}", found.stdout);
    assert!(found.stdout.contains("from report 19 of 30, 2023-12-02"), "{}", found.stdout);
    assert!(!found.stdout.contains("steady\n"), "only what changed is drawn");
    let svg = read(folder.path().join("trend.svg"));
    assert!(svg.starts_with("<svg") && svg.contains("codec::decode") && svg.contains("</svg>"));
    let json = run(folder.path(), &["trend", "history.jsonl", "--format", "json", "--probe", "codec::*"]);
    let trends: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(trends[0]["changes"][0]["index"], 18);
    assert_eq!(trends[0]["changes"][0]["worse"], true);
    let markdown = run(folder.path(), &["trend", "history.jsonl", "--format", "markdown"]);
    assert!(markdown.stdout.contains("| `codec::decode` | mean | 2023-12-02"), "{}", markdown.stdout);
    // 15 % is less than 20 %.
    assert!(run(folder.path(), &["trend", "history.jsonl", "--least", "20"]).stdout.contains("0 changes"));
}

#[test]
fn a_slow_rise_is_told_though_no_report_is_much_slower_than_the_last() {
    let folder = folder();
    let history: String =
        (0..40).map(|n| report(n, [probe("codec::decode", 10_000 + 100 * n + (n * 37) % 210)]).to_json()).collect();
    fs::write(folder.path().join("history.jsonl"), history).unwrap();
    let found = run(folder.path(), &["trend", "history.jsonl"]);
    assert!(found.stdout.contains("slowly, halfway at report 21 of 40"), "{}", found.stdout);
}

#[test]
fn a_history_grows_line_by_line() {
    let folder = folder();
    for n in 0..3 {
        write(folder.path(), "perf.json", 10_000 + n);
        let ran = run(folder.path(), &["trend", "history.jsonl", "--add", "perf.json"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    assert_eq!(read(folder.path().join("history.jsonl")).lines().count(), 3);
    for (args, named) in [
        (&["trend", "history.jsonl", "--metric", "speed"][..], "no metric"),
        (&["trend", "history.jsonl", "--probe", "nothing"], "--probe"),
        (&["trend", "missing.jsonl"], "missing.jsonl"),
        (&["trend", ".", "--add", "perf.json"], "folder"),
        (&["trend", "history.jsonl", "--least=-1"], "--least"),
    ] {
        let ran = run(folder.path(), args);
        assert!(ran.code == Some(2) && ran.stderr.contains(named), "{args:?}: {}", ran.stderr);
    }
}

/// A limit on the size of files is as good as a full disk: part of what is written fits, then nothing does.
#[cfg(unix)]
#[test]
fn lines_that_do_not_fit_leave_the_history_as_it_was() {
    let folder = folder();
    write(folder.path(), "perf.json", 10_000);
    assert_eq!(run(folder.path(), &["trend", "history.jsonl", "--add", "perf.json"]).code, Some(0));
    let before = read(folder.path().join("history.jsonl"));
    let blocks = before.len() / 512 + 1;
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" perf trend history.jsonl --add perf.json");
    let full = std::process::Command::new("/bin/sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_cargo-perf")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8(full.stderr).unwrap();
    assert!(full.status.code() == Some(2) && told.contains("history.jsonl: cannot add"), "{told}");
    assert_eq!(read(folder.path().join("history.jsonl")), before);
    assert_eq!(run(folder.path(), &["trend", "history.jsonl", "--add", "perf.json"]).code, Some(0));
    assert_eq!(read(folder.path().join("history.jsonl")), before.repeat(2));
}

#[test]
fn a_torn_line_is_named_and_the_others_count() {
    let folder = folder();
    let line = |n| report(n, [probe("codec::decode", 10_000 + n)]).to_json();
    for (at, torn) in [(1, 0), (2, 1), (3, 2)] {
        let mut lines: Vec<String> = (0..3).map(line).collect();
        let half = lines[torn].len() / 2;
        lines[torn].replace_range(half.., "\n");
        fs::write(folder.path().join("history.jsonl"), lines.concat()).unwrap();
        let ran = run(folder.path(), &["trend", "history.jsonl"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("history.jsonl:{at}: this line is left out")), "{}", ran.stderr);
        assert!(ran.stdout.contains("2 reports"), "{}", ran.stdout);
    }
    // What a newer version wrote is no torn line.
    let newer = line(1).replace("perf.report/1", "perf.report/2");
    fs::write(folder.path().join("history.jsonl"), line(0) + &newer).unwrap();
    let ran = run(folder.path(), &["trend", "history.jsonl"]);
    assert!(
        ran.code == Some(2) && ran.stderr.contains("history.jsonl:2: ") && ran.stderr.contains("newer"),
        "{}",
        ran.stderr
    );
}
