//! Makes the HTML page of a stored report, beside an earlier one if there is one; or pages to try a browser with.
//!
//! ```text
//! cargo run -p perf-exporters --features html --example page -- REPORT.json PAGE.html [EARLIER.json]
//! cargo run -p perf-exporters --features html --example page -- --samples FOLDER
//! ```

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use perf_exporters::html::{Options, render};
use perf_exporters::report::{BudgetReport, BudgetVerdict, CallTree, ProbeReport, Quantiles, Report, TreeNode};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--samples", folder] => samples(Path::new(folder)),
        [report, page] => page_of(report, page, None),
        [report, page, earlier] => page_of(report, page, Some(earlier)),
        _ => Err("usage: page REPORT.json PAGE.html [EARLIER.json], or page --samples FOLDER".into()),
    }
}

fn page_of(report: &str, page: &str, earlier: Option<&str>) -> Result<(), Box<dyn Error>> {
    let report = Report::read(report)?;
    let earlier = earlier.map(Report::read).transpose()?;
    let mut options = Options::default();
    options.compare = earlier.as_ref();
    Ok(fs::write(page, render(&report, &options))?)
}

/// An empty page, one of a thousand probes, and one of hostile names with a comparison and budgets.
fn samples(folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("empty.html"), render(&Report::default(), &Options::default()))?;
    fs::write(folder.join("thousand.html"), render(&thousand(1), &Options::default()))?;

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
    Ok(())
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
    let mut report = Report::default();
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
    let nodes = (0..6_000_u64).map(|at| node(dice.pick(&names), at, &mut dice));
    report.tree = nodes.collect::<CallTree>();
    settle(&mut report);
    report
}

/// A node that most often hangs on one of the last few.
fn node(name: &str, at: u64, dice: &mut Dice) -> TreeNode {
    let parent = if at < 2 { 0 } else { at - 1 - dice.roll(at.min(40)) };
    let name = if at == 0 { "" } else { name };
    let mut node = TreeNode::new(name, usize::try_from(parent).unwrap_or(0));
    if at > 0 {
        node.self_ns = 1_000 * (1 + dice.roll(1_000)) * (1 + dice.roll(40));
        (node.calls, node.total_ns) = (1 + dice.roll(5_000), node.self_ns * 3);
        (node.self_allocs, node.allocs) = (dice.roll(500), 1_500);
        (node.self_alloc_bytes, node.alloc_bytes) = (node.self_allocs * 64, 96_000);
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
    meta.duration_ns = measured / 12;
    "tsc".clone_into(&mut meta.clock);
}
