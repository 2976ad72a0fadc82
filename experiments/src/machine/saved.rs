//! Verdicts in a file, so that runs at different times and of several programs at once add up.
//!
//! A line is one verdict, or the usual times of one body, its fields with tabs between them. Only those of the same program are read: another
//! one may judge otherwise.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use perf_exporters::judge::Verdict;
use perf_exporters::report::Machine;
use perf_exporters::write;

use super::rate::Tally;
use super::table::{Cell, Names, Table};

/// The second field of a line that says what is usual.
const USUAL: &str = "usual";

/// A file of verdicts, and what every line of this run begins with.
pub(crate) struct Saved {
    path: PathBuf,
    program: String,
    run: String,
    machine: String,
}

/// Where the verdicts in a file come from.
#[derive(Default)]
pub(crate) struct Sources {
    runs: BTreeSet<String>,
    machines: BTreeSet<String>,
    /// The least and the greatest load average, a minute's.
    load: Option<(f64, f64)>,
    /// Lines of other programs, and lines that say nothing about the cells that are shown.
    left_out: u32,
}

impl Saved {
    pub(crate) fn at(path: &str) -> io::Result<Self> {
        let mut hasher = DefaultHasher::new();
        fs::read(std::env::current_exe()?)?.hash(&mut hasher);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let machine = Machine::current();
        Ok(Self {
            path: path.into(),
            program: format!("{:016x}", hasher.finish()),
            run: format!("{now}-{}", std::process::id()),
            machine: format!("{}, {} processors", machine.cpu_model, machine.cores),
        })
    }

    /// Appends one verdict, after so many epochs and with its reason.
    pub(crate) fn add(
        &self,
        cell: Cell,
        names: &Names,
        verdict: &Verdict,
        (epochs, why): (u32, &str),
    ) -> Result<(), perf_exporters::Error> {
        let Self { program, run, machine, .. } = self;
        let (load, key) = (load().map_or_else(String::new, |load| load.to_string()), names.of(cell));
        let why = why.replace(['\t', '\n'], " ");
        let line = format!("{program}\t{run}\t{machine}\t{load}\t{key}\t{verdict}\t{epochs}\t{why}\n");
        write::append_lines(&self.path, line.as_bytes())
    }

    /// The usual p95 and mean of calls of this name, in seconds, as this program has kept them.
    pub(crate) fn usual(&self, name: &str) -> io::Result<Option<[f64; 2]>> {
        if !self.path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&self.path)?;
        let of = |line: &str| match line.split('\t').collect::<Vec<_>>()[..] {
            [program, USUAL, of, p95, mean] if program == self.program && of == name => {
                Some([p95.parse().ok()?, mean.parse().ok()?])
            }
            _ => None,
        };
        Ok(text.lines().find_map(of))
    }

    /// Keeps them for the next run, and for other programs that run at the same time.
    pub(crate) fn keep_usual(&self, name: &str, [p95, mean]: [f64; 2]) -> Result<(), perf_exporters::Error> {
        let line = format!("{}\t{USUAL}\t{name}\t{p95}\t{mean}\n", self.program);
        write::append_lines(&self.path, line.as_bytes())
    }

    /// Adds what the file holds, of any run of this program, to a table of these cells.
    pub(crate) fn read(&self, cells: &[Cell], names: &Names, table: &mut Table) -> io::Result<Sources> {
        let mut sources = Sources::default();
        for line in fs::read_to_string(&self.path)?.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let [program, run, machine, load, key, verdict, ..] = fields[..] else { continue };
            let cell = cells.iter().find(|cell| names.of(**cell) == key);
            let Some(cell) = cell.filter(|_| program == self.program) else {
                sources.left_out += 1;
                continue;
            };
            *table.entry(*cell).or_default() += one(verdict);
            sources.runs.insert(run.to_owned());
            sources.machines.insert(machine.to_owned());
            if let Ok(load) = load.parse::<f64>() {
                let (least, most) = sources.load.unwrap_or((load, load));
                sources.load = Some((least.min(load), most.max(load)));
            }
        }
        Ok(sources)
    }
}

/// A verdict by its name, which reasons may follow.
fn one(verdict: &str) -> Tally {
    match verdict {
        "PASS" => Tally { pass: 1, ..Tally::default() },
        "FAIL" => Tally { fail: 1, ..Tally::default() },
        _ => Tally { undecided: 1, ..Tally::default() },
    }
}

/// The number of threads that ran or wanted to, the mean of a minute.
fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

impl fmt::Display for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machines: Vec<&str> = self.machines.iter().map(String::as_str).collect();
        write!(f, "{} runs on {}", self.runs.len(), machines.join("; "))?;
        if let Some((least, most)) = self.load {
            write!(f, ", load average {least:.0} to {most:.0}")?;
        }
        match self.left_out {
            0 => Ok(()),
            lines => write!(f, "; {lines} lines of other programs or other cells are left out"),
        }
    }
}
