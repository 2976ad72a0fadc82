//! The same code under criterion, whose results `cargo perf diff` reads.
//!
//! ```text
//! cargo bench -p commerce --features bench --bench hot_paths -- --save-baseline main
//! cargo bench -p commerce --features bench --bench hot_paths
//! cargo perf diff target/criterion@main target/criterion@new
//! ```
//!
//! `COMMERCE_INJECT=on-lookup` before the second command switches a mistake on, which the third then finds.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use commerce::bus::{Bus, Event};
use commerce::inject;
use commerce::shop::Shop;
use commerce::state::{OrderState, OrderStep};
use commerce::store::Size;
use commerce::tenant::{Tenant, TenantCache};
use criterion::{Criterion, criterion_group, criterion_main};

fn tenants(criterion: &mut Criterion) {
    inject::from_env();
    let cache = TenantCache::new(1_000, Duration::from_mins(1));
    cache.put(&Arc::new(Tenant { id: 7, name: "shop 7".to_owned() }));
    let mut group = criterion.benchmark_group("tenant cache");
    group.bench_function("hit", |bencher| bencher.iter(|| cache.with(black_box(7), |tenant| tenant.id)));
    group.bench_function("hit, shared", |bencher| bencher.iter(|| cache.get(black_box(7))));
    group.bench_function("hit, moka alone", |bencher| bencher.iter(|| cache.get_shared(black_box(7))));
    group.bench_function("miss", |bencher| bencher.iter(|| cache.get(black_box(8))));
    group.finish();
}

fn events(criterion: &mut Criterion) {
    inject::from_env();
    let bus = Bus::new(8, Duration::ZERO);
    let mut subscriber = bus.subscribe();
    criterion.bench_function("event published and handled", |bencher| {
        bencher.iter(|| {
            let published = bus.publish(Event { tenant: 1, kind: "bench", subject: 1 });
            (published.is_ok(), subscriber.handle_next(|_| Ok(())))
        });
    });
    criterion.bench_function("step of an order", |bencher| {
        bencher.iter(|| black_box(OrderState::Placed).after(black_box(OrderStep::Pay)));
    });
}

fn queries(criterion: &mut Criterion) {
    inject::from_env();
    let shop = Shop::temporary(Size::QUICK).expect("a database in the folder for temporary files");
    let mut group = criterion.benchmark_group("store");
    group.bench_function("product", |bencher| bencher.iter(|| shop.store.product(1, black_box(7))));
    group.bench_function("search", |bencher| bencher.iter(|| shop.store.search(1, black_box("cedar"))));
    group.bench_function("orders", |bencher| bencher.iter(|| shop.store.orders(black_box(1))));
    group.bench_function("orders, one by one", |bencher| bencher.iter(|| shop.store.orders_one_by_one(black_box(1))));
    group.finish();
}

criterion_group!(benches, tenants, events, queries);
criterion_main!(benches);
