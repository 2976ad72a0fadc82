//! Generated code gives clippy nothing to say, at its strictest; nor does rustc where a crate warns about everything.
#![cfg(feature = "enabled")]
#![deny(warnings, clippy::all, clippy::pedantic, clippy::nursery)]
#![allow(clippy::redundant_pub_crate)] // it asks for what `unreachable_pub` refuses
#![deny(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::absolute_paths,
    clippy::let_underscore_must_use
)]
#![deny(
    clippy::shadow_reuse,
    clippy::shadow_same,
    clippy::shadow_unrelated,
    clippy::allow_attributes,
    clippy::multiple_unsafe_ops_per_block
)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::items_after_statements,
    clippy::used_underscore_binding,
    clippy::impl_trait_in_params
)]

use std::fmt::Display;
use std::future::{Future, ready};
use std::num::ParseIntError;
use std::pin::Pin;

use perf_core::{perf_budget, perf_probe};

#[perf_probe(items = text.len(), sample = 10)]
fn fallible(text: &str) -> Result<u8, ParseIntError> {
    let value: u8 = text.parse()?;
    if value == 0 {
        return Ok(1);
    }
    Ok(value)
}

#[perf_probe(bytes = 4)]
fn plain(value: &[u8]) -> usize {
    if value.is_empty() {
        return 0;
    }
    value.len()
}

#[perf_probe]
async fn asynchronous(text: &str) -> Result<u8, ParseIntError> {
    ready(()).await;
    text.parse()
}

#[perf_probe]
async fn unit(flag: bool) {
    if flag {
        ready(()).await;
    }
}

#[perf_probe(errors)]
fn future(value: u8) -> impl Future<Output = Option<u8>> {
    async move { value.checked_add(1) }
}

#[perf_probe]
fn boxed(value: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    let twice = value.saturating_mul(2);
    Box::pin(async move { twice })
}

#[perf_probe(future)]
fn reboxed(value: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    if value == 0 {
        return Box::pin(async { 0 });
    }
    Box::pin(async move { value })
}

#[perf_probe(name = "shown<{T}>")]
fn shown<T: Display>(value: &T) -> String {
    value.to_string()
}

#[perf_budget(p99 = "5ms", errors = "1%", target(mean = "1ms"), calls("x" = 1))]
fn budgeted() {}

#[derive(Debug, Default)]
struct Type {
    value: u8,
}

#[perf_probe]
impl Type {
    fn bump(&mut self) -> Result<&mut Self, ParseIntError> {
        self.value = self.value.wrapping_add(1);
        Ok(self)
    }

    const fn value(&self) -> u8 {
        self.value
    }
}

impl Type {
    #[perf_probe]
    fn checked(&self) -> Option<u8> {
        self.value.checked_sub(1)
    }
}

macro_rules! hidden {
    ($when:expr, $value:expr) => {
        if $when {
            return $value;
        }
    };
}

/// In a closure, since a macro may return.
#[perf_probe]
fn in_closure(text: String, list: &mut Vec<String>, mut n: usize, rest: Vec<u8>) -> Result<usize, String> {
    hidden!(text.is_empty(), Err(text));
    n = n.saturating_add(rest.len());
    hidden!(n == 0, Ok(rest.len()));
    list.push(text);
    Ok(n)
}

#[perf_probe]
mod module {
    pub(super) fn function() -> Result<u8, u8> {
        super::fallible("3").map_err(|_| 0)
    }
}

#[rustfmt::skip]
mod one_liners {
    use super::{Pin, perf_probe, ready};

    pub(super) struct Type(u8);

    #[perf_probe] pub(super) fn plain(n: u8) -> u8 { n }
    #[perf_probe] pub(super) fn call() -> u8 { plain(1) }
    #[perf_probe] pub(super) fn empty() {}
    #[perf_probe] pub(super) fn make() -> Type { Type(1) }
    #[perf_probe] pub(super) fn fallible(n: u8) -> Result<u8, u8> { Ok(n) }
    #[perf_probe] pub(super) async fn asynchronous(n: u8) -> u8 { n }
    #[perf_probe] pub(super) fn future(n: u8) -> impl Future<Output = u8> { ready(n) }
    #[perf_probe] pub(super) fn boxed(n: u8) -> Pin<Box<dyn Future<Output = u8>>> { Box::pin(ready(n)) }
    #[perf_probe] pub(super) fn unsafe_free(n: &[u8]) -> bool { n.is_empty() }
    #[perf_probe] pub(super) fn with_item(n: u8) -> u8 { const M: u8 = 1; n.wrapping_add(M) }
    #[perf_probe] impl Type { pub(super) const fn get(&self) -> u8 { self.0 } pub(super) fn set(&mut self, n: u8) { self.0 = n; } }
}

#[test]
fn silent() {
    let mut made = one_liners::make();
    made.set(one_liners::call());
    assert_eq!(one_liners::plain(made.get()), 1);
    assert_eq!(one_liners::fallible(1), Ok(1));
    assert!(one_liners::unsafe_free(&[]));
    assert_eq!(one_liners::with_item(1), 2);
    one_liners::empty();
    drop((one_liners::asynchronous(1), one_liners::future(1), one_liners::boxed(1)));
    let mut value = Type::default();
    assert_eq!(value.bump().map(|bumped| bumped.value()), Ok(1));
    assert_eq!(value.checked(), Some(0));
    assert_eq!(plain(&[1]), 1);
    assert_eq!(in_closure("1".to_owned(), &mut Vec::new(), 1, vec![1]), Ok(2));
    assert_eq!(shown(&1), "1");
    assert_eq!(module::function(), Ok(3));
    budgeted();
    drop((asynchronous("1"), unit(true), future(1), boxed(1), reboxed(1)));
}
