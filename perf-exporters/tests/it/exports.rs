//! Every kind of file: golden files for what is text, and the formats' own readers for the rest.
//! `PERF_EXPORTERS_BLESS=1` writes the golden files anew. Features decide which of these tests there are.

use perf_exporters::Report;
use perf_exporters::report::TreeNode;

#[allow(unused_imports, reason = "without features there is nothing to compare")]
use crate::support::golden;
use crate::support::{probe, sample, sample_with_allocations};

/// The tree with allocations of its own in every node.
fn with_allocations() -> Report {
    let mut report = sample_with_allocations();
    let mut nodes: Vec<TreeNode> = report.tree.nodes().to_vec();
    for (at, node) in nodes.iter_mut().enumerate().skip(1) {
        (node.self_allocs, node.self_alloc_bytes) = (at as u64 * 10, at as u64 * 640);
    }
    report.tree = nodes.into_iter().collect();
    report
}

/// Names that mean something to one format or another.
const HOSTILE: [&str; 8] = [
    "a;b c 7",
    "read file 2",
    "# comment",
    "line\nend\u{202e}",
    "=1+1",
    "a|b`c`,\"d\"",
    "</script><script>alert(1)</script>",
    "",
];

fn hostile() -> Report {
    let mut report = Report::default();
    "evil\n</title>\u{1b}[2J".clone_into(&mut report.meta.program);
    report.probes = HOSTILE.iter().map(|name| probe(name, &[(100, 1), (u64::MAX / 2, 1)])).collect();
    let nodes = HOSTILE.iter().enumerate().map(|(at, name)| {
        let mut node = TreeNode::new(*name, at);
        (node.self_ns, node.self_allocs) = (u64::MAX, u64::MAX);
        node
    });
    report.tree = std::iter::once(TreeNode::new("", 0)).chain(nodes).collect();
    report
}

/// A handler that asks a database once for each of forty rows.
#[cfg(any(feature = "html", feature = "markdown"))]
fn query_in_a_loop() -> Report {
    let mut report = Report::default();
    report.probes = vec![probe("db::query", &[(200_000, 2_000)]), probe("list_orders", &[(9_000_000, 50)])];
    let mut nodes = ["", "list_orders", "db::query"].map(|name| TreeNode::new(name, 0));
    nodes[2].parent = 1;
    (nodes[1].calls, nodes[1].total_ns) = (50, 450_000_000);
    (nodes[2].calls, nodes[2].total_ns) = (2_000, 400_000_000);
    report.tree = nodes.into_iter().collect();
    report
}

#[test]
fn reports_to_test_with_are_what_they_seem() {
    assert_eq!(with_allocations().probes, sample_with_allocations().probes);
    assert_eq!(hostile().tree.nodes().len(), HOSTILE.len() + 1);
    assert_eq!(sample().probes.len(), 9);
}

#[cfg(feature = "flamegraph")]
mod flamegraph {
    use perf_exporters::Weight;
    use perf_exporters::flamegraph::{folded, svg};

    use super::*;

    #[test]
    fn golden_files() {
        golden("folded-time.txt", &folded(&sample(), Weight::Time));
        golden("folded-bytes.txt", &folded(&with_allocations(), Weight::Bytes));
        golden("flamegraph-time.svg", &svg(&sample(), Weight::Time));
    }

    #[test]
    fn weights_add_up_to_the_tree() {
        let report = with_allocations();
        let own: [fn(&TreeNode) -> u64; 3] = [|n| n.self_ns, |n| n.self_allocs, |n| n.self_alloc_bytes];
        for (weight, own) in [Weight::Time, Weight::Allocs, Weight::Bytes].into_iter().zip(own) {
            let text = folded(&report, weight);
            let sum: u64 = text.lines().map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum();
            assert_eq!(sum, report.tree.nodes().iter().map(own).sum::<u64>(), "{weight:?}");
        }
    }

