//! `#[tracing::instrument]` records the same spans, fields and events with `#[perf_probe]` above it, below it, and without
//! it, on every kind of function that it treats in a way of its own.
#![allow(clippy::unused_async, clippy::manual_async_fn, clippy::type_complexity)]

mod shared;

use std::fmt::{Debug, Write};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use perf_core::{Session, perf_probe};
use shared::{counted, thrice};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, info, instrument};

/// Writes down all that it is told.
#[derive(Clone, Default)]
struct Log {
    lines: Arc<Mutex<Vec<String>>>,
    ids: Arc<AtomicU64>,
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Log {
    fn line(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(String::new());
        span.record(&mut fields);
        let id = self.ids.fetch_add(1, Ordering::Relaxed) + 1;
        self.line(format!("new {id} {}{}", span.metadata().name(), fields.0));
        Id::from_u64(id)
    }
    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        self.line(format!("record {}{}", span.into_u64(), fields.0));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.line(format!("event{}", fields.0));
    }
    fn enter(&self, span: &Id) {
        self.line(format!("enter {}", span.into_u64()));
    }
    fn exit(&self, span: &Id) {
        self.line(format!("exit {}", span.into_u64()));
    }
}

/// What tracing sees of a run, and what probes count: calls and errors.
fn observed(run: impl Future<Output = ()>) -> (Vec<String>, u64, u64) {
    let log = Log::default();
    let session = Session::new();
    session.run(|| tracing::subscriber::with_default(log.clone(), || futures::executor::block_on(run)));
    let (calls, errors) = counted(&session);
    (log.lines.lock().unwrap().clone(), calls, errors)
}

/// Waits for one more poll.
async fn tick() {
    let mut polled = false;
    std::future::poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut polled, true) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

thrice! {
    [instrument]
    pub fn sync(n: u32) -> u32 {
        info!(n, "in sync");
        n + 1
    }

    [instrument(fields(twice = n * 2))]
    pub fn fallible(n: u32, (a, _b): (u32, u32)) -> Result<u32, String> {
        if n == 0 {
            return Err(format!("zero, {a}"));
        }
        Ok(n)
    }

    [instrument(skip(text), fields(length = text.len()))]
    pub async fn asynchronous(text: String, (a, mut b): (u32, u32)) -> u32 {
        b += 1;
        info!(text, a, b);
        tick().await;
        b
    }

    [instrument]
    pub async fn asynchronous_fallible(n: u32) -> Result<u32, String> {
        tick().await;
        if n == 0 {
            return Err("zero".to_owned());
        }
        info!("past");
        Ok(n)
    }

    [instrument]
    pub fn boxed(n: u32) -> Pin<Box<dyn Future<Output = Result<u32, String>>>> {
        let m = n + 1;
        Box::pin(async move {
            tick().await;
            info!(m);
            n.checked_sub(1).ok_or_else(|| "zero".to_owned())
        })
    }

    [instrument]
    pub fn returned(n: u32) -> impl Future<Output = u32> {
        async move {
            tick().await;
            info!(n);
            n
        }
    }
}

/// With what `err` and `ret` emit, which only finds its own variables where the function is not from a macro.
mod results {
    pub mod plain {
        use crate::*;

        #[instrument(err, ret)]
        pub fn fallible(n: u32) -> Result<u32, String> {
            n.checked_sub(1).ok_or_else(String::new)
        }

        #[instrument(err, ret)]
        pub async fn asynchronous(n: u32) -> Result<u32, String> {
            tick().await;
            n.checked_sub(1).ok_or_else(String::new)
        }

        #[instrument(err)]
        pub fn boxed(n: u32) -> Pin<Box<dyn Future<Output = Result<u32, String>>>> {
            Box::pin(async move { n.checked_sub(1).ok_or_else(String::new) })
        }
    }

    pub mod above {
        use crate::*;

        #[perf_probe]
        #[instrument(err, ret)]
        pub fn fallible(n: u32) -> Result<u32, String> {
            n.checked_sub(1).ok_or_else(String::new)
        }

