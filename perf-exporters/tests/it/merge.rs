//! Merging: nothing lost, in whatever order.

use std::time::{Duration, SystemTime};

use perf_exporters::Report;
use perf_exporters::report::{CallTree, Driven, Exemplar, ProbeReport, TreeNode};
use proptest::prelude::*;

use crate::support::{histogram, quantiles, sample_with_allocations};

fn merged(a: &Report, b: &Report) -> Report {
    let mut sum = a.clone();
    sum.merge(b);
    sum
}

#[test]
fn merging_with_nothing_changes_nothing() {
    let empty = Report::default();
    let mut sample = sample_with_allocations();
    sample.probes.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(merged(&empty, &sample), sample);
    assert_eq!(merged(&sample, &empty), sample);
}

#[test]
fn two_halves_are_the_whole() {
    let times = [(900, 3), (1_000, 70), (250_000, 20), (9_000_000, 7)];
    let whole = crate::support::probe("f", &times);
    let mut halves = [Report::default(), Report::default()];
    for (half, times) in halves.iter_mut().zip([&times[..2], &times[2..]]) {
        half.probes.push(crate::support::probe("f", times));
        (half.meta.processes, half.meta.pid) = (1, Some(1));
    }
    let both = merged(&halves[0], &halves[1]);
    assert_eq!(both.probes, [whole]);
}

#[test]
fn a_process_counts_once_however_many_reports_it_made() {
    let of = |words: &[&str]| {
        let mut report = sample_with_allocations();
        report.meta.identities = words.iter().map(|word| (*word).to_owned()).collect();
        report.meta.processes = words.len().max(1) as u64;
        Report::from_json(report.to_json()).unwrap()
    };
    let counted = |parts: &[&[&str]]| {
        let sum: Report = parts.iter().map(|words| of(words)).collect();
        (sum.meta.processes, sum.meta.identities.len())
    };
    assert_eq!(counted(&[&["a"], &["a"], &["a"]]), (1, 1));
    assert_eq!(counted(&[&["a"], &["b"], &["a", "b"], &["c"]]), (3, 3));
    // Reports of before the field say nothing: each counts as a process of its own, as ever.
    assert_eq!(counted(&[&[], &["a"], &[], &["a"]]), (3, 1));
    assert!(!of(&[]).to_json().contains("identities"));
}

#[test]
fn what_differs_is_called_several() {
    let mut a = sample_with_allocations();
    let mut b = a.clone();
    "other".clone_into(&mut b.meta.program);
    b.meta.pid = Some(1);
    b.meta.machine.cores = 96;
    b.meta.time -= Duration::from_secs(5);
    a.merge(&b);
    assert_eq!((a.meta.program.as_str(), a.meta.pid, a.meta.processes), ("(several)", None, 2));
    assert_eq!((a.meta.clock.as_str(), a.meta.machine.cores), ("tsc", 0));
    assert_eq!(a.meta.duration_ns, 9_870_000_000 + 5_000_000_000, "from the first start to the last end");
    assert_eq!(a.meta.live_bytes, 2 * 123_456_789);
}

#[test]
fn the_observer_effect_is_that_of_the_sum() {
    let mut busy = sample_with_allocations();
    let mut idle = busy.clone();
    for probe in &mut idle.probes {
        probe.self_ns = 0;
    }
    idle.meta.observer_ns = 0;
    let alone = busy.meta.observer_effect_pct;
    busy.meta.observer_ns *= 2;
    busy.merge(&idle);
    assert!((busy.meta.observer_effect_pct - 2.0 * alone).abs() < 1e-9);
}

#[test]
fn the_name_is_what_tells_probes_apart() {
    let mut a = Report::default();
    a.probes.push(crate::support::probe("f", &[(5, 1)]));
    (a.probes[0].file, a.probes[0].line) = ("src/f.rs".to_owned(), 9);
    let mut b = a.clone();
    b.probes[0].line = 7;
    a.merge(&b);
    assert_eq!((a.probes.len(), a.probes[0].line, a.probes[0].calls), (1, 7, 2));
}

