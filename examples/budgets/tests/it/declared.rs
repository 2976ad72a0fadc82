//! Budgets that functions declare themselves: `Shop::invoice` says what it may cost, and a test only has to call it.

use perf_core::{Session, perf_budget};
use perf_exporters::gate;
use shop::{Order, Shop};

/// Without a key: everything declared that runs inside.
#[perf_budget]
#[test]
fn invoices_keep_their_promise() {
    let shop = Shop::with_customers(10);
    for customer in 0..10 {
        assert!(shop.invoice(&Order { customer, cents: 100 }).is_ok());
    }
}

/// The same by hand, for a test that is not to be run again and again.
#[test]
fn invoices_keep_their_promise_once() {
    let shop = Shop::with_customers(10);
    let session = Session::new();
    session.run(|| {
        for turn in 0..1_000 {
            assert!(shop.invoice(&Order { customer: turn % 10, cents: 100 }).is_ok());
        }
    });
    gate::assert_budgets(&session.snapshot());
}
