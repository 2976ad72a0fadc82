//! The table: golden files, widths, hostile names. `PERF_EXPORTERS_BLESS=1` writes the golden files anew.

use perf_exporters::Report;
use perf_exporters::report::{CalleeTime, Exemplar};
use perf_exporters::table::{Options, render};
use proptest::prelude::*;

use crate::support::{golden, probe, sample, sample_with_allocations};
use unicode_width::UnicodeWidthStr;

fn options(width: usize) -> Options {
    let mut options = Options::default();
    options.width = width;
    options
}

fn assert_fits(text: &str, width: usize) {
    for line in text.lines() {
        assert!(line.width() <= width, "{} > {width}: {line}", line.width());
        assert_eq!(line, line.trim_end(), "blanks at the end");
    }
}

#[test]
fn golden_files() {
    for width in [80, 120, 200] {
        for (name, report) in [("plain", sample()), ("allocations", sample_with_allocations())] {
            let text = render(&report, &options(width));
            assert_fits(&text, width);
            golden(&format!("{name}-{width}.txt"), &text);
        }
    }
    let mut colored = options(80);
    colored.color = true;
    golden("color-80.txt", &render(&sample(), &colored));
    golden("empty-80.txt", &render(&Report::default(), &options(80)));
}

#[test]
fn columns_without_room_are_named_on_a_narrow_terminal() {
    let text = |width| render(&sample(), &options(width));
    let note = "no room for ";
    let narrow = text(99);
    let named = narrow[narrow.find(note).expect("a note")..].split(':').next().unwrap().replace('\n', " ");
    let head = narrow.lines().find(|line| line.starts_with("probe")).unwrap();
    for column in ["total", "mean", "p99.9", "where"] {
        let shown = head.split_whitespace().any(|title| title == column);
        assert_ne!(shown, named.contains(column), "{column}: shown or named, not both\n{narrow}");
    }
    assert!(!text(100).contains(note));
}

