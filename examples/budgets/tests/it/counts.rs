//! Allocations, bytes and calls: exact, so they gate in every build and on every machine, and take milliseconds.

use perf_core::perf_budget;
use perf_exporters::gate;
use shop::Shop;

use crate::orders;

/// The shop is prepared; what is inside `measure` counts.
#[perf_budget(allocs = 0, calls("shop::query" = 1))]
#[test]
fn finding_does_not_allocate() {
    let shop = Shop::with_customers(100);
    let found = gate::measure(|| shop.find("customer 42"));
    assert_eq!(found.map(|customer| customer.id), Some(42));
}

#[perf_budget(allocs = 1, alloc_bytes = "64B", net_bytes = 0)]
#[test]
fn an_invoice_is_one_string() {
    let shop = Shop::with_customers(10);
    gate::measure(|| {
        let invoice = shop.invoice(&shop::Order { customer: 7, cents: 1234 });
        assert_eq!(invoice.as_deref(), Ok("customer 7: 12.34"));
    });
}

/// The classic: a query for each of a thousand orders would be found here.
#[perf_budget(calls("shop::query" = 10), peak_bytes = "4KiB")]
#[test]
fn accounts_take_one_query_per_customer() {
    let (shop, orders) = (Shop::with_customers(10), orders(1_000, 10));
    let accounts = gate::measure(|| shop.accounts(&orders));
    assert_eq!(accounts.len(), 10);
}
