//! The closed loop: workers that each start an operation when their last one is done.
//!
//! They ask a slow system less often, and the operations that would have come meanwhile are in no quantile. A closed loop
//! measures how much so many workers get done, not how long callers wait.

#[cfg(feature = "tokio")]
pub(crate) mod tasks;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::{Clock, Monotonic};
use crate::conduct::{End, Halt, conduct};
use crate::finish::{Before, finish};
use crate::mix::{Choice, Work};
use crate::observe::Observer;
use crate::open::call;
use crate::record::{Apart, Collector, Done, Recorder, Tally, Times};
use crate::settings::{Settings, window};
use crate::{Error, Model, Outcome};

/// Runs the workers for this time.
pub(crate) fn drive(
    settings: &Settings,
    duration: Duration,
    work: &impl Work,
    choice: &Choice,
) -> Result<Outcome, Error> {
    drive_by(Monotonic::new, settings, duration, work, choice)
}

pub(crate) fn drive_by<C: Clock + Send>(
    begin: impl FnOnce() -> C,
    settings: &Settings,
    duration: Duration,
    work: &impl Work,
    choice: &Choice,
) -> Result<Outcome, Error> {
    let Model::Closed { workers, think } = settings.model else {
        return Err(Error::invalid("workers", "an open loop has a schedule"));
    };
    let before = Before::now();
    let width = window(duration);
    let collector = Collector::new(width);
    let tallies: Vec<Apart<Tally>> = (0..workers).map(|_| Apart::default()).collect();
    let halt = Halt::new(settings);
    let numbers = AtomicU64::new(0);
    let observer = Observer::new(settings, duration, &collector, &tallies);
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let (until, think) = (nanos(duration), nanos(think));
    let (end, _) = conduct(workers, begin, observer, |worker, clock| {
        let tally = &tallies[worker].0;
        let mut recorder = Recorder::new(width, choice.names().len(), false);
        let mut end = End::default();
        let mut start = clock.now();
        while start < until {
            if halt.is_halted() {
                end.stopped = Some(start);
                break;
            }
            tally.started();
            let number = numbers.fetch_add(1, Ordering::Relaxed);
            let (operation, ctx) = choice.draw(settings.seed, number, start);
            let done = call(work, operation, &ctx, &halt);
            end.last = clock.now();
            tally.completed(done != Done::Ok);
            let times = Times { due: start, start, end: end.last, late: 0 };
            if let Some(part) = recorder.ended(times, operation, done) {
                collector.deliver(part);
            }
            // The time of recording belongs to no operation.
            start = if think == 0 {
                clock.now()
            } else {
                clock.wait(end.last.saturating_add(think).min(until), &|| halt.is_halted())
            };
        }
        collector.deliver(recorder.take());
        end
    })?;
    Ok(finish(settings, duration, None, choice, end, &collector, before))
}
