//! The `codescan` program: parse, scan, print. The work is in the library.

use std::alloc::System;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use codescan::cli::Args;
use codescan::progress::Progress;
use codescan::render::{self, Style};
use codescan::scan;
use codescan::summary::Summary;

/// Counts allocations for the probes. With the `profiling` feature off it only forwards to [`System`], as the default
/// allocator does, so no `cfg` is needed here.
#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(System);

/// Some text file was read.
const OK: u8 = 0;
/// There was nothing to read, or the summary could not be written.
const NOTHING: u8 = 1;
/// The arguments make no sense; clap uses the same code.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let args = Args::parse();
    // Reports when dropped, so after the summary. Without the feature it does nothing.
    let _reporter = perf_exporters::init();
    ExitCode::from(run(&args))
}

fn run(args: &Args) -> u8 {
    let progress = Progress::new();
    let scanned = scan::scan(&args.scan_options(), &progress);
    progress.finish();
    let tally = match scanned {
        Ok(tally) => tally,
        Err(error) => {
            eprintln!("codescan: {error}");
            return if error.is_usage() { USAGE } else { NOTHING };
        }
    };

    let summary = Summary::new(tally, &args.summary_options());
    if let Err(error) = print(args, &summary) {
        // A closed pipe (`codescan | head`) means that the reader has seen enough.
        if error.kind() != io::ErrorKind::BrokenPipe {
            eprintln!("codescan: cannot write the summary: {error}");
            return NOTHING;
        }
    }
    if summary.files.read == 0 {
        eprintln!("codescan: no readable text file in '{}'", args.dir.display());
        return NOTHING;
    }
    OK
}

fn print(args: &Args, summary: &Summary) -> io::Result<()> {
    let stdout = io::stdout();
    let style = Style::detect(stdout.is_terminal());
    let mut out = io::BufWriter::new(stdout.lock());
    if args.json {
        render::json(&mut out, summary)?;
    } else if let Some(found) = &summary.search {
        render::search(&mut out, found, style)?;
    } else {
        render::tables(&mut out, summary, style)?;
    }
    out.flush()
}
