//! Makes the HTML page of a stored report; or pages to try a browser with.
//!
//! ```text
//! cargo run -p perf-exporters --features html --example page -- REPORT.json PAGE.html [EARLIER.json]…
//! cargo run -p perf-exporters --features html --example page -- --samples FOLDER
//! ```
//!
//! The last of the earlier reports is compared with; several of them are a history.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, SystemTime};
use std::{env, fs};

use perf_exporters::html::{Options, render};
use perf_exporters::report::{
    BudgetReport, BudgetVerdict, CallTree, CalleeTime, Exemplar, Moment, ProbeReport, Quantiles, Report, Track,
    TreeNode,
};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--samples", folder] => samples(Path::new(folder)),
        [report, page, ref earlier @ ..] => page_of(report, page, earlier),
        _ => Err("usage: page REPORT.json PAGE.html [EARLIER.json]…, or page --samples FOLDER".into()),
    }
}

fn page_of(report: &str, page: &str, earlier: &[&str]) -> Result<(), Box<dyn Error>> {
    let report = Report::read(report)?;
    let earlier = earlier.iter().map(Report::read).collect::<Result<Vec<_>, _>>()?;
    let mut options = Options::default();
    options.compare = earlier.last();
    options.history = if earlier.len() > 1 { &earlier } else { &[] };
    Ok(fs::write(page, render(&report, &options))?)
}

/// An empty page, one of a thousand probes with a history, one of hostile names with a comparison and budgets, and one of a load,
/// whose probes have no time of their own.
fn samples(folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("empty.html"), render(&Report::default(), &Options::default()))?;
    let report = thousand(1);
    let history: Vec<Report> = (1..40).rev().map(|back| as_it_was(&report, back)).collect();
    let mut options = Options::default();
    options.history = &history;
    fs::write(folder.join("thousand.html"), render(&report, &options))?;

    let earlier = hostile(100);
    let mut over = BudgetReport::default();
    (over.probe, over.metric) = ("</script><script>alert('probe')</script>".into(), "p99".into());
    (over.target, over.limit, over.actual, over.unit) = (Some(2e6), Some(5e6), Some(7.31e6), "ns".into());
    (over.verdict, over.reason) = (BudgetVerdict::Fail, "<b>measured</b> over 200 calls".into());
    let mut kept = BudgetReport::default();
    (kept.probe, kept.metric, kept.unit) = ("plain::function".into(), "allocs".into(), "count".into());
    (kept.limit, kept.actual, kept.verdict) = (Some(0.0), Some(0.0), BudgetVerdict::Pass);
    let mut report = hostile(130);
    report.budgets = vec![kept, over];
    let mut options = Options::default();
    options.compare = Some(&earlier);
    fs::write(folder.join("hostile.html"), render(&report, &options))?;

    let mut report = Report::default();
    report.probes = [("shop::response", 16_900_000), ("shop::service", 2_300_000)].map(waited).into();
    fs::write(folder.join("load.html"), render(&report, &Options::default()))?;
    Ok(())
}

/// A probe of a caller that waits: its calls have a duration, and no time of their own.
fn waited((name, p99): (&str, u64)) -> ProbeReport {
    let mut probe = ProbeReport::new(name);
    (probe.calls, probe.timed_calls, probe.total_ns, probe.max_ns) = (1_000, 1_000, 1_000 * p99 / 4, 2 * p99);
    (probe.quantiles.p50, probe.quantiles.p99) = (p99 / 5, p99);
    probe
}

/// Numbers that look like chance and are the same every time.
struct Dice(u64);

impl Dice {
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let at = self.roll(from.len() as u64);
        usize::try_from(at).map_or("", |at| from[at])
    }

    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

