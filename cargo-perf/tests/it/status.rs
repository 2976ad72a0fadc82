//! `cargo perf status`.

use std::fs;

use crate::common::{folder, run, write};

const BUDGETS: &str = "\
[probe.\"codec::decode\"]
p95 = { target = \"8us\", limit = \"20us\" }
mean = { target = \"5us\", limit = \"9us\" }
allocs = 2
throughput = { target = \"50000/s\", limit = \"20000/s\" }

[probe.\"codec::encode\"]
p99 = \"1ms\"
";

fn with_budgets() -> tempfile::TempDir {
    let folder = folder();
    write(folder.path(), "a.json", 10_000);
    fs::write(folder.path().join("perf-budgets.toml"), BUDGETS).unwrap();
    folder
}

#[test]
fn a_line_for_each_figure_with_both_bounds() {
    let folder = with_budgets();
    let table = run(folder.path(), &["status", "a.json"]);
    assert_eq!(table.code, Some(0), "{}", table.stderr);
    let lines: Vec<Vec<&str>> = table.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0].join(" "), "perf status · 2 met, 1 within limit, 1 missed, 1 undecided");
    let line = |metric: &str| lines.iter().find(|line| line.get(1) == Some(&metric)).unwrap().join(" ");
    assert!(line("p95").contains("8us 20us") && line("p95").ends_with("within limit"), "{}", table.stdout);
    assert!(line("mean").contains("5us 9us") && line("mean").ends_with("MISSED"), "{}", table.stdout);
    assert!(line("allocs").contains("– 2 2 +0 % met"), "{}", table.stdout);
    assert!(line("throughput").contains('−') && line("throughput").ends_with("met"), "{}", table.stdout);
    assert!(line("p99").ends_with("– 1ms – – undecided"), "{}", table.stdout);
    assert_eq!(run(folder.path(), &["status", "a.json", "--exit-code"]).code, Some(1));
}

#[test]
fn the_same_in_other_forms() {
    let folder = with_budgets();
    let markdown = run(folder.path(), &["status", "a.json", "--format", "markdown"]).stdout;
    assert!(markdown.contains("| `codec::decode` | `mean` | 5us | 9us | "), "{markdown}");
    let json = run(folder.path(), &["status", "a.json", "--format", "json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 5);
    assert_eq!(json[1]["status"], "broken");
    let ran = run(folder.path(), &["status", "a.json", "--format", "html", "-o", "status.html"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let html = fs::read_to_string(folder.path().join("status.html")).unwrap();
    assert!(html.contains("<td class=\"missed\">MISSED</td>") && html.ends_with("</html>\n"), "{html}");
}

#[test]
fn a_page_keeps_the_table_and_says_when_it_is_stale() {
    let folder = with_budgets();
    let page = folder.path().join("PAGE.md");
    fs::write(&page, "# Targets\n\n<!-- perf status -->\n<!-- /perf status -->\n\nMore.\n").unwrap();
    let check = || run(folder.path(), &["status", "a.json", "--check", "PAGE.md"]);
    assert_eq!(check().code, Some(1));
    let written = run(folder.path(), &["status", "a.json", "--into", "PAGE.md"]);
    assert_eq!(written.code, Some(0), "{}", written.stderr);
    let text = fs::read_to_string(&page).unwrap();
    assert!(text.contains("| `codec::decode` | `p95` | 8us |") && text.ends_with("\n\nMore.\n"), "{text}");
    assert_eq!(check().code, Some(0));
    // Other figures are no other promises; another limit is.
    write(folder.path(), "a.json", 11_000);
    assert_eq!(check().code, Some(0));
    fs::write(folder.path().join("perf-budgets.toml"), BUDGETS.replace("9us", "12us")).unwrap();
    let stale = check();
    assert!(stale.code == Some(1) && stale.stderr.contains("12us"), "{}", stale.stderr);
    let bare = run(folder.path(), &["status", "a.json", "--into", "perf-budgets.toml"]);
    assert!(bare.code == Some(2) && bare.stderr.contains("<!-- perf status -->"), "{}", bare.stderr);
}

/// A program of which one part ran has nothing to say of the others.
#[test]
fn of_a_program_that_ran_in_part_only_that_is_shown() {
    let folder = with_budgets();
    let table = run(folder.path(), &["status", "a.json", "--measured"]).stdout;
    assert!(table.starts_with("perf status · 2 met, 1 within limit, 1 missed\n"), "{table}");
    assert!(!table.contains("codec::encode"), "{table}");
    fs::write(folder.path().join("perf-budgets.toml"), "[probe.\"codec::encode\"]\np99 = \"1ms\"\n").unwrap();
    let none = run(folder.path(), &["status", "a.json", "--measured"]);
    assert!(none.code == Some(2) && none.stderr.contains("without --measured"), "{}", none.stderr);
}

#[test]
fn without_budgets_it_says_where_they_would_be() {
    let folder = folder();
    write(folder.path(), "a.json", 10_000);
    let none = run(folder.path(), &["status", "a.json"]);
    assert!(none.code == Some(2) && none.stderr.contains("perf-budgets.toml"), "{}", none.stderr);
}

/// A line of a log as budget tests write it, of a test `limits::NAME`.
fn logged(name: &str, rows: &str) -> String {
    let head = format!(
        r#"{{"schema":"perf.gate-log/1","budget":"{name}","test":"limits::{name}","verdict":"FAIL","epochs":1"#
    );
    format!("{head},\"rows\":[{rows}]}}\n")
}

fn bounded(metric: &str, kind: &str, [bound, actual]: [f64; 2], unit: &str, verdict: &str) -> String {
    format!(
        r#"{{"metric":"{metric}","kind":"{kind}","bound":{bound},"actual":{actual},"unit":"{unit}","samples":9,"verdict":"{verdict}"}}"#
    )
}

#[test]
fn logs_of_budget_tests_have_lines_too_and_the_last_run_counts() {
    let folder = folder();
    let allocs = |actual, verdict| logged("allocs", &bounded("allocs", "limit", [2.0, actual], "count", verdict));
    let times = [
        bounded("p99", "limit", [5e6, 4e6], "nanoseconds", "PASS"),
        bounded("p99", "target", [1e6, 4e6], "nanoseconds", "FAIL"),
        bounded("throughput", "limit", [100.0, 50.0], "persecond", "INCONCLUSIVE (too few samples)"),
    ];
    let log = allocs(3.0, "FAIL") + &logged("times", &times.join(",")) + &allocs(1.0, "PASS");
    fs::write(folder.path().join("gate.jsonl"), log).unwrap();
    let table = run(folder.path(), &["status", "gate.jsonl"]);
    assert_eq!(table.code, Some(0), "{}", table.stderr);
    let lines: Vec<String> =
        table.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines[0], "perf status · 1 met, 1 within limit, 1 undecided");
    assert_eq!(lines[3], "limits::allocs allocs – 2 1 −50 % met");
    assert_eq!(lines[4], "limits::times p99 1.00ms 5.00ms 4.00ms +300 % within limit");
    assert_eq!(lines[5], "limits::times throughput – 100/s 50/s +100 % undecided");
    assert!(lines.iter().any(|line| line == "limits::times throughput: INCONCLUSIVE (too few samples)"), "{lines:?}");
}

/// A drive whose generator was late measured itself: no time of it is met, and none is missed.
#[test]
fn a_drive_that_was_invalid_is_undecided_with_its_reason() {
    use perf_exporters::report::Driven;

    let folder = folder();
    let driven = |name, invalid: &str| {
        let mut probe = crate::common::probe(name, 10_000);
        let mut drive = Driven::new(500_000_000);
        invalid.clone_into(&mut drive.invalid);
        probe.driven = Some(drive);
        probe
    };
    let late = "the generator was late: 1 % of the starts were 3 ms behind";
    let report = crate::common::report(0, [driven("calm::response", ""), driven("late::response", late)]);
    report.write(folder.path().join("a.json")).unwrap();
    let budgets = "[probe.\"*::response\"]\np50 = \"1s\"\np95 = \"1ns\"\nerrors = \"1%\"\n\
                   throughput = { target = \"3000/s\", limit = \"1000/s\" }\n";
    fs::write(folder.path().join("perf-budgets.toml"), budgets).unwrap();
    let table = run(folder.path(), &["status", "a.json"]).stdout;
    let lines: Vec<String> = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines[0], "perf status · 3 met, 1 within limit, 1 missed, 3 undecided", "{table}");
    let line = |begin: &str| lines.iter().find(|line| line.starts_with(begin)).unwrap();
    for (begin, end) in [
        ("calm::response p50", " met"),
        ("calm::response p95", " MISSED"),
        // A thousand calls in half a second; the time in calls would be a hundred thousand a second.
        ("calm::response throughput 3000/s 1000/s 2.00 K/s", " within limit"),
        ("late::response p50", " undecided"),
        ("late::response p95", " undecided"),
        ("late::response throughput 3000/s 1000/s 2.00 K/s", " undecided"),
        ("late::response errors", " met"),
    ] {
        assert!(line(begin).ends_with(end), "{begin}: {table}");
    }
    assert!(lines.contains(&format!("late::response p50, p95, throughput: {late}")), "{table}");
    let markdown = run(folder.path(), &["status", "a.json", "--format", "markdown"]).stdout;
    assert!(markdown.contains(&format!("- `late::response` `p50`, `p95`, `throughput`: `{late}`\n")), "{markdown}");
    let html = run(folder.path(), &["status", "a.json", "--format", "html"]).stdout;
    assert!(html.contains("<code>late::response</code> <code>p50</code>, <code>p95</code>"), "{html}");
    // What holds budgets against reports elsewhere is the same judge.
    let gate = run(folder.path(), &["gate", "--budgets", "perf-budgets.toml", "a.json"]).stdout;
    assert!(!gate.lines().any(|line| line.contains("late::response  p") && !line.starts_with("unsure")), "{gate}");
}

/// None of a thousand calls failed, which does not prove one in a thousand: it says how many would.
#[test]
fn a_target_that_is_not_proven_says_how_many_calls_would() {
    let folder = folder();
    write(folder.path(), "a.json", 10_000);
    let budgets = "[probe.\"codec::decode\"]\nerrors = { target = \"0.1%\", limit = \"1%\" }\np999 = \"1s\"\n";
    fs::write(folder.path().join("perf-budgets.toml"), budgets).unwrap();
    let table = run(folder.path(), &["status", "a.json"]).stdout;
    for expected in [
        "codec::decode errors: the target of 0.1% is not proven: 1000 calls are too few to tell, 2995 without an error would prove it",
        "codec::decode p999: 1000 calls are too few to tell, it takes 2995 or more",
    ] {
        assert!(table.lines().any(|line| line == expected), "{expected}\n{table}");
    }
    assert!(table.contains("0 met, 2 undecided"), "{table}");
}

#[test]
fn figures_that_a_program_computed_and_those_of_the_monitor() {
    use perf_exporters::Report;
    use perf_exporters::judge::Unit;
    use perf_exporters::report::{BudgetReport, Moment, Track};

    let folder = folder();
    let mut report = Report::default();
    let figure = |metric, value| BudgetReport::of("cache", metric, Unit::Share, value);
    report.budgets.push(figure("hit rate", 0.5).at_least(Some(0.99), Some(0.9)));
    report.budgets.push(figure("miss rate", f64::NAN).at_most(None, Some(0.1)));
    let mut track = Track::default();
    track.limits.processors = Some(2);
    for second in 0..3 {
        let mut moment = Moment::default();
        moment.at_ns = second * 1_000_000_000;
        (moment.cpu_ns, moment.rss_bytes) = (Some(second * 1_000_000_000), Some(1 << 20));
        track.moments.push(moment);
    }
    report.monitor.push(track);
    report.write(folder.path().join("a.json")).unwrap();
    let budgets = "[process]\ncpu = { target = \"40%\", limit = \"60%\" }\nrss_bytes = \"2MiB\"\nthreads = 8\n";
    fs::write(folder.path().join("perf-budgets.toml"), budgets).unwrap();
    let table = run(folder.path(), &["status", "a.json"]).stdout;
    let lines: Vec<String> = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines[0], "perf status · 1 met, 1 within limit, 1 missed, 2 undecided", "{table}");
    for expected in [
        "cache hit rate 99.0% 90.0% 50.0% +98 % MISSED",
        "cache miss rate – 10.0% – – undecided",
        "process cpu 40% 60% 50.0 % +25 % within limit",
        "process rss_bytes – 2MiB 1.00 MiB −50 % met",
        "process threads – 8 – – undecided",
        "cache miss rate: it was not measured",
        "process threads: it was not measured",
    ] {
        assert!(lines.iter().any(|line| line.contains(expected)), "{expected}\n{table}");
    }
    let html = run(folder.path(), &["status", "a.json", "--format", "html"]).stdout;
    assert!(html.contains("<code>process</code> <code>threads</code>: it was not measured"), "{html}");
}
