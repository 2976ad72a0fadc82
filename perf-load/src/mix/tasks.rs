//! Mixes of async functions.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::{Choice, Operation};
use crate::Error;
use crate::operation::{Ctx, Ends};
use crate::record::Done;

type Task = Pin<Box<dyn Future<Output = Done> + Send>>;
type Function = Box<dyn Fn(Ctx) -> Task + Send + Sync>;

/// Several async operations by weight, each with probes of its own. Each call allocates a box.
///
/// ```
/// use perf_load::{AsyncMix, Ctx, Load, Operation};
/// use std::time::Duration;
///
/// let mix = AsyncMix::new()
///     .add(Operation::new("get").weight(3.0), |_: Ctx| async {})
///     .add(Operation::new("put"), |ctx: Ctx| async move {
///         tokio::time::sleep(Duration::from_millis(1)).await;
///         if ctx.number() == u64::MAX { Err("last") } else { Ok(()) }
///     });
/// let load = Load::new("store").rate(1000.0).duration(Duration::from_millis(50));
/// assert_eq!(load.run_async_mix(mix)?.counts.completed, 50);
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Default)]
pub struct AsyncMix {
    operations: Vec<Operation>,
    functions: Vec<Function>,
}

impl AsyncMix {
    /// A mix without operations: at least one is to be added.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an operation.
    #[must_use]
    pub fn add<R, F>(mut self, operation: Operation, function: impl Fn(Ctx) -> F + Send + Sync + 'static) -> Self
    where
        R: Ends,
        F: Future<Output = R> + Send + 'static,
    {
        self.operations.push(operation);
        self.functions.push(Box::new(move |ctx| {
            let future = function(ctx);
            Box::pin(async move { Done::of(future.await, &ctx) })
        }));
        self
    }

    pub(crate) fn choice(&self) -> Result<Choice, Error> {
        Choice::new(&self.operations)
    }
}

impl fmt::Debug for AsyncMix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.operations).finish()
    }
}

/// The operations that tasks call.
pub(crate) trait TaskWork: Send + Sync + 'static {
    fn call(&self, operation: usize, ctx: Ctx) -> impl Future<Output = Done> + Send;
}

/// A single function.
pub(crate) struct SingleTask<F>(pub(crate) F);

impl<R, F, Fut> TaskWork for SingleTask<F>
where
    R: Ends,
    F: Fn(Ctx) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = R> + Send,
{
    fn call(&self, _: usize, ctx: Ctx) -> impl Future<Output = Done> + Send {
        let future = (self.0)(ctx);
        async move { Done::of(future.await, &ctx) }
    }
}

impl TaskWork for AsyncMix {
    fn call(&self, operation: usize, ctx: Ctx) -> impl Future<Output = Done> + Send {
        self.functions[operation](ctx)
    }
}
