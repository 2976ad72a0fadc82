//! `#[perf_budget]` on every kind of test: the body runs as the budget wants, and returns as it did.
#![cfg(feature = "gate")]

use std::future::ready;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use perf_core::{PerfAlloc, perf_budget, perf_probe};
use perf_exporters::gate;

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);

#[perf_budget(p99 = "1s", p95 = "500ms", mean = "500ms", throughput = "2/s")]
#[test]
fn plain() {
    black_box((0..100_u64).sum::<u64>());
}

mod tools {
    pub(crate) mod performance {
        pub(crate) use {perf_core as probes, perf_exporters as reports};
    }
}

#[perf_budget(allocs = 0, crate = crate::tools::performance::probes, gate = crate::tools::performance::reports)]
#[test]
fn under_other_names() {
    black_box((0..100_u64).sum::<u64>());
}

#[perf_budget(p50 = "1s", allocs = 1, target(p50 = "500ms"))]
#[test]
fn a_result() -> Result<(), std::num::ParseIntError> {
    let number: u64 = black_box("17").parse()?;
    black_box(vec![number]);
    Ok(())
}

#[perf_budget(p95 = "1s", allocs = 1)]
#[tokio::test]
async fn asynchronous() {
    black_box(vec![1_u8]);
    tokio::task::yield_now().await;
}

#[perf_budget(p95 = "1s", allocs = 2, calls("attribute::task" = 1))]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_many_threads() -> Result<(), String> {
    #[perf_probe(name = "attribute::task")]
    async fn task() -> Vec<u8> {
        vec![1, 2, 3]
    }
    // Tasks are counted where they carry the session; to start one allocates, here once.
    let carrier = gate::current_session();
    let bytes = tokio::spawn(carrier.wrap(task())).await.map_err(|error| error.to_string())?;
    if bytes.len() == 3 { Ok(()) } else { Err("lost".to_owned()) }
}

#[perf_budget(p95 = "1s")]
#[tokio::test]
async fn narrowed() {
    let slow = tokio::time::Duration::from_micros(100);
    tokio::time::sleep(slow).await;
    let answer = gate::measure_async(async { 42 }).await;
    assert_eq!(answer, 42);
}

#[perf_budget(p50 = "1s", iterations = 7, warmup = 3)]
#[test]
fn as_many_calls_as_it_says() {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let calls = CALLS.fetch_add(1, Relaxed) + 1;
    assert!(calls <= 10, "{calls} calls");
}

#[perf_budget(errors = "50%")]
#[test]
fn some_errors_are_budgeted() -> Result<(), u64> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = CALLS.fetch_add(1, Relaxed);
    if call % 10 == 9 && perf_core::is_enabled() { Err(call) } else { Ok(()) }
}

#[perf_budget(p95 = "1s", clock = "cpu")]
#[test]
fn of_processor_time() {
    black_box((0..100_u64).sum::<u64>());
}

#[perf_budget(max = "5s", net_bytes = 0)]
#[perf_probe(name = "attribute::probed", items = 3)]
#[test]
fn a_probe_beside_it() {
    black_box(vec![1_u8]);
}

#[perf_budget(throughput = "10/s")]
#[test]
fn items_count() {
    gate::items(1_000);
    black_box(0);
}

mod names_of_the_body {
    use super::*;

    // The body sees its own names, and none of the macro's.
    const BUDGET: u8 = 1;
    fn body() -> u8 {
        2
    }
    fn gate() -> u8 {
        3
    }
    fn declared() -> u8 {
        4
    }

    #[perf_budget(p50 = "1s", iterations = 5, vs = reference)]
    #[test]
    fn are_its_own() {
        assert_eq!((BUDGET, body(), gate(), declared()), (1, 2, 3, 4));
    }

    fn reference() {
        assert_eq!((BUDGET, body(), gate(), declared()), (1, 2, 3, 4));
    }
}

mod declared_inside {
    use super::*;

    #[perf_budget(allocs = 1, p99 = "1s", calls("attribute::inner" = 2))]
    fn outer() {
        black_box(vec![1_u8]);
        inner();
        inner();
    }

    #[perf_probe(name = "attribute::inner")]
    fn inner() {
        black_box(0);
    }

    #[perf_budget]
    #[test]
    fn is_checked_without_keys() {
        outer();
    }

    #[test]
    fn is_checked_by_hand() {
        perf_core::set_call_tree(true);
        let session = perf_core::Session::new();
        session.run(|| (0..1_000).for_each(|_| outer()));
        gate::assert_budgets(&session.snapshot());
    }
}

#[perf_budget(growth = "n", sizes = [8, 32, 128, 512, 2048, 8192], max_time = "500ms")]
#[tokio::test]
async fn grows(n: usize) -> Result<(), String> {
    let sum = ready((0..n as u64).map(black_box).sum::<u64>()).await;
    if sum == (n as u64 * (n as u64 - 1)) / 2 { Ok(()) } else { Err(format!("{sum}")) }
}
