//! The open loop: operations start by a schedule.
//!
//! The module has the schedule that workers share, and the workers: threads that wait for the next arrival and call the
//! operation. Each waits for an arrival of its own, so a start depends on no other thread; and it takes one only when it is
//! free, so all arrivals wait in one queue.

mod lateness;
mod schedule;
#[cfg(test)]
mod schedule_tests;
mod sync;
#[cfg(feature = "tokio")]
pub(crate) mod tasks;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::clock::{Clock, Monotonic};
use crate::conduct::{End, Halt, conduct};
use crate::finish::{Before, finish};
use crate::mix::{Choice, Work};
use crate::observe::Observer;
use crate::record::{Apart, Collector, Done, Recorder, Tally, Times};
use crate::settings::{Settings, window};
use crate::{Arrivals, Ctx, Error, Model, Outcome};
use lateness::Lateness;
use schedule::{Next, Schedule};

/// Drives by a schedule, on threads.
pub(crate) fn drive(
    settings: &Settings,
    arrivals: &Arrivals,
    work: &impl Work,
    choice: &Choice,
) -> Result<Outcome, Error> {
    drive_by(Monotonic::new, settings, arrivals, work, choice)
}

pub(crate) fn drive_by<C: Clock + Send>(
    begin: impl FnOnce() -> C,
    settings: &Settings,
    arrivals: &Arrivals,
    work: &impl Work,
    choice: &Choice,
) -> Result<Outcome, Error> {
    let Model::Open { max_in_flight } = settings.model else {
        return Err(Error::invalid("workers", "a closed loop follows no schedule"));
    };
    let before = Before::now();
    let schedule = Schedule::new(arrivals, settings.backlog);
    let width = window(arrivals.duration());
    let collector = Collector::new(width);
    let tallies: Vec<Apart<Tally>> = (0..max_in_flight).map(|_| Apart::default()).collect();
    let halt = Halt::new(settings);
    let observer = Observer::new(settings, arrivals.duration(), &collector, &tallies);
    let (end, _) = conduct(max_in_flight, begin, observer, |worker, clock| {
        let recorder = Recorder::new(width, choice.names().len(), true);
        let tally = &tallies[worker].0;
        Worker { schedule: &schedule, clock, halt: &halt, collector: &collector, tally, recorder }.run(
            settings.seed,
            work,
            choice,
        )
    })?;
    if let Some(stopped) = end.stopped {
        schedule.left(stopped).for_each(|due| collector.not_reached(due));
    }
    Ok(finish(settings, arrivals.duration(), arrivals.seed(), choice, end, &collector, before))
}

struct Worker<'a, C> {
    schedule: &'a Schedule,
    clock: &'a C,
    halt: &'a Halt,
    collector: &'a Collector,
    tally: &'a Tally,
    recorder: Recorder,
}

impl<C: Clock> Worker<'_, C> {
    fn run(mut self, seed: u64, work: &impl Work, choice: &Choice) -> End {
        let mut end = End::default();
        let mut free = self.clock.now();
        let mut lateness = Lateness::new(free);
        loop {
            if self.halt.is_halted() {
                end.stopped = Some(self.clock.now());
                break;
            }
            let (number, due) = match self.schedule.next(free) {
                Next::Start { number, due } => (number, due),
                Next::Dropped { due } => {
                    self.recorder.dropped(due);
                    self.tally.dropped();
                    continue;
                }
                Next::Later | Next::End => break,
            };
            let start = if due > free { self.wait(free, due) } else { self.clock.now() };
            if start < due {
                end.stopped = Some(start);
                break;
            }
            let late = lateness.started(due, start);
            self.tally.started();
            let (operation, ctx) = choice.draw(seed, number, due);
            let done = call(work, operation, &ctx, self.halt);
            let ended = self.clock.now();
            lateness.ended(ended);
            self.tally.completed(done != Done::Ok);
            if let Some(part) = self.recorder.ended(Times { due, start, end: ended, late }, operation, done) {
                self.collector.deliver(part);
            }
            (end.last, free) = (ended, ended);
        }
        self.collector.deliver(self.recorder.take());
        end
    }

    /// Waits for an intended start, unless the drive ends earlier.
    fn wait(&mut self, now: u64, due: u64) -> u64 {
        if let Some(part) = self.recorder.turn(now) {
            self.collector.deliver(part);
        }
        self.clock.wait(due, &|| self.halt.is_halted())
    }
}

/// Calls the operation; a panic is its failure, not the driver's.
#[inline]
pub(crate) fn call(work: &impl Work, operation: usize, ctx: &Ctx, halt: &Halt) -> Done {
    catch_unwind(AssertUnwindSafe(|| work.call(operation, ctx))).unwrap_or_else(|_| {
        halt.panicked();
        Done::Panicked
    })
}
