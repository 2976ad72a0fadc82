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

#[test]
fn without_budgets_it_says_where_they_would_be() {
    let folder = folder();
    write(folder.path(), "a.json", 10_000);
    let none = run(folder.path(), &["status", "a.json"]);
    assert!(none.code == Some(2) && none.stderr.contains("perf-budgets.toml"), "{}", none.stderr);
}
