//! Arguments that several commands share.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
pub(crate) use perf_exporters::Format as Form;
use perf_exporters::Weight;

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a terminal.
    Table,
    /// For programs.
    Json,
    /// For a pull request.
    Markdown,
}

/// The program, and how it is built.
#[derive(Args, Clone, Debug)]
pub(crate) struct Target {
    /// Features to build with, by comma; the one that turns the probes on among them [default: profiling, but none for
    /// budget tests].
    #[arg(short = 'F', long, alias = "features", value_name = "NAMES")]
    pub(crate) feature: Option<String>,
    /// Build without any feature.
    #[arg(long, conflicts_with = "feature")]
    pub(crate) no_feature: bool,
    /// Package to build.
    #[arg(short, long, value_name = "NAME")]
    pub(crate) package: Option<String>,
    /// Binary to run.
    #[arg(long, value_name = "NAME", conflicts_with = "example")]
    pub(crate) bin: Option<String>,
    /// Example to run.
    #[arg(long, value_name = "NAME")]
    pub(crate) example: Option<String>,
    /// Profile to build with.
    #[arg(long, value_name = "NAME", default_value = "release")]
    pub(crate) profile: String,
    /// Cargo.toml to build by.
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// Arguments of the program.
    #[arg(last = true, value_name = "ARGS")]
    pub(crate) args: Vec<OsString>,
}

impl Target {
    /// The features to build with. Budget tests turn the probes on by themselves, by their package's dev-dependencies.
    pub(crate) fn features(&self, tests: bool) -> Option<&str> {
        let usual = if tests { "" } else { "profiling" };
        let features = self.feature.as_deref().unwrap_or(usual).trim();
        Some(features).filter(|features| !self.no_feature && !features.is_empty())
    }
}

/// How changes are found, and shown.
#[derive(Args)]
pub(crate) struct Moves {
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Show what did not move as well.
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) rules: Rules,
}

/// Rules of a verdict.
#[derive(Args)]
pub(crate) struct Rules {
    /// Other thresholds, in per cent: METRIC=WARN,FAIL, such as mean=5,10.
    #[arg(long = "threshold", value_name = "METRIC=WARN,FAIL")]
    pub(crate) thresholds: Vec<String>,
    /// Metrics that shall not decide, by comma, such as calls,p95.
    #[arg(long, value_name = "METRICS", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
}

/// How a report is written, and where.
#[derive(Args, Clone, Debug)]
pub(crate) struct Rendering {
    /// Format of the report; `merge` writes JSON by default, all others a table.
    #[arg(long, value_name = "FORM", value_parser = forms())]
    pub(crate) format: Option<Form>,
    /// Write into this file, whole or not at all, instead of to standard output.
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// A page for the browser: --format html -o PATH, by default perf.html.
    #[arg(
        long,
        value_name = "PATH",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "perf.html",
        conflicts_with_all = ["format", "output"]
    )]
    pub(crate) html: Option<PathBuf>,
    /// Probes in a table, also of Markdown; 0 for all.
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub(crate) top: usize,
    /// The figure that a flame graph's widths show (svg, folded).
    #[arg(long, value_name = "WHAT", value_parser = weight)]
    pub(crate) weight: Option<Weight>,
    /// An earlier report, to show what changed since (html, markdown).
    #[arg(long, value_name = "FILE")]
    pub(crate) compare: Option<PathBuf>,
    /// A history, to show how the figures went (html): JSON lines, or a folder of reports.
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Vec<PathBuf>,
}

/// Every form that a report can be written in, with its description.
fn forms() -> impl TypedValueParser<Value = Form> {
    let forms = Form::ALL.into_iter().filter(|form| !form.is_live());
    let values = forms.map(|form| PossibleValue::new(form.keyword()).help(form.summary().trim_end_matches('.')));
    PossibleValuesParser::new(values).try_map(|keyword| Form::from_keyword(&keyword).ok_or("no form of a report"))
}

fn weight(text: &str) -> Result<Weight, String> {
    let known = Weight::ALL.into_iter().find(|weight| weight.keyword() == text);
    known.ok_or_else(|| "there are time, allocs and bytes".to_owned())
}
