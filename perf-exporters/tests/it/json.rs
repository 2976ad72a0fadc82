//! The JSON form: round trips, tolerance, and what broken files are told.

use std::fs;
use std::time::{Duration, SystemTime};

use perf_exporters::Report;
use perf_exporters::report::{Machine, ProbeReport, SCHEMA, TreeNode};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::{sample, sample_with_allocations};

#[test]
fn nothing_is_lost_on_the_way() {
    let mut report = sample_with_allocations();
    report.meta.machine = Machine::current();
    report.meta.args = Some(vec!["--fast".to_owned(), "\u{1b}\"\\ü".to_owned()]);
    assert_eq!(Report::from_json(report.to_json()).unwrap(), report);
    assert_eq!(Report::from_json(Report::default().to_json()).unwrap(), Report::default());
}

#[test]
fn the_fields_are_named_as_documented() {
    let json: Value = serde_json::from_str(&sample().to_json()).unwrap();
    assert_eq!(json["schema"], SCHEMA);
    assert_eq!(json["meta"]["time"], "2023-11-14T22:13:20.123456789Z");
    let mut fields: Vec<_> = json["probes"][0].as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "name",
        "file",
        "line",
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
        "waiting_ns",
        "busy_ns",
        "sum_ns",
        "mean_ns",
        "min_ns",
        "max_ns",
        "quantiles",
        "allocs",
        "alloc_bytes",
        "self_allocs",
        "self_alloc_bytes",
        "peak_bytes",
        "net_bytes",
        "histogram",
    ];
    expected.sort_unstable();
    fields.sort_unstable();
    assert_eq!(fields, expected);
    for quantile in ["p50", "p90", "p95", "p99", "p999"] {
        assert!(json["probes"][0]["quantiles"][quantile].is_u64(), "{quantile}");
    }
    assert_eq!(json["probes"][8]["histogram"], serde_json::json!([[385, 96]]));
    assert_eq!(json["tree"][1]["parent"], 0);
}

#[test]
fn fields_of_later_versions_are_passed_over_and_missing_ones_are_zero() {
    let json = r#"{"new": [1], "schema": "perf.report/1", "meta": {"program": "p", "later": {}},
        "probes": [{"name": "a", "calls": 3, "budgets": []}]}"#;
    let report = Report::from_json(json).unwrap();
    assert_eq!(report.meta.program, "p");
    assert_eq!(report.probe("a").unwrap().calls, 3);
    assert!(report.probe("a").unwrap().histogram.count() == 0 && report.tree.nodes().is_empty());
    assert_eq!((report.probe("a").unwrap().waiting_ns, report.meta.processor_ns), (0, None));
}

#[test]
fn files_are_replaced_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/on the way/perf.json");
    sample().write(&path).unwrap();
    sample_with_allocations().write(&path).unwrap();
    assert_eq!(Report::read(&path).unwrap(), sample_with_allocations());
    let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary file stays: {left:?}");
}

#[cfg(unix)]
#[test]
fn links_and_devices_stay_what_they_are() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real.json"), folder.path().join("link.json"));
    fs::write(&real, "old").unwrap();
    symlink(&real, &link).unwrap();
    sample().write(&link).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(Report::read(&real).unwrap(), sample());

    // A pipe of the test's own: whoever breaks this as root must not break the machine's devices.
    let pipe = folder.path().join("pipe");
    let piped = std::process::Command::new("mkfifo").arg(&pipe).status();
    if piped.is_ok_and(|status| status.success()) {
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || Report::read(pipe).unwrap()
        });
        sample().write(&pipe).unwrap();
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo(), "a pipe stays a pipe");
        assert_eq!(reader.join().unwrap(), sample());
    }

    let fresh = folder.path().join("fresh.json");
    sample().write(&fresh).unwrap();
    fs::write(folder.path().join("usual"), "").unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
    assert_eq!(mode("fresh.json"), mode("usual"), "as readable as any other file");
}

