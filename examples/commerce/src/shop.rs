//! The service without HTTP: what a request does.

use std::sync::Arc;
use std::time::Duration;

use perf_core::perf_probe;

use crate::bus::{Bus, Event};
use crate::error::Result;
use crate::state::OrderStep;
use crate::store::{NewNode, NewOrder, Size, Store};
use crate::tenant::{Tenant, TenantCache};

/// Events that the bus holds: more than the queue may have by its budget would hide that the budget is broken.
const EVENTS: usize = 1_024;

/// The service. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Shop {
    /// What is kept.
    pub store: Arc<Store>,
    /// Tenants that were asked for lately.
    pub tenants: TenantCache,
    /// What happened, for whom it concerns.
    pub bus: Bus,
}

impl Shop {
    /// A service on that database.
    #[must_use]
    pub fn new(store: Store) -> Self {
        let tenants = TenantCache::new(10_000, Duration::from_mins(5));
        Self { store: Arc::new(store), tenants, bus: Bus::new(EVENTS, Duration::from_millis(100)) }
    }

    /// A service on a database that goes with it.
    ///
    /// # Errors
    /// Where there is no room for it.
    pub fn temporary(size: Size) -> Result<Self> {
        Store::temporary(size).map(Self::new)
    }

    /// The tenant of a request.
    ///
    /// # Errors
    /// Where there is none of that number.
    pub fn tenant(&self, id: u32) -> Result<Arc<Tenant>> {
        self.tenants.get_or_load(id, || self.store.tenant(id))
    }

    /// Takes in an order and tells the bus.
    ///
    /// # Errors
    /// Where it was not taken in.
    pub fn place(&self, tenant: u32, new: &NewOrder) -> Result<u32> {
        let id = self.store.place(tenant, new)?;
        self.tell(tenant, "order placed", id);
        Ok(id)
    }

    /// Takes an order from its placing to the parcel service.
    ///
    /// # Errors
    /// Where a step is refused. Those before it stay.
    #[perf_probe(name = "order processing")]
    pub fn process(&self, tenant: u32, id: u32) -> Result<()> {
        for step in [OrderStep::Pay, OrderStep::Pack, OrderStep::Ship] {
            let state = self.store.advance(tenant, id, step)?;
            self.tell(tenant, state.word(), id);
        }
        Ok(())
    }

    /// Makes a node and tells the bus.
    ///
    /// # Errors
    /// Where it was not made.
    pub fn create_node(&self, tenant: u32, new: &NewNode) -> Result<u32> {
        let id = self.store.create_node(tenant, new)?;
        self.tell(tenant, "node created", id);
        Ok(id)
    }

    /// Publishes an event of the tenant's own: written down first, then told. Where it was written and the bus is full, subscribers
    /// read it from the database later.
    ///
    /// # Errors
    /// Where it was not written down.
    #[perf_probe(name = "event publishing")]
    pub fn publish(&self, tenant: u32, subject: u32) -> Result<()> {
        self.store.record(tenant, "custom", subject)?;
        self.tell(tenant, "custom", subject);
        Ok(())
    }

    /// What happened is in the database already, so a bus without room is no reason to refuse the request: the bus has counted it.
    fn tell(&self, tenant: u32, kind: &'static str, subject: u32) {
        let _ = self.bus.publish(Event { tenant, kind, subject });
    }
}
