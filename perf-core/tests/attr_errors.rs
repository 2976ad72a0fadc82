//! Errors are found by the type that a function returns, under any name of that type; where nothing looks for them, the probe says so.
#![cfg(feature = "enabled")]
#![allow(unused_must_use, reason = "what is returned is what the probe sees")]

use std::future::Future;
use std::pin::Pin;

use perf_core::{Probe, Session, perf_probe};

type Checked<T> = Result<T, String>;
type ParseResult<T> = Result<T, String>;
type Later<T> = Pin<Box<dyn Future<Output = T>>>;

fn failed<T>() -> Result<T, String> {
    Err("no".to_owned())
}

/// Calls, errors, and whether errors may have gone unseen.
fn seen(name: &str, body: impl FnOnce()) -> (u64, u64, bool) {
    let session = Session::new();
    session.run(body);
    let snapshot = session.snapshot();
    let probe = snapshot.probes().find(|probe| probe.name().ends_with(name)).expect("it was called");
    (probe.calls(), probe.errors(), probe.errors_unseen())
}

#[perf_probe]
fn result() -> Result<u8, String> {
    failed()
}

#[perf_probe]
fn named_like_one() -> ParseResult<u8> {
    failed()
}

#[perf_probe]
async fn named_like_one_later() -> ParseResult<u8> {
    failed()
}

#[perf_probe]
fn under_another_name() -> Checked<u8> {
    failed()
}

#[perf_probe(errors)]
fn asked_for() -> Checked<u8> {
    failed()
}

#[perf_probe]
async fn under_another_name_later() -> Checked<u8> {
    failed()
}

#[perf_probe]
fn in_an_opaque_future() -> impl Future<Output = Checked<u8>> {
    async { failed() }
}

#[perf_probe(future)]
fn in_an_aliased_future() -> Later<Checked<u8>> {
    Box::pin(async { failed() })
}

#[perf_probe]
fn opaque() -> impl Clone {
    failed::<u8>()
}

#[test]
fn by_the_name_of_the_type() {
    assert_eq!(seen("result", || drop(result())), (1, 1, false));
    assert_eq!(seen("named_like_one", || drop(named_like_one())), (1, 1, false));
    assert_eq!(seen("named_like_one_later", || drop(pollster::block_on(named_like_one_later()))), (1, 1, false));
    assert_eq!(seen("asked_for", || drop(asked_for())), (1, 1, false));
}

#[test]
fn nothing_looks_behind_other_names() {
    assert_eq!(seen("under_another_name", || drop(under_another_name())), (1, 0, true));
    assert_eq!(seen("under_another_name_later", || drop(pollster::block_on(under_another_name_later()))), (1, 0, true));
    assert_eq!(seen("in_an_opaque_future", || drop(pollster::block_on(in_an_opaque_future()))), (1, 0, true));
    assert_eq!(seen("in_an_aliased_future", || drop(pollster::block_on(in_an_aliased_future()))), (1, 0, true));
    assert_eq!(seen("opaque", || drop(opaque())), (1, 0, true));
}

struct Pair(u8, u8);
struct QueryResult(u8);

#[perf_probe]
fn a_struct() -> Pair {
    Pair(1, 2)
}

#[perf_probe]
fn named_like_a_result() -> QueryResult {
    QueryResult(1)
}

#[perf_probe]
fn numbers() -> impl Iterator<Item = u8> {
    [1, 2].into_iter()
}

#[test]
fn what_is_no_result_has_no_errors() {
    assert_eq!(seen("a_struct", || assert_eq!(a_struct().0 + a_struct().1, 3)), (2, 0, false));
    assert_eq!(seen("named_like_a_result", || assert_eq!(named_like_a_result().0, 1)), (1, 0, false));
    assert_eq!(seen("numbers", || assert_eq!(numbers().sum::<u8>(), 3)), (1, 0, false));
}

/// The attribute sees no type here but `T`, and in the method not even where that comes from.
#[perf_probe(name = "through<{T}>")]
fn through<T>(value: T) -> T {
    value
}

struct Pool<T>(T);

impl<T: Clone> Pool<T> {
    #[perf_probe(name = "Pool<{T}>::get")]
    fn get(&self) -> T {
        self.0.clone()
    }
}

trait Actor {
    type Result;

    fn make(&self) -> Self::Result;

    #[perf_probe(name = "{Self}::handle")]
    fn handle(&self) -> Self::Result {
        self.make()
    }
}

struct Fails;
struct Counts;

impl Actor for Fails {
    type Result = Result<u8, String>;

    fn make(&self) -> Self::Result {
        failed()
    }
}

impl Actor for Counts {
    type Result = usize;

    fn make(&self) -> Self::Result {
        1
    }
}

struct Direct;

impl Actor for Direct {
    type Result = Checked<u8>;

    fn make(&self) -> Self::Result {
        failed()
    }

    #[perf_probe(name = "direct")]
    fn handle(&self) -> Self::Result {
        self.make()
    }
}

#[test]
fn type_parameters_are_known_where_they_are_filled_in() {
    assert_eq!(seen("through<u8>", || assert_eq!(through(7_u8), 7)), (1, 0, false));
    let text = std::any::type_name::<Checked<u8>>();
    assert_eq!(seen(&format!("through<{text}>"), || drop(through(failed::<u8>()))), (1, 0, true));
    assert_eq!(seen("Pool<u8>::get", || assert_eq!(Pool(7_u8).get(), 7)), (1, 0, false));
    assert_eq!(seen(&format!("Pool<{text}>::get"), || drop(Pool(failed::<u8>()).get())), (1, 0, true));
    assert_eq!(seen("Counts::handle", || assert_eq!(Counts.handle(), 1)), (1, 0, false));
    assert_eq!(seen("Fails::handle", || drop(Fails.handle())), (1, 0, true));
    assert_eq!(seen("direct", || drop(Direct.handle())), (1, 1, false));
}

macro_rules! complete {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => return Err("none".to_owned()),
        }
    };
}

/// A closure would change what `#[track_caller]` reports, and without one the value is not seen.
#[perf_probe]
#[track_caller]
fn in_its_frame(value: Option<u8>) -> Result<u8, String> {
    Ok(complete!(value))
}

#[test]
fn a_body_that_cannot_be_looked_at() {
    assert_eq!(seen("in_its_frame", || drop((in_its_frame(None), in_its_frame(Some(1))))), (2, 0, true));
}

#[test]
fn a_name_with_one_unseen_place_says_so() {
    static SEEN: Probe = Probe::new("attr_errors::shared");

    #[perf_probe(name = "attr_errors::shared")]
    fn unseen() -> Checked<u8> {
        failed()
    }

    assert_eq!(seen("shared", || SEEN.start().fail()), (1, 1, false), "by hand, it is as it is marked");
    assert_eq!(seen("shared", || drop(unseen())), (1, 0, true));
}
