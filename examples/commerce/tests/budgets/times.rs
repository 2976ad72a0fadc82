//! Limits on time: those of the table of targets. A debug build that misses one says so and fails nothing.

use std::hint::black_box;
use std::sync::LazyLock;

use commerce::shop::Shop;
use commerce::store::NewNode;
use perf_core::perf_budget;
use perf_exporters::gate;

use crate::{shop, three_lines};

static SHOP: LazyLock<Shop> = LazyLock::new(shop);

#[perf_budget(p95 = "100ms", target(p95 = "50ms"), max_time = "500ms")]
#[test]
fn a_search_is_quick() {
    black_box(SHOP.store.search(1, "oak").unwrap());
}

#[perf_budget(p95 = "200ms", target(p95 = "100ms"), max_time = "500ms")]
#[test]
fn a_node_is_made_in_time() {
    SHOP.create_node(2, &NewNode { parent: None, title: "a page".to_owned() }).unwrap();
}

/// Placed before the clock runs; what counts is the way to the parcel service.
#[perf_budget(p95 = "500ms", target(p95 = "200ms"), max_time = "500ms")]
#[test]
fn an_order_is_processed_in_time() {
    let id = SHOP.place(3, &three_lines()).unwrap();
    gate::measure(|| SHOP.process(3, id)).unwrap();
}

/// Less than a probe can tell, so a thousand hits are one call.
#[perf_budget(p50 = "10us", target(p50 = "5us"), max_time = "200ms")]
#[test]
fn a_thousand_cached_tenants_are_found_at_once() {
    SHOP.tenant(1).unwrap();
    let named = (0..1_000).filter_map(|_| SHOP.tenants.with(black_box(1), |tenant| tenant.name.len())).count();
    assert_eq!(named, 1_000);
}
