//! Limits on time: wide ones, since machines differ, and narrow ones beside other code.
//!
//! In a build without optimisation a limit that is missed is INCONCLUSIVE. `vs` gates everywhere: both sides were built
//! in the same way.

use std::hint::black_box;
use std::sync::LazyLock;

use perf_core::perf_budget;
use perf_exporters::gate;
use shop::{Order, Shop, total};

use crate::orders;

/// What is worked on, prepared once for all calls.
static SHOP: LazyLock<Shop> = LazyLock::new(|| Shop::with_customers(1_000));
static ORDERS: LazyLock<Vec<Order>> = LazyLock::new(|| orders(10_000, 1_000));

/// Twice what is usual, or more: a quantile that is to be shown with little doubt needs room. The target warns earlier.
#[perf_budget(p95 = "20ms", target(p95 = "10ms"))]
#[test]
fn accounts_are_ready_in_time() {
    gate::measure(|| black_box(SHOP.accounts(&ORDERS)));
}

/// At least so many orders, not calls, in a second.
#[perf_budget(throughput = "1000000/s")]
#[test]
fn a_total_is_made_of_many_orders() {
    gate::measure(|| black_box(total(&ORDERS)));
    gate::items(ORDERS.len() as u64);
}

/// Processor time: what the thread waits for does not count, nor who else runs.
#[perf_budget(mean = "5ms", clock = "cpu")]
#[test]
fn invoices_cost_little_work() {
    for order in &ORDERS[..100] {
        black_box(SHOP.invoice(order)).unwrap();
    }
}

const NAMES: [&str; 4] = ["customer 0", "customer 250", "customer 500", "customer 999"];

/// Both run in turns, in one run: a machine that is slow is slow for both.
#[perf_budget(vs = looking_at_all, ratio = 0.5)]
#[test]
fn the_index_beats_looking_at_all() {
    for name in NAMES {
        assert!(black_box(SHOP.find(black_box(name))).is_some());
    }
}

fn looking_at_all() {
    for name in NAMES {
        assert!(black_box(SHOP.find_by_looking_at_all(black_box(name))).is_some());
    }
}
