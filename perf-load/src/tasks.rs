//! What drives of async functions have in common.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use tokio::runtime::{Builder, Runtime};

use crate::Error;
use crate::record::Done;

/// A runtime for one drive.
pub(crate) fn runtime() -> Result<Runtime, Error> {
    let runtime = Builder::new_multi_thread().thread_name("load task").enable_all().build();
    runtime.map_err(|error| Error::failed("no tokio runtime could be had").because(error))
}

/// A future whose panics are its result.
pub(crate) async fn guarded<F: Future<Output = Done>>(make: impl FnOnce() -> F) -> Done {
    let Ok(future) = catch_unwind(AssertUnwindSafe(make)) else { return Done::Panicked };
    let mut future = pin!(future);
    poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))).unwrap_or(Poll::Ready(Done::Panicked))
    })
    .await
}
