//! `cargo perf compare`: this tree against another revision, both run in turn on this machine.
//!
//! [`worktree`] brings the other revision to disk, [`blocks`] collects and judges, [`show`] prints; here is the order of
//! it all.

mod blocks;
mod show;
mod worktree;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use perf_exporters::gate::relative::{Order, STAGES};

use crate::build::{self, Elsewhere, Tests};
use crate::cli::CompareArgs;
use crate::failure::{Failure, Result};
use crate::program::{Output, Program, Run};
use crate::{diff, out};
use blocks::Collected;
use worktree::{Repository, Worktree};

/// Set by Ctrl-C: the work ends at the next run, and what was made is removed.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

pub(crate) fn run(args: &CompareArgs) -> Result<ExitCode> {
    if !(args.ratio > 0.0 && args.ratio.is_finite()) {
        return Err(Failure::new(format!("--ratio {}: must be a number above zero, such as 1.05", args.ratio)));
    }
    let skip = args.skip.iter().map(|name| diff::metric(name)).collect::<Result<Vec<_>>>()?;
    // Without a handler the signal ends this program at once, and what it made stays.
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed))
        .map_err(|error| Failure::new(format!("cannot watch for Ctrl-C: {error}")))?;

    let repository = Repository::around(args.target.manifest_path.as_deref())?;
    let commit = repository.commit(&args.revision)?;
    let (old, new, worktree) = build_both(args, &repository, &commit)?;
    let mut collected = collect(args, &old, &new)?;
    drop(worktree);
    collected.skip = skip;
    let compared = collected.judge(args, &commit);
    show::show(&compared, args.format)?;
    Ok(out::code(&compared.verdict(), args.strict))
}

/// The old and the new program, ready to run, and the tree of the old one, whose files it may read.
fn build_both<'a>(
    args: &CompareArgs,
    repository: &'a Repository,
    commit: &str,
) -> Result<(Program, Program, Worktree<'a>)> {
    let tests = match &args.test {
        Some(name) => Some(Tests::File(name)),
        None => args.lib.then_some(Tests::Lib),
    };
    out::progress(&"building this tree");
    let new = build::build(&args.target, tests, &Elsewhere::default()).map_err(interrupted_or)?;
    out::progress(&format!("building {} ({})", args.revision, &commit[..commit.len().min(12)]));
    let worktree = Worktree::add(repository, commit)?;
    let elsewhere = Elsewhere {
        folder: Some(worktree.folder()),
        target_dir: Some(worktree.target_dir()),
        manifest_path: worktree.manifest_path(),
    };
    let old = build::build(&args.target, tests, &elsewhere).map_err(interrupted_or)?;
    Ok((Program::new(old, &args.target.args)?, Program::new(new, &args.target.args)?, worktree))
}

fn collect(args: &CompareArgs, old: &Program, new: &Program) -> Result<Collected> {
    let is_test = args.test.is_some() || args.lib;
    let once = |program: &Program, name: &str| {
        let run = program.run(Output::Silent).map_err(interrupted_or)?;
        check(&run, name, is_test).map(|()| run)
    };
    out::progress(&"warming up: one run of each");
    for (program, name) in [(old, args.revision.as_str()), (new, "this tree")] {
        once(program, name)?;
    }
    let start = Instant::now();
    let mut collected = Collected::default();
    for block in 0..args.blocks as usize {
        let order = Order::of(block);
        let mut runs = Vec::with_capacity(4);
        for slot in 0..4 {
            let (program, name) = if order.runs_b(slot) { (new, "this tree") } else { (old, args.revision.as_str()) };
            runs.push(once(program, name)?);
        }
        collected.add(order, runs);
        let done = block + 1;
        let decided = STAGES.iter().any(|stage| stage.blocks == done) && collected.is_decided(args.ratio);
        let elapsed = start.elapsed();
        out::progress(&format!("block {done} of at most {}, {:.1} s", args.blocks, elapsed.as_secs_f64()));
        if decided {
            break;
        }
        if args.max_time.is_some_and(|most| elapsed >= most) {
            out::warn(&format!("--max-time is over after {done} blocks"));
            break;
        }
    }
    Ok(collected)
}

/// A run that failed measures something else.
fn check(run: &Run, name: &str, is_test: bool) -> Result<()> {
    if INTERRUPTED.load(Ordering::Relaxed) {
        return Err(Failure::new("interrupted"));
    }
    // A budget test that fails has measured all the same.
    let measured = run.status.success() || (is_test && !run.budgets.is_empty());
    if !measured {
        return Err(Failure::new(format!(
            "{name}: the program ended with {}; run it by itself to see why",
            run.status
        )));
    }
    if is_test && run.budgets.is_empty() {
        return Err(Failure::new(format!(
            "{name}: no budget test ran: is there one that the arguments select, and does the feature turn the library on?"
        )));
    }
    Ok(())
}

/// Cargo and git are interrupted with us, and then complain.
fn interrupted_or(failure: Failure) -> Failure {
    if INTERRUPTED.load(Ordering::Relaxed) { Failure::new("interrupted") } else { failure }
}
