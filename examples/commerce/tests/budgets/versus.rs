//! Code beside other code, in turns and in one run.

use std::hint::black_box;
use std::sync::LazyLock;

use commerce::shop::Shop;
use perf_core::perf_budget;

use crate::shop;

static SHOP: LazyLock<Shop> = LazyLock::new(|| {
    let shop = shop();
    shop.store.copy_to_a_single_shop(1).unwrap();
    shop
});

/// What it costs that every key begins with the tenant, against a table of one shop alone: at most a third.
#[perf_budget(vs = product_of_a_single_shop, ratio = 1.33)]
#[test]
fn isolation_of_tenants_costs_little() {
    for id in [1, 50, 100, 150] {
        black_box(SHOP.store.product(1, black_box(id)).unwrap());
    }
}

fn product_of_a_single_shop() {
    for id in [1, 50, 100, 150] {
        black_box(SHOP.store.product_of_a_single_shop(black_box(id)).unwrap());
    }
}

/// Requests ask the cache: at most a tenth of what the database takes.
#[perf_budget(vs = tenant_from_the_database, ratio = 0.1)]
#[test]
fn the_cache_beats_the_database() {
    black_box(SHOP.tenant(black_box(1)).unwrap());
}

fn tenant_from_the_database() {
    black_box(SHOP.store.tenant(black_box(1)).unwrap());
}
