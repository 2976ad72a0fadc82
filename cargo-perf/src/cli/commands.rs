//! The arguments of each command.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::groups::{Format, Moves, Rendering, Target};

#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo perf run -- input.txt
  cargo perf run -p codescan --save before.json -- src/
  cargo perf run --runs 5 --save before/ --example demo
  cargo perf run --instructions -- input.txt   counted, of each probe

The program writes the report when it ends: `let _reporter = perf_exporters::init();` stands at the beginning of its \
`main`. Where the report is written to standard output and is no table, the program's own output goes to standard error.")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The number of runs; the report shown is of all runs together.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) runs: u32,
    /// Keep the report in this file; of several runs, each in a file in this folder.
    #[arg(long, value_name = "PATH")]
    pub(crate) save: Option<PathBuf>,
    /// Count instructions, of each probe with and without the probes that it calls: by the processor where the kernel lets it, else
    /// by valgrind's callgrind. The program runs twice more for each of the twenty that take most time.
    #[arg(long, conflicts_with_all = ["output", "html"])]
    pub(crate) instructions: bool,
    #[command(flatten)]
    pub(crate) rendering: Rendering,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo perf report perf.json
  cargo perf report --top 0 runs/           several runs as one
  cargo perf report perf.json --html        perf.html, a page for the browser
  cargo perf report new.json --html=new.html --compare old.json
  cargo perf report new.json --html --history history.jsonl
  cargo perf report perf.json --format svg --weight allocs -o allocs.svg
  cargo perf report perf.json --format markdown >> \"$GITHUB_STEP_SUMMARY\"
  curl -s 127.0.0.1:9080/report.json | cargo perf report -")]
