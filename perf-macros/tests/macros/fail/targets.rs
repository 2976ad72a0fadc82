#![allow(dead_code)]

use perf_core::{perf_budget, perf_probe};

#[perf_probe]
const fn constant() {}

#[perf_probe]
pub const unsafe extern "C" fn qualified() {}

#[perf_probe]
struct Structure;

#[perf_probe]
enum Enumeration {}

#[perf_probe]
const CONSTANT: fn() = || {};

#[perf_probe]
static STATIC: u8 = 1;

#[perf_probe]
type Alias = fn();

#[perf_probe]
use std::fmt;

#[perf_probe]
unsafe extern "C" {
    fn abs(n: i32) -> i32;
}

unsafe extern "C" {
    #[perf_probe]
    fn labs(n: i64) -> i64;
}

trait Trait {
    #[perf_probe]
    fn required(&self);
}

#[perf_probe]
macro_rules! generated {
    () => {};
}

#[perf_budget(allocs = 0)]
const fn budgeted() {}

#[perf_budget(allocs = 0)]
impl Structure {}

#[perf_budget(allocs = 0)]
trait Required {
    fn required(&self);
}

#[perf_budget(allocs = 0)]
union Union {
    field: u8,
}

fn main() {
    constant();
    budgeted();
}
