//! How often is unchanged code failed, and slower code passed, on a machine that others use, by the kind of code and of disturbance?
//!
//! Limits are twice the usual p95 and mean, taken before the hogs begin. Cells come in an order drawn at random in each
//! round, at the pace of users' tests: `cargo run --release -p experiments --features machine --bin budget_machine [ROUNDS
//! [BODIES [HOGS [SIZES [TIMES]]]]] [quick] [time=MS] [saved=FILE]`. ROUNDS may be minutes, such as `50m`: the last round is then cut short.
//! BODIES and HOGS are parts of names, `,` between them; SIZES are bytes of the reference kernel, drawn at random like the rest;
//! TIMES are how many times a call does the work, 1 for unchanged code; a limit is twice what is usual for such calls, divided by TIMES, so that
//! 4 takes twice as long as its limits say. Each verdict that is wrong or undecided is a line on standard error. It ends with 1 where unchanged code fails, or code that breaks its limits
//! passes.
//!
//! `time=500` gives each epoch half a second in place of the default of a budget, as `max_time = "500ms"` does: more verdicts, of
//! fewer calls. `saved=FILE` appends each verdict to a file, and the table is of all that the file holds of this program; 0 rounds only
//! print it. What is usual is in the file as well, so that later runs, and others at the same time, have the same limits. `quick` is the short form for CI: a round of short epochs that follow each other at once, for a minute at most. Three
//! such epochs may meet the same disturbance. So it ends with 1 only where a cell whose verdict is wrong gets two more, at the pace
//! of users' tests, and both are wrong as well.

#[path = "../machine/mod.rs"]
mod machine;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use fastrand::Rng;
use machine::bodies;
use machine::hogs::{self, Hogs, KINDS};
use machine::saved::Saved;
use machine::speed::Speed;
use machine::subject::{LIMITS, Subject};
use machine::table::{self, Cell, Names, Table};
use perf_exporters::gate::{Pace, Run};
use perf_exporters::judge::Verdict;

/// The short form goes on for no longer.
const QUICK: Duration = Duration::from_mins(1);

/// How long it goes on: so many rounds, and so much time at most.
#[derive(Clone, Copy)]
struct Extent {
    rounds: u32,
    end: Option<Instant>,
}

impl Extent {
    fn of(text: &str, quick: bool) -> Self {
        let minutes = text.strip_suffix('m').and_then(|minutes| minutes.parse::<u64>().ok());
        let time = minutes.map(|minutes| Duration::from_secs(60 * minutes)).or_else(|| quick.then_some(QUICK));
        let rounds = if minutes.is_some() { u32::MAX } else { text.parse().unwrap_or(if quick { 1 } else { 20 }) };
        Self { rounds, end: time.map(|time| Instant::now() + time) }
    }

    fn is_over(self, round: u32) -> bool {
        round >= self.rounds || self.end.is_some_and(|end| Instant::now() >= end)
    }
}

/// The arguments that are words, and those that go by their places.
struct Arguments {
    speed: Speed,
    saved: Option<Saved>,
    placed: Vec<String>,
}

impl Arguments {
    fn read() -> std::io::Result<Self> {
        let (mut speed, mut saved, mut placed) = (Speed::Test, None, Vec::new());
        for argument in std::env::args().skip(1) {
            match argument.split_once('=') {
                Some(("saved", path)) => saved = Some(Saved::at(path)?),
                Some(("time", time)) => {
                    let time = time.parse().map_err(|_| {
                        let problem = format!("{argument}: time is in whole milliseconds, such as time=500");
                        std::io::Error::new(std::io::ErrorKind::InvalidInput, problem)
                    })?;
                    speed = Speed::Within(Duration::from_millis(time));
                }
                _ if argument == "quick" => speed = Speed::Quick,
                _ => placed.push(argument),
            }
        }
        Ok(Self { speed, saved, placed })
    }

    fn at(&self, place: usize) -> &str {
        self.placed.get(place).map_or("", String::as_str)
    }

    /// The numbers in an argument, `,` between them, or this one.
    fn numbers<T: std::str::FromStr>(&self, place: usize, otherwise: T) -> Vec<T> {
        let given: Vec<T> = self.at(place).split(',').filter_map(|number| number.parse().ok()).collect();
        if given.is_empty() { vec![otherwise] } else { given }
    }

    /// How many times a call does the work.
    fn times(&self) -> Vec<u32> {
        self.numbers(4, 1)
    }

    /// Whether the argument is empty, or names a part of this.
    fn fit(&self, place: usize, name: &str) -> bool {
        self.at(place).split(',').any(|part| name.contains(part))
    }
}

