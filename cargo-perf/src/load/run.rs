//! A run from its beginning to its end, and its result.

use std::process;

use perf_exporters::judge::Verdict;
use perf_load::http::{Answers, ServerSide};
use perf_load::{Live, Outcome, Stop};

use super::limits;
use super::live::Line;
use super::plan::Plan;
use super::server::Before;
use super::tui;
use crate::budgets::Held;
use crate::cli::LoadArgs;
use crate::failure::{Failure, Result};
use crate::out;
use crate::screen;

/// The exit code of a program that Ctrl-C ended.
pub(super) const INTERRUPTED: i32 = 130;

/// The result of a run.
pub(super) struct Done {
    pub(super) outcome: Outcome,
    pub(super) seed: u64,
    pub(super) answers: Answers,
    pub(super) server: Option<ServerSide>,
    pub(super) held: Held,
    pub(super) verdict: Verdict,
}

pub(super) fn run(plan: &Plan, args: &LoadArgs) -> Result<Done> {
    if args.tui {
        screen::check("leave --tui out, and a table is printed")?;
    }
    plan.client.reach()?;
    let before = plan.probes.as_ref().map(Before::read).transpose()?;
    let stop = Stop::new();
    end_early(stop.clone())?;
    let outcome = drive(plan, args, stop)?;
    // The client's measurements are kept, even if the server's last report fails.
    let server = before.and_then(|before| before.side().inspect_err(|failure| out::warn(failure)).ok());
    let held = plan.limits.hold(&outcome);
    let verdict = limits::verdict(&held, &outcome);
    Ok(Done { answers: plan.client.answers(), seed: plan.keys.seed(), outcome, server, held, verdict })
}

/// The first Ctrl-C ends the run early, the second one ends the program at once.
fn end_early(stop: Stop) -> Result<()> {
    let again = stop.clone();
    ctrlc::set_handler(move || {
        if again.is_stopped() {
            process::exit(INTERRUPTED);
        }
        stop.stop();
    })
    .map_err(|error| Failure::new(format!("cannot wait for signals: {error}")))
}

fn drive(plan: &Plan, args: &LoadArgs, stop: Stop) -> Result<Outcome> {
    if args.tui {
        return tui::drive(plan, &stop);
    }
    let load = plan.load.clone().stop(stop);
    let operations: Vec<_> = plan.operations.iter().map(|(operation, _)| operation.clone()).collect();
    let line = Line::new();
    let load = if line.is_shown() { load.watch(|live: &Live| Line::show(live)) } else { load };
    Ok(plan.client.drive(&load, &operations)?)
}
