//! The declarations hold what the documentation says, and no code reads a variable beside them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn the_documentation_is_made_of_the_declarations() {
    let (path, page) = (workspace().join("docs/environment.md"), documentation());
    if std::env::var_os("PERF_EXPORTERS_BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "{} differs (PERF_EXPORTERS_BLESS=1 accepts):\n{page}", path.display());
}

#[test]
fn the_words_mean_the_same_for_every_switch() {
    for (words, on) in [(["on", "1", "true", "YES"], true), (["off", "0", " false ", "No"], false)] {
        for word in words {
            for switch in [&STRICT, &UPDATE, &GATE_DETAIL, &SIGNALS, &SERVE_REMOTE] {
                assert_eq!(switch.parse(word).unwrap(), on, "{}={word}", switch.name());
            }
            let same = |choice: bool| assert_eq!(choice, on, "{word}");
            for choice in [&REPORT, &SERVE, &OTLP] {
                same(match choice.parse(word).unwrap() {
                    Choice::On => true,
                    Choice::Off => false,
                    Choice::Value(value) => panic!("{}={word}: {value}", choice.name()),
                });
            }
            same(MONITOR.parse(word).unwrap() == Choice::On);
            same(TIMELINE.parse(word).unwrap() == Choice::On);
            same(OVERHEAD.parse(word).unwrap() == Choice::On);
            assert!(GATE_LOG.parse(word).is_err() && LOCK.parse(word).is_err(), "no path: {word}");
        }
    }
}

#[test]
fn values_are_read_to_their_types() {
    assert_eq!(SERVE.parse("9080").unwrap(), Choice::Value("127.0.0.1:9080".to_owned()));
    for address in ["[::1]:9080", "localhost:9080", "127.0.0.1:0"] {
        assert_eq!(SERVE.parse(address).unwrap(), Choice::Value(address.to_owned()));
    }
    assert_eq!(MONITOR.parse("250ms").unwrap(), Choice::Value(Duration::from_millis(250)));
    assert_eq!((TOP.parse("7").unwrap(), TOP.parse("1").unwrap()), (Some(7), Some(1)));
    assert_eq!([" all ", "0", "off"].map(|all| TOP.parse(all).unwrap()), [None; 3]);
    assert_eq!(TIMELINE.parse(" 4096 ").unwrap(), Choice::Value(4096));
    for (share, ppm) in [("1%", 10_000), (" 0.5 %", 5_000), ("100%", 1_000_000), ("0.0001%", 1)] {
        assert_eq!(OVERHEAD.parse(share).unwrap(), Choice::Value(ppm), "{share}");
    }
    assert_eq!(SERVE_HOSTS.parse(" a.example , ,b").unwrap(), ["a.example", "b"]);
    assert_eq!(GATE_MEASURE.parse("200ms").unwrap(), Duration::from_millis(200));
    assert_eq!(GATE_LOG.parse("./off").unwrap(), PathBuf::from("./off"));
}