fn probe() -> impl Strategy<Value = ProbeReport> {
    let times = prop::collection::vec((0..u64::MAX, 0..60_u32, 1..1_000_000_u64), 0..12);
    let numbers = prop::collection::vec(0..1_u64 << 60, 12);
    (0..4_usize, 0..2_u32, times, numbers, -1_i64 << 60..1 << 60).prop_map(|(name, line, times, numbers, net)| {
        let mut probe = ProbeReport::new(["a", "b", "b::c", "d"][name]);
        probe.line = line;
        let times: Vec<_> = times.iter().map(|(value, shift, count)| (value >> shift, *count)).collect();
        probe.histogram = histogram(&times);
        probe.min_ns = probe.histogram.buckets().next().map_or(0, |bucket| bucket.low);
        probe.max_ns = probe.histogram.buckets().last().map_or(0, |bucket| bucket.high);
        [probe.calls, probe.errors, probe.panics, probe.cancelled] = [numbers[0], numbers[1], numbers[2], numbers[3]];
        [probe.polls, probe.items, probe.bytes, probe.total_ns] = [numbers[4], numbers[5], numbers[6], numbers[7]];
        [probe.self_ns, probe.allocs, probe.alloc_bytes, probe.peak_bytes] =
            [numbers[8], numbers[9], numbers[10], numbers[11]];
        probe.net_bytes = net;
        probe.sum_ns = probe.total_ns / 2;
        probe.mean_ns = probe.sum_ns.checked_div(probe.timed()).unwrap_or(0);
        probe.quantiles = quantiles(&probe.histogram, probe.min_ns, probe.max_ns);
        // Few different durations, so that many are the same.
        let slow = times.iter().map(|(ns, count)| slow_call(ns % 8, *count));
        probe.exemplars = slow.take(8).collect();
        probe.exemplars.sort_by_key(|call| (std::cmp::Reverse(call.duration_ns), call.start));
        probe.driven = ["", "late", "nothing completed"].get(usize::try_from(numbers[0] % 4).unwrap()).map(|invalid| {
            let mut driven = Driven::new(numbers[1]);
            (*invalid).clone_into(&mut driven.invalid);
            driven
        });
        probe
    })
}

fn slow_call(duration_ns: u64, start: u64) -> Exemplar {
    let mut call = Exemplar::default();
    (call.duration_ns, call.start) = (duration_ns, SystemTime::UNIX_EPOCH + Duration::from_nanos(start));
    call
}

fn tree() -> impl Strategy<Value = CallTree> {
    prop::collection::vec((0..3_usize, any::<prop::sample::Index>(), 0..1_u64 << 58), 0..12).prop_map(|nodes| {
        let node = |(at, (name, parent, total)): (usize, (usize, prop::sample::Index, u64))| {
            let name = if at == 0 { "" } else { ["x", "y", "z"][name] };
            let mut node = TreeNode::new(name, if at == 0 { 0 } else { parent.index(at) });
            (node.calls, node.total_ns, node.self_ns) = (total >> 8, total, total >> 1);
            (node.allocs, node.alloc_bytes) = (total >> 3, total >> 2);
            (node.self_allocs, node.self_alloc_bytes) = (total >> 5, total >> 4);
            node
        };
        nodes.into_iter().enumerate().map(node).collect()
    })
}

fn report() -> impl Strategy<Value = Report> {
    let meta = (0..3_u64, 0..2_usize, 0..2_u32, 0..1_000_000_u64, prop::collection::vec(0..1_u64 << 40, 4));
    (prop::collection::vec(probe(), 0..6), tree(), meta).prop_map(|(probes, tree, meta)| {
        let (processes, program, pid, start, numbers) = meta;
        // Merging with nothing puts probes of one report in order, and together where they are the same.
        let mut single = Report::default();
        single.probes = probes;
        let mut report = merged(&Report::default(), &single);
        report.tree = tree;
        if processes == 0 {
            return report;
        }
        let meta = &mut report.meta;
        // Some of these are known by a word.
        meta.identities = (0..3).filter(|bit| numbers[3] >> bit & 1 == 1).map(|bit| bit.to_string()).collect();
        meta.processes = processes + meta.identities.len() as u64;
        meta.pid = (pid > 0).then_some(pid);
        ["one", "two"][program].clone_into(&mut meta.program);
        meta.duration_ns = numbers[0];
        meta.time = SystemTime::UNIX_EPOCH + Duration::from_nanos(start + numbers[0]);
        meta.machine.cores = 1 + u64::from(pid);
        meta.ticks_per_second = numbers[1] as f64;
        (meta.observer_ns, meta.lost, meta.threads) = (numbers[2], numbers[3], numbers[1]);
        meta.live_bytes = numbers[3].cast_signed() - (1 << 39);
        meta.alloc_tracking = program == 1;
        // The same once more, to bring what is derived up to date.
        merged(&report, &Report::default())
    })
}

