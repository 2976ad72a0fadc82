//! Reports of one program of six functions, five processes of each side, compared as `cargo perf diff` does.

use fastrand::Rng;
use perf_exporters::Report;
use perf_exporters::baseline::{Baseline, Level, Options, compare_baselines};
use perf_exporters::judge::Verdict;
use perf_exporters::report::{ProbeReport, Quantiles};

use super::condition::{Condition, Wrong, row};
use super::normal;

/// Calls of each function in a process, and processes of each side.
const CALLS: usize = 400;
const SIDE: usize = 5;

/// The functions, with the usual times of a call, nanoseconds. The first is the one that may have changed.
const FUNCTIONS: [(&str, f64); 6] = [
    ("hash", 20_000.0),
    ("short", 400.0),
    ("format", 4_000.0),
    ("sort", 12_000.0),
    ("count", 3_000.0),
    ("follow", 9_000.0),
];

/// A program on a machine.
#[derive(Clone, Copy)]
struct Program {
    /// The first function takes so many times as long.
    slower: f64,
    /// Calls of all functions that take twice as long, as a share: the first ones after the processor was lost.
    cold: f64,
    /// Calls of the first function that take three times as long, as a share.
    rare: f64,
    /// How far processes scatter, together and each function by itself.
    scatter: f64,
}

impl Program {
    const CALM: Self = Self { slower: 1.0, cold: 0.0, rare: 0.0, scatter: 0.03 };

    fn report(self, rng: &mut Rng) -> Report {
        let mut report = Report::default();
        let together = self.scatter * normal(rng);
        let cold = self.cold * (0.1 * normal(rng)).exp();
        for (at, (name, usual)) in FUNCTIONS.into_iter().enumerate() {
            let changed = at == 0;
            let level = usual * (together + self.scatter * normal(rng)).exp() * if changed { self.slower } else { 1.0 };
            let mut call = || {
                let cold = if rng.f64() < cold { 2.0 } else { 1.0 };
                let rare = if changed && rng.f64() < self.rare { 3.0 } else { 1.0 };
                level * cold * rare * (0.05 * normal(rng)).exp()
            };
            let times: Vec<u64> = (0..CALLS).map(|_| whole(call())).collect();
            let mut probe = ProbeReport::new(name);
            probe.calls = times.len() as u64;
            probe.sum_ns = times.iter().sum();
            probe.total_ns = probe.sum_ns;
            probe.self_ns = probe.sum_ns;
            probe.histogram = times.into_iter().collect();
            probe.quantiles = Quantiles::from_fn(|q| probe.histogram.quantile(q).unwrap_or(0));
            report.probes.push(probe);
        }
        report
    }
}

/// Nanoseconds.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(ns: f64) -> u64 {
    ns.max(0.0) as u64
}

/// FAIL where a figure of a function fails: of the first one, or of another.
fn diff(old: Program, new: Program, of_first: bool) -> Box<dyn FnMut(&mut Rng) -> Verdict> {
    let options = Options::default();
    Box::new(move |rng| {
        let mut side = |program: Program| {
            let reports: Vec<Report> = (0..SIDE).map(|_| program.report(rng)).collect();
            Baseline::from_runs(&reports)
        };
        let found = compare_baselines(&side(old), &side(new), &options);
        let fails = found
            .changes
            .iter()
            .any(|change| change.gates && change.level == Level::Fail && (change.probe == FUNCTIONS[0].0) == of_first);
        if fails { Verdict::Fail } else { Verdict::Pass }
    })
}

const SLOWER: Program = Program { slower: 1.5, ..Program::CALM };
const RARE: Program = Program { rare: 0.08, ..Program::CALM };
/// Requests that take a sixth longer lose the processor more often, each of them.
const COLD: Program = Program { cold: 0.048, ..Program::CALM };
const COLDER: Program = Program { cold: 0.056, ..SLOWER };
/// Calls of two kinds, about half of each.
const HALF: Program = Program { cold: 0.46, ..Program::CALM };
const MORE_THAN_HALF: Program = Program { cold: 0.54, ..SLOWER };

/// Five reports of one program and five of another.
pub(crate) fn conditions() -> Vec<Condition> {
    use Wrong::{Fail, NoFail};
    vec![
        row("diff, nothing changed", 10_000, Fail, 0.005, diff(Program::CALM, Program::CALM, false)),
        row("diff, one function 1.5 times, the others", 10_000, Fail, 0.005, diff(Program::CALM, SLOWER, false)),
        row("diff, one 1.5 times, 4.8 % of calls cold, then 5.6 %", 10_000, Fail, 0.005, diff(COLD, COLDER, false)),
        row(
            "diff, one 1.5 times, 46 % of calls cold, then 54 %",
            10_000,
            Fail,
            0.005,
            diff(HALF, MORE_THAN_HALF, false),
        ),
        row("diff, one function 1.5 times, itself", 200, NoFail, 0.05, diff(Program::CALM, SLOWER, true)),
        row("diff, 8 % of its calls three times", 200, NoFail, 0.05, diff(Program::CALM, RARE, true)),
    ]
}
