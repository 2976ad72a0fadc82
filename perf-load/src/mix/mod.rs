//! Which operation an arrival is for: weights, sizes and injected failures, drawn from the load's seed and the arrival's number,
//! so that they do not depend on the worker that takes it.

mod choice;
mod operation;
mod sizes;
#[cfg(feature = "tokio")]
mod tasks;

use std::fmt;

pub(crate) use choice::Choice;
#[cfg(feature = "http")]
pub(crate) use choice::mixed;
pub use operation::Operation;
pub use sizes::Sizes;
#[cfg(feature = "tokio")]
pub use tasks::AsyncMix;
#[cfg(feature = "tokio")]
pub(crate) use tasks::{SingleTask, TaskWork};

use crate::Error;
use crate::operation::{Ctx, Ends};
use crate::record::Done;

type Function<'a> = Box<dyn Fn(&Ctx) -> Done + Send + Sync + 'a>;

/// Several operations by weight, each with probes of its own.
///
/// ```
/// use perf_load::{Ctx, Load, Mix, Operation, Sizes};
/// use std::time::Duration;
///
/// let mix = Mix::new()
///     .add(Operation::new("get").weight(9.0), |_: &Ctx| ())
///     .add(Operation::new("put").sizes(Sizes::uniform(16, 64)), |ctx: &Ctx| {
///         if ctx.size() < 64 { Ok(()) } else { Err("too large") }
///     });
/// let outcome = Load::new("store").rate(2000.0).duration(Duration::from_millis(50)).run_mix(&mix)?;
/// assert_eq!(outcome.counts.completed, 100);
/// assert!(outcome.report.probe("store::get::service").is_some());
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Default)]
pub struct Mix<'a> {
    operations: Vec<Operation>,
    functions: Vec<Function<'a>>,
}

impl<'a> Mix<'a> {
    /// A mix without operations: at least one is to be added.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an operation.
    #[must_use]
    pub fn add<R: Ends>(mut self, operation: Operation, function: impl Fn(&Ctx) -> R + Send + Sync + 'a) -> Self {
        self.operations.push(operation);
        self.functions.push(Box::new(move |ctx| Done::of(function(ctx), ctx)));
        self
    }

    pub(crate) fn choice(&self) -> Result<Choice, Error> {
        Choice::new(&self.operations)
    }

    pub(crate) fn call(&self, operation: usize, ctx: &Ctx) -> Done {
        self.functions[operation](ctx)
    }
}

impl fmt::Debug for Mix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.operations).finish()
    }
}

/// The operations that a drive calls.
pub(crate) trait Work: Sync {
    fn call(&self, operation: usize, ctx: &Ctx) -> Done;
}

/// A single function.
pub(crate) struct Single<F>(pub(crate) F);

impl<R: Ends, F: Fn(&Ctx) -> R + Sync> Work for Single<F> {
    #[inline]
    fn call(&self, _: usize, ctx: &Ctx) -> Done {
        Done::of((self.0)(ctx), ctx)
    }
}

impl Work for Mix<'_> {
    fn call(&self, operation: usize, ctx: &Ctx) -> Done {
        Mix::call(self, operation, ctx)
    }
}
