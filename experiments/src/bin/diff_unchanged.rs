//! How often do two sets of runs of unchanged code differ, to `cargo perf diff`?
//!
//! `cargo run --release -p experiments --features machine --bin diff_unchanged [SETS [SPLITS [slower]]]`: a set is sixty reports of one
//! program, each of a process of its own. Five and five of a set are drawn at random, SPLITS times, and every ten that follow each other
//! are split into the first five and the last five, as where one side ran as a whole before the other. With `slower` half of the
//! sixty, drawn at random, are of a program one of whose functions takes 1.5 times as long, and the second five are drawn from these;
//! a second table has the usual quantiles of every function in both programs. It ends with 1 where unchanged code fails without it.

#[path = "../machine/rate.rs"]
mod rate;
#[path = "../work.rs"]
mod work;

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use fastrand::Rng;
use perf_core::{PerfAlloc, perf_probe};
use perf_exporters::baseline::{Baseline, Level, Options, compare_baselines};
use perf_exporters::stats::order::median;
use perf_exporters::{Error, Report};
use rate::{Tally, at_most};
use work::work;

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);

/// Reports in a set, and on each side of a comparison.
const REPORTS: usize = 60;
const SIDE: usize = 5;

/// The first argument of a process that runs the program.
const PROGRAM: &str = "program";

/// The function that may be slower.
#[perf_probe]
fn hash(steps: u64) -> u64 {
    work(steps)
}

#[perf_probe]
fn short(at: u64) -> u64 {
    work(200 + at % 50)
}

#[perf_probe]
fn format(at: u64) -> String {
    (0..40).map(|row| format!("{row},{at}")).collect::<Vec<_>>().join("\n")
}

#[perf_probe]
fn sort(at: u64) -> Vec<u64> {
    let mut values: Vec<u64> = (0..800).map(|step| work(2) ^ (step * at)).collect();
    values.sort_unstable();
    values
}

#[perf_probe]
fn count(text: &str) -> usize {
    let mut words: HashMap<&str, u32> = HashMap::new();
    text.split([',', '\n']).for_each(|word| *words.entry(word).or_default() += 1);
    words.len()
}

/// Loads that depend on each other, over 1 MiB.
#[perf_probe]
fn follow(next: &[u32], mut at: u32) -> u32 {
    for _ in 0..2_000 {
        at = next[at as usize];
    }
    at
}

#[perf_probe]
fn request(at: u64, next: &[u32], steps: u64) {
    let text = format(at);
    let sum = hash(steps) ^ (0..8).fold(0, |sum, step| sum ^ short(at + step));
    black_box((sum, sort(at), count(&text), follow(next, next[text.len()])));
}

/// The program: writes its report, and ends.
fn program(report: &Path, steps: u64) -> Result<(), Error> {
    let places = 1_u32 << 18;
    let next: Vec<u32> = (0..places).map(|at| (at + 8 * 1_021 + 1) % places).collect();
    (0..600).for_each(|at| request(at, &next, steps));
    Report::from(perf_core::snapshot()).of_this_process().write(report)
}

/// The function that may be slower, and its caller.
const CHANGED: [&str; 2] = ["hash", "request"];

/// So many reports in the order in which their processes ran, those of the slower program as told.
fn reports(folder: &Path, slower: &[bool]) -> Result<Vec<Report>, Box<dyn std::error::Error>> {
    let this = std::env::current_exe()?;
    let one = |at: usize| -> Result<Report, Box<dyn std::error::Error>> {
        let path: PathBuf = folder.join(format!("{at}.json"));
        let steps = if slower[at] { "30000" } else { "20000" };
        let status = Command::new(&this).args([PROGRAM, steps]).arg(&path).status()?;
        if !status.success() {
            return Err(format!("the program ended with {status}").into());
        }
        Ok(Report::read(&path)?)
    };
    (0..REPORTS).map(one).collect()
}

/// Comparisons of one kind, with the figures that failed in them.
#[derive(Default)]
struct Compared {
    tally: Tally,
    failed: BTreeMap<String, u32>,
    /// Comparisons in which a figure of a function failed whose code did not change.
    of_unchanged: u64,
}

