use std::io::Read;

use super::*;
use crate::report::TreeNode;

fn node(name: &str, parent: usize, own: [u64; 3]) -> TreeNode {
    let mut node = TreeNode::new(name, parent);
    [node.self_ns, node.self_allocs, node.self_alloc_bytes] = own;
    node
}

fn decoded(report: &Report) -> Profile {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(render(report).as_slice()).read_to_end(&mut bytes).unwrap();
    Profile::decode(bytes.as_slice()).unwrap()
}

/// Every stack, innermost first, with its values.
fn stacks(profile: &Profile) -> Vec<(Vec<&str>, Vec<i64>)> {
    let text = |index: i64| profile.string_table[usize::try_from(index).unwrap()].as_str();
    let name = |id: &u64| {
        let location = profile.location.iter().find(|location| location.id == *id).unwrap();
        let function = profile.function.iter().find(|function| function.id == location.line[0].function_id).unwrap();
        text(function.name)
    };
    profile.sample.iter().map(|s| (s.location_id.iter().map(name).collect(), s.value.clone())).collect()
}

#[test]
fn what_was_written_is_read() {
    let mut report = Report::default();
    report.tree = [
        node("", 0, [0; 3]),
        node("main", 0, [10, 1, 64]),
        node("parse", 1, [30, 0, 0]),
        node("main", 2, [5, u64::MAX, 7]),
    ]
    .into_iter()
    .collect();
    let mut probe = ProbeReport::new("parse");
    (probe.file, probe.line) = ("src/parse.rs".to_owned(), 17);
    report.probes = vec![probe];
    (report.meta.duration_ns, report.meta.program) = (99, "program".to_owned());

    let profile = decoded(&report);
    assert_eq!(
        stacks(&profile),
        [
            (vec!["main"], vec![10, 1, 64]),
            (vec!["parse", "main"], vec![30, 0, 0]),
            (vec!["main", "parse", "main"], vec![5, i64::MAX, 7]),
        ]
    );
    let text = |index: i64| profile.string_table[usize::try_from(index).unwrap()].as_str();
    let types: Vec<_> = profile.sample_type.iter().map(|kind| (text(kind.r#type), text(kind.unit))).collect();
    assert_eq!(types, [("time", "nanoseconds"), ("allocs", "count"), ("bytes", "bytes")]);
    assert_eq!(profile.string_table[0], "");
    let parse = profile.function.iter().find(|function| text(function.name) == "parse").unwrap();
    assert_eq!((text(parse.filename), parse.start_line), ("src/parse.rs", 17));
    assert_eq!((profile.duration_nanos, text(profile.default_sample_type)), (99, "time"));
    assert_eq!(text(profile.mapping[0].filename), "program");
}

#[test]
fn nothing_is_a_profile_too() {
    let profile = decoded(&Report::default());
    assert!(profile.sample.is_empty() && profile.sample_type.len() == 3);
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let mut report = Report::default();
    report.probes = (0..100).map(|at| ProbeReport { self_ns: at, ..ProbeReport::new(format!("f{at}")) }).collect();
    assert_eq!(render(&report), render(&report.clone()));
}
