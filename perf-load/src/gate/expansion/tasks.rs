//! The same for asynchronous tests.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::{Ended, Kept, conclude_kept, run, warm_up};
use crate::gate::expansion::Declared;
use crate::tasks::{caught, runtime};
use crate::{Arrivals, Drive, Load, Stop};

/// An asynchronous test, driven at so many calls in 1,000 seconds. Its calls run on a runtime of their own.
pub async fn test_async<R, F>(
    declared: Declared,
    body: impl Fn() -> F + Send + Sync + 'static,
    failed: impl Fn(&R) -> bool + Send + Sync + 'static,
    at: u64,
) -> Ended<R>
where
    R: Send + 'static,
    F: Future<Output = R> + Send + 'static,
{
    let whole = move || drive(declared, body, failed, at);
    if Handle::try_current().is_err() {
        return whole();
    }
    // The thread that polls this may be the only one of its runtime.
    match tokio::task::spawn_blocking(whole).await {
        Ok(ended) => ended,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => panic!("the runtime ended before the test: {error}"),
        },
    }
}

fn drive<R, F>(
    declared: Declared,
    body: impl Fn() -> F + Send + Sync + 'static,
    failed: impl Fn(&R) -> bool + Send + Sync + 'static,
    at: u64,
) -> Ended<R>
where
    R: Send + 'static,
    F: Future<Output = R> + Send + 'static,
{
    let shared = Arc::new((Kept::new(declared.spec), body, failed));
    let call = {
        let shared = shared.clone();
        move |stop: Stop| {
            let shared = shared.clone();
            async move {
                let (kept, body, failed) = &*shared;
                let returned = caught(body).await;
                kept.keep(returned, failed, &stop)
            }
        }
    };
    if let Ok(runtime) = runtime() {
        warm_up(declared.spec.warmup, || runtime.block_on(call(Stop::new())).is_ok());
        runtime.shutdown_background();
    }
    run(declared, at, &shared.0, |load: Load, stop: Stop, arrivals: &Arrivals| {
        let call = call.clone();
        load.async_driver(move |_| call(stop.clone())).drive(arrivals)
    })
}

/// The return value of the test, if it has not failed.
///
/// # Panics
/// As [`test`](super::test).
#[track_caller]
pub fn conclude<R>(ended: Ended<R>) -> R {
    conclude_kept(ended)
}
