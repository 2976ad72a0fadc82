//! The closed loop for async functions: each worker is a task.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use crate::clock::{Clock, Monotonic};
use crate::conduct::{End, Halt, conduct};
use crate::finish::{Before, finish};
use crate::mix::{Choice, TaskWork};
use crate::observe::Observer;
use crate::record::{Done, Shards, Times};
use crate::settings::{Settings, window};
use crate::tasks::{guarded, runtime};
use crate::{Error, Model, Outcome};

/// Runs the workers for this time.
pub(crate) fn drive<W: TaskWork>(
    settings: &Settings,
    duration: Duration,
    work: &Arc<W>,
    choice: &Choice,
) -> Result<Outcome, Error> {
    let Model::Closed { workers, think } = settings.model else {
        return Err(Error::invalid("workers", "an open loop has a schedule"));
    };
    let runtime = runtime()?;
    let before = Before::now();
    let shared = Arc::new(Shared {
        work: work.clone(),
        choice: choice.clone(),
        seed: settings.seed,
        until: u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX),
        think,
        halt: Halt::new(settings),
        shards: Shards::new(window(duration), choice.names().len(), false),
        numbers: AtomicU64::new(0),
    });
    let observer = Observer::new(settings, duration, shared.shards.collector(), shared.shards.tallies());
    let begin = || Arc::new(Monotonic::new());
    let conducted = conduct(1, begin, observer, |_, clock| {
        let (ended, all_ended) = mpsc::channel();
        for _ in 0..workers {
            let (shared, clock, ended) = (shared.clone(), clock.clone(), ended.clone());
            runtime.spawn(async move {
                // The receiver is gone where the drive could not go on.
                let _ = ended.send(shared.work(&clock).await);
            });
        }
        drop(ended);
        all_ended.iter().fold(End::default(), End::join)
    });
    runtime.shutdown_background();
    let (end, _) = conducted?;
    Ok(finish(settings, duration, None, choice, end, shared.shards.deliver_all(), before))
}

struct Shared<W> {
    work: Arc<W>,
    choice: Choice,
    seed: u64,
    until: u64,
    think: Duration,
    halt: Halt,
    shards: Shards,
    numbers: AtomicU64,
}

impl<W: TaskWork> Shared<W> {
    /// One worker.
    async fn work(&self, clock: &Monotonic) -> End {
        let mut end = End::default();
        loop {
            let start = clock.now();
            if start >= self.until {
                return end;
            }
            if self.halt.is_halted() {
                end.stopped = Some(start);
                return end;
            }
            self.shards.started();
            let number = self.numbers.fetch_add(1, Ordering::Relaxed);
            let (operation, ctx) = self.choice.draw(self.seed, number, start);
            let done = guarded(|| self.work.call(operation, ctx)).await;
            if done == Done::Panicked {
                self.halt.panicked();
            }
            end.last = clock.now();
            self.shards.ended(Times { due: start, start, end: end.last, late: 0 }, operation, done);
            if self.think.is_zero() {
                // An operation that never waits would keep the other workers from running.
                tokio::task::yield_now().await;
            } else {
                let left = Duration::from_nanos(self.until.saturating_sub(end.last));
                tokio::time::sleep(self.think.min(left)).await;
            }
        }
    }
}
