//! `--instructions`: both sides by counted instructions, of each budget test or of each probe.

use std::collections::{BTreeMap, BTreeSet};

use perf_exporters::baseline::{
    Baseline, Level, Metric, Options, RegressionReport, compare_baselines, markdown as changes_markdown,
    text as changes_text,
};
use perf_exporters::judge::diff::Thresholds;
use perf_exporters::judge::instructions::{PROCESSES, TOLERANCE};
use perf_exporters::judge::{Reason, Verdict};
use perf_exporters::report::Machine;
use serde::Serialize;

use super::HERE;
use crate::cli::{CompareArgs, Format};
use crate::failure::{Failure, Result};
use crate::out::{self, BOLD, painted};
use crate::program::Program;

/// Counts of one process, by what was counted; the source; and what could not be counted, with the reason.
#[derive(Default)]
pub(super) struct Process {
    pub(super) counts: BTreeMap<String, f64>,
    pub(super) counted_by: String,
    pub(super) uncounted: BTreeMap<String, String>,
}

/// The counts of both sides, process by process.
#[derive(Default)]
pub(super) struct Counted {
    old: BTreeMap<String, Vec<f64>>,
    new: BTreeMap<String, Vec<f64>>,
    source: String,
    uncounted: BTreeMap<String, String>,
}

/// The result.
#[derive(Serialize)]
pub(super) struct Comparison {
    revision: String,
    commit: String,
    ratio: f64,
    counted_by: String,
    verdict: String,
    instructions: RegressionReport,
    /// What could not be counted, and why.
    uncounted: BTreeMap<String, String>,
    pub(super) only_old: Vec<String>,
    pub(super) only_new: Vec<String>,
}

impl Counted {
    /// Counts both sides in turn, in as many processes as prove a FAIL; what fails then is counted in as many once more, as
    /// before a FAIL of a budget test.
    pub(super) fn collect(
        args: &CompareArgs,
        sides: [&Program; 2],
        once: impl Fn(&Program, &str, Option<&BTreeSet<String>>) -> Result<Process>,
    ) -> Result<Self> {
        let mut counted = Self::default();
        let mut again: Option<BTreeSet<String>> = None;
        for process in 1..=2 * PROCESSES {
            if process == PROCESSES + 1 {
                let failing = counted.judge(args).changes.into_iter().filter(|change| change.level == Level::Fail);
                let failing: BTreeSet<String> = failing.map(|change| change.probe).collect();
                if failing.is_empty() {
                    break;
                }
                out::progress(&format!("{} with more instructions: counting them again", failing.len()));
                again = Some(failing);
            }
            out::progress(&format!("counting: process {process} of each side"));
            for (at, name) in [args.revision.as_str(), HERE].into_iter().enumerate() {
                let seen = once(sides[at], name, again.as_ref())?;
                let side = if at == 0 { &mut counted.old } else { &mut counted.new };
                for (what, count) in seen.counts {
                    side.entry(what).or_default().push(count);
                }
                counted
                    .uncounted
                    .extend(seen.uncounted.into_iter().map(|(what, why)| (what, format!("{name}: {why}"))));
                counted.source = seen.counted_by;
            }
        }
        Ok(counted)
    }

    fn judge(&self, args: &CompareArgs) -> RegressionReport {
        let side = |counts: &BTreeMap<String, Vec<f64>>| {
            let mut side = Baseline::default();
            for (name, counts) in counts {
                side.put_instructions(name, &Machine::current(), &self.source, counts);
            }
            side
        };
        let allowed = (args.ratio - 1.0).max(TOLERANCE);
        let mut options = Options::default();
        options.thresholds.insert(Metric::Instructions, Thresholds { warn: allowed, fail: allowed });
        compare_baselines(&side(&self.old), &side(&self.new), &options)
    }

    pub(super) fn compared(self, args: &CompareArgs, commit: &str) -> Result<Comparison> {
        let mut found = self.judge(args);
        // They are told of by name, and decide nothing.
        let (only_old, only_new) = (std::mem::take(&mut found.gone), std::mem::take(&mut found.new));
        if found.changes.is_empty() {
            let why = self
                .uncounted
                .iter()
                .next()
                .map_or_else(|| "nothing was counted on both sides".to_owned(), |(what, why)| format!("{what}: {why}"));
            return Err(Failure::new(why));
        }
        let mut compared = Comparison {
            revision: args.revision.clone(),
            commit: commit.to_owned(),
            ratio: args.ratio,
            counted_by: self.source,
            verdict: String::new(),
            instructions: found,
            uncounted: self.uncounted,
            only_old,
            only_new,
        };
        compared.verdict = compared.verdict().to_string();
        Ok(compared)
    }
}

impl Comparison {
    pub(super) fn verdict(&self) -> Verdict {
        let doubt = |(what, why): (&String, &String)| {
            Verdict::Inconclusive(Reason::Unsupported(format!("{what} was not counted: {why}").into()))
        };
        self.uncounted.iter().map(doubt).fold(self.instructions.verdict(), Verdict::and)
    }

    /// Writes it to standard output.
    pub(super) fn show(&self, format: Format) -> Result<()> {
        match format {
            Format::Table => out::print(&self.table(out::color())),
            Format::Json => out::json(self),
            Format::Markdown => out::print(&self.markdown()),
        }
    }

    fn head(&self) -> String {
        let changes = &self.instructions.changes;
        format!(
            "this tree against {} ({}) · instructions of a call, counted by {} · {} of {} with more",
            self.revision,
            &self.commit[..self.commit.len().min(12)],
            self.counted_by,
            changes.iter().filter(|change| change.level == Level::Fail).count(),
            changes.len()
        )
    }

    fn notes(&self) -> impl Iterator<Item = String> {
        let only = |which: &str, names: &[String]| {
            (!names.is_empty()).then(|| format!("only in {which}, not compared: {}", names.join(", ")))
        };
        let uncounted = self.uncounted.iter().map(|(what, why)| format!("{what} was not counted: {why}"));
        let only = [only(&self.revision, &self.only_old), only(HERE, &self.only_new)];
        only.into_iter().flatten().chain(uncounted.collect::<Vec<_>>())
    }

    fn table(&self, color: bool) -> String {
        let mut options = changes_text::Options::default();
        (options.width, options.color, options.all) = (out::width(), color, true);
        let changes = changes_text::render(&self.instructions, &options);
        // The head is that of this command, and the verdict that of all.
        let rows = changes.split_once("\n\n").map_or("", |(_, rows)| rows);
        let rows = rows.rsplit_once("\n\n").map_or(rows, |(rows, _)| rows);
        let mut text = format!("{} · {}\n\n{rows}\n", painted("perf compare", BOLD, color), self.head());
        for note in self.notes() {
            text.extend(["\n", &note, "\n"]);
        }
        let verdict = self.verdict();
        text.extend(["\n", &painted(&format!("verdict: {verdict}"), out::style_of(&verdict), color), "\n"]);
        text
    }

    fn markdown(&self) -> String {
        let mark = out::mark(&self.verdict());
        let mut text = format!("### {mark} perf compare: {}\n\n", self.head());
        let changes = changes_markdown::render(&self.instructions);
        text += changes.split_once("\n\n").map_or(changes.as_str(), |(_, rows)| rows);
        for note in self.notes() {
            text.extend(["\n", &note.replace('_', "\\_"), "\n"]);
        }
        text
    }
}