fn thousand(seed: u64) -> Report {
    let mut dice = Dice(seed);
    let modules = ["net", "parse", "store::index", "cache", "render::layout", "auth", "queue", "codec"];
    let verbs = ["insert", "lookup", "decode<alloc::vec::Vec<u8>>", "flush", "poll_ready", "compact", "split", "apply"];
    let (mut report, mut slow) = (Report::default(), Vec::new());
    report.probes = (0..1_000)
        .map(|at| {
            let name = format!("service::{}::Worker{}::{}", dice.pick(&modules), at, dice.pick(&verbs));
            let (center, calls) = (100 * (1 + dice.roll(50_000)), 1 + 20_000 / (at + 1));
            let mut one = probe(&name, center, 400 + calls, &mut dice);
            (one.allocs, one.alloc_bytes) = (one.calls * (at % 4), one.calls * (at % 4) * 96);
            (one.self_allocs, one.self_alloc_bytes) = (one.allocs, one.alloc_bytes);
            (one.errors, one.items) = (if at % 9 == 0 { one.calls / 50 } else { 0 }, one.calls * (at % 3));
            one
        })
        .collect();
    report.probes.sort_by(|a, b| a.name.cmp(&b.name));
    let names: Vec<&str> = report.probes.iter().map(|probe| probe.name.as_str()).collect();
    for at in 0..names.len() {
        let callees: Vec<&str> = (0..5).map(|_| dice.pick(&names)).collect();
        let calls = slow_calls(&report.probes[at], &callees, &mut dice);
        slow.push(calls);
    }
    let mut nodes: Vec<_> = (0..6_000_u64).map(|at| node(dice.pick(&names), at, &mut dice)).collect();
    for at in (1..nodes.len()).rev() {
        let TreeNode { parent, total_ns, allocs, alloc_bytes, .. } = nodes[at];
        nodes[parent].total_ns += total_ns;
        nodes[parent].allocs += allocs;
        nodes[parent].alloc_bytes += alloc_bytes;
    }
    report.tree = nodes.into_iter().collect::<CallTree>();
    for (probe, calls) in report.probes.iter_mut().zip(slow) {
        probe.exemplars = calls;
    }
    report.monitor = vec![track(0, &mut dice)];
    settle(&mut report);
    report
}

/// The report so many days before: the dearest probe was slower long ago, the next one faster, and everything was a little
/// different.
fn as_it_was(report: &Report, back: u64) -> Report {
    let mut dice = Dice(back);
    let mut earlier = Report::default();
    earlier.meta.time = report.meta.time - Duration::from_secs(86_400 * back);
    earlier.probes.clone_from(&report.probes);
    earlier.probes.sort_by_key(|probe| std::cmp::Reverse(probe.self_ns));
    for (rank, probe) in earlier.probes.iter_mut().enumerate() {
        let changed = match rank {
            0 if back > 12 => 140,
            1 if back > 25 => 60,
            _ => 100,
        };
        let percent = changed + dice.roll(5);
        for time in [&mut probe.quantiles.p50, &mut probe.quantiles.p99, &mut probe.self_ns] {
            *time = *time * percent / 100;
        }
    }
    earlier
}

/// Calls as slow as the slowest, that spent their time here and there.
fn slow_calls(probe: &ProbeReport, callees: &[&str], dice: &mut Dice) -> Vec<Exemplar> {
    let call = |back: u64| {
        let mut call = Exemplar::default();
        call.start = end() - Duration::from_millis(40 + 3_700 * back + dice.roll(900));
        call.duration_ns = probe.max_ns * (100 - 4 * back) / 100;
        call.thread = u32::try_from(1 + dice.roll(16)).unwrap_or(1);
        let mut left = call.duration_ns;
        for (at, name) in callees.iter().enumerate() {
            let mut callee = CalleeTime::default();
            (callee.name, callee.ns) =
                ((*name).to_owned(), left * (if at == 0 { 50 } else { 10 } + dice.roll(20)) / 100);
            left -= callee.ns;
            call.callees.push(callee);
        }
        (call.waiting_ns, call.callees_ns) = (left / 3, left / 5);
        call.self_ns = left - call.waiting_ns - call.callees_ns;
        call.trace = back.is_multiple_of(3).then(|| format!("{:032x}", dice.roll(u64::MAX)));
        call
    };
    (0..8).map(call).collect()
}

/// A process that grew, and was busy now and then.
fn track(number: u32, dice: &mut Dice) -> Track {
    let mut track = Track::default();
    (track.pid, track.start) = (4_711 + number, end() - Duration::from_secs(30 - 4 * u64::from(number)));
    let (mut live, mut busy) = (3_i64 << 20, 0);
    for at in 0..250 {
        let mut moment = Moment::default();
        moment.at_ns = at * 100_000_000;
        live += i64::try_from(dice.roll(400_000)).unwrap_or(0) - if at % 60 == 59 { 9 << 20 } else { 0 };
        live = live.max(1 << 20);
        busy += if at % 50 < 30 { 90_000_000 + dice.roll(90_000_000) } else { 3_000_000 };
        (moment.live_bytes, moment.cpu_ns) = (Some(live), Some(busy));
        moment.rss_bytes = Some(live.unsigned_abs() + (11 << 20) + at * 20_000);
        track.moments.push(moment);
    }
    track
}

