//! Thirty budgets on time and thirty on counters, as a suite of users' tests may have them: `budget_suite` runs it ten times on a
//! busy machine.
//!
//! Limits on time are twice the usual, of work that is made to last so long on this machine.

#[path = "../src/work.rs"]
mod work;

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

use perf_core::{PerfAlloc, perf_budget, perf_probe};
use perf_exporters::gate;
use work::work;

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);

/// Steps of work in a microsecond, by the fastest of many short runs: those that nothing interrupted.
static STEPS: LazyLock<f64> = LazyLock::new(|| {
    const STEPS: u64 = 5_000;
    let run = |_| {
        let start = Instant::now();
        black_box(work(STEPS));
        start.elapsed().as_secs_f64() * 1e6
    };
    STEPS as f64 / (0..2_000).map(run).fold(f64::INFINITY, f64::min)
});

/// Work that lasts so many microseconds.
fn micros(micros: u64) -> u64 {
    work(gate::order::floor(micros as f64 * *STEPS) as u64)
}

/// Tests of one statement under a budget each.
macro_rules! budgets {
    ($($name:ident($($budget:tt)*) $body:block)*) => {
        $(
            #[perf_budget($($budget)*)]
            #[test]
            fn $name() $body
        )*
    };
}

mod timed {
    use super::*;

    budgets! {
        p50_of_1_us(p50 = "2us") { micros(1); }
        p50_of_10_us(p50 = "20us") { micros(10); }
        p50_of_100_us(p50 = "200us") { micros(100); }
        p50_of_1_ms(p50 = "2ms") { micros(1_000); }
        p50_of_5_ms(p50 = "10ms") { micros(5_000); }
        p95_of_1_us(p95 = "2us") { micros(1); }
        p95_of_10_us(p95 = "20us") { micros(10); }
        p95_of_100_us(p95 = "200us") { micros(100); }
        p95_of_1_ms(p95 = "2ms") { micros(1_000); }
        p95_of_5_ms(p95 = "10ms") { micros(5_000); }
        p99_of_1_us(p99 = "2us") { micros(1); }
        p99_of_10_us(p99 = "20us") { micros(10); }
        p99_of_100_us(p99 = "200us") { micros(100); }
        p99_of_1_ms(p99 = "2ms") { micros(1_000); }
        mean_of_10_us(mean = "20us") { micros(10); }
        mean_of_100_us(mean = "200us") { micros(100); }
        mean_of_1_ms(mean = "2ms") { micros(1_000); }
        mean_of_5_ms(mean = "10ms") { micros(5_000); }
        mean_of_a_part(mean = "200us") { micros(50); gate::measure(|| micros(100)); }
        p95_of_a_part(p95 = "2ms") { micros(50); gate::measure(|| micros(1_000)); }
        throughput_of_10_us(throughput = "50000/s") { micros(10); }
        throughput_of_100_us(throughput = "5000/s") { micros(100); }
        throughput_of_1_ms(throughput = "500/s") { micros(1_000); }
        throughput_of_items(throughput = "500000/s") { micros(100); gate::items(100); }
        vs_of_1_us(vs = one, ratio = 1.10) { micros(1); }
        vs_of_10_us(vs = ten, ratio = 1.10) { micros(10); }
        vs_of_100_us(vs = hundred, ratio = 1.10) { micros(100); }
        vs_of_1_ms(vs = thousand, ratio = 1.10) { micros(1_000); }
    }

    fn one() {
        micros(1);
    }

    fn ten() {
        micros(10);
    }

    fn hundred() {
        micros(100);
    }

    fn thousand() {
        micros(1_000);
    }

    #[perf_budget(growth = "n", sizes = [16, 64, 256, 1024, 4096, 16384])]
    #[test]
    fn growth_of_a_loop(n: usize) {
        work(n as u64);
    }

    #[perf_budget(growth = "1", sizes = [16, 64, 256, 1024, 4096, 16384])]
    #[test]
    fn growth_of_nothing(_n: usize) {
        micros(2);
    }
}

mod counted {
    use super::*;

    #[perf_probe(name = "query")]
    fn query(n: u64) -> u64 {
        work(n)
    }

    fn strings(n: usize) -> Vec<String> {
        (0..n).map(|at| format!("item {at}")).collect()
    }

    budgets! {
        no_allocation(allocs = 0) { work(100); }
        one_allocation(allocs = 1) { black_box(vec![0_u8; 100]); }
        two_allocations(allocs = 2) { black_box((vec![0_u8; 100], vec![0_u8; 200])); }
        ten_strings(allocs = 11) { black_box(strings(10)); }
        a_hundred_strings(allocs = 101) { black_box(strings(100)); }
        bytes_of_one(alloc_bytes = "100B") { black_box(vec![0_u8; 100]); }
        bytes_of_two(alloc_bytes = "300B") { black_box((vec![0_u8; 100], vec![0_u8; 200])); }
        bytes_of_many(alloc_bytes = "64KiB") { black_box(vec![0_u8; 65_536]); }
        bytes_of_a_megabyte(alloc_bytes = "1MiB") { black_box(vec![0_u8; 1 << 20]); }
        bytes_of_none(alloc_bytes = "0B") { work(50); }
        peak_of_one(peak_bytes = "100B") { black_box(vec![0_u8; 100]); }
        peak_of_two_in_turn(peak_bytes = "200B") { black_box(vec![0_u8; 100]); black_box(vec![0_u8; 200]); }
        peak_of_many(peak_bytes = "64KiB") { black_box(vec![0_u8; 65_536]); }
        peak_of_none(peak_bytes = "0B") { work(50); }
        peak_of_strings(peak_bytes = "1KiB") { black_box(strings(20)); }
        nothing_kept(net_bytes = 0) { black_box(strings(20)); }
        nothing_kept_of_a_vector(net_bytes = 0) { black_box(vec![0_u8; 100]); }
        nothing_kept_of_work(net_bytes = 0) { work(50); }
        nothing_kept_of_a_part(net_bytes = 0) { gate::measure(|| black_box(strings(5)).len()); }
        nothing_kept_of_a_map(net_bytes = 0) { black_box((0..50).map(|n| (n, n)).collect::<std::collections::BTreeMap<u64, u64>>()); }
        one_query(calls("query" = 1)) { query(10); }
        two_queries(calls("query" = 2)) { query(10); query(20); }
        ten_queries(calls("query" = 10)) { (0..10).for_each(|n| _ = query(n)); }
        a_hundred_queries(calls("query" = 100)) { (0..100).for_each(|n| _ = query(n)); }
        no_query(calls("query" = 0)) { work(10); }
        a_query_and_a_vector(allocs = 1, calls("query" = 1)) { query(10); black_box(vec![0_u8; 100]); }
        a_query_without_allocation(allocs = 0, calls("query" = 1)) { query(10); }
        a_part_that_allocates(allocs = 1) { strings(3); gate::measure(|| black_box(vec![0_u8; 10]).len()); }
        a_part_that_does_not(allocs = 0) { strings(3); gate::measure(|| work(10)); }
    }

    #[perf_budget(growth = "n", sizes = [16, 64, 256, 1024, 4096, 16384])]
    #[test]
    fn growth_of_allocations(n: usize) {
        black_box(strings(n));
    }
}
