//! Puts every function of a crate under `#[perf_probe]`, beside a count of its calls that is kept without this library, and compares
//! the two counts after the crate's own tests have run.
//!
//! ```text
//! annotate rewrite [--no-count] FILE.rs…   rewrites the files in place: work on a copy
//! annotate compare DIR                     what the tests' processes left in DIR
//! ```
//!
//! `run.sh` beside this does it for crates from the registry.

mod compare;
mod rewrite;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("annotate: {problem:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["rewrite", rest @ ..] => {
            let counted = rest.first() != Some(&"--no-count");
            let files = if counted { rest } else { &rest[1..] };
            let mut annotated = 0;
            for file in files {
                let text = std::fs::read_to_string(file).with_context(|| (*file).to_owned())?;
                let Ok(rewritten) = rewrite::annotated(&text, counted) else {
                    println!("left alone, since it does not parse by itself: {file}");
                    continue;
                };
                std::fs::write(file, rewritten.text).with_context(|| (*file).to_owned())?;
                annotated += rewritten.functions;
            }
            println!("{annotated} functions in {} files are annotated", files.len());
            Ok(true)
        }
        ["compare", folder] => compare::folder(folder.as_ref()),
        _ => bail!("usage: annotate rewrite [--no-count] FILE.rs… | annotate compare DIR"),
    }
}
