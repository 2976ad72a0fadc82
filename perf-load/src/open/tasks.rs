//! The open loop for async functions: operations are tasks of a tokio runtime.
//!
//! One thread of its own waits for the next arrival, with the exactness of a thread, and spawns a task for it, as long as fewer
//! are in flight than allowed. A task whose operation has ended takes the next overdue arrival, and ends where there is none.
//! So arrivals wait in one queue, and no arrival waits for the dispatcher while there is a queue.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::runtime::Handle;

use super::lateness::Lateness;
use super::schedule::{Next, Schedule};
use crate::clock::{Clock, Monotonic};
use crate::conduct::{End, Halt, conduct};
use crate::finish::{Before, finish};
use crate::mix::{Choice, TaskWork};
use crate::observe::Observer;
use crate::record::{Apart, Done, Shards, Times};
use crate::settings::{Settings, window};
use crate::tasks::{guarded, runtime};
use crate::{Arrivals, Error, Model, Outcome};

/// The dispatcher checks again after this time, regardless of the event that it waits for.
const LOOK: Duration = Duration::from_millis(20);

/// Drives by a schedule, as tasks of a runtime that is made for it.
pub(crate) fn drive<W: TaskWork>(
    settings: &Settings,
    arrivals: &Arrivals,
    work: &Arc<W>,
    choice: &Choice,
) -> Result<Outcome, Error> {
    let Model::Open { max_in_flight } = settings.model else {
        return Err(Error::invalid("workers", "tasks are driven by a schedule: state a rate instead"));
    };
    let runtime = runtime()?;
    let before = Before::now();
    let shared = Arc::new(Shared {
        work: work.clone(),
        choice: choice.clone(),
        seed: settings.seed,
        schedule: Schedule::new(arrivals, settings.backlog),
        halt: Halt::new(settings),
        shards: Shards::new(window(arrivals.duration()), choice.names().len(), true),
        in_flight: Apart::default(),
        last: AtomicU64::new(0),
        dispatcher: OnceLock::new(),
        parked: AtomicBool::new(false),
    });
    let observer = Observer::new(settings, arrivals.duration(), shared.shards.collector(), shared.shards.tallies());
    let begin = || Arc::new(Monotonic::new());
    let conducted = conduct(1, begin, observer, |_, clock| shared.dispatch(max_in_flight, clock, runtime.handle()));
    runtime.shutdown_background();
    let (end, _) = conducted?;
    let collector = shared.shards.deliver_all();
    if let Some(stopped) = end.stopped {
        shared.schedule.left(stopped).for_each(|due| collector.not_reached(due));
    }
    Ok(finish(settings, arrivals.duration(), arrivals.seed(), choice, end, collector, before))
}

struct Shared<W> {
    work: Arc<W>,
    choice: Choice,
    seed: u64,
    schedule: Schedule,
    halt: Halt,
    shards: Shards,
    in_flight: Apart<AtomicUsize>,
    /// The last completion.
    last: AtomicU64,
    dispatcher: OnceLock<Thread>,
    /// Whether the dispatcher waits for a task to end.
    parked: AtomicBool,
}

impl<W: TaskWork> Shared<W> {
    /// Spawns a task for each arrival that is not taken by a task; returns when all have ended.
    fn dispatch(self: &Arc<Self>, most: usize, clock: &Arc<Monotonic>, runtime: &Handle) -> End {
        let _ = self.dispatcher.set(thread::current());
        let mut end = End::default();
        loop {
            let waited = self.in_flight.0.load(Ordering::SeqCst) >= most;
            self.park_while(|| self.in_flight.0.load(Ordering::SeqCst) >= most && !self.halt.is_halted());
            let now = clock.now();
            if self.halt.is_halted() {
                end.stopped = Some(now);
                break;
            }
            match self.schedule.next(now) {
                Next::Start { number, due } => {
                    if clock.wait(due, &|| self.halt.is_halted()) < due {
                        end.stopped = Some(clock.now());
                        break;
                    }
                    self.in_flight.0.fetch_add(1, Ordering::SeqCst);
                    let lateness = Lateness::new(if waited { now } else { 0 });
                    runtime.spawn(self.clone().serve(number, due, lateness, clock.clone()));
                }
                Next::Dropped { due } => self.shards.dropped(due),
                Next::Later | Next::End => break,
            }
        }
        self.park_while(|| self.in_flight.0.load(Ordering::SeqCst) > 0);
        end.last = self.last.load(Ordering::Relaxed);
        end
    }

    fn park_while(&self, condition: impl Fn() -> bool) {
        while condition() {
            // Either this sees that a task has ended, or the task sees that the dispatcher waits: both are in one total order.
            self.parked.store(true, Ordering::SeqCst);
            if condition() {
                thread::park_timeout(LOOK);
            }
            self.parked.store(false, Ordering::SeqCst);
        }
    }

    /// Operations of one task: the arrival that it was spawned for, and the overdue ones when that has ended.
    async fn serve(self: Arc<Self>, number: u64, due: u64, mut lateness: Lateness, clock: Arc<Monotonic>) {
        let mut next = Some((number, due));
        while let Some((number, due)) = next {
            let start = clock.now();
            let late = lateness.started(due, start);
            self.shards.started();
            let (operation, ctx) = self.choice.draw(self.seed, number, due);
            let done = guarded(|| self.work.call(operation, ctx)).await;
            if done == Done::Panicked {
                self.halt.panicked();
            }
            let end = clock.now();
            lateness.ended(end);
            self.last.fetch_max(end, Ordering::Relaxed);
            self.shards.ended(Times { due, start, end, late }, operation, done);
            next = self.overdue(end);
            if next.is_some() {
                // Tasks that were spawned before come first.
                tokio::task::yield_now().await;
            }
        }
        self.in_flight.0.fetch_sub(1, Ordering::SeqCst);
        if self.parked.load(Ordering::SeqCst) {
            self.dispatcher.get().inspect(|thread| thread.unpark());
        }
    }

    fn overdue(&self, now: u64) -> Option<(u64, u64)> {
        while !self.halt.is_halted() {
            match self.schedule.next_due(now) {
                Next::Start { number, due } => return Some((number, due)),
                Next::Dropped { due } => self.shards.dropped(due),
                Next::Later | Next::End => return None,
            }
        }
        None
    }
}
