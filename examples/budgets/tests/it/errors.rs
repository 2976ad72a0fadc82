//! Tests that return a `Result`: an error ends them at once, as it does anywhere, unless errors are budgeted.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use perf_core::perf_budget;
use shop::{Order, Shop, Unknown};

#[perf_budget(allocs = 10)]
#[test]
fn an_error_is_an_error() -> Result<(), Unknown> {
    let shop = Shop::with_customers(1);
    assert_eq!(shop.invoice(&Order { customer: 0, cents: 5 })?, "customer 0: 0.05");
    Ok(())
}

/// One order in fifty is of an unknown customer; more than a tenth would be too many.
#[perf_budget(errors = "10%")]
#[test]
fn few_orders_are_of_nobody() -> Result<(), Unknown> {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let customer = CALLS.fetch_add(1, Relaxed) % 50;
    Shop::with_customers(49).invoice(&Order { customer, cents: 5 }).map(drop)
}
