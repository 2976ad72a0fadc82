//! `#[fastrace::trace]` reports the same spans with `#[perf_probe]` above it, below it, and without it.
#![allow(clippy::unused_async, clippy::manual_async_fn, clippy::type_complexity)]

mod shared;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fastrace::collector::{Config, Reporter};
use fastrace::prelude::*;
use perf_core::{Session, perf_probe};
use shared::{counted, thrice};

#[derive(Clone, Default)]
struct Names(Arc<Mutex<Vec<String>>>);

impl Reporter for Names {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        self.0.lock().unwrap().extend(spans.into_iter().map(|span| span.name.into_owned()));
    }
}

thrice! {
    [trace]
    pub fn sync(n: u32) -> u32 {
        n + 1
    }

    [trace]
    pub fn fallible(n: u32) -> Result<u32, String> {
        if n == 0 {
            return Err("zero".to_owned());
        }
        Ok(n)
    }

    [trace]
    pub async fn asynchronous(n: u32, (a, _): (u32, u32)) -> Result<u32, String> {
        sync(n);
        n.checked_sub(a).ok_or_else(String::new)
    }

    [trace(name = "boxed", enter_on_poll = true)]
    pub async fn polled(n: u32) -> u32 {
        n
    }

    [trace]
    pub fn boxed(n: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
        Box::pin(async move { sync(n) })
    }
}

#[async_trait]
pub trait Work {
    async fn work(&self, n: u32) -> Result<u32, String>;
}

macro_rules! service {
    ($name:ident, [$($block:tt)*], [$($method:tt)*]) => {
        mod $name {
            use super::*;

            pub struct Service;

            $($block)*
            impl Work for Service {
                $($method)*
                async fn work(&self, n: u32) -> Result<u32, String> {
                    if n == 0 {
                        return Err("zero".to_owned());
                    }
                    Ok(n)
                }
            }
        }
    };
}

service!(service, [#[async_trait]], [#[trace]]);
service!(above_method, [#[async_trait]], [#[perf_probe] #[trace]]);
service!(below_method, [#[async_trait]], [#[trace] #[perf_probe]]);
service!(above_block, [#[perf_probe] #[async_trait]], [#[trace]]);
service!(below_block, [#[async_trait] #[perf_probe]], [#[trace]]);

/// The names of the spans of a run in their order, without the module that tells its functions from others; and the calls
/// and errors of probes.
fn observed(names: &Names, module: &str, run: impl Future<Output = ()>) -> (Vec<String>, u64, u64) {
    let session = Session::new();
    let root = Span::root("root", SpanContext::random());
    session.run(|| {
        let _parent = root.set_local_parent();
        futures::executor::block_on(run);
    });
    drop(root);
    fastrace::flush();
    let mut seen: Vec<_> =
        std::mem::take(&mut *names.0.lock().unwrap()).iter().map(|name| name.replace(module, "module")).collect();
    seen.sort();
    let (calls, errors) = counted(&session);
    (seen, calls, errors)
}

macro_rules! all {
    ($names:expr, $module:ident, $service:ident) => {
        observed(&$names, stringify!($module), async {
            let _ = ($module::sync(1), $module::fallible(0), $module::fallible(1));
            let _ = ($module::asynchronous(0, (1, 2)).await, $module::asynchronous(1, (1, 2)).await);
            let _ = ($module::polled(1).await, $module::boxed(1).await);
            let service: &dyn Work = &$service::Service;
            let _ = (service.work(0).await, service.work(1).await);
        })
    };
}

#[test]
fn spans_have_their_names_in_either_order() {
    let names = Names::default();
    fastrace::set_reporter(names.clone(), Config::default());
    let (plain, none, _) = all!(names, plain, service);
    assert!(plain.len() >= 12 && none == 0, "{plain:#?}");
    let without_service = |mut seen: (Vec<String>, u64, u64)| {
        for name in &mut seen.0 {
            for service in ["module_method", "module_block"] {
                *name = name.replace(service, "service");
            }
        }
        seen.0.sort();
        seen
    };
    for (probed, order) in [
        (all!(names, above, above_method), "above"),
        (all!(names, below, below_method), "below"),
        (all!(names, above, above_block), "above the block"),
        (all!(names, below, below_block), "below on the block"),
    ] {
        let (seen, calls, errors) = without_service(probed);
        assert_eq!(seen, plain, "{order}");
        assert_eq!((calls, errors), (12, 3), "{order}");
    }
}
