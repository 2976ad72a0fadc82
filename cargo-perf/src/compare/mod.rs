//! `cargo perf compare`: this tree against another revision, both run in turn on this machine.
//!
//! [`worktree`] checks out the other revision, [`blocks`] collects and judges, [`scatter`] says what can be shown, [`show`] prints; here is the order of
//! it all.

mod blocks;
mod counted;
mod median;
mod paths;
mod scatter;
mod show;
mod worktree;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use perf_exporters::gate::{Of, counting};
use perf_exporters::judge::relative::{Order, looks};

use crate::build::{self, Built, Elsewhere, Tests};
use crate::cli::CompareArgs;
use crate::failure::{Failure, Result};
use crate::program::{BudgetTest, NO_REPORT, Output, Program, Run};
use crate::run::{COUNTED, costliest};
use crate::{diff, out};
use blocks::Collected;
use counted::{Counted, Process};
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
    if args.instructions {
        let compared = count(args, &mut old, &mut new)?.compared(args, &commit)?;
        drop(worktree);
        compared.show(args.format)?;
        return Ok(out::code(&compared.verdict(), args.strict));
    }
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
        around: Some(worktree.around()),
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

fn is_test(args: &CompareArgs) -> bool {
    args.test.is_some() || args.lib
}

fn run_once(args: &CompareArgs, program: &Program, name: &str) -> Result<Run> {
    let run = program.run(Output::Kept).map_err(interrupted_or)?;
    check(&run, name, is_test(args)).map(|()| run)
}

fn first_runs(args: &CompareArgs, old: &Program, new: &Program) -> Result<[Run; 2]> {
    out::progress(&"warming up: one run of each");
    Ok([run_once(args, old, &args.revision)?, run_once(args, new, HERE)?])
}

/// The budget tests of both sides, by the test harness's names.
struct Budgeted {
    both: BTreeSet<String>,
    only_old: Vec<String>,
    only_new: Vec<String>,
    /// The names of their budgets.
    budgets: BTreeMap<String, String>,
}

impl Budgeted {
    fn of(first: &[Run; 2]) -> Self {
        let named = |run: &Run| {
            let name = |budget: &BudgetTest| Some((budget.test.clone()?, budget.budget.clone()));
            run.budgets.iter().filter_map(name).collect::<BTreeMap<String, String>>()
        };
        let [before, after] = first.each_ref().map(named);
        let only = |these: &BTreeMap<String, String>, those: &BTreeMap<String, String>| {
            these.keys().filter(|test| !those.contains_key(*test)).cloned().collect()
        };
        let (only_old, only_new) = (only(&before, &after), only(&after, &before));
        let both = after.keys().filter(|test| before.contains_key(*test)).cloned().collect();
        Self { both, only_old, only_new, budgets: after }
    }
}

/// Counts the instructions of both sides.
fn count(args: &CompareArgs, old: &mut Program, new: &mut Program) -> Result<Counted> {
    let counted_by = counting().map_err(Failure::new)?;
    let first = first_runs(args, old, new)?;
    if !is_test(args) {
        return count_probes(args, [old, new], &first, counted_by);
    }
    let tests = Budgeted::of(&first);
    let once = |program: &Program, _: &str, only: Option<&BTreeSet<String>>| {
        let mut seen = Process::default();
        for test in &tests.both {
            let budget = tests.budgets.get(test).unwrap_or(test);
            if INTERRUPTED.load(Ordering::Relaxed) {
                return Err(Failure::new("interrupted"));
            }
            let named = |size: &usize| if *size == 0 { budget.clone() } else { format!("{budget} (n = {size})") };
            // All sizes of a test are counted together.
            if only.is_some_and(|only| !only.iter().any(|name| name.split(" (n = ").next() == Some(budget.as_str()))) {
                continue;
            }
            match program.counted_test(test) {
                Ok(counted) => {
                    seen.counts.extend(counted.by_size.iter().map(|(size, count)| (named(size), *count)));
                    counted.counted_by.clone_into(&mut seen.counted_by);
                }
                Err(why) => _ = seen.uncounted.insert(budget.clone(), why.into_owned()),
            }
        }
        Ok(seen)
    };
    Counted::collect(args, [old, new], once)
}

/// The same of a program: of the probes that both sides call, those with most time of their own.
fn count_probes(args: &CompareArgs, sides: [&Program; 2], first: &[Run; 2], counted_by: &str) -> Result<Counted> {
    let called = |run: &Run| costliest(run.report.as_ref(), usize::MAX);
    let before: BTreeSet<String> = called(&first[0]).into_iter().map(|(name, _)| name).collect();
    let mut probes = called(&first[1]);
    probes.retain(|(name, _)| before.contains(name));
    if probes.is_empty() {
        return Err(Failure::new(NO_REPORT));
    }
    let calls = |at: usize, name: &str| {
        let probe = first[at].report.as_ref().and_then(|report| report.probe(name));
        probe.map_or(1.0, |probe| probe.calls.max(1) as f64)
    };
    if probes.len() > COUNTED {
        out::warn(&format!("of {} probes the {} with most time of their own are counted", probes.len(), COUNTED));
        probes.truncate(COUNTED);
    }
    Counted::collect(args, sides, |program, name, only| {
        let mut seen = Process { counted_by: counted_by.to_owned(), ..Process::default() };
        for (probe, _) in probes.iter().filter(|(probe, _)| only.is_none_or(|only| only.contains(probe))) {
            if INTERRUPTED.load(Ordering::Relaxed) {
                return Err(Failure::new("interrupted"));
            }
            match program.counted_probe(probe, Of::Whole) {
                Ok(count) => {
                    _ = seen.counts.insert(probe.clone(), count as f64 / calls(usize::from(name == HERE), probe));
                }
                Err(why) => _ = seen.uncounted.insert(probe.clone(), why),
            }
        }
        Ok(seen)
    })
}

fn collect(args: &CompareArgs, old: &mut Program, new: &mut Program) -> Result<Collected> {
    let once = |program: &Program, name: &str| run_once(args, program, name);
    let mut collected = Collected::new(is_test(args), args.blocks as usize);
    let first = first_runs(args, old, new)?;
    if is_test(args) {
        // Tests without a budget, and those that only one side has, are left out from here on.
        let tests = Budgeted::of(&first);
        (collected.only_old, collected.only_new) = (tests.only_old, tests.only_new);
        if tests.both.is_empty() {
            return Ok(collected);
        }
        old.select(&tests.both);
        new.select(&tests.both);
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
        let looked_at = looks(args.blocks as usize).iter().any(|stage| stage.blocks == done);
        let decided = looked_at && collected.is_decided(args.ratio);
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
    let busy = *most > UNFIT && args.least.is_none();
    if busy {
        let more = collected.shows(LOOKS_END).first().map_or(0.0, |first| first.1);
        out::warn(&format!(
            "this machine is too busy to show {} of every probe: --blocks {LOOKS_END} can be expected to show {}, --least gives up \
             here, and --instructions counts instead",
            percent(UNFIT),
            percent(more)
        ));
    }
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

/// A machine that does not show so much of every probe is said to be too busy.
const UNFIT: f64 = 0.1;

/// The most blocks that are looked at.
const LOOKS_END: usize = 100;

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