#[test]
fn a_query_in_a_loop_is_named() {
    let mut report = Report::default();
    report.probes =
        vec![probe("shop::db::query\u{1b}[2J", &[(200_000, 2_000)]), probe("shop::list_orders", &[(9_000_000, 50)])];
    let text = render(&report, &options(80));
    assert_fits(&text, 80);
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        joined.contains("is called 40 times per call of shop::list_orders, if the counts are no coincidence"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn slow_calls_that_stand_out_are_explained() {
    let mut report = Report::default();
    let slow = |duration_ns, callee: &str| {
        let mut query = CalleeTime::default();
        (query.name, query.ns) = (callee.to_owned(), duration_ns / 10 * 9);
        let mut call = Exemplar::default();
        (call.duration_ns, call.self_ns, call.callees) = (duration_ns, duration_ns / 10, vec![query]);
        call
    };
    for (name, p50, durations) in
        [("shop::checkout", 100_000, vec![5_000_000, 4_000_000]), ("shop::cart", 100_000, vec![9_000_000, 250_000])]
    {
        let mut probe = probe(name, &[(100_000, 50)]);
        probe.quantiles.p50 = p50;
        probe.exemplars = durations.into_iter().map(|ns| slow(ns, "shop::db::query\u{1b}[2J")).collect();
        report.probes.push(probe);
    }
    let text = render(&report, &options(100));
    assert_fits(&text, 100);
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = "slow shop::checkout: 90 % of the 2 slowest calls is `shop::db::query\\u{1b}[2J` (4.00 ms and more; \
                    median 100 µs)";
    assert!(joined.contains(sentence), "{text}");
    assert!(!joined.contains("slow shop::cart"), "a quarter of a millisecond does not stand out: {text}");
}

#[test]
fn the_full_width_is_used_where_there_is_enough_to_show() {
    for width in [80, 120, 200] {
        let text = render(&sample_with_allocations(), &options(width));
        let widest = text.lines().map(UnicodeWidthStr::width).max().unwrap();
        assert!(widest + 8 > width, "{widest} of {width}");
    }
}

#[test]
fn what_matters_most_is_there_at_every_width() {
    for width in [0, 40, 60, 79, 80, 81, 100, 150, 300] {
        let text = render(&sample_with_allocations(), &options(width));
        assert_fits(&text, width.max(Options::LEAST_WIDTH));
        assert!(text.contains("self") && text.contains("share"), "{text}");
    }
    let text = render(&sample(), &options(80));
    for title in ["calls", "self", "share", "p50", "p99", "min", "max"] {
        assert!(text.lines().any(|line| line.starts_with("probe ") && line.contains(title)), "{title}");
    }
}

#[test]
fn the_costliest_come_first_and_the_rest_is_counted() {
    let mut few = options(80);
    few.top = Some(2);
    let text = render(&sample(), &few);
    assert!(text.contains("… and 7 more with"), "{text}");
    let table: Vec<_> = text.lines().skip_while(|line| !line.starts_with('─')).skip(1).take(2).collect();
    assert!(table[0].contains("deflate") && table[1].contains("merge_shards"), "{table:?}");

    few.top = None;
    assert!(!render(&sample(), &few).contains("… and"));
}

#[test]
fn colour_changes_nothing_but_colour() {
    let mut colored = options(100);
    colored.color = true;
    let (with, without) = (render(&sample(), &colored), render(&sample(), &options(100)));
    assert!(with.contains("\u{1b}[1m") && !without.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&with).to_string(), without);
}

#[test]
fn the_observer_and_its_limits_are_told() {
    let text = render(&sample_with_allocations(), &options(120));
    assert!(text.contains("observer effect: about "), "{text}");
    assert!(text.contains("(533 ms for 25.4 M calls and polls, 21 ns each)"), "{text}");
    let tiny = text.lines().find(|line| line.contains("is_identifier_start"));
    assert!(tiny.is_some_and(|line| line.contains(" ~243ms ")), "{text}");
    assert!(text.contains("~ less self time a call than the 12 ns that a probe can tell"), "{text}");
    let marked = text.lines().filter(|line| line.contains('~'));
    assert_eq!(marked.count(), 2, "one row, and what the mark means: {text}");
    assert!(text.contains("3 calls not attributed to a probe, 1 backward step of the clock"), "{text}");
    assert!(text.contains("12.3 K nodes"), "{text}");

    let mut sampled = sample();
    let probe = sampled.probes.iter_mut().max_by_key(|probe| probe.calls).unwrap();
    probe.timed_calls = probe.calls / 100;
    let name = probe.name.rsplit("::").next().unwrap().to_owned();
    let text = render(&sampled, &options(120));
    let note = text.lines().find(|line| line.starts_with("sampled, so that times and allocations are estimates"));
    assert!(note.is_some_and(|line| line.contains(&format!("{name}\u{a0}(timed"))), "{text}");

    let quiet = render(&sample(), &options(120));
    assert!(!quiet.contains("sampled"), "{quiet}");
    assert!(!quiet.contains("incomplete") && !quiet.contains("live heap"), "{quiet}");
}

/// The fault: the thread that waited for the others was first, with most of the time.
#[test]
fn waiting_has_a_column_and_no_share() {
    let mut report = Report::default();
    let mut join = probe("main::join", &[(900_000_000, 1)]);
    (join.self_ns, join.waiting_ns) = (900_000_000, 899_000_000);
    let mut work = probe("work", &[(99_000_000, 1)]);
    work.self_ns = 99_000_000;
    report.probes = vec![join, work];
    let text = render(&report, &options(100));
    let rows: Vec<_> = text.lines().filter(|line| line.contains("ms")).collect();
    assert!(rows[0].starts_with("work") && rows[0].contains("99.0%"), "{text}");
    assert!(rows[1].starts_with("main::join") && rows[1].contains("899ms") && rows[1].contains("1.0%"), "{text}");
    assert!(text.lines().any(|line| line.starts_with("probe") && line.contains("waiting")), "{text}");
    // Without any, the column is not there.
    report.probes[0].waiting_ns = 0;
    assert!(!render(&report, &options(100)).contains("waiting"));
}

/// Eight threads in the same future at once: 100 ms passed, and each of them was in a poll for all of it.
#[test]
fn no_share_is_of_more_than_there_is() {
    let mut report = Report::default();
    let mut concurrent = probe("span", &[(100_000_000, 1)]);
    (concurrent.polls, concurrent.busy_ns, concurrent.self_ns) = (8, 801_000_000, 801_000_000);
    let mut other = probe("other", &[(100_000_000, 1)]);
    other.self_ns = 100_000_000;
    report.probes = vec![concurrent, other];
    report.meta.duration_ns = 202_000_000;
    report.meta.processor_ns = Some(400_000_000);
    let text = render(&report, &options(200));
    assert!(text.contains("88.9%") && text.contains("11.1%"), "{text}");
    assert!(
        text.contains("of futures, total is the time that passed; self and share are the time of threads"),
        "{text}"
    );
    // Eight threads on fewer processors: they did not work all that time.
    assert!(text.contains("shares are of 901 ms of wall time, some of it waiting"), "{text}");
    assert!(text.contains("the process had 400 ms of processor time"), "{text}");
}

#[test]
fn the_tree_leaves_out_what_is_small_and_what_is_too_deep() {
    let text = render(&sample(), &options(100));
    assert!(text.contains("call tree, share of "), "{text}");
    let tree: Vec<_> = text.lines().skip_while(|line| !line.starts_with("call tree")).collect();
    assert!(!tree.iter().any(|line| line.contains("progress::tick")), "{tree:?}");
    assert!(tree.iter().any(|line| line.contains("with less than 1 %")), "{tree:?}");

    let mut deep = sample();
    let mut nodes = vec![perf_exporters::report::TreeNode::new("", 0)];
    for at in 0..100_000 {
        let mut node = perf_exporters::report::TreeNode::new("again", at);
        node.total_ns = 1_000_000;
        nodes.push(node);
    }
    deep.tree = nodes.into_iter().collect();
    for width in [40, 80] {
        let text = render(&deep, &options(width));
        assert_fits(&text, width);
        assert!(text.contains("└ …") && text.lines().count() < 80, "{text}");
    }
    let mut broad = vec![perf_exporters::report::TreeNode::new("", 0)];
    for at in 0..90 {
        let mut node = perf_exporters::report::TreeNode::new(format!("f{at}"), at.min(1));
        node.total_ns = if at == 0 { 1_000_000 } else { 11_000 };
        broad.push(node);
    }
    let mut wide = Report::default();
    wide.tree = broad.into_iter().collect();
    let text = render(&wide, &options(80));
    assert!(text.lines().count() < 70 && text.contains("… 30 nodes"), "{text}");

    let mut without = options(80);
    without.tree = false;
    assert!(!render(&deep, &without).contains("call tree"));
}

#[test]
fn hostile_names_stay_text() {
    let mut report = Report::default();
    report.meta.program = "evil\u{1b}[2J\nprogram".to_owned();
    report.probes = vec![probe("a\u{1b}]0;title\u{7}\u{202e}b\r\n::c", &[(100, 1)]), probe("", &[(1, 1)])];
    report.meta.probe_resolution_ns = 1000;
    let text = render(&report, &options(80));
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r']), "{text:?}");
    assert_fits(&text, 80);
}

proptest! {
    #[test]
    fn no_line_is_too_wide(
        names in prop::collection::vec("\\PC{0,40}(::\\PC{1,30}){0,4}", 0..6),
        program: String,
        numbers in prop::collection::vec(any::<u64>(), 6),
        width in 40..220_usize,
    ) {
        let mut report = sample_with_allocations();
        report.meta.program = program;
        for name in &names {
            let mut one = probe(name, &[(numbers[0] >> 33, 3), (numbers[1] >> 40, 5)]);
            (one.calls, one.errors, one.self_ns) = (numbers[2], numbers[3], numbers[4] >> 4);
            (one.allocs, one.items, one.net_bytes) = (numbers[5], numbers[0], numbers[1].cast_signed());
            report.probes.push(one);
        }
        let text = render(&report, &options(width));
        for line in text.lines() {
            prop_assert!(line.width() <= width, "{} > {width}: {line}", line.width());
        }
    }
}
