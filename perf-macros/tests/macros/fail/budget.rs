#![allow(dead_code)]

use perf_core::perf_budget;

#[perf_budget]
fn nothing() {}

#[perf_budget(p98 = "5ms")]
fn unknown_quantile() {}

#[perf_budget(p99 = "5ms", p99 = "6ms")]
fn duplicate() {}

#[perf_budget(p99 = 5)]
fn duration_is_a_number() {}

#[perf_budget(p99 = "5")]
fn duration_has_no_unit() {}

#[perf_budget(p99 = "5 msec")]
fn duration_has_another_unit() {}

#[perf_budget(mean = "0ms")]
fn duration_is_zero() {}

#[perf_budget(max = "0.5ns")]
fn duration_is_too_fine() {}

#[perf_budget(allocs = "4KiB")]
fn count_is_a_size() {}

#[perf_budget(alloc_bytes = "4kb")]
fn size_has_another_unit() {}

#[perf_budget(net_bytes = -1)]
fn size_is_negative() {}

#[perf_budget(errors = 1)]
fn share_is_a_number() {}

#[perf_budget(throughput = "5000")]
fn rate_has_no_unit() {}

#[perf_budget(calls = 1)]
fn calls_have_no_names() {}

#[perf_budget(calls("x"))]
fn calls_have_no_number() {}

#[perf_budget(calls("x" = 1, "x" = 2))]
fn calls_twice() {}

#[perf_budget(calls())]
fn calls_of_nothing() {}

#[perf_budget(target(p95 = "5ms", calls = 1))]
fn target_knows_metrics() {}

#[perf_budget(p95 = "5ms", target(p95 = "6ms"))]
fn target_is_looser() {}

#[perf_budget(instructions = "120k")]
fn instructions_are_for_tests() {}

#[perf_budget(p95 = "5ms", target(instructions = 100))]
fn target_of_instructions_too() {}

#[perf_budget(instructions = "120")]
fn instructions_have_no_unit() {}

#[perf_budget(instructions = 0)]
fn instructions_are_none() {}

#[perf_budget(throughput = "10/s", target(throughput = "9/s"))]
fn target_rate_is_looser() {}

#[perf_budget(p95 = "5ms", clock = "tai")]
fn unknown_clock() {}

#[perf_budget(p95 = "5ms", debug)]
fn debug_has_no_value() {}

#[perf_budget(p95 = "5ms", iterations = 100)]
fn a_run_without_a_test() {}

#[perf_budget(vs = reference)]
fn a_comparison_without_a_test() {}

fn reference() {}

fn main() {}
