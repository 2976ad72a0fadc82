//! `cargo perf report`, and what holds for all commands.

use std::fs;

use crate::common::{folder, perf, ran, read, run, write};

#[test]
fn a_report_in_three_forms() {
    let folder = folder();
    write(folder.path(), "perf.json", 10_000);
    let table = run(folder.path(), &["report", "perf.json"]);
    assert_eq!(table.code, Some(0), "{}", table.stderr);
    assert!(table.stdout.contains("codec::decode") && !table.stdout.contains('\x1b'));
    let json = run(folder.path(), &["report", "--format", "json", "perf.json"]);
    assert_eq!(json.stdout, read(folder.path().join("perf.json")));
    let markdown = run(folder.path(), &["report", "--format", "markdown", "perf.json"]);
    assert!(markdown.stdout.contains("codec::decode"));
}

#[test]
fn several_reports_are_shown_as_one() {
    let folder = folder();
    for name in ["runs/1.json", "runs/2.json"] {
        write(folder.path(), name, 10_000);
    }
    let both = run(folder.path(), &["report", "--format", "json", "runs"]);
    assert!(both.stdout.contains(r#""calls":2000"#), "{}", both.stdout);
    // The same as JSON lines.
    let lines = read(folder.path().join("runs/1.json")) + "\n" + &read(folder.path().join("runs/2.json"));
    fs::write(folder.path().join("runs.jsonl"), lines).unwrap();
    assert_eq!(run(folder.path(), &["report", "--format", "json", "runs.jsonl"]).stdout, both.stdout);
}

#[test]
fn bad_input_is_named_with_its_place() {
    let folder = folder();
    let path = write(folder.path(), "perf.json", 10_000);
    let text = read(&path);
    fs::write(folder.path().join("cut.json"), &text[..text.len() / 2]).unwrap();
    fs::write(folder.path().join("lines.jsonl"), format!("{text}{{}}\n")).unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    for (file, named) in [
        ("cut.json", "cut.json:1:"),
        ("lines.jsonl", "lines.jsonl:2:"),
        ("missing.json", "missing.json"),
        ("empty", "empty: no report"),
    ] {
        let ran = run(folder.path(), &["report", file]);
        assert_eq!(ran.code, Some(2), "{file}");
        assert!(ran.stderr.contains(named) && ran.stdout.is_empty(), "{}", ran.stderr);
    }
    assert_eq!(run(folder.path(), &["report"]).code, Some(2));
    assert_eq!(run(folder.path(), &["frobnicate"]).code, Some(2));
}

#[test]
fn other_encodings_are_read_or_named() {
    let folder = folder();
    let json = fs::read(write(folder.path(), "perf.json", 10_000)).unwrap();
    let here = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    here("marked.json", &[b"\xef\xbb\xbf", &json[..]].concat());
    here("marked.jsonl", &[b"\xef\xbb\xbf", &json[..], &json[..]].concat());
    let wide = String::from_utf8(json).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    here("wide.json", &[b"\xff\xfe", &wide[..]].concat());
    here("packed.json.gz", b"\x1f\x8b\x08\x00\n\n");
    for read in ["marked.json", "marked.jsonl"] {
        assert_eq!(run(folder.path(), &["report", read]).code, Some(0));
        assert_eq!(run(folder.path(), &["diff", read, "perf.json"]).code, Some(0));
    }
    for (file, named) in [("wide.json", "UTF-16"), ("packed.json.gz", "gzip")] {
        for args in [&["report", file][..], &["diff", file, "perf.json"]] {
            let ran = run(folder.path(), args);
            assert!(ran.code == Some(2) && ran.stderr.contains(&format!("{file}: the report is")), "{}", ran.stderr);
            assert!(ran.stderr.contains(named), "{}", ran.stderr);
        }
    }
}

#[test]
fn help_has_examples_and_colour_is_asked_for() {
    let folder = folder();
    for command in ["run", "report", "diff", "gate", "compare", "trend"] {
        let help = run(folder.path(), &[command, "--help"]);
        assert_eq!(help.code, Some(0));
        assert!(help.stdout.contains("Examples:\n  cargo perf "), "{}", help.stdout);
    }
    write(folder.path(), "perf.json", 10_000);
    let mut forced = perf(folder.path(), &["report", "perf.json"]);
    forced.env("CLICOLOR_FORCE", "1");
    assert!(ran(forced).stdout.contains('\x1b'));
    // Called without cargo's `perf` in between.
    let mut direct = assert_cmd::Command::new(env!("CARGO_BIN_EXE_cargo-perf"));
    direct.current_dir(folder.path()).args(["report", "perf.json"]);
    assert_eq!(ran(direct).code, Some(0));
}