    #[test]
    fn hostile_names_are_one_frame_each() {
        let text = folded(&hostile(), Weight::Time);
        assert_eq!(text.lines().count(), HOSTILE.len());
        for (depth, line) in text.lines().enumerate() {
            let (stack, weight) = line.rsplit_once(' ').unwrap();
            assert_eq!(stack.split(';').count(), depth + 1, "{line}");
            assert_eq!(weight, u64::MAX.to_string());
            let last_word = stack.rsplit(' ').next().unwrap();
            assert!(last_word.is_empty() || last_word.parse::<f64>().is_err(), "{line}");
        }
    }

    #[test]
    fn a_picture_of_anything_is_a_picture() {
        for report in [hostile(), Report::default(), sample()] {
            for weight in [Weight::Time, Weight::Allocs, Weight::Bytes] {
                let picture = svg(&report, weight);
                assert!(picture.starts_with("<?xml") && picture.trim_end().ends_with("</svg>"));
                assert!(!picture.contains("<script>alert") && !picture.contains("ERROR"), "{weight:?}");
            }
        }
        assert!(svg(&sample(), Weight::Bytes).contains("allocations were not counted"));
        assert_eq!(svg(&sample(), Weight::Time), svg(&sample(), Weight::Time));
    }
}

#[cfg(feature = "speedscope")]
mod speedscope {
    use perf_exporters::speedscope::render;
    use serde_json::Value;

    use super::*;

    #[test]
    fn golden_file() {
        golden("speedscope.json", &render(&with_allocations()));
    }

    #[test]
    fn every_sample_has_its_weight_and_frames() {
        for report in [with_allocations(), hostile(), Report::default()] {
            let file: Value = serde_json::from_str(&render(&report)).unwrap();
            let frames = file["shared"]["frames"].as_array().unwrap();
            assert!(frames.iter().all(|frame| !frame["name"].as_str().unwrap().contains(['\n', '\u{202e}'])));
            let profiles = file["profiles"].as_array().unwrap();
            assert_eq!(profiles.len(), if report.meta.alloc_tracking { 3 } else { 1 });
            for profile in profiles {
                let (samples, weights) =
                    (profile["samples"].as_array().unwrap(), profile["weights"].as_array().unwrap());
                assert_eq!(samples.len(), weights.len());
                let known = |frame: &Value| frame.as_u64().unwrap() < frames.len() as u64;
                assert!(samples.iter().all(|stack| stack.as_array().unwrap().iter().all(known)));
            }
        }
    }
}

#[cfg(feature = "csv")]
mod csv_file {
    use std::collections::HashMap;

    use perf_exporters::csv::render;

    use super::*;

    #[test]
    fn golden_file() {
        golden("probes.csv", &render(&sample_with_allocations()));
    }

    #[test]
    fn uncounted_allocations_are_absent_and_not_zero() {
        let mut report = sample();
        for (counted, cells) in [(false, [""; 6]), (true, ["0"; 6])] {
            report.meta.alloc_tracking = counted;
            let text = render(&report);
            let first = text.lines().next().unwrap().split(',').position(|column| column == "allocs").unwrap();
            for row in text.lines().skip(1) {
                let row: Vec<&str> = row.split(',').collect();
                assert_eq!(row[first..first + 6], cells, "{text}");
            }
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let report = hostile();
        let text = render(&report);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<HashMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
        assert_eq!(rows.len(), HOSTILE.len());
        for (row, probe) in rows.iter().zip(&report.probes) {
            let name = if probe.name.starts_with('=') { format!("'{}", probe.name) } else { probe.name.clone() };
            assert_eq!(row["name"], name);
            assert_eq!(row["max_ns"], probe.max_ns.to_string());
        }
    }
}

#[cfg(feature = "hdr")]
mod hdr {
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
    use perf_exporters::hdr::render;

    use super::*;

