//! How do budget tests do in a suite, on a machine that others use?
//!
//! `tests/suite.rs` has thirty budgets on time and thirty on counters. It runs as `cargo test` runs it, with as many threads as there
//! are processors, beside two processes that take what they can get. `cargo run --release -p experiments --features suite --bin
//! budget_suite [RUNS [HOGS]]`. It ends with 1 where a test fails, where 5 % or more are INCONCLUSIVE, or where a run takes a minute.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Instant;

use perf_exporters::gate_log;

/// Most seconds of a run, and most of a hundred verdicts that may be INCONCLUSIVE.
const SECONDS: f64 = 60.0;
const PERCENT: f64 = 5.0;

/// The argument that makes this program take what it can get.
const BUSY: &str = "busy";

/// Processes that compute for as long as this lives.
struct Hogs(Vec<Child>);

impl Hogs {
    fn start(hogs: u32) -> std::io::Result<Self> {
        let this = std::env::current_exe()?;
        (0..hogs).map(|_| Command::new(&this).arg(BUSY).spawn()).collect::<Result<_, _>>().map(Self)
    }
}

impl Drop for Hogs {
    fn drop(&mut self) {
        for hog in &mut self.0 {
            // One that has ended already needs no more.
            let _ = hog.kill();
            let _ = hog.wait();
        }
    }
}

fn argument(at: usize, default: u32) -> u32 {
    std::env::args().nth(at).and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn suite() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["test", "--release", "-p", "experiments", "--features", "suite", "--test", "suite"]);
    command
}

/// The verdicts of one run, by the name of the budget.
fn run(log: &std::path::Path) -> Result<Vec<gate_log::Run>, Box<dyn std::error::Error>> {
    let _ = std::fs::remove_file(log);
    // A test that fails shows in its verdict.
    suite().env(perf_exporters::env::GATE_LOG.name(), log).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let lines = std::fs::read_to_string(log)?;
    Ok(lines.lines().map(gate_log::Run::from_json).collect::<Result<_, _>>()?)
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    if std::env::args().nth(1).is_some_and(|argument| argument == BUSY) {
        loop {
            black_box((0..1_000_000_u64).fold(1, |state: u64, step| state.wrapping_mul(31) ^ step));
        }
    }
    let (runs, hogs) = (argument(1, 10), argument(2, 2));
    if !suite().arg("--no-run").status()?.success() {
        return Err("the suite does not build".into());
    }
    let log = std::env::temp_dir().join(format!("budget-suite-{}.jsonl", std::process::id()));
    let _hogs = Hogs::start(hogs)?;
    println!("| run | budgets | PASS | FAIL | INCONCLUSIVE | seconds |\n|--:|--:|--:|--:|--:|--:|");
    let (mut all, mut failed, mut undecided, mut longest) = (0, 0, 0, 0.0_f64);
    let mut doubts: BTreeMap<String, usize> = BTreeMap::new();
    for number in 1..=runs {
        let start = Instant::now();
        let verdicts = run(&log)?;
        let seconds = start.elapsed().as_secs_f64();
        let of = |verdict: &str| verdicts.iter().filter(|run| run.verdict.starts_with(verdict)).count();
        let (pass, fail, inconclusive) = (of("PASS"), of("FAIL"), of("INCONCLUSIVE"));
        println!("| {number} | {} | {pass} | {fail} | {inconclusive} | {seconds:.0} |", verdicts.len());
        for run in verdicts.iter().filter(|run| !run.verdict.starts_with("PASS")) {
            *doubts.entry(format!("{}: {}", run.budget, run.verdict)).or_default() += 1;
        }
        all += verdicts.len();
        failed += fail;
        undecided += inconclusive;
        longest = longest.max(seconds);
    }
    std::fs::remove_file(&log)?;
    println!();
    for (doubt, times) in doubts {
        println!("{times} × {doubt}");
    }
    let percent = 100.0 * undecided as f64 / all.max(1) as f64;
    println!(
        "\n{failed} FAIL, {percent:.1} % INCONCLUSIVE of {all} verdicts beside {hogs} hogs; the longest run took {longest:.0} s"
    );
    let holds = failed == 0 && percent < PERCENT && longest < SECONDS;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
