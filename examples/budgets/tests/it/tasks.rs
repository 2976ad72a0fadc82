//! Asynchronous tests: the attribute stands above `#[tokio::test]`, in either flavour.

use std::sync::Arc;
use std::time::Duration;

use perf_core::perf_budget;
use perf_exporters::gate;
use shop::{Order, Shop};

/// Waiting is prepared, too: only the measured part counts.
#[perf_budget(p95 = "10ms", allocs = 1)]
#[tokio::test]
async fn an_invoice_after_a_pause() {
    let shop = Shop::with_customers(10);
    tokio::time::sleep(Duration::from_micros(50)).await;
    let invoice = gate::measure_async(async {
        tokio::task::yield_now().await;
        shop.invoice(&Order { customer: 3, cents: 100 })
    });
    assert!(invoice.await.is_ok());
}

/// What a task on another thread does counts where it carries the session of the test.
#[perf_budget(calls("shop::query" = 2))]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tasks_make_one_query_each() -> Result<(), tokio::task::JoinError> {
    let shop = Arc::new(Shop::with_customers(10));
    for id in [1, 2] {
        let (shop, carrier) = (Arc::clone(&shop), gate::current_session());
        let task = tokio::spawn(carrier.wrap(async move { shop.customer(id).is_some() }));
        assert!(task.await?);
    }
    Ok(())
}
