use perf_core::perf_budget;

#[perf_budget(p99 = "5ms", at = "2000/s")]
#[test]
fn nobody_would_drive_it() {}

#[perf_budget(p99 = "5ms", at = 2000)]
#[test]
fn no_rate() {}

#[perf_budget(at = "2000/s")]
#[test]
fn no_promise() {}

#[perf_budget(p99 = "5ms", allocs = 0, at = "2000/s")]
#[test]
fn counted() {}

#[perf_budget(p99 = "5ms", calls("db" = 1), at = "2000/s")]
#[test]
fn calls() {}

#[perf_budget(p99 = "5ms", at = "2000/s", iterations = 300)]
#[test]
fn iterations() {}

#[perf_budget(vs = other, at = "2000/s")]
#[test]
fn versus() {}

#[perf_budget(p99 = "5ms", at = "2000/s", clock = "cpu")]
#[test]
fn processor_time() {}

#[perf_budget(p99 = "5ms", instructions = "1M", at = "2000/s")]
#[test]
fn instructions() {}

#[perf_budget(p99 = "5ms", at = "2000/s")]
fn no_test() {}

fn main() {}