proptest! {
    #[test]
    fn the_order_does_not_matter(a in report(), b in report()) {
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
    }

    #[test]
    fn the_grouping_does_not_matter(a in report(), b in report(), c in report()) {
        let all: Report = [a.clone(), b.clone(), c.clone()].into_iter().collect();
        prop_assert_eq!(merged(&merged(&a, &b), &c), all.clone());
        prop_assert_eq!(merged(&a, &merged(&b, &c)), all);
    }

    #[test]
    fn no_call_is_lost(a in report(), b in report()) {
        let calls = |report: &Report| report.probes.iter().map(|p| u128::from(p.calls)).sum::<u128>();
        let recorded = |report: &Report| report.probes.iter().map(|p| u128::from(p.histogram.count())).sum::<u128>();
        let in_tree = |report: &Report| {
            let figures = |n: &TreeNode| [n.calls, n.total_ns, n.self_ns, n.allocs, n.alloc_bytes, n.self_allocs, n.self_alloc_bytes];
            report.tree.nodes().iter().map(figures).fold([0_u64; 7], |sum, more| std::array::from_fn(|at| sum[at] + more[at]))
        };
        let sum = merged(&a, &b);
        prop_assert_eq!(calls(&sum), calls(&a) + calls(&b));
        prop_assert_eq!(recorded(&sum), recorded(&a) + recorded(&b));
        let (of_a, of_b) = (in_tree(&a), in_tree(&b));
        prop_assert_eq!(in_tree(&sum), std::array::from_fn(|at| of_a[at] + of_b[at]));
    }
}

/// Whatever is added to figures that are as great as can be, none turns back, in any build.
#[test]
fn sums_stop_at_the_greatest_and_never_turn_back() {
    let mut full = sample_with_allocations();
    for probe in &mut full.probes {
        for count in [
            &mut probe.calls,
            &mut probe.items,
            &mut probe.bytes,
            &mut probe.total_ns,
            &mut probe.self_ns,
            &mut probe.sum_ns,
            &mut probe.allocs,
            &mut probe.alloc_bytes,
            &mut probe.polls,
        ] {
            *count = u64::MAX;
        }
        (probe.net_bytes, probe.line, probe.file) = (i64::MAX, 7, "a.rs".into());
    }
    let mut nodes: Vec<TreeNode> = full.tree.nodes().to_vec();
    for node in &mut nodes {
        (node.calls, node.total_ns, node.self_ns, node.self_alloc_bytes) = (u64::MAX, u64::MAX, u64::MAX, u64::MAX);
    }
    full.tree = nodes.into_iter().collect();
    full.meta.lost = u64::MAX;
    let twice = merged(&full, &full);
    for (once, twice) in full.probes.iter().map(|probe| (probe, twice.probe(&probe.name).unwrap())) {
        let figures = |p: &ProbeReport| {
            [p.calls, p.items, p.bytes, p.total_ns, p.self_ns, p.sum_ns, p.allocs, p.alloc_bytes, p.polls]
        };
        assert_eq!(figures(twice), figures(once));
        assert_eq!(twice.net_bytes, i64::MAX);
    }
    assert_eq!((twice.meta.lost, twice.measured_ns()), (u64::MAX, u64::MAX));
    assert!(twice.tree.nodes().iter().all(|node| node.calls == u64::MAX && node.total_ns == u64::MAX));
    // What shows such figures adds them up.
    assert!(!perf_exporters::table::render(&twice, &perf_exporters::table::Options::default()).is_empty());
    assert_eq!(Report::from_json(twice.to_json()).unwrap(), twice);
    #[cfg(feature = "markdown")]
    assert!(!perf_exporters::markdown::render(&twice, &perf_exporters::markdown::Options::default()).is_empty());
    #[cfg(feature = "html")]
    assert!(!perf_exporters::html::render(&twice, &perf_exporters::html::Options::default()).is_empty());
    #[cfg(feature = "flamegraph")]
    for weight in perf_exporters::Weight::ALL {
        assert!(!perf_exporters::flamegraph::svg(&twice, weight).is_empty());
    }
    #[cfg(feature = "prometheus")]
    for accept in ["text/plain", "application/openmetrics-text", "application/vnd.google.protobuf"] {
        use perf_exporters::prometheus::{Format, Options, render};
        assert!(!render(&twice, Format::negotiate(accept), &Options::default()).is_empty());
    }
    #[cfg(feature = "pprof")]
    assert!(!perf_exporters::pprof::render(&twice).is_empty());
    #[cfg(feature = "speedscope")]
    assert!(!perf_exporters::speedscope::render(&twice).is_empty());
    #[cfg(feature = "hdr")]
    assert!(!perf_exporters::hdr::render(&twice).is_empty());
    #[cfg(feature = "csv")]
    assert!(!perf_exporters::csv::render(&twice).is_empty());
    #[cfg(feature = "otlp")]
    {
        use perf_exporters::otlp::{Interval, Options, encode};
        let interval = Interval { start: SystemTime::UNIX_EPOCH, end: SystemTime::UNIX_EPOCH };
        assert!(!encode(&twice, interval, &Options::default()).is_empty());
    }
}

