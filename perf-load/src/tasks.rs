//! The common part of drives of async functions.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::thread;

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
    caught(make).await.unwrap_or(Done::Panicked)
}

/// The output of a future, or its panic.
pub(crate) async fn caught<F: Future>(make: impl FnOnce() -> F) -> thread::Result<F::Output> {
    let mut future = pin!(catch_unwind(AssertUnwindSafe(make))?);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}
