#![allow(dead_code)]

use perf_core::perf_budget;

#[perf_budget(p95 = "5ms", iterations = 58)]
#[test]
fn too_few_for_p95() {}

#[perf_budget(p99 = "5ms", p95 = "1ms", iterations = 298)]
#[test]
fn too_few_for_p99() {}

#[perf_budget(target(p999 = "5ms"), iterations = 2_994)]
#[test]
fn too_few_for_p999() {}

#[perf_budget(max = "5ms", iterations = 0)]
#[test]
fn none_at_all() {}

#[perf_budget(ratio = 1.1)]
#[test]
fn ratio_of_what() {}

#[perf_budget(vs = reference, ratio = 0)]
#[test]
fn ratio_is_zero() {}

#[perf_budget(vs = reference, ratio = "1.1")]
#[test]
fn ratio_is_a_string() {}

#[perf_budget(sizes = [1, 2, 4, 8, 16, 2048])]
#[test]
fn sizes_for_what() {}

#[perf_budget(growth = "n")]
#[test]
fn growth_over_what(n: usize) {}

#[perf_budget(growth = "n!", sizes = [1, 2, 4, 8, 16, 2048])]
#[test]
fn growth_is_unknown(n: usize) {}

#[perf_budget(growth = "n", sizes = [1, 2, 4, 8, 2048])]
#[test]
fn too_few_sizes(n: usize) {}

#[perf_budget(growth = "n", sizes = [10, 20, 40, 80, 160, 320])]
#[test]
fn too_close_sizes(n: usize) {}

#[perf_budget(growth = "n", sizes = [1, 2, 4, 4, 16, 2048])]
#[test]
fn sizes_do_not_ascend(n: usize) {}

#[perf_budget(growth = "n", sizes = 6)]
#[test]
fn sizes_are_no_list(n: usize) {}

#[perf_budget(growth = "n", sizes = [1, 2, 4, 8, 16, 2048])]
#[test]
fn growth_without_a_size() {}

#[perf_budget(growth = "n", sizes = [1, 2, 4, 8, 16, 2048], vs = reference)]
#[test]
fn growth_and_comparison(n: usize) {}

#[perf_budget(growth(time = "n"), sizes = [1, 2, 4, 8, 16, 2048])]
#[test]
fn growth_of_another_figure(n: usize) {}

#[perf_budget(growth(), sizes = [1, 2, 4, 8, 16, 2048])]
#[test]
fn growth_of_no_figure(n: usize) {}

#[perf_budget(growth(instructions = "n"))]
#[test]
fn instructions_over_what(n: usize) {}

#[perf_budget(vs(instructions = 3))]
#[test]
fn instructions_of_no_function() {}

#[perf_budget(vs(reference))]
#[test]
fn comparison_of_no_figure() {}

#[perf_budget(allocs = 1)]
#[test]
#[should_panic]
fn panics() {
    panic!();
}

fn reference() {}

fn main() {}