fn end() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(490_896)
}

/// A node that most often hangs on one of the last few.
fn node(name: &str, at: u64, dice: &mut Dice) -> TreeNode {
    let parent = if at < 2 { 0 } else { at - 1 - dice.roll(at.min(40)) };
    let name = if at == 0 { "" } else { name };
    let mut node = TreeNode::new(name, usize::try_from(parent).unwrap_or(0));
    if at > 0 {
        node.self_ns = 1_000 * (1 + dice.roll(1_000)) * (1 + dice.roll(40));
        (node.calls, node.total_ns) = (1 + dice.roll(5_000), node.self_ns);
        node.self_allocs = dice.roll(500);
        (node.allocs, node.self_alloc_bytes) = (node.self_allocs, node.self_allocs * 64);
        node.alloc_bytes = node.self_alloc_bytes;
    }
    node
}

fn hostile(percent: u64) -> Report {
    let mut dice = Dice(7);
    let names = [
        "</script><script>alert('probe')</script>",
        "<img src=x onerror=alert(1)>",
        "plain::function",
        "a;b\nc\u{202e}d",
        "\"quoted\" & 'more'",
        "{{script}}",
        "__proto__",
        "<&mut alloc::vec::Vec<T> as core::iter::IntoIterator>::into_iter::<impl Fn() -> Result<(), std::io::Error>>",
        "数え上げ::関数",
        "",
    ];
    let mut report = Report::default();
    "<b>hostile</b>".clone_into(&mut report.meta.program);
    for (at, name) in names.iter().enumerate() {
        // Only the odd ones got slower.
        let factor = if at % 2 == 0 { percent } else { 100 };
        let center = (at as u64 + 1) * 30 * factor;
        report.probes.push(probe(name, center, 200, &mut dice));
    }
    let nodes = std::iter::once(TreeNode::new("", 0)).chain(report.probes.iter().enumerate().map(|(at, probe)| {
        let mut node = TreeNode::new(&probe.name, at / 2);
        (node.calls, node.self_ns, node.total_ns) = (probe.calls, probe.self_ns, probe.total_ns);
        node
    }));
    report.tree = nodes.collect();
    for at in 0..report.probes.len() {
        report.probes[at].exemplars = slow_calls(&report.probes[at], &names[..4], &mut dice);
    }
    report.probes[2].exemplars[0].trace = Some("<img src=x onerror=alert(2)>".to_owned());
    report.monitor = (0..3).map(|number| track(number, &mut dice)).collect();
    settle(&mut report);
    report
}

/// Durations around a center, with a tail.
fn probe(name: &str, center: u64, calls: u64, dice: &mut Dice) -> ProbeReport {
    let times: Vec<u64> = (0..calls.min(600))
        .map(|_| {
            let spread = 1 + (0..4).map(|_| dice.roll(center)).sum::<u64>() / 4;
            center / 2 + if dice.roll(40) == 0 { spread * (2 + dice.roll(9)) } else { spread }
        })
        .collect();
    let mut one = ProbeReport::new(name);
    one.histogram = times.iter().copied().collect();
    (one.file, one.line) = ("src/service/worker.rs".to_owned(), 17);
    one.calls = times.len() as u64;
    one.total_ns = times.iter().sum();
    (one.self_ns, one.busy_ns, one.sum_ns) = (one.total_ns, one.total_ns, one.total_ns);
    one.mean_ns = one.total_ns / one.calls.max(1);
    one.min_ns = times.iter().copied().min().unwrap_or(0);
    one.max_ns = times.iter().copied().max().unwrap_or(0);
    one.quantiles = Quantiles::from_fn(|q| one.histogram.quantile(q).unwrap_or(0).clamp(one.min_ns, one.max_ns));
    one
}

fn settle(report: &mut Report) {
    let measured = report.measured_ns();
    let meta = &mut report.meta;
    (meta.processes, meta.threads, meta.alloc_tracking) = (1, 16, true);
    (meta.probe_cost_ns, meta.probe_resolution_ns) = (21, 12);
    meta.observer_ns = measured / 60;
    meta.observer_effect_pct = 100.0 / 60.0;
    (meta.duration_ns, meta.time) = (measured / 12, end());
    "tsc".clone_into(&mut meta.clock);
}
