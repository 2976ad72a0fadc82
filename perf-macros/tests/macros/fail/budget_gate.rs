use perf_core::perf_budget;

#[perf_budget(allocs = 0)]
#[test]
fn nobody_would_run_it() {}

fn main() {}