#[test]
fn errors_name_the_file_the_place_and_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("perf.json");
    let error_of = |content: &str| {
        fs::write(&path, content).unwrap();
        let error = Report::read(&path).unwrap_err();
        assert_eq!(error.path(), Some(path.as_path()));
        let text = error.to_string();
        let rest = text.strip_prefix(&format!("{}:", path.display())).expect("the file comes first").to_owned();
        (error, rest)
    };

    let (error, text) = error_of("");
    assert!(error.is_truncated() && error.is_malformed() && !error.is_io());
    assert!(text.starts_with("1:0: the report is cut short") && text.contains("record it again"), "{text}");

    let (error, text) = error_of("{\n  \"schema\": \"perf.report/1\",\n  \"probes\": [!]\n}");
    assert!(error.is_malformed() && !error.is_truncated());
    assert_eq!(error.place(), Some((3, 14)));
    assert!(text.starts_with("3:14: not a valid report: "), "{text}");

    let (_, text) = error_of("{\"schema\": \"perf.report/1\",\n\"probes\": [{\"calls\": -1}]}");
    assert!(text.starts_with("2:23: ") && text.contains("-1"), "{text}");

    let (_, text) = error_of("{\"schema\": \"perf.report/1\",\n\"probes\": [{\"histogram\":\n[[5, 4], [5, 1]]}]}");
    assert!(text.starts_with("3:") && text.contains("histogram bucket 5: not in ascending order"), "{text}");

    let (_, text) = error_of("{\"schema\": \"perf.report/1\",\n\n\"tree\": [{\"parent\": 0}, {\"parent\": 5}]}");
    assert!(text.starts_with("3:") && text.contains("node 1 of the call tree has parent 5"), "{text}");

    let (error, text) = error_of("{\"schema\": \"perf.report/2\", \"probes\": 7}");
    assert!(error.is_newer_schema() && text.contains("perf.report/2") && text.contains("update"), "{text}");

    for other in ["{\"schema\": \"perf.report/x\"}", "{\"schema\": \"perf.report/0\"}", "{\"schema\": 3}", "{}"] {
        let (error, text) = error_of(other);
        assert!(error.is_unknown_schema() && text.contains("PERF_REPORT=json=PATH"), "{other}: {text}");
    }

    let missing = folder.path().join("none.json");
    let error = Report::read(&missing).unwrap_err();
    assert!(error.is_not_found() && error.is_io(), "{error}");
    assert!(error.to_string().starts_with(&missing.display().to_string()));
    assert!(std::error::Error::source(&error).is_some());

    let error = Report::default().write(folder.path()).unwrap_err();
    assert!(error.is_io() && error.path() == Some(folder.path()), "{error}");
}

#[test]
fn cut_anywhere_it_is_called_cut_short() {
    let mut report = sample();
    report.probes.truncate(1);
    report.meta.args = Some(vec!["ü\\".to_owned()]);
    let json = report.to_json();
    for at in 0..json.trim_end().len() {
        let error = Report::from_json(&json.as_bytes()[..at]).expect_err("a part is not a whole");
        assert!(error.is_truncated(), "at {at}: {error}");
    }
}

fn time() -> impl Strategy<Value = SystemTime> {
    (0..253_402_300_799_u64, 0..1_000_000_000_u32).prop_map(|(s, ns)| SystemTime::UNIX_EPOCH + Duration::new(s, ns))
}

#[test]
fn other_encodings_are_read_or_named_with_the_remedy() {
    let json = sample().to_json();
    let marked = [b"\xef\xbb\xbf", json.as_bytes()].concat();
    assert_eq!(Report::from_json(marked).unwrap(), sample());
    let utf16: Vec<u16> = json.encode_utf16().collect();
    let little: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for (bytes, named, remedy) in [
        ([&b"\xff\xfe"[..], &little].concat(), "UTF-16", "save it as UTF-8"),
        ([&b"\xfe\xff"[..], &big].concat(), "UTF-16", "save it as UTF-8"),
        (little, "UTF-16", "save it as UTF-8"),
        (big, "UTF-16", "save it as UTF-8"),
        (vec![0x1f, 0x8b, 8, 0], "gzip", "gunzip"),
        (vec![0x28, 0xb5, 0x2f, 0xfd, 4], "zstd", "zstd -d"),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        let error = Report::read(file.path()).unwrap_err();
        let told = error.to_string();
        assert!(error.is_malformed() && told.contains(named) && told.contains(remedy), "{told}");
        assert!(told.starts_with(&file.path().display().to_string()), "{told}");
    }
}

proptest! {
    #[test]
    fn any_report_comes_back(
        strings in prop::collection::vec(any::<String>(), 9),
        numbers in prop::collection::vec(any::<u64>(), 8),
        float in prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL,
        net: i64,
        time in time(),
        values in prop::collection::vec((any::<u64>(), 1..u64::MAX / 64), 0..40),
        parents in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut report = Report::default();
        report.meta.program.clone_from(&strings[0]);
        report.meta.args = Some(strings.clone());
        report.meta.clock.clone_from(&strings[1]);
        report.meta.machine.cpu_model.clone_from(&strings[2]);
        report.meta.time = time;
        (report.meta.ticks_per_second, report.meta.observer_effect_pct) = (float, -float);
        (report.meta.lost, report.meta.live_bytes) = (numbers[0], net);
        let mut probe = ProbeReport::new(strings[3].clone());
        probe.file.clone_from(&strings[4]);
        (probe.calls, probe.bytes, probe.total_ns, probe.max_ns) = (numbers[1], numbers[2], numbers[3], numbers[4]);
        (probe.quantiles.p999, probe.net_bytes) = (numbers[5], net);
        probe.histogram = crate::support::histogram(&values);
        report.probes.push(probe);
        let nodes = parents.iter().enumerate().map(|(at, parent)| {
            let mut node = TreeNode::new(strings[at % 9].clone(), if at == 0 { 0 } else { parent.index(at) });
            node.total_ns = numbers[at % 8] >> 8;
            node
        });
        report.tree = nodes.collect();
        prop_assert_eq!(Report::from_json(report.to_json()).unwrap(), report);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, at: prop::sample::Index, byte: u8) {
        let _ = Report::from_json(&bytes);
        let mut json = sample().to_json().into_bytes();
        let at = at.index(json.len());
        json[at] = byte;
        if let Ok(report) = Report::from_json(&json) {
            let _ = perf_exporters::table::render(&report, &perf_exporters::table::Options::default());
        }
    }
}
