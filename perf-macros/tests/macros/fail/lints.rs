//! Lints see the user's code as it is.
#![deny(warnings, dead_code, missing_docs)]
//! Documented.

use perf_core::perf_probe;

#[perf_probe]
fn unused_variable(n: u8) -> Result<u8, ()> {
    Ok(1)
}

#[perf_probe]
fn unused_mut(mut n: u8) -> Result<u8, ()> {
    Ok(n)
}

#[perf_probe]
async fn unused_mut_async(mut n: u8) -> u8 {
    let mut m = n;
    m
}

#[perf_probe]
fn unused_must_use() -> Result<u8, ()> {
    unused_mut(1);
    Ok(1)
}

#[perf_probe]
fn unreachable() -> Result<u8, ()> {
    return Ok(1);
    Ok(2)
}

#[perf_probe]
fn dead_code() {}

#[perf_probe]
#[must_use]
fn must_use() -> u8 {
    1
}

#[perf_probe]
#[deprecated]
fn deprecated() {}

#[perf_probe]
pub fn undocumented() {}

#[perf_probe]
fn unused_assignment(mut n: u8) -> Result<(), ()> {
    n = 1;
    Ok(())
}

fn main() {
    must_use();
    deprecated();
    let _ = (unused_variable(1), unused_mut(1), unused_must_use(), unreachable(), unused_assignment(1));
    drop(unused_mut_async(1));
}