        #[perf_probe]
        #[instrument(err, ret)]
        pub async fn asynchronous(n: u32) -> Result<u32, String> {
            tick().await;
            n.checked_sub(1).ok_or_else(String::new)
        }

        #[perf_probe]
        #[instrument(err)]
        pub fn boxed(n: u32) -> Pin<Box<dyn Future<Output = Result<u32, String>>>> {
            Box::pin(async move { n.checked_sub(1).ok_or_else(String::new) })
        }
    }
}

#[test]
fn errors_and_values_are_events_below_a_probe() {
    macro_rules! run {
        ($module:ident) => {
            observed(async {
                for n in 0..2 {
                    let _ = results::$module::fallible(n);
                    let _ = (results::$module::asynchronous(n).await, results::$module::boxed(n).await);
                }
            })
        };
    }
    let (plain, ..) = run!(plain);
    let (above, calls, errors) = run!(above);
    assert_eq!(above, plain);
    assert_eq!((calls, errors), (6, 3));
}

macro_rules! all {
    ($module:ident) => {
        observed(async {
            $module::sync(1);
            let _ = ($module::fallible(0, (1, 2)), $module::fallible(1, (1, 2)));
            $module::asynchronous("text".to_owned(), (1, 2)).await;
            let _ = ($module::asynchronous_fallible(0).await, $module::asynchronous_fallible(1).await);
            let _ = ($module::boxed(0).await, $module::boxed(1).await);
            $module::returned(3).await;
        })
    };
}

#[test]
fn functions_have_their_spans_in_either_order() {
    let (plain, none, _) = all!(plain);
    assert!(plain.len() > 40 && none == 0, "{plain:#?}");
    let (above, calls, errors) = all!(above);
    assert_eq!(above, plain);
    assert_eq!((calls, errors), (9, 3));
    let (below, calls, errors) = all!(below);
    assert_eq!(below, plain);
    assert_eq!((calls, errors), (9, 3));
}

/// An implementation with attributes on the block and on the method.
macro_rules! service {
    ($name:ident, [$($block:tt)*], [$($method:tt)*]) => {
        mod $name {
            use super::*;

            pub struct Service(pub u32);

            $($block)*
            impl Work for Service {
                $($method)*
                async fn work(&self, n: u32, text: String) -> Result<u32, String> {
                    info!(own = self.0, text);
                    tick().await;
                    if n == 0 {
                        return Err("zero".to_owned());
                    }
                    Ok(n)
                }
            }
        }
    };
}

#[async_trait]
pub trait Work {
    async fn work(&self, n: u32, text: String) -> Result<u32, String>;
}

service!(service, [#[async_trait]], [#[instrument(skip(self))]]);
service!(above_method, [#[async_trait]], [#[perf_probe] #[instrument(skip(self))]]);
service!(below_method, [#[async_trait]], [#[instrument(skip(self))] #[perf_probe]]);
service!(above_block, [#[perf_probe] #[async_trait]], [#[instrument(skip(self))]]);
service!(below_block, [#[async_trait] #[perf_probe]], [#[instrument(skip(self))]]);

#[test]
fn methods_of_async_trait_have_their_spans_in_either_order() {
    let run = |service: &dyn Work| {
        observed(async {
            assert!(service.work(0, "a".to_owned()).await.is_err());
            assert!(service.work(1, "b".to_owned()).await.is_ok());
        })
    };
    let (plain, ..) = run(&service::Service(7));
    assert!(plain.len() > 10, "{plain:#?}");
    for (probed, order) in [
        (run(&above_method::Service(7)), "above the method"),
        (run(&below_method::Service(7)), "below on the method"),
        (run(&above_block::Service(7)), "above the block"),
        (run(&below_block::Service(7)), "below on the block"),
    ] {
        assert_eq!(probed.0, plain, "{order}");
        assert_eq!((probed.1, probed.2), (2, 1), "{order}");
    }
}
