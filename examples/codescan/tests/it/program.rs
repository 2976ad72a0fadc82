//! Runs the real program on trees with known contents.

use std::fs;
use std::process::Stdio;

use crate::common::{FILES, TEXTS, codescan, command, tree};
use serde_json::json;

#[test]
fn counts_what_is_there() {
    let run = codescan(tree().path(), &["--json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let summary = run.json();
    assert_eq!(summary["schema"], "codescan.summary/1");
    assert_eq!(summary["files"], json!({ "read": TEXTS, "skipped": FILES - TEXTS }));
    assert_eq!(summary["skipped"], json!({ "binary": 1, "not-utf8": 1 }));
    assert_eq!(
        summary["languages"],
        json!([
            { "name": "Rust", "files": 2, "blank": 2, "comment": 2, "code": 6, "bytes": 148 },
            { "name": "Markdown", "files": 1, "blank": 1, "comment": 0, "code": 2, "bytes": 33 },
            { "name": "Python", "files": 1, "blank": 0, "comment": 2, "code": 2, "bytes": 63 },
            { "name": "JSON", "files": 1, "blank": 0, "comment": 0, "code": 1, "bytes": 3 },
            { "name": "TOML", "files": 1, "blank": 0, "comment": 0, "code": 1, "bytes": 8 },
            { "name": "Text", "files": 1, "blank": 0, "comment": 0, "code": 0, "bytes": 0 },
        ])
    );
    assert_eq!(
        summary["identifiers"],
        json!([
            { "name": "beta", "count": 6, "files": 3 },
            { "name": "alpha", "count": 4, "files": 3 },
            { "name": "gamma", "count": 2, "files": 1 },
        ])
    );
    assert_eq!(
        summary["duplicates"],
        json!({
            "groups": 1,
            "wasted_bytes": 74,
            "largest": [{ "bytes": 74, "files": ["src/copy/lib.rs", "src/lib.rs"] }],
        })
    );
    assert!(summary["compression"]["compressed"].as_u64().unwrap() > 0);
}

#[test]
fn every_reader_and_any_number_of_threads_give_the_same() {
    let tree = tree();
    // More files than the async reader holds at a time.
    for i in 0..300 {
        fs::write(tree.path().join(format!("f{i}.rs")), format!("fn f{i}() {{ shared(alpha, {}); }}\n", i % 7))
            .unwrap();
    }
    for form in [&["--json", "--verbose"][..], &["--verbose"], &["--search", "alpha"], &["--search", "alpha", "--json"]]
    {
        let expected = codescan(tree.path(), &[form, &["--threads", "1"]].concat());
        assert_eq!(expected.code, 0, "{}", expected.stderr);
        for reader in ["sync", "async"] {
            for threads in ["1", "2", "3", "16"] {
                let run = codescan(tree.path(), &[form, &["--reader", reader, "--threads", threads]].concat());
                assert_eq!(run.stdout, expected.stdout, "{reader} {threads} {form:?}");
                assert_eq!(run.code, 0);
            }
        }
    }
}

#[test]
fn ignored_and_hidden_files_on_request() {
    let tree = tree();
    fs::create_dir(tree.path().join(".git")).unwrap();
    fs::write(tree.path().join(".git/config"), "[core]\n").unwrap();
    let read = |args: &[&str]| codescan(tree.path(), args).json()["files"]["read"].as_u64().unwrap();
    assert_eq!(read(&["--json"]), TEXTS);
    assert_eq!(read(&["--json", "--hidden"]), TEXTS + 2);
    assert_eq!(read(&["--json", "--no-ignore"]), TEXTS + 2);
    assert_eq!(read(&["--json", "--no-ignore", "--hidden"]), TEXTS + 4);
}

#[test]
fn search_names_files_and_lines() {
    let tree = tree();
    let run = codescan(tree.path(), &["--search", "beta"]);
    assert_eq!(
        run.stdout,
        "7 × 'beta' in 3 files\n      1  README.md:3\n      3  src/copy/lib.rs:3\n      3  src/lib.rs:3\n"
    );
    let none = codescan(tree.path(), &["--search", "Beta"]);
    assert_eq!((none.code, none.stdout.as_str()), (0, "0 × 'Beta' in 0 files\n"));
}

#[test]
fn the_tables_are_plain_text_when_nobody_looks() {
    let run = codescan(tree().path(), &["--verbose"]);
    for expected in [
        "Rust ",
        "Total ",
        "Identifier ",
        "Duplicates: 74 B to save in 1 group\n",
        "Skipped: 1 binary, 1 not UTF-8",
        "image.png",
    ] {
        assert!(run.stdout.contains(expected), "{expected:?} is missing in\n{}", run.stdout);
    }
    assert!(!run.stdout.contains('\x1b'));
    assert!(run.stdout.lines().take(8).all(|line| line.chars().count() <= 80));
    // Tests of the whole workspace are built with the features of all its members.
    if !perf_core::is_enabled() {
        assert_eq!(run.stderr, "", "neither progress bar nor report");
    }
}

#[test]
fn top_limits_the_lists() {
    let summary = codescan(tree().path(), &["--json", "--top", "0"]).json();
    assert_eq!(summary["identifiers"], json!([]));
    assert_eq!(summary["duplicates"]["largest"], json!([]));
    assert_eq!(summary["duplicates"]["groups"], 1);
}

#[test]
fn too_large_files_are_counted() {
    let tree = tree();
    fs::write(tree.path().join("big.txt"), "x".repeat(1024 * 1024 + 1)).unwrap();
    for reader in ["sync", "async"] {
        let summary = codescan(tree.path(), &["--json", "--max-size", "1", "--reader", reader]).json();
        assert_eq!(summary["skipped"]["too-large"], 1, "{reader}");
    }
}

#[test]
fn nothing_to_read_is_code_1() {
    let dir = tempfile::tempdir().unwrap();
    let empty = codescan(dir.path(), &[]);
    assert_eq!(empty.code, 1);
    assert!(empty.stderr.contains("no readable text file in"), "{}", empty.stderr);
    assert_eq!(codescan(dir.path(), &["--json"]).json()["files"]["read"], 0);

    fs::write(dir.path().join("only.bin"), b"\0").unwrap();
    assert_eq!(codescan(dir.path(), &[]).code, 1);
}

#[test]
fn wrong_arguments_are_code_2() {
    let dir = tempfile::tempdir().unwrap();
    let missing = codescan(&dir.path().join("missing"), &[]);
    assert_eq!((missing.code, missing.stdout.as_str()), (2, ""));
    assert!(
        missing.stderr.contains("no such directory: '") && missing.stderr.contains("missing'"),
        "{}",
        missing.stderr
    );

    let file = dir.path().join("file");
    fs::write(&file, "text").unwrap();
    let file = codescan(&file, &[]);
    assert_eq!(file.code, 2);
    assert!(file.stderr.contains("not a directory: '"), "{}", file.stderr);

    for args in [&["--threads", "0"][..], &["--reader", "psychic"], &["--unknown"], &["--top", "-1"]] {
        assert_eq!(codescan(dir.path(), args).code, 2, "{args:?}");
    }
}

#[test]
fn help_names_every_option() {
    let help = codescan(".".as_ref(), &["--help"]);
    assert_eq!(help.code, 0);
    for option in ["--threads", "--reader", "--top", "--search", "--json", "--verbose", "[DIR]", "Exit code"] {
        assert!(help.stdout.contains(option), "{option}");
    }
}

#[test]
fn a_closed_pipe_is_not_a_failure() {
    let tree = tree();
    let mut child = command(tree.path(), &["--json"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
