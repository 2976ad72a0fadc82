//! A crate that forbids every lint it can: nothing generated may need an `allow`, which `forbid` would refuse.
#![forbid(unsafe_code, warnings, unused, future_incompatible, nonstandard_style, let_underscore, refining_impl_trait)]
#![forbid(missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications, unused_results)]
#![forbid(
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    trivial_casts,
    unused_import_braces,
    unused_lifetimes
)]
#![forbid(single_use_lifetimes, variant_size_differences, unit_bindings, redundant_lifetimes, redundant_imports)]
#![forbid(rust_2018_idioms, rust_2021_compatibility, rust_2024_compatibility, keyword_idents, macro_use_extern_crate)]

use std::pin::Pin;

use perf_core::budget::{BudgetSpec, Limit, Metric};
use perf_core::{Guard, Probe, perf_budget, perf_probe};

#[perf_probe]
fn plain(mut n: u8) -> u8 {
    n += 1;
    n
}

#[perf_probe(items = text.len(), bytes = 1, sample = 10)]
fn fallible(text: &str) -> Result<u8, Box<dyn std::error::Error>> {
    let n: u8 = text.parse()?;
    if n == 0 {
        return Err("zero".into());
    }
    Ok(n)
}

#[perf_probe(overhead = "0.5%")]
async fn asynchronous(mut n: Vec<u8>) -> Result<usize, String> {
    n.push(1);
    if n.len() > 4 {
        return Err(String::new());
    }
    Ok(n.len())
}

#[perf_probe]
fn future(n: u8) -> impl Future<Output = Result<u8, ()>> {
    async move { Ok(n) }
}

#[perf_probe]
fn boxed(n: u8) -> Pin<Box<dyn Future<Output = Result<u8, ()>>>> {
    let m = n;
    Box::pin(async move { Ok(m) })
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

#[perf_budget(p99 = "5ms", allocs = 0, calls("plain" = 1), target(p99 = "1ms"))]
fn budgeted() {}

#[perf_probe]
fn diverges() -> ! {
    std::process::exit(0)
}

#[perf_probe(errors)]
fn forced() -> Option<u8> {
    None
}

struct Type;

#[perf_probe]
impl Type {
    fn method(&mut self) -> Result<&mut Self, ()> {
        Ok(self)
    }
}

#[perf_probe]
mod module {
    pub(crate) fn function() {}
}

#[rustfmt::skip]
mod one_liners {
    use perf_core::perf_probe;

    pub(super) struct Type(u8);

    #[perf_probe] pub(super) fn plain(n: u8) -> u8 { n }
    #[perf_probe] pub(super) fn call() -> u8 { plain(1) }
    #[perf_probe] pub(super) fn empty() {}
    #[perf_probe] pub(super) fn make() -> Type { Type(1) }
    #[perf_probe] pub(super) fn fallible(n: u8) -> Result<u8, u8> { Ok(n) }
    #[perf_probe] pub(super) async fn asynchronous(n: u8) -> u8 { n }
    #[perf_probe] pub(super) fn future(n: u8) -> impl Future<Output = u8> { std::future::ready(n) }
    #[perf_probe] pub(super) fn boxed(n: u8) -> std::pin::Pin<Box<dyn Future<Output = u8>>> { Box::pin(std::future::ready(n)) }
    #[perf_probe] pub(super) fn unsafe_free(n: &[u8]) -> bool { n.is_empty() }
    #[perf_probe] pub(super) fn with_item(n: u8) -> u8 { const M: u8 = 1; n.wrapping_add(M) }
    #[perf_probe] impl Type { pub(super) const fn get(&self) -> u8 { self.0 } pub(super) fn set(&mut self, n: u8) { self.0 = n } }
}

fn main() {
    use one_liners::{
        asynchronous as a, boxed as b, call, empty, fallible as f, future as u, make, plain as p, unsafe_free,
        with_item,
    };
    let mut made = make();
    made.set(1);
    let _ = (p(1), call(), f(1).is_ok(), made.get(), unsafe_free(&[]), with_item(1));
    drop((a(1), b(1), u(1)));
    empty();
    static PROBE: Probe = Probe::new("by hand");
    const SPEC: BudgetSpec = BudgetSpec::EMPTY;
    let _: Option<(Metric, &[Limit])> = SPEC.limits.first().map(|limit| (limit.metric, SPEC.limits));
    let guard: Guard = PROBE.start();
    let _ = (plain(1), fallible("1").is_ok(), typed(1_u8), forced(), Type.method().is_ok());
    let futures = (asynchronous(vec![]), future(1), boxed(1), reboxed(1));
    drop((guard, futures));
    budgeted();
    module::function();
    diverges();
}
