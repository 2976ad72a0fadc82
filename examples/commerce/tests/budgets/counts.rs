//! Queries, allocations and steps: exact, so they gate in every build and on every machine, and take milliseconds.

use std::sync::LazyLock;
use std::thread;

use commerce::bus::Bus;
use commerce::shop::Shop;
use commerce::state::{OrderState, OrderStep};
use commerce::store::NewNode;
use perf_core::perf_budget;
use perf_exporters::gate;

use crate::{bus, event, shop, three_lines};

/// Prepared once for all calls of the tests that only read.
static SHOP: LazyLock<Shop> = LazyLock::new(shop);

/// The N+1 budget: twenty orders of three lines each, and one query.
#[perf_budget(calls("db: query" = 1))]
#[test]
fn a_list_of_orders_takes_one_query() {
    let orders = gate::measure(|| SHOP.store.orders(1)).unwrap();
    assert_eq!(orders.len(), 20);
    assert!(orders.iter().all(|order| order.lines.len() == 3));
}

/// Two hundred products, of which the index finds those that are shown.
#[perf_budget(calls("db: query" = 1, "db: 100 steps" = 4))]
#[test]
fn a_search_takes_few_steps() {
    let found = gate::measure(|| SHOP.store.search(1, "cedar")).unwrap();
    assert!(found.len() > 10 && found.iter().all(|product| product.name.starts_with("cedar")));
}

#[perf_budget(calls("db: query" = 1))]
#[test]
fn a_product_takes_one_query() {
    assert_eq!(gate::measure(|| SHOP.store.product(2, 7)).unwrap().id, 7);
}

#[perf_budget(allocs = 0, calls("db: query" = 0))]
#[test]
fn a_cached_tenant_costs_no_allocation() {
    SHOP.tenant(1).unwrap();
    assert_eq!(gate::measure(|| SHOP.tenant(1).map(|tenant| tenant.id)).unwrap(), 1);
}

/// Its number, the order, three lines, and the event: one transaction.
#[perf_budget(calls("db: write" = 1, "db: query" = 6))]
#[test]
fn an_order_of_three_lines_takes_six_statements() {
    static ORDERS: LazyLock<Shop> = LazyLock::new(shop);
    let new = three_lines();
    gate::measure(|| ORDERS.place(1, &new)).unwrap();
}

#[perf_budget(calls("db: write" = 1, "db: query" = 3))]
#[test]
fn a_node_takes_three_statements() {
    static NODES: LazyLock<Shop> = LazyLock::new(shop);
    gate::measure(|| NODES.create_node(1, &NewNode { parent: None, title: "a page".to_owned() })).unwrap();
}

#[perf_budget(allocs = 0)]
#[test]
fn a_step_of_a_state_machine_costs_no_allocation() {
    assert_eq!(OrderState::Placed.after(OrderStep::Pay), Ok(OrderState::Paid));
}

/// The event itself, which all subscribers share.
#[perf_budget(allocs = 1)]
#[test]
fn an_event_is_one_allocation() {
    let bus = bus(8);
    let _subscriber = bus.subscribe();
    gate::measure(|| bus.publish(event(1))).unwrap();
}

/// An event that all subscribers have handled is gone: exact, where [`crate::leaks`] tells a leak from a cache.
#[perf_budget(net_bytes = 0)]
#[test]
fn handled_events_are_let_go() {
    static BUS: LazyLock<Bus> = LazyLock::new(|| bus(8));
    let mut subscriber = BUS.subscribe();
    gate::measure(|| {
        BUS.publish(event(1)).unwrap();
        assert!(subscriber.handle_next(|_| Ok(())));
    });
}

/// While one report takes long, another reader is served. The shop is this test's own: readers of other tests are no contention.
#[perf_budget(calls("db: wait for a reader" = 0))]
#[test]
fn two_readers_do_not_wait_for_each_other() {
    static READ: LazyLock<Shop> = LazyLock::new(shop);
    let store = &READ.store;
    let carrier = gate::current_session();
    thread::scope(|scope| {
        store.with_reader(|| {
            let other = scope.spawn(move || {
                let _entered = carrier.enter();
                store.product(1, 1).unwrap();
            });
            // The report ends when the other reader was served, or has to wait for it.
            while !other.is_finished() && store.readers_waiting() == 0 {
                thread::yield_now();
            }
        });
    });
}
