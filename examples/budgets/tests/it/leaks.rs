//! Does it keep what it should let go? Batch after batch, what is left behind must not rise without end.

use perf_exporters::gate;
use shop::{Order, Shop};

#[test]
fn invoices_are_let_go() {
    let shop = Shop::with_customers(100);
    gate::leak_check(20, || {
        let orders = (0..100).map(|customer| Order { customer, cents: 100 });
        assert_eq!(orders.filter_map(|order| shop.invoice(&order).ok()).count(), 100);
    })
    .assert();
}

#[tokio::test]
async fn tasks_are_let_go() {
    let checked = gate::leak_check_async(20, async || {
        let carrier = gate::current_session();
        let task = tokio::spawn(carrier.wrap(async { Shop::with_customers(100).find("customer 5").is_some() }));
        assert!(task.await.unwrap());
    });
    checked.await.assert();
}