impl Compared {
    /// Compares the reports of these places, by the order in which they ran.
    fn add(&mut self, reports: &[Report], old: &[usize], new: &[usize]) {
        let side = |places: &[usize]| Baseline::from_runs(places.iter().map(|at| &reports[*at]));
        let range = |places: &[usize]| places.iter().min().copied().zip(places.iter().max().copied());
        let mut options = Options::default();
        options.one_after_the_other = match (range(old), range(new)) {
            (Some(old), Some(new)) => old.1 < new.0 || new.1 < old.0,
            _ => false,
        };
        let found = compare_baselines(&side(old), &side(new), &options);
        self.tally.add(&found.verdict());
        let mut of_unchanged = false;
        for change in found.changes.iter().filter(|change| change.gates && change.level == Level::Fail) {
            *self.failed.entry(format!("{} {}", change.probe, change.metric.key())).or_default() += 1;
            of_unchanged |= !CHANGED.iter().any(|name| change.probe.ends_with(name));
            eprintln!(
                "{} {}: {:.0} → {:.0}, at least × {:.3}",
                change.probe,
                change.metric.key(),
                change.old,
                change.new,
                change.low.unwrap_or(0.0)
            );
        }
        self.of_unchanged += u64::from(of_unchanged);
    }
}

/// The median over reports of a quantile of each function: of one program, and of the other.
#[derive(Default)]
struct Sides(BTreeMap<String, [Vec<[f64; 4]>; 2]>);

impl Sides {
    fn add(&mut self, reports: &[Report], slower: &[bool]) {
        for (report, slower) in reports.iter().zip(slower) {
            for probe in &report.probes {
                let q = &probe.quantiles;
                let of = [q.p50, q.p90, q.p95, q.p99].map(|ns| ns as f64);
                self.0.entry(probe.name.clone()).or_default()[usize::from(*slower)].push(of);
            }
        }
    }

    fn print(&self) {
        println!("\n| function | p50, ns | p90 | p95 | p99 |\n|---|--:|--:|--:|--:|");
        for (name, sides) in &self.0 {
            let cell = |at: usize| {
                let of =
                    |side: &Vec<[f64; 4]>| median(&side.iter().map(|q| q[at]).collect::<Vec<f64>>()).unwrap_or(0.0);
                format!("{:.0} → {:.0}", of(&sides[0]), of(&sides[1]))
            };
            println!("| {name} | {} | {} | {} | {} |", cell(0), cell(1), cell(2), cell(3));
        }
    }
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let argument = |at| std::env::args().nth(at).unwrap_or_default();
    if argument(1) == PROGRAM {
        program(Path::new(&argument(3)), argument(2).parse()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (sets, splits) = (argument(1).parse().unwrap_or(10_u32), argument(2).parse().unwrap_or(200_u32));
    let slower = argument(3) == "slower";
    let folder = std::env::temp_dir().join(format!("diff-unchanged-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let (mut rng, mut table) = (Rng::with_seed(12), [Compared::default(), Compared::default()]);
    let mut sides = Sides::default();
    for set in 0..sets {
        // Half of the processes, by lot.
        let mut is_slower: Vec<bool> = (0..REPORTS).map(|at| slower && at % 2 == 1).collect();
        rng.shuffle(&mut is_slower);
        let reports = reports(&folder, &is_slower)?;
        sides.add(&reports, &is_slower);
        let before = table[0].of_unchanged;
        for _ in 0..splits {
            let mut places =
                [false, true].map(|side| (0..REPORTS).filter(|at| is_slower[*at] == side).collect::<Vec<usize>>());
            if slower {
                for side in &mut places {
                    rng.shuffle(side);
                }
            } else {
                let mut all: Vec<usize> = (0..REPORTS).collect();
                rng.shuffle(&mut all);
                places = [all[..SIDE].to_vec(), all[SIDE..].to_vec()];
            }
            table[0].add(&reports, &places[0][..SIDE], &places[1][..SIDE]);
        }
        for first in 0..=REPORTS - 2 * SIDE {
            let places: Vec<usize> = (first..first + 2 * SIDE).collect();
            if !slower {
                table[1].add(&reports, &places[..SIDE], &places[SIDE..]);
            }
        }
        let own = table[0].of_unchanged - before;
        eprintln!(
            "set {} of {sets}: {own} with an unchanged figure; all: {}, {}",
            set + 1,
            table[0].tally,
            table[1].tally
        );
    }
    std::fs::remove_dir_all(&folder)?;
    println!(
        "| five and five | comparisons | PASS | FAIL | of unchanged code | INCONCLUSIVE | FAIL at most | figures that failed |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|---|");
    for (what, compared) in ["drawn at random", "five, then five"].iter().zip(&table) {
        let (Tally { pass, fail, undecided }, runs) = (compared.tally, compared.tally.runs());
        let failed: Vec<String> = compared.failed.iter().map(|(figure, times)| format!("{figure} {times}")).collect();
        let most = 100.0 * at_most(fail, runs);
        let (own, failed) = (compared.of_unchanged, failed.join(", "));
        println!("| {what} | {runs} | {pass} | {fail} | {own} | {undecided} | {most:.2} % | {failed} |");
    }
    if slower {
        sides.print();
    }
    let fails = table.iter().any(|compared| compared.tally.fail > 0);
    Ok(if fails && !slower { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