pub(crate) struct ReportArgs {
    /// Reports: files, JSON lines, or folders of them, `-` for standard input; several are merged.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rendering: Rendering,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  PERF_REPORT=json=perf-%p.json ./program   one file for each process
  cargo perf merge perf-*.json -o all.json
  cargo perf merge perf-*.json --format table

Counts, times, histograms and call trees add up, in any order; extremes stay extremes, and quantiles are those of all \
calls together. A file that cannot be read is named, and then nothing is written. No file counts twice: neither one that is \
named twice, nor what the result is written to.")]
pub(crate) struct MergeArgs {
    /// Reports: files, JSON lines, or folders of them, `-` for standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rendering: Rendering,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo perf diff before.json after.json
  cargo perf diff --a a1.json a2.json a3.json --b b1.json b2.json b3.json
  cargo perf diff before/ after/ --format markdown
  cargo perf diff target/criterion               criterion: `base` against `new`
  cargo perf diff target/criterion@main target/criterion@new

An input is a report, JSON lines, a folder of reports, a perf.lock, or a folder of criterion's estimates (with \
@NAME of a saved baseline). Five runs of each side can prove what one run of each cannot.

Exit codes: 0 also where figures moved, 2 bad input; with --exit-code those of `gate`: 0 passed, 1 failed, inconclusive 0, or 3 with \
--strict.")]
pub(crate) struct DiffArgs {
    /// The old and the new side; or criterion's folder alone.
    #[arg(value_name = "OLD NEW", num_args = 0..=2, conflicts_with_all = ["a", "b"])]
    pub(crate) sides: Vec<PathBuf>,
    /// Runs of the old side.
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "b")]
    pub(crate) a: Vec<PathBuf>,
    /// Runs of the new side.
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "a")]
    pub(crate) b: Vec<PathBuf>,
    /// End with the verdict as the exit code: 1 where something regressed.
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// An inconclusive verdict has exit code 3 instead of 0.
    #[arg(long, requires = "exit_code")]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) moves: Moves,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo perf gate --baseline perf.lock runs/*.json
  cargo perf gate --baseline base/ --strict --format markdown head/
  cargo perf gate --budgets perf-budgets.toml perf.json
  cargo perf gate --baseline perf.lock --update runs/*.json   record a baseline

Exit codes: 0 passed, 1 failed, 2 bad input; inconclusive is 0, and 3 with --strict. Without --baseline and --budgets, \
perf.lock and perf-budgets.toml count where they are in this folder. PERF_UPDATE=1 does what --update does.")]
pub(crate) struct GateArgs {
    /// The baseline: a perf.lock, or reports, or a folder of them. May be given several times.
    #[arg(short, long, value_name = "PATH")]
    pub(crate) baseline: Vec<PathBuf>,
    /// Budgets to judge the runs by.
    #[arg(long, value_name = "FILE")]
    pub(crate) budgets: Option<PathBuf>,
    /// The runs: reports, JSON lines, or folders of them.
    #[arg(required = true, value_name = "HEAD")]
    pub(crate) head: Vec<PathBuf>,
    /// An inconclusive verdict has exit code 3 instead of 0.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Take the runs as the baseline, also where figures are worse; a file that does not exist is made.
    #[arg(long, conflicts_with = "update_passing")]
    pub(crate) update: bool,
    /// Take the runs as the baseline if nothing regressed.
    #[arg(long)]
    pub(crate) update_passing: bool,
    #[command(flatten)]
    pub(crate) moves: Moves,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo perf compare main -- input.txt
  cargo perf compare v1.2.0 -p codescan --format markdown -- src/
  cargo perf compare HEAD~1 --ratio 1.02 --max-time 2min -- input.txt
  cargo perf compare main --test budgets -- parse_   budget tests by name
  cargo perf compare main --lib --instructions       counted, not timed

The other revision is built in a git worktree in a temporary folder, which is removed in the end, also on Ctrl-C. Then \
both programs run in turn, ABBA or BAAB by lot, so that a machine that drifts slows down both alike. A slower probe fails if \
that is proven and it is more than 5 % beyond the ratio.

With --instructions both are counted, not timed: by the processor where the kernel lets it, else by valgrind's callgrind. One \
per cent more is found, on a busy machine too; waiting and caches are not counted.

Exit codes as of `gate`: 0 passed, 1 failed, 2 bad input; inconclusive is 0, and 3 with --strict.")]
pub(crate) struct CompareArgs {
    /// The revision to compare with: a branch, a tag, a commit.
    #[arg(value_name = "REV")]
    pub(crate) revision: String,
    #[command(flatten)]
    pub(crate) target: Target,
    /// Compare the budget tests in this file of `tests/`, not a program.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["bin", "example", "lib"])]
    pub(crate) test: Option<String>,
    /// Compare the budget tests in the library, not a program.
    #[arg(long, conflicts_with_all = ["bin", "example"])]
    pub(crate) lib: bool,
    /// Metrics that shall not decide, by comma, such as calls,allocs.
    #[arg(long, value_name = "METRICS", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
    /// Compare counted instructions, of each budget test or of each probe of the program, in three processes of each side.
    #[arg(long, conflicts_with_all = ["least", "blocks", "max_time", "skip"])]
    pub(crate) instructions: bool,
    /// How much slower, as a quotient, is still the same.
    #[arg(long, value_name = "R", default_value_t = 1.0)]
    pub(crate) ratio: f64,
    /// Give up after five blocks where this machine cannot show so small a change, such as 10%.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(crate) least: Option<f64>,
    /// Most blocks of four runs: 14, 20 and 30 are the looks, and 45, 70 and 100 where there may be more than 30; fewer than 14
    /// decide nothing, and fewer than 20 fail nothing.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) blocks: u32,
    /// Stop after this time, such as 5min; comparisons that are not decided by then are inconclusive.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) max_time: Option<std::time::Duration>,
    /// An inconclusive verdict has exit code 3 instead of 0.
    #[arg(long)]
    pub(crate) strict: bool,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// A number of per cent, with or without its sign.
fn percent(text: &str) -> Result<f64, std::num::ParseFloatError> {
    text.trim().trim_end_matches('%').trim_end().parse()
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo perf trend history.jsonl
  cargo perf trend history.jsonl --add perf.json     add a report, then show
  cargo perf trend history/ --probe 'codec::*' --metric p95 --svg trend.svg

A history is JSON lines of reports, or a folder of them; it is read in the order of their times.")]
pub(crate) struct TrendArgs {
    /// The history: JSON lines, or a folder of reports.
    #[arg(value_name = "HISTORY")]
    pub(crate) history: PathBuf,
    /// Add these reports to the history first; it must be JSON lines then.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) add: Vec<PathBuf>,
    /// The metric to look at.
    #[arg(long, value_name = "METRIC", default_value = "mean")]
    pub(crate) metric: String,
    /// Probes to look at; `*` stands for anything. May be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) probe: Vec<String>,
    /// The least change that matters, in per cent.
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0)]
    pub(crate) least: f64,
    /// Draw into this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo perf status perf.json
  cargo perf status --budgets b.toml runs/ --format html -o status.html
  cargo perf status runs/ --into README.md     write the table into a page
  cargo perf status runs/ --check README.md    1 where it promises other things

Budgets are those that the reports declare, and those of perf-budgets.toml where it is in this folder. The gap is how far \
the measured value is beyond the target, or beyond the limit where there is no target; less than nothing is room. In a \
page the table stands between <!-- perf status --> and <!-- /perf status -->.")]
pub(crate) struct StatusArgs {
    /// Reports: files, JSON lines, or folders of them, `-` for standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Budgets to judge the reports by.
    #[arg(long, value_name = "FILE")]
    pub(crate) budgets: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = StatusForm::Table)]
    pub(crate) format: StatusForm,
    /// Write into this file, whole or not at all, instead of to standard output.
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Put the table between the markers of a page of Markdown.
    #[arg(long, value_name = "PAGE", conflicts_with_all = ["format", "output", "check"])]
    pub(crate) into: Option<PathBuf>,
    /// Say whether the table in a page of Markdown has these targets and limits; measured values may differ.
    #[arg(long, value_name = "PAGE", conflicts_with_all = ["format", "output"])]
    pub(crate) check: Option<PathBuf>,
    /// Leave out budgets of a file for figures that were not measured: of a program that ran in part.
    #[arg(long, conflicts_with_all = ["into", "check"])]
    pub(crate) measured: bool,
    /// End with 1 where a limit is broken.
    #[arg(long, conflicts_with_all = ["into", "check"])]
    pub(crate) exit_code: bool,
}

/// How a table of status is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatusForm {
    /// For a terminal.
    Table,
    /// For a page of Markdown.
    Markdown,
    /// A page for the browser.
    Html,
    /// For programs.
    Json,
}
