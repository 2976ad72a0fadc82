//! Nothing generated relies on a name that the user may give to something else.
#![deny(warnings)]
#![allow(dead_code, unused_macros, non_camel_case_types)]

use perf_core::perf_probe;

mod std {}
mod core {}
mod alloc {}

struct Option;
struct Some;
struct None;
struct Ok;
struct Err;
struct Box;
struct Vec;
struct String;
struct Future;
struct Probe;
struct Guard;
struct PROBE;
struct BUDGET;
struct INSTANCES;
struct str;
struct u8;
struct usize;
struct bool;
fn guard() {}
fn output() {}
fn items() {}
fn function() {}
fn method() {}
fn drop() {}

macro_rules! concat {
    ($($t:tt)*) => {
        compile_error!("shadowed")
    };
}
macro_rules! module_path {
    ($($t:tt)*) => {
        compile_error!("shadowed")
    };
}

enum Result<T, E> {
    Good(T),
    Bad(E),
}

#[perf_probe(items = 3)]
fn looks_like_a_result(guard: u32) -> Result<u32, ()> {
    let _ = (PROBE, BUDGET, items, output, function);
    if guard == 0 {
        return Result::Bad(());
    }
    Result::Good(guard)
}

#[perf_probe(items = 3, bytes = 4)]
async fn asynchronous(output: u32) -> Result<u32, ()> {
    let _ = (PROBE, BUDGET, items, guard);
    Result::Good(output)
}

#[perf_probe]
fn future(items: u32) -> impl ::core::future::Future<Output = Result<u32, ()>> {
    async move { Result::Good(items) }
}

#[perf_probe]
fn boxed(bytes: u32) -> ::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = u32>>> {
    ::std::boxed::Box::pin(async move { bytes })
}

#[perf_probe]
fn real(probe: u32) -> ::core::result::Result<u32, ()> {
    ::core::result::Result::Ok(probe)
}

#[perf_probe(name = "typed<{T}>")]
fn typed<T>(_: T) {
    let _ = (PROBE, INSTANCES);
}

struct Type;

impl Type {
    #[perf_probe]
    fn method(&self) {
        let _ = (PROBE, function, method);
    }
}

#[perf_probe]
impl Type {
    fn other(&self) {}
}

#[perf_core::perf_budget(p99 = "1ms", calls("x" = 1), target(mean = "1ms"))]
fn budgeted() {
    let _ = BUDGET;
}

fn main() {
    match looks_like_a_result(1) {
        Result::Good(_) | Result::Bad(()) => {}
    }
    let _ = (asynchronous(1), future(1), boxed(1), real(1).is_ok(), typed(1));
    Type.method();
    Type.other();
    budgeted();
}
