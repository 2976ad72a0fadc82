//! Nothing generated relies on the prelude.
#![no_implicit_prelude]
#![deny(warnings)]

use ::perf_core::{perf_budget, perf_probe};
use ::std::boxed::Box;
use ::std::future::Future;
use ::std::pin::Pin;
use ::std::result::Result::{self, Ok};
use ::std::vec::Vec;

#[perf_probe(items = rows.len(), overhead = "1%")]
fn fallible(rows: &Vec<u8>) -> Result<usize, ()> {
    Ok(rows.len())
}

#[perf_probe]
async fn asynchronous(n: u8) -> Result<u8, ()> {
    Ok(n)
}

#[perf_probe]
fn future(n: u8) -> impl Future<Output = Result<u8, ()>> {
    async move { Ok(n) }
}

#[perf_probe]
fn boxed(n: u8) -> Pin<Box<dyn Future<Output = Result<u8, ()>>>> {
    Box::pin(async move { Ok(n) })
}

#[perf_probe(future)]
fn reboxed(n: u8) -> Pin<Box<dyn Future<Output = u8>>> {
    if n == 0 {
        return Box::pin(async { 0 });
    }
    Box::pin(async move { n })
}

#[perf_probe(name = "typed<{T}>")]
fn typed<T>(value: T) -> T {
    value
}

#[perf_budget(p99 = "5ms", errors = "1%", throughput = "5/s", net_bytes = "1KiB", clock = "cpu", debug = true)]
fn budgeted() {}

#[perf_probe]
mod module {
    pub(super) struct Type;

    impl Type {
        pub(super) fn method(&self) {}
    }

    pub(super) fn function() {}
}

fn main() {
    let rows = ::std::vec![1];
    let _ = (fallible(&rows), asynchronous(1), future(1), boxed(1), reboxed(1), typed(1));
    budgeted();
    module::Type.method();
    module::function();
}