#[test]
fn what_is_not_understood_is_an_error_with_the_nearest_value() {
    let text = |error: Error| {
        assert!(error.is_setting());
        error.to_string()
    };
    for (error, expected) in [
        (STRICT.parse("onn").unwrap_err(), "PERF_STRICT=\"onn\": not known (did you mean `on`?); valid: `on`, `off`"),
        (STRICT.parse("maybe").unwrap_err(), "PERF_STRICT=\"maybe\": not known; valid: `on`, `off`"),
        (SERVE.parse("fasle").unwrap_err(), "PERF_SERVE=\"fasle\": not known (did you mean `false`?); valid: `on`"),
        (SERVE.parse("here").unwrap_err(), "PERF_SERVE=\"here\": neither a port nor an address with one; valid: `on`"),
        (OTLP.parse("collector").unwrap_err(), "PERF_OTLP=\"collector\": not a URL; valid: `on`, `off`, or the URL"),
        (MONITOR.parse("10us").unwrap_err(), "PERF_MONITOR=\"10us\": less than a millisecond; valid: `on`"),
        (TOP.parse("al").unwrap_err(), "PERF_TOP=\"al\": not known (did you mean `all`?); valid: a number of probes"),
        (TOP.parse("many").unwrap_err(), "PERF_TOP=\"many\": not a number; valid: a number of probes, or `all`"),
        (TIMELINE.parse("16777217").unwrap_err(), "PERF_TIMELINE=\"16777217\": not such a number; valid: `on`"),
        (
            OVERHEAD.parse("0.5").unwrap_err(),
            "PERF_OVERHEAD=\"0.5\": no share in per cent; valid: `on`, `off`, or a share",
        ),
        (OVERHEAD.parse("101%").unwrap_err(), "PERF_OVERHEAD=\"101%\": not between 0.0001% and 100%; valid: `on`"),
        (GATE_LOG.parse("off").unwrap_err(), "PERF_GATE_LOG=\"off\": not a path (a file of that name is `./off`)"),
    ] {
        let told = text(error);
        assert!(told.starts_with(expected), "{told}");
    }
    for bad in ["soon", "5", "-1s"] {
        assert!(text(MONITOR.parse(bad).unwrap_err()).contains("PERF_MONITOR"));
    }
    for bad in ["", "-1", "some", "7.5"] {
        assert!(text(TOP.parse(bad).unwrap_err()).contains("PERF_TOP"));
    }
}

/// Files of the workspace that end so, but for what is built.
fn files(ending: &str) -> Vec<(PathBuf, String)> {
    let mut folders = vec![workspace()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !path.is_symlink() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if name.ends_with(ending) && path.is_file() {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    assert!(!files.is_empty());
    files
}

/// What stands after each `PERF_` in a text.
fn names(text: &str) -> BTreeSet<&str> {
    let end =
        |rest: &str| rest.find(|letter: char| !letter.is_ascii_uppercase() && letter != '_').unwrap_or(rest.len());
    text.match_indices("PERF_").map(|(at, _)| &text[at..at + end(&text[at..])]).collect()
}

#[test]
fn no_other_file_reads_a_variable() {
    let inside = Path::new(file!()).parent().unwrap();
    for (path, text) in files(".rs") {
        let is_test = |part: &OsStr| {
            let part = part.to_string_lossy();
            part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs")
        };
        if path.iter().any(is_test) || path.ends_with("build.rs") || path.parent().unwrap().ends_with(inside) {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let alone = |name: &&str| code.contains(&format!("\"{name}\""));
        let found: Vec<&str> =
            names(code).into_iter().filter(alone).filter(|name| !name.starts_with("PERF_BUILD_")).collect();
        assert!(found.is_empty(), "{} names {found:?}: variables are declared and read in env", path.display());
        if path.starts_with(workspace().join("perf-core/src")) {
            assert!(!code.contains("env::var"), "{}: perf-core reads no environment", path.display());
        }
    }
}

#[test]
fn every_variable_that_is_written_about_is_declared() {
    // Of tests and of the build; no other code reads them.
    let others =
        ["PERF_EXPORTERS_BLESS", "PERF_CARGO_BLESS", "PERF_CONSUMERS_STRICT", "PERF_REPROT", "PERF_", "PERF_TEST_"];
    let known = |name: &&str| {
        ALL.iter().any(|one| one.name() == *name)
            || others.contains(name)
            || name.starts_with("PERF_TEST_")
            || name.starts_with("PERF_BUILD")
    };
    let is_text =
        |(path, _): &(PathBuf, String)| !path.iter().any(|part| part == "tests") && !path.ends_with("names.rs");
    for (path, text) in files(".rs").into_iter().chain(files(".md")).filter(is_text) {
        let unknown: Vec<&str> = names(&text).into_iter().filter(|name| !known(name)).collect();
        assert!(unknown.is_empty(), "{} writes of {unknown:?}, which is not declared", path.display());
    }
}
