//! The command line: here the commands, in [`commands`] the arguments of each, in [`groups`] those that several share, and in
//! `load` those that are also keys of a file.

mod commands;
mod groups;
#[cfg(feature = "load")]
mod load;

use std::ffi::OsString;

use clap::{Args, Parser, Subcommand};

pub(crate) use commands::{
    CompareArgs, DiffArgs, GateArgs, MergeArgs, ReportArgs, RunArgs, StatusArgs, StatusForm, TrendArgs,
};
pub(crate) use groups::{Form, Format, Moves, Rendering, Rules, Target};
#[cfg(feature = "load")]
pub(crate) use load::{Keys, LoadArgs, MixKeys, RequestKeys};

/// The command line as cargo calls it: `cargo-perf perf …`.
#[derive(Parser)]
#[command(name = "cargo", bin_name = "cargo")]
pub(crate) enum Cargo {
    /// Run, show, watch, compare and gate what instrumented programs measure.
    Perf(Perf),
}

/// Run, show, watch, compare and gate what instrumented programs measure.
#[derive(Args)]
#[command(
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  cargo perf run -- input.txt               build, run, show the report
  cargo perf run --runs 5 --save before/ -- input.txt
  cargo perf report perf.json --html        the same as a page for the browser
  cargo perf top 9080                       a running program, every second
  cargo perf load http://localhost:3000/ --rate 2000
  cargo perf diff before/ after/            what moved between two sets of runs
  cargo perf compare main -- input.txt      this tree against a revision
  cargo perf gate --baseline perf.lock after/*.json
  cargo perf status after/*.json --into README.md

Exit codes of `gate`, `compare`, `load` and `diff --exit-code`: 0 passed, 1 failed, 2 bad input, 3 inconclusive with --strict; \
of `run` that of the program; of all others 0, or 2 for bad input."
)]
pub(crate) struct Perf {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Build with a feature, run, report.
    Run(RunArgs),
    /// Show a report file, or turn it into a page, a picture, a profile.
    Report(ReportArgs),
    /// Add up the reports of several processes.
    Merge(MergeArgs),
    /// Watch a running program in the terminal.
    #[cfg(feature = "top")]
    Top(crate::top::TopArgs),
    /// Watch a running program in the terminal: needs the feature `top`, which this build lacks.
    #[cfg(not(feature = "top"))]
    Top(Ignored),
    /// Show what changed between two sets of runs.
    Diff(DiffArgs),
    /// Judge runs by a baseline or by budgets; the exit code is the verdict.
    Gate(GateArgs),
    /// Compare this tree with another revision, running both in turn.
    Compare(CompareArgs),
    /// Show target, limit and measured value of every budget, in one table.
    Status(StatusArgs),
    /// Show when a history of reports changed.
    Trend(TrendArgs),
    /// Put a server under load, and report how long its callers wait.
    #[cfg(feature = "load")]
    Load(Box<LoadArgs>),
    /// Put a server under load: needs the feature `load`, which this build lacks.
    #[cfg(not(feature = "load"))]
    Load(Ignored),
}

/// Arguments of a command that this build lacks.
#[cfg(not(all(feature = "load", feature = "top")))]
#[derive(Args)]
pub(crate) struct Ignored {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _args: Vec<OsString>,
}

/// Adds the name of the subcommand that cargo passes, which is missing in a direct call.
pub(crate) fn with_subcommand(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.collect();
    if args.get(1).is_none_or(|first| first != "perf") {
        args.insert(args.len().min(1), "perf".into());
    }
    args
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cargo::command().debug_assert();
    }

    #[test]
    fn examples_fit_on_a_terminal() {
        let command = Cargo::command();
        let perf = command.get_subcommands().next().unwrap();
        for command in perf.get_subcommands().chain([perf]) {
            let help = command.get_after_help().unwrap().to_string();
            let examples: Vec<&str> = help.lines().filter(|line| line.starts_with("  ")).collect();
            assert!(help.starts_with("Examples:\n") && examples.iter().all(|line| line.len() <= 80), "{help}");
        }
    }

    #[test]
    fn budget_tests_need_no_feature() {
        use clap::Parser;

        let features = |args: &[&str]| {
            let parsed = Cargo::try_parse_from([&["cargo", "perf", "compare", "main"], args].concat()).unwrap();
            let Cargo::Perf(Perf { command: Command::Compare(args) }) = parsed else { panic!("compare") };
            let tests = args.test.is_some() || args.lib;
            args.target.features(tests).map(ToOwned::to_owned)
        };
        assert_eq!(features(&[]).as_deref(), Some("profiling"));
        assert_eq!(features(&["--test", "budgets"]), None);
        assert_eq!(features(&["--lib"]), None);
        assert_eq!(features(&["--lib", "--feature", "extra"]).as_deref(), Some("extra"));
        assert_eq!(features(&["--no-feature"]), None);
    }

    #[test]
    fn called_directly_or_by_cargo() {
        let of = |args: &[&str]| with_subcommand(args.iter().map(OsString::from));
        assert_eq!(of(&["cargo-perf", "run"]), ["cargo-perf", "perf", "run"]);
        assert_eq!(of(&["cargo-perf", "perf", "run"]), ["cargo-perf", "perf", "run"]);
        assert_eq!(of(&["cargo-perf"]), ["cargo-perf", "perf"]);
    }
}