/// All arms that the arguments ask for.
fn cells(arguments: &Arguments, bodies: usize) -> Vec<Cell> {
    let (sizes, times) = (arguments.numbers(3, Pace::default().kernel_bytes), arguments.times());
    let mut cells = Vec::new();
    for (kind, _) in KINDS.iter().enumerate().filter(|(_, kind)| arguments.fit(2, kind.0)) {
        for body in 0..bodies {
            for limit in 0..LIMITS.len() {
                for size in &sizes {
                    cells.extend(times.iter().map(|times| Cell { size: *size, times: *times, body, limit, kind }));
                }
            }
        }
    }
    cells
}

/// The verdict on a cell, after so many epochs and with its reason. What is wrong or undecided is told on standard error.
fn judge(cell: Cell, subjects: &mut [Subject], names: &Names, speed: Speed) -> std::io::Result<(Verdict, u32, String)> {
    let _hogs = Hogs::start(KINDS[cell.kind].1, KINDS[cell.kind].2)?;
    let subject = &mut subjects[cell.body];
    let budget = subject.budget(cell.times, cell.limit);
    let work = || (0..cell.times).for_each(|_| (subject.body.1)());
    let finished = Run::new(budget).pace(speed.pace(cell.size)).test(work);
    let verdict = finished.findings.verdict();
    let why = finished.findings.rows.first().map_or_else(String::new, |row| row.reason.clone());
    if if cell.times > 1 { !verdict.is_fail() } else { !verdict.is_pass() } {
        eprintln!("{} | {verdict} | {} epochs | {why}", names.of(cell), finished.epochs);
    }
    Ok((verdict, finished.epochs, why))
}

fn is_wrong(cell: Cell, verdict: &Verdict) -> bool {
    if cell.times > 1 { verdict.is_pass() } else { verdict.is_fail() }
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    hogs::become_one();
    let arguments = Arguments::read()?;
    let speed = arguments.speed;
    let quick = speed == Speed::Quick;
    let bodies: Vec<_> = bodies::all()?.into_iter().filter(|body| arguments.fit(1, body.0)).collect();
    let names = Names { bodies: bodies.iter().map(|body| body.0).collect(), speed };
    let mut cells = cells(&arguments, bodies.len());
    let extent = Extent::of(arguments.at(0), quick);
    let patience = Duration::from_millis(if quick { 500 } else { 2_000 });
    let times = arguments.times();
    // Without rounds, a file that has no verdicts yet is told what is usual.
    let bodies = bodies.into_iter().filter(|_| !extent.is_over(0) || arguments.saved.is_some());
    let subjects = bodies.map(|body| Subject::new(body, &times, patience, arguments.saved.as_ref()));
    let mut subjects: Vec<Subject> = subjects.collect::<Result<_, _>>()?;
    let start = Instant::now();
    let (mut rng, mut round) = (Rng::new(), 0);
    let (mut table, mut wrong) = (Table::new(), Vec::new());
    while !extent.is_over(round) {
        rng.shuffle(&mut cells);
        for cell in &cells {
            if extent.is_over(round) {
                break;
            }
            let (verdict, epochs, why) = judge(*cell, &mut subjects, &names, speed)?;
            if is_wrong(*cell, &verdict) {
                wrong.push(*cell);
            }
            match &arguments.saved {
                Some(saved) => saved.add(*cell, &names, &verdict, (epochs, &why))?,
                None => table.entry(*cell).or_default().add(&verdict),
            }
        }
        round += 1;
        eprintln!("round {round}, {:.0} s", start.elapsed().as_secs_f64());
    }
    let sources = arguments.saved.as_ref().map(|saved| saved.read(&cells, &names, &mut table)).transpose()?;
    let all_wrong = table::print(&table, &names);
    println!("\n{round} rounds, {:.0} s", start.elapsed().as_secs_f64());
    if let Some(sources) = sources {
        println!("{sources}");
    }
    let beyond = if quick { confirmed(&wrong, &mut subjects, &names)? } else { all_wrong };
    Ok(if beyond == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How many of these cells have a wrong verdict in two more runs as well, at the pace of users' tests: none, or the first.
fn confirmed(cells: &[Cell], subjects: &mut [Subject], names: &Names) -> std::io::Result<u32> {
    for cell in cells {
        let mut is_wrong_again =
            || Ok::<_, std::io::Error>(is_wrong(*cell, &judge(*cell, subjects, names, Speed::Test)?.0));
        let beyond = is_wrong_again()? && is_wrong_again()?;
        println!("{}: {}", names.of(*cell), if beyond { "wrong three times" } else { "wrong by chance" });
        if beyond {
            return Ok(1);
        }
    }
    Ok(0)
}
