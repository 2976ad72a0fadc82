//! `cargo perf report` in all its forms.

use std::fs;

use crate::common::{folder, perf, probe, ran, read, report, run, write};

#[test]
fn every_form_there_is() {
    let folder = folder();
    write(folder.path(), "perf.json", 10_000);
    for (form, begins) in [
        ("table", "perf report"),
        ("json", r#"{"schema":"perf.report/1""#),
        ("markdown", "### Performance"),
        ("csv", "name,file,line,calls,"),
        ("html", "<!doctype html>"),
        ("svg", "<?xml"),
        ("folded", "codec::decode "),
        ("speedscope", "{"),
        ("hdr", "#["),
    ] {
        let printed = run(folder.path(), &["report", "perf.json", "--format", form]);
        assert_eq!(printed.code, Some(0), "{form}: {}", printed.stderr);
        let start = printed.stdout.get(..begins.len()).unwrap_or_default();
        assert!(start.eq_ignore_ascii_case(begins), "{form}: {start:?}");
        let file = format!("new/out.{form}");
        let written = run(folder.path(), &["report", "perf.json", "--format", form, "-o", &file]);
        assert!(written.code == Some(0) && written.stdout.is_empty(), "{}", written.stderr);
        assert!(written.stderr.contains(&file), "{}", written.stderr);
        assert_eq!(read(folder.path().join(&file)), printed.stdout, "{form}");
    }
    let profile = perf(folder.path(), &["report", "perf.json", "--format", "pprof"]).output().unwrap();
    assert_eq!(profile.stdout[..2], [0x1f, 0x8b], "gzip, and standard output is no terminal");
}

#[test]
fn a_page_for_the_browser() {
    let folder = folder();
    write(folder.path(), "perf.json", 10_000);
    write(folder.path(), "old.json", 20_000);
    let here = |file: &str| read(folder.path().join(file));
    let page = run(folder.path(), &["report", "--html", "perf.json"]);
    assert_eq!(page.code, Some(0), "{}", page.stderr);
    assert!(here("perf.html").contains("codec::decode") && !here("perf.html").contains("\"before\":"));
    let named = run(folder.path(), &["report", "perf.json", "--html=page.html", "--compare", "old.json"]);
    assert_eq!(named.code, Some(0), "{}", named.stderr);
    assert!(here("page.html").contains("\"before\":"));
    let markdown = run(folder.path(), &["report", "perf.json", "--format", "markdown", "--compare", "old.json"]);
    assert!(markdown.stdout.contains("−50") || markdown.stdout.contains("-50"), "{}", markdown.stdout);
    let history: String = (1..13).map(|n| report(n, [probe("codec::decode", 10_000 + n)]).to_json()).collect();
    fs::write(folder.path().join("history.jsonl"), history).unwrap();
    let trend = run(folder.path(), &["report", "--html=trend.html", "--history", "history.jsonl", "perf.json"]);
    assert_eq!(trend.code, Some(0), "{}", trend.stderr);
    assert!(here("trend.html").contains("\"trend\":{") && !here("page.html").contains("\"trend\":{"));
    // The report itself was not taken for the page's name.
    assert!(here("perf.json").starts_with('{'));
}

#[test]
fn widths_stand_for_what_was_asked_for() {
    let folder = folder();
    write(folder.path(), "perf.json", 10_000);
    for (weight, value) in [("time", "10499500"), ("allocs", "0"), ("bytes", "0")] {
        let stacks = run(folder.path(), &["report", "perf.json", "--format", "folded", "--weight", weight]);
        assert_eq!(stacks.code, Some(0), "{}", stacks.stderr);
        // Of its own, the probe has time alone, and what has nothing is no stack.
        let expected = if value == "0" { String::new() } else { format!("codec::decode {value}\n") };
        assert_eq!(stacks.stdout, expected);
    }
    let svg = run(folder.path(), &["report", "perf.json", "--format", "svg", "--weight", "allocs"]);
    assert!(svg.stdout.contains("allocations"));
}

#[test]
fn as_many_probes_as_asked_for() {
    let folder = folder();
    let probes = (0..40).map(|n| probe(&format!("probe{n:02}"), 1000 + n));
    report(0, probes).write(folder.path().join("perf.json")).unwrap();
    let shown = |top: &str| run(folder.path(), &["report", "perf.json", "--top", top]).stdout.matches("probe").count();
    assert!(shown("3") < 8 && shown("0") >= 40);
    assert!(run(folder.path(), &["report", "perf.json", "--top", "3"]).stdout.contains("(--top 0 shows them)"));
}

#[test]
fn standard_input_is_a_file_too() {
    let folder = folder();
    write(folder.path(), "perf.json", 10_000);
    let piped = |text: String| {
        let mut command = perf(folder.path(), &["report", "--format", "json", "-"]);
        command.write_stdin(text);
        ran(command)
    };
    let text = read(folder.path().join("perf.json"));
    assert_eq!(piped(text.clone()).stdout, text);
    assert!(piped(text.repeat(3)).stdout.contains(r#""calls":3000"#));
    let cut = piped(text[..text.len() / 2].to_owned());
    assert!(cut.code == Some(2) && cut.stderr.contains("standard input:1:"), "{}", cut.stderr);
}

#[test]
fn what_does_not_go_together_is_told_before_any_work() {
    let folder = folder();
    write(folder.path(), "perf.json", 10_000);
    fs::create_dir(folder.path().join("folder")).unwrap();
    for (args, told) in [
        (&["--weight", "allocs"][..], "--format svg"),
        (&["--format", "svg", "--weight", "calls"], "time, allocs and bytes"),
        (&["--compare", "perf.json"], "--html"),
        (&["--html", "--compare", "missing.json"], "missing.json"),
        (&["--history", "perf.json"], "--html"),
        (&["--html", "--history", "missing.jsonl"], "missing.jsonl"),
        (&["--html", "--format", "svg"], "--format"),
        (&["--html", "-o", "x"], "--output"),
        (&["--format", "pdf"], "speedscope"),
        (&["--format", "svg", "-o", "folder"], "folder"),
        (&["--format", "svg", "-o", "perf.json/x"], "perf.json/x"),
    ] {
        let args = [&["report", "perf.json"], args].concat();
        let refused = run(folder.path(), &args);
        assert!(refused.code == Some(2) && refused.stderr.contains(told), "{args:?}: {}", refused.stderr);
        assert!(refused.stdout.is_empty(), "{args:?}");
    }
}
