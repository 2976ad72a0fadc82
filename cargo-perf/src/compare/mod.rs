//! `cargo perf compare`: this tree against another revision, both run in turn on this machine.
//!
//! [`worktree`] checks out the other revision, [`blocks`] collects and judges, [`scatter`] says what can be shown, [`show`] prints; here is the order of
//! it all.

mod blocks;
mod paths;
mod scatter;
mod show;
mod worktree;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use perf_exporters::judge::relative::{Order, STAGES};

use crate::build::{self, Built, Elsewhere, Tests};
use crate::cli::CompareArgs;
use crate::failure::{Failure, Result};
use crate::program::{Output, Program, Run};
use crate::{diff, out};
use blocks::Collected;
use worktree::{Repository, Worktree};

/// Set by Ctrl-C: the work ends at the next run, and the files that were made are removed.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

pub(crate) fn run(args: &CompareArgs) -> Result<ExitCode> {
    if !(args.ratio > 0.0 && args.ratio.is_finite()) {
        return Err(Failure::new(format!("--ratio {}: must be a number above zero, such as 1.05", args.ratio)));
    }
    if args.least.is_some_and(|least| !(least > 0.0 && least.is_finite())) {
        return Err(Failure::new("--least: must be a number of per cent above zero, such as 10%"));
    }
    let skip = args.skip.iter().map(|name| diff::metric(name)).collect::<Result<Vec<_>>>()?;
    // Without a handler the signal ends this program at once, and its files stay.
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed))
        .map_err(|error| Failure::new(format!("cannot watch for Ctrl-C: {error}")))?;

    let repository = Repository::around(args.target.manifest_path.as_deref())?;
    let commit = repository.commit(&args.revision)?;
    worktree::remove_stale(&repository);
    let (mut old, mut new, worktree) = build_both(args, &repository, &commit)?;
    let mut collected = collect(args, &mut old, &mut new)?;
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
    let old = build::build(&args.target, tests, &elsewhere).map_err(|failure| {
        let hint = paths::hint(worktree.tree());
        interrupted_or(Failure::new(format!("{}: {failure}{hint}", args.revision)))
    })?;
    let program = |built: Built| {
        let program = Program::new(built.path, &args.target.args)?;
        Result::Ok(if tests.is_some() { program.with_tests_of(built.package) } else { program })
    };
    Ok((program(old)?, program(new)?, worktree))
}

/// The name of the present revision.
const HERE: &str = "this tree";

fn collect(args: &CompareArgs, old: &mut Program, new: &mut Program) -> Result<Collected> {
    let is_test = args.test.is_some() || args.lib;
    let once = |program: &Program, name: &str| {
        let run = program.run(Output::Kept).map_err(interrupted_or)?;
        check(&run, name, is_test).map(|()| run)
    };
    let mut collected = Collected::new(is_test);
    out::progress(&"warming up: one run of each");
    let first = [once(old, &args.revision)?, once(new, HERE)?];
    if is_test {
        // Tests without a budget, and those that only one side has, are left out from here on.
        let names =
            |run: &Run| run.budgets.iter().filter_map(|budget| budget.test.clone()).collect::<BTreeSet<String>>();
        let [before, after] = first.each_ref().map(names);
        collected.only_old = before.difference(&after).cloned().collect();
        collected.only_new = after.difference(&before).cloned().collect();
        let both: BTreeSet<String> = before.intersection(&after).cloned().collect();
        if both.is_empty() {
            return Ok(collected);
        }
        old.select(&both);
        new.select(&both);
    }
    let start = Instant::now();
    let seed = u64::from(std::process::id());
    for block in 0..args.blocks as usize {
        let order = Order::drawn(seed, block);
        let mut runs = Vec::with_capacity(4);
        for slot in 0..4 {
            let (program, name) = if order.runs_b(slot) { (&*new, HERE) } else { (&*old, args.revision.as_str()) };
            runs.push(once(program, name)?);
        }
        collected.add(order, runs);
        let done = block + 1;
        let decided = STAGES.iter().any(|stage| stage.blocks == done) && collected.is_decided(args.ratio);
        let elapsed = start.elapsed();
        out::progress(&format!("block {done} of at most {}, {:.1} s", args.blocks, elapsed.as_secs_f64()));
        if decided || (done == scatter::PILOT && !is_fit(args, &collected, seed)) {
            break;
        }
        if args.max_time.is_some_and(|most| elapsed >= most) {
            out::warn(&format!("--max-time is over after {done} blocks"));
            break;
        }
    }
    Ok(collected)
}

/// Reports the change that this machine can show, and returns whether that is small enough for the request.
fn is_fit(args: &CompareArgs, collected: &Collected, seed: u64) -> bool {
    let shows = collected.shows(args.blocks as usize);
    let Some((worst, most)) = shows.first() else { return true };
    let least = shows.last().map_or(0.0, |last| last.1);
    let percent = |share: f64| format!("+{:.0} %", 100.0 * share);
    out::progress(&format!(
        "{} blocks in an order drawn from seed {seed} can be expected to show {} to {} (of {worst:?})",
        args.blocks,
        percent(least),
        percent(*most)
    ));
    let Some(asked) = args.least.map(|least| least / 100.0).filter(|asked| most > asked) else { return true };
    let unfit = shows.iter().filter(|(_, change)| *change > asked).count();
    out::warn(&format!(
        "--least {}: {unfit} of {} would not show that on this machine, as busy as it is; given up after {} blocks",
        percent(asked),
        shows.len(),
        scatter::PILOT
    ));
    false
}

/// A run that failed measures something else.
fn check(run: &Run, name: &str, is_test: bool) -> Result<()> {
    if INTERRUPTED.load(Ordering::Relaxed) {
        return Err(Failure::new("interrupted"));
    }
    // Budgets that are broken do not fail a run that only measures.
    if !run.status.success() {
        return Err(Failure::new(format!("{name}: it ended with {}{}", run.status, last_words(&run.said))));
    }
    if is_test && run.budgets.is_empty() {
        return Err(Failure::new(format!(
            "{name}: no budget test ran: is there one that the arguments select, and does the feature turn the library on?"
        )));
    }
    Ok(())
}

/// The end of what a program wrote.
fn last_words(said: &str) -> String {
    const LINES: usize = 30;
    let lines: Vec<&str> = said.trim_end().lines().collect();
    let shown = lines[lines.len().saturating_sub(LINES)..].join("\n");
    if shown.is_empty() { ", and wrote nothing".to_owned() } else { format!("; the last that it wrote:\n{shown}") }
}

/// Ctrl-C also interrupts cargo and git, whose errors then do not matter.
fn interrupted_or(failure: Failure) -> Failure {
    if INTERRUPTED.load(Ordering::Relaxed) { Failure::new("interrupted") } else { failure }
}
