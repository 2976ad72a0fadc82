//! The checks as a program: `tables quick`, `tables default`, `tables full`, `tables pair structure`.

use std::alloc::System;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use perf_core::PerfAlloc;
use perf_exporters::html;
use tables::measure::{self, Size};
use tables::{Injection, pair};

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(System);

/// Infrastructure checks of a small table store in memory. Exit code 0, with `--strict` 1 where a limit is broken, 2 for bad input.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// All checks with 300,000 rows, in some twenty seconds.
    Quick(Settings),
    /// All checks with 3,000,000 rows.
    Default(Settings),
    /// All checks with 20,000,000 rows.
    Full(Settings),
    /// An optimisation, before and after.
    Pair {
        /// What is optimised.
        #[arg(value_enum)]
        what: Optimised,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Optimised {
    /// The data structure: a map in each row, or columns.
    Structure,
}

#[derive(Args)]
struct Settings {
    /// Build in a regression.
    #[arg(long, value_enum)]
    inject: Option<Injection>,
    /// The folder for report.json and report.html.
    #[arg(long, default_value = "target/tables", value_name = "PATH")]
    folder: PathBuf,
    /// End with 1 where a limit is broken; a busy machine breaks limits of time.
    #[arg(long)]
    strict: bool,
}

fn main() -> ExitCode {
    let (size, settings) = match Cli::parse().command {
        Command::Quick(settings) => (Size::Quick, settings),
        Command::Default(settings) => (Size::Default, settings),
        Command::Full(settings) => (Size::Full, settings),
        Command::Pair { what: Optimised::Structure } => {
            print!("{}", pair::structure());
            return ExitCode::SUCCESS;
        }
    };
    run(size, &settings).unwrap_or_else(|error| {
        eprintln!("tables: {error}");
        ExitCode::from(2)
    })
}

fn run(size: Size, settings: &Settings) -> Result<ExitCode, Box<dyn Error>> {
    let folder = &settings.folder;
    fs::create_dir_all(folder)
        .map_err(|error| format!("{}: {error}; --folder names another folder", folder.display()))?;
    let report = measure::all(size, settings.inject, |what| eprintln!("{what}"))?;
    let [json, page] = ["report.json", "report.html"].map(|name| folder.join(name));
    report.write(&json)?;
    fs::write(&page, html::render(&report, &html::Options::default()))?;
    eprintln!("{} and {}\n", json.display(), page.display());
    Ok(status(&json, settings.strict))
}

/// The success table, by `cargo perf status`.
fn status(report: &Path, strict: bool) -> ExitCode {
    let budgets = concat!(env!("CARGO_MANIFEST_DIR"), "/perf-budgets.toml");
    let args = ["cargo-perf", "perf", "status", "--budgets", budgets].map(OsString::from).into_iter();
    cargo_perf::run(args.chain(strict.then(|| "--exit-code".into())).chain([report.into()]))
}
