//! Functions that the expansion of `#[perf_budget(at = …)]` on a test calls. They are for nothing else: they change with
//! every version.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use perf_core::budget::{BudgetSpec, Metric, Warmup};
use perf_exporters::gate::driven::{self, Driven};
pub use perf_exporters::gate::expansion::Declared;

use super::epochs::{Capacity, since_now};
use crate::{Arrivals, Drive, Error, Load, Outcome, Stop};

#[cfg(feature = "tokio")]
mod tasks;
#[cfg(feature = "tokio")]
pub use tasks::{conclude, test_async};

/// A plain test, driven at so many calls in 1,000 seconds.
#[track_caller]
pub fn test<R: Send>(
    declared: Declared,
    body: impl Fn() -> R + Sync,
    failed: impl Fn(&R) -> bool + Sync,
    at: u64,
) -> R {
    let kept = Kept::new(declared.spec);
    let call = |stop: &Stop| kept.call(&body, &failed, stop);
    warm_up(declared.spec.warmup, || call(&Stop::new()).is_ok());
    let drive = |load: Load, stop: Stop, arrivals: &Arrivals| load.driver(|_| call(&stop)).drive(arrivals);
    conclude_kept(run(declared, at, &kept, drive))
}

/// How a test ended.
pub struct Ended<R> {
    declared: Declared,
    /// The result of the drives; nothing where the body itself has failed.
    driven: Option<Result<Driven, Error>>,
    kept: Returned<R>,
}

#[track_caller]
fn conclude_kept<R>(ended: Ended<R>) -> R {
    let Ended { declared, driven, kept } = ended;
    if let Some(panic) = kept.panic {
        resume_unwind(panic);
    }
    if let Some(failure) = kept.failure {
        return failure;
    }
    match driven {
        Some(Ok(driven)) => driven::conclude(declared, driven),
        Some(Err(error)) => panic!("performance budget of {}: it could not be driven: {error}", declared.name),
        None => {}
    }
    match kept.output {
        Some(output) => output,
        None => panic!("performance budget of {}: every call failed, so the test has nothing to return", declared.name),
    }
}

/// Drives until it is decided, or until the body has failed.
fn run<R>(
    declared: Declared,
    at: u64,
    kept: &Kept<R>,
    drive: impl Fn(Load, Stop, &Arrivals) -> Result<Outcome, Error>,
) -> Ended<R> {
    let capacity = Capacity::new(declared.spec, at, declared.debug_build);
    let one = |arrivals: &Arrivals| {
        let _turn = driven::turn(capacity.lasting());
        let stop = Stop::new();
        drive(load(declared.name, &capacity, &stop), stop, arrivals)
    };
    let driven = if kept.has_failed() {
        None
    } else if let Some(lasting) = driven::only_measure() {
        let arrivals = Arrivals::constant(capacity.rate, lasting);
        Some(arrivals.and_then(|arrivals| one(&arrivals.poisson(1))).map(|_| Driven::default()))
    } else {
        let until_failure = |arrivals: &Arrivals| match one(arrivals) {
            Ok(_) if kept.has_failed() => Err(Error::failed("the test itself has failed")),
            outcome => outcome,
        };
        Some(capacity.decide(until_failure, since_now(), thread::sleep))
    };
    Ended { declared, driven, kept: kept.take() }
}

/// One epoch's load. It is given up when arrivals have waited for ten times the limit.
fn load(name: &str, capacity: &Capacity, stop: &Stop) -> Load {
    let limit = capacity.limit();
    let patience = limit.unwrap_or_default().saturating_mul(10).clamp(Duration::from_secs(1), Duration::from_mins(1));
    let (until, stop) = (capacity.lasting().saturating_add(patience), stop.clone());
    let handle = stop.clone();
    let load = Load::new(name).stop(stop).backlog(1 << 23).watch(move |live| {
        if live.elapsed >= until {
            handle.stop();
        }
    });
    match limit {
        Some(limit) => load.limit(limit),
        None => load,
    }
}

/// Calls before the first drive: one by default, so that lazy initialisation has happened.
fn warm_up(warmup: Option<Warmup>, mut call: impl FnMut() -> bool) {
    match warmup {
        Some(Warmup::Calls(calls)) => _ = (0..calls).all(|_| call()),
        Some(Warmup::Time(time)) => {
            let begin = Instant::now();
            while call() && begin.elapsed() < time {}
        }
        _ => _ = call(),
    }
}

/// Results of the calls: the first output, failure and panic.
struct Kept<R> {
    returned: Mutex<Returned<R>>,
    /// The first output is there, so that later calls need no lock.
    has_output: AtomicBool,
    /// Whether a failed call counts for the budget, and does not end the test.
    counts_errors: bool,
}

struct Returned<R> {
    output: Option<R>,
    failure: Option<R>,
    panic: Option<Box<dyn Any + Send>>,
}

impl<R> Kept<R> {
    fn new(spec: &BudgetSpec) -> Self {
        let counts_errors = spec.limit(Metric::Errors).is_some() || spec.target(Metric::Errors).is_some();
        let returned = Returned { output: None, failure: None, panic: None };
        Self { returned: Mutex::new(returned), has_output: AtomicBool::new(false), counts_errors }
    }

    /// Calls the body; a failure that ends the test also ends the drive.
    fn call(&self, body: impl Fn() -> R, failed: impl Fn(&R) -> bool, stop: &Stop) -> Result<(), &'static str> {
        self.keep(catch_unwind(AssertUnwindSafe(body)), failed, stop)
    }

    fn keep(
        &self,
        returned: Result<R, Box<dyn Any + Send>>,
        failed: impl Fn(&R) -> bool,
        stop: &Stop,
    ) -> Result<(), &'static str> {
        let good = returned.as_ref().is_ok_and(|output| !failed(output));
        if good && self.has_output.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut kept = self.lock();
        match returned {
            Ok(output) if good => {
                kept.output.get_or_insert(output);
                self.has_output.store(true, Ordering::Relaxed);
                Ok(())
            }
            Ok(_) if self.counts_errors => Err("error"),
            Ok(failure) => {
                kept.failure.get_or_insert(failure);
                stop.stop();
                Err("error")
            }
            Err(panic) => {
                kept.panic.get_or_insert(panic);
                stop.stop();
                Err("panic")
            }
        }
    }

    fn has_failed(&self) -> bool {
        let kept = self.lock();
        kept.failure.is_some() || kept.panic.is_some()
    }

    fn take(&self) -> Returned<R> {
        let mut kept = self.lock();
        Returned { output: kept.output.take(), failure: kept.failure.take(), panic: kept.panic.take() }
    }

    fn lock(&self) -> MutexGuard<'_, Returned<R>> {
        self.returned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
