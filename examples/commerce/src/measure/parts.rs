//! The parts of the service, called in this process.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use perf_core::perf_probe;
use perf_load::{Ctx, Load, Outcome};

use super::{Extent, tenant, told};
use crate::bus::{Bus, Event};
use crate::error::Result;
use crate::shop::Shop;
use crate::state::{NodeState, NodeStep, OrderState, OrderStep};
use crate::store::{Line, NewOrder};
use crate::tenant::{Tenant, TenantCache};

/// Look-ups in a batch. One takes less than a probe can tell, so a thousand are timed together, and their budget is that of a
/// thousand.
const BATCH: u32 = 1_000;
/// Batches, state machines run to their end.
const ROUNDS: u32 = 3_000;
/// Tenants that a batch goes round.
const ROUND: u32 = 32;

/// Hits and misses of the tenant cache, in batches.
pub(super) fn cache(shop: &Shop) {
    let cache = &shop.tenants;
    for id in 1..=ROUND {
        cache.put(&Arc::new(Tenant { id, name: format!("shop {id}") }));
        // Into the table of this thread.
        black_box(cache.get(id));
    }
    for _ in 0..ROUNDS {
        black_box(hits(cache));
        black_box(misses(cache));
    }
    // Those of them that are no tenants of the database are forgotten again.
    (1..=ROUND).for_each(|id| cache.forget(id));
}

/// The sum of what was looked at, so that it was looked at.
#[perf_probe(name = "tenant cache: 1,000 hits", items = BATCH)]
pub(crate) fn hits(cache: &TenantCache) -> usize {
    (0..BATCH).filter_map(|n| cache.with(black_box(1 + n % ROUND), |tenant| tenant.name.len())).sum()
}

#[perf_probe(name = "tenant cache: 1,000 misses", items = BATCH)]
pub(crate) fn misses(cache: &TenantCache) -> usize {
    (0..BATCH).filter(|n| cache.with(black_box(30_000 + n), |_| ()).is_none()).count()
}

/// Orders and nodes from their beginning to their end.
pub(super) fn state_machines() -> Result<()> {
    for _ in 0..ROUNDS {
        let order = [OrderStep::Pay, OrderStep::Pack, OrderStep::Ship];
        black_box(order.into_iter().try_fold(OrderState::Placed, OrderState::after)?);
        let node = [NodeStep::Submit, NodeStep::Reject, NodeStep::Submit, NodeStep::Publish, NodeStep::Archive];
        black_box(node.into_iter().try_fold(NodeState::Draft, NodeState::after)?);
    }
    Ok(())
}

/// Events a second that the bus is to take.
pub(super) const EVENTS: (f64, f64) = (5_000.0, 2_000.0);

/// The event bus with three subscribers, at a tenth more than its target.
pub(super) fn publish(extent: Extent) -> std::result::Result<Outcome, perf_load::Error> {
    let bus = Bus::new(1_024, Duration::from_millis(100));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            let mut subscriber = bus.subscribe();
            scope.spawn(move || while subscriber.handle_next(|_| Ok(())) {});
        }
        let load = Load::new("event bus").rate(1.1 * EVENTS.0).poisson().duration(extent.each).max_in_flight(4);
        let outcome = told(load).run(|ctx: &Ctx| {
            bus.publish(Event { tenant: tenant(ctx.number(), extent.size), kind: "load", subject: 0 })
        });
        bus.close();
        outcome
    })
}

/// Orders placed and taken to their end, a few at a time: one writer serves them all.
pub(super) fn process_orders(shop: &Shop, extent: Extent) -> std::result::Result<Outcome, perf_load::Error> {
    let load = Load::new("orders").rate(25.0).poisson().duration(extent.each).max_in_flight(8);
    told(load).run(|ctx: &Ctx| {
        let tenant = tenant(ctx.number(), extent.size);
        let lines = [1, 2, 3].map(|product| Line { product, pieces: 1 }).to_vec();
        let id = shop.place(tenant, &NewOrder { lines })?;
        shop.process(tenant, id)
    })
}