    /// Tag and histogram of every line.
    fn read(log: &str) -> Vec<(String, Histogram<u64>)> {
        IntervalLogIterator::new(log.as_bytes())
            .map(Result::unwrap)
            .filter_map(|entry| match entry {
                LogEntry::Interval(line) => Some(line),
                _ => None,
            })
            .map(|line| {
                let bytes =
                    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, line.encoded_histogram());
                let histogram = Deserializer::new().deserialize(&mut bytes.unwrap().as_slice()).unwrap();
                (line.tag().unwrap().as_str().to_owned(), histogram)
            })
            .collect()
    }

    #[test]
    fn golden_file() {
        golden("intervals.hlog", &render(&sample()));
    }

    #[test]
    fn quantiles_come_back() {
        let report = sample();
        let lines = read(&render(&report));
        assert_eq!(lines.len(), report.probes.len());
        for ((tag, histogram), probe) in lines.iter().zip(&report.probes) {
            assert_eq!(tag, &probe.name.replace(' ', "%20"));
            assert_eq!(histogram.len(), probe.timed());
            for q in [0.5, 0.9, 0.99, 0.999] {
                let (expected, found) = (probe.histogram.quantile(q).unwrap(), histogram.value_at_quantile(q));
                let off = (found as f64 - expected as f64).abs() / expected as f64;
                assert!(off <= 0.01, "{tag} at {q}: {found} for {expected}");
            }
            let off = (histogram.max() as f64 - probe.max_ns as f64).abs() / probe.max_ns as f64;
            assert!(off <= 0.002, "{tag}: {} for {}", histogram.max(), probe.max_ns);
        }
    }

    #[test]
    fn hostile_names_and_numbers_are_one_line_each() {
        let lines = read(&render(&hostile()));
        assert_eq!(lines.len(), HOSTILE.len());
        assert_eq!(lines[0].0, "a;b%20c%207");
        assert_eq!(lines[7].0, "(unnamed)");
    }
}

#[cfg(feature = "markdown")]
mod markdown {
    use perf_exporters::markdown::{Options, render};
    use perf_exporters::report::BudgetReport;

    use super::*;

    #[test]
    fn golden_files() {
        golden("summary.md", &render(&sample_with_allocations(), &Options::default()));
        let mut earlier = sample_with_allocations();
        earlier.probes.remove(0);
        earlier.probes[0].quantiles.p50 *= 2;
        earlier.probes[1].self_ns /= 3;
        earlier.probes[2].allocs = 0;
        let mut options = Options::default();
        (options.top, options.compare) = (3, Some(&earlier));
        golden("summary-compared.md", &render(&sample_with_allocations(), &options));
        golden("summary-empty.md", &render(&Report::default(), &Options::default()));
        golden("summary-budgets.md", &render(&crate::support::judged(), &Options::default()));
    }