fn at(places: &[(&str, u32)]) -> Report {
    let mut sum = Report::default();
    for (file, line) in places {
        let mut report = Report::default();
        let mut probe = crate::support::probe("alike", &[(10, 1)]);
        (probe.file, probe.line) = ((*file).into(), *line);
        report.probes.push(probe);
        sum.merge(&report);
    }
    sum
}

#[test]
fn one_name_at_several_places_is_told_once_with_all_of_them() {
    let alike = |report: &Report| -> Vec<String> {
        report.probe("alike").unwrap().places.iter().map(ToString::to_string).collect()
    };
    assert_eq!(alike(&at(&[("a.rs", 1), ("a.rs", 1), ("", 0)])), [""; 0], "one place is no news");
    let several = at(&[("b.rs", 1), ("a.rs", 2), ("a.rs", 1), ("b.rs", 1)]);
    assert_eq!(alike(&several), ["a.rs:1", "a.rs:2", "b.rs:1"]);
    assert_eq!(several, merged(&at(&[("a.rs", 1), ("b.rs", 1)]), &at(&[("b.rs", 1), ("a.rs", 2)])));
    assert_eq!(Report::from_json(several.to_json()).unwrap(), several);
    assert!(!at(&[("a.rs", 1)]).to_json().contains("places"));

    let note = "one name at several places, which count together";
    let shown = perf_exporters::table::render(&several, &perf_exporters::table::Options::default());
    let flat = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(&format!("{note}: alike (a.rs:1, a.rs:2, b.rs:1)")), "{shown}");
    #[cfg(feature = "markdown")]
    {
        let text = perf_exporters::markdown::render(&several, &perf_exporters::markdown::Options::default());
        assert!(text.contains(&format!("- {note}: `alike` (`a.rs:1, a.rs:2, b.rs:1`)")), "{text}");
    }
    #[cfg(feature = "html")]
    {
        let page = perf_exporters::html::render(&several, &perf_exporters::html::Options::default());
        assert!(page.contains("\"places\":\"a.rs:1, a.rs:2, b.rs:1\""));
    }
    let many: Vec<(String, u32)> = (0..40).map(|line| ("a.rs".to_owned(), line)).collect();
    let many: Vec<_> = many.iter().map(|(file, line)| (file.as_str(), *line)).collect();
    let shown = perf_exporters::table::render(&at(&many), &perf_exporters::table::Options::default());
    assert!(at(&many).probe("alike").unwrap().places.len() == 16 && shown.contains("12 more"), "{shown}");
}

#[test]
fn methods_of_one_name_in_two_traits_are_one_row_with_two_places() {
    #[perf_core::perf_probe(name = "merge::Both::run")]
    fn first() {}
    #[perf_core::perf_probe(name = "merge::Both::run")]
    fn second() {}
    let session = perf_core::Session::new();
    session.run(|| (first(), second(), first()));
    let report = Report::from(session.snapshot());
    if perf_core::is_enabled() {
        let probe = report.probe("merge::Both::run").unwrap();
        assert_eq!((probe.calls, probe.places.len()), (3, 2));
        assert_eq!((&probe.places[0].file, probe.places[0].line), (&probe.file, probe.line));
    }
}
