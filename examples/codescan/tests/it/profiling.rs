//! The measured program: what the report says must agree with what the program did.

use std::fs;

use crate::common::{FILES, Run, TEXTS, command, tree};
use serde_json::Value;

/// Runs the program; its summary and its report.
fn measured(args: &[&str]) -> (Run, Value) {
    let (tree, out) = (tree(), tempfile::tempdir().unwrap());
    let path = out.path().join("report.json");
    let mut command = command(tree.path(), args);
    command.env("PERF_REPORT", format!("json={}", path.display()));
    let run = Run::from(command.output().unwrap());
    let report = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
    (run, serde_json::from_str(&report).unwrap())
}

/// A figure of one probe, 0 if the probe was never called.
fn figure(report: &Value, name: &str, key: &str) -> u64 {
    let probes = report["probes"].as_array().unwrap();
    probes.iter().find(|probe| probe["name"] == name).map_or(0, |probe| probe[key].as_u64().unwrap())
}

#[test]
fn calls_agree_with_files_for_both_readers() {
    for (args, read, other) in [
        (["--reader", "sync"], "codescan::read::read_file", "codescan::async_read::read_file"),
        (["--reader", "async"], "codescan::async_read::read_file", "codescan::read::read_file"),
    ] {
        let (run, report) = measured(&args);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert_eq!(report["schema"], "perf.report/1");
        assert_eq!(figure(&report, read, "calls"), FILES, "{args:?}");
        assert_eq!(figure(&report, read, "errors"), 1, "the binary file");
        assert_eq!(figure(&report, other, "calls"), 0);
        assert_eq!(figure(&report, "codescan::worker::Worker::process", "calls"), FILES);
        assert_eq!(figure(&report, "codescan::worker::Worker::process", "errors"), FILES - TEXTS);
        for each_text in [
            "codescan::language::classify",
            "codescan::token::tokenize",
            "codescan::index::Index::insert",
            "codescan::digest::hash",
            "codescan::digest::Compressor::compressed_len",
        ] {
            assert_eq!(figure(&report, each_text, "calls"), TEXTS, "{each_text}");
        }
    }
}

#[test]
fn bytes_lines_and_allocations_are_counted() {
    let (run, report) = measured(&["--json"]);
    let summary = run.json();
    let bytes = summary["total"]["bytes"].as_u64().unwrap();
    assert_eq!(figure(&report, "codescan::read::read_file", "bytes"), bytes + 5, "and the file in Latin-1");
    assert_eq!(figure(&report, "codescan::token::tokenize", "bytes"), bytes);
    assert_eq!(figure(&report, "codescan::digest::hash", "bytes"), bytes);
    // Sampling leaves counts exact.
    let lines: u64 = ["blank", "comment", "code"].iter().map(|kind| summary["total"][*kind].as_u64().unwrap()).sum();
    assert_eq!(figure(&report, "codescan::lines::LineScanner::next", "calls"), lines);
    assert!(figure(&report, "codescan::index::Index::insert", "allocs") > 0);
    assert_eq!(figure(&report, "codescan::language::classify", "allocs"), 0, "as its budget says");
    assert_eq!(figure(&report, "codescan::index::Index::len", "calls"), 0, "left out with skip");
    assert_eq!(figure(&report, "codescan::collect", "calls"), 1);
}

#[test]
fn the_report_goes_to_standard_error_by_default() {
    let tree = tree();
    let run = Run::from(command(tree.path(), &[]).output().unwrap());
    assert!(run.stdout.contains("Language") && !run.stdout.contains("read_file"));
    assert!(run.stderr.contains("read_file"), "{}", run.stderr);
    assert!(!run.stderr.contains('\x1b'));
}