    #[test]
    fn uncounted_allocations_are_absent_and_not_zero() {
        let (mut now, mut before) = (sample(), sample());
        now.probes[0].quantiles.p50 *= 2;
        let mut row_of = |now_counts: bool, before_counts: bool| {
            (now.meta.alloc_tracking, before.meta.alloc_tracking) = (now_counts, before_counts);
            let mut options = Options::default();
            options.compare = Some(&before);
            let text = render(&now, &options);
            let row = text.lines().skip_while(|line| !line.contains("allocs / call")).nth(2).unwrap().to_owned();
            row.split(" | ").skip(5).map(|cell| cell.trim_end_matches(" |").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(row_of(false, false), ["–", "–"]);
        assert_eq!(row_of(true, false), ["0.0", "–"]);
        assert_eq!(row_of(true, true), ["0.0", "="]);
    }

    #[test]
    fn repeated_calls_are_named() {
        let text = render(&query_in_a_loop(), &Options::default());
        assert!(text.contains("- **Repeated**: `db::query` is called 40 times per call of `list_orders`"), "{text}");
    }

    #[test]
    fn hostile_names_stay_in_their_cells() {
        let mut report = hostile();
        let mut budget = BudgetReport::default();
        (budget.probe, budget.metric) = (HOSTILE[5].to_owned(), "calls(\"a|b\")\n".to_owned());
        report.budgets.push(budget);
        let budgets = render(&report, &Options::default());
        let (_, rows) = budgets.split_once("**Budgets**").unwrap();
        let cells: Vec<_> = rows.lines().skip(2).take(3).map(|row| row.matches('|').count()).collect();
        assert_eq!(cells, [7; 3], "{rows}");
        let text = render(&hostile(), &Options::default());
        assert!(!text.contains(['\u{202e}', '\u{1b}']) && !text.contains("a|b"), "{text}");
        let table: Vec<_> = text.lines().filter(|line| line.starts_with("| ")).collect();
        let columns = table[0].matches('|').count();
        assert_eq!(table.len(), HOSTILE.len() + 2);
        assert!(table.iter().all(|line| line.matches('|').count() == columns), "{table:?}");
    }
}

#[cfg(feature = "html")]
mod html {
    use perf_exporters::html::{Options, render};
    use serde_json::Value;

    use super::*;

    fn data(page: &str) -> Value {
        let (_, rest) = page.split_once(r#"<script type="application/json" id="data">"#).unwrap();
        serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
    }

    #[test]
    fn the_page_has_three_scripts_at_most_and_no_way_out() {
        let page = render(&hostile(), &Options::default());
        assert_eq!(page.matches("<script").count(), 2, "data and script");
        assert_eq!(page.matches("<title>").count(), 1);
        assert!(page.contains("default-src 'none'") && !page.contains("unsafe-inline"));
        assert!(!page.contains(['\u{202e}', '\u{1b}']));
    }

    #[test]
    fn the_page_knows_every_probe() {
        let report = sample_with_allocations();
        let mut options = Options::default();
        options.compare = Some(&report);
        let data = data(&render(&report, &options));
        for run in ["now", "before"] {
            let probes = data[run]["probes"].as_array().unwrap();
            assert_eq!(probes.len(), report.probes.len());
            for (shown, probe) in probes.iter().zip(&report.probes) {
                assert_eq!(shown["name"], Value::from(probe.name.as_str()));
                assert_eq!(shown["self"], Value::from(probe.self_ns));
                let counts = shown["hist"].as_array().unwrap().iter().skip(1).step_by(2);
                assert_eq!(counts.map(|count| count.as_u64().unwrap()).sum::<u64>(), probe.timed());
            }
        }
        assert_eq!(data["tree"]["rows"].as_array().unwrap().len(), report.tree.nodes().len());
    }

    #[test]
    fn the_page_names_repeated_calls() {
        let told = |report: &Report| data(&render(report, &Options::default()))["repeated"].clone();
        let sentence = told(&query_in_a_loop())[0].as_str().unwrap().to_owned();
        assert!(sentence.starts_with("`db::query` is called 40 times per call of `list_orders`"), "{sentence}");
        assert_eq!(told(&Report::default()), Value::Null);
    }

    #[test]
    fn the_same_report_gives_the_same_page() {
        let page = || render(&sample(), &Options::default());
        assert_eq!(page(), page());
    }

    #[test]
    fn thousands_of_probes_and_nodes_fit() {
        let mut report = Report::default();
        let times: Vec<(u64, u64)> = (0..400).map(|at| (100 + at * at * 37, 1 + at)).collect();
        report.probes = (0..1_000).map(|at| probe(&format!("module{}::function{at}", at % 20), &times)).collect();
        let nodes = (0..50_000_usize).map(|at| {
            let mut node = TreeNode::new(format!("module{}::function{}", at % 20, at % 1_000), at / 3);
            node.total_ns = 50_000 - at as u64;
            node
        });
        report.tree = nodes.collect();
        let earlier = report.clone();
        let mut options = Options::default();
        options.compare = Some(&earlier);
        for options in [Options::default(), options] {
            let page = render(&report, &options);
            assert!(page.len() < 2_000_000, "{} bytes", page.len());
        }
    }
}
