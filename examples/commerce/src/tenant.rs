//! Tenants, and the cache that every request asks first.
//!
//! Three layers, each answers in a tenth of the time of the next:
//!
//! 1. a small table of each thread, without a lock, of tenants that this thread has seen lately;
//! 2. `moka`, shared by all threads, bounded in size and time;
//! 3. the database.
//!
//! A bit for each number tells whether the second layer may hold the tenant at all, so that a miss is known without asking it.
//! Changes are seen at once, by [`TenantCache::put`] and [`TenantCache::forget`]; the time to live bounds memory, not age.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use perf_core::perf_probe;
use serde::Serialize;

use crate::error::Result;
use crate::inject::Injection;

/// A customer of the service, with a shop of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tenant {
    /// Its number.
    pub id: u32,
    /// The name of the shop.
    pub name: String,
}

/// Places in the table of a thread.
const PLACES: usize = 64;
/// Numbers that have a bit. Others are always asked for in the second layer.
const BITS: usize = 1 << 16;

/// An entry of a thread's table: of which cache and generation, and the tenant.
type Place = Option<(u64, u64, Arc<Tenant>)>;

thread_local! {
    static SEEN: RefCell<[Place; PLACES]> = const { RefCell::new([const { None }; PLACES]) };
}

/// Distinguishes caches in the tables of threads, which outlive them.
static CACHES: AtomicU64 = AtomicU64::new(0);

/// The tenants that were asked for lately.
#[derive(Clone, Debug)]
pub struct TenantCache {
    shared: Cache<u32, Arc<Tenant>>,
    held: Arc<[AtomicU64]>,
    number: u64,
    /// Grows with every change, so that no thread goes on with what it has seen before.
    generation: Arc<AtomicU64>,
}

impl TenantCache {
    /// A cache of so many tenants, each for so long.
    #[must_use]
    pub fn new(capacity: u64, lasts: Duration) -> Self {
        let held: Arc<[AtomicU64]> = (0..BITS / 64).map(|_| AtomicU64::new(0)).collect();
        let bits = Arc::clone(&held);
        let generation = Arc::new(AtomicU64::new(0));
        let changed = Arc::clone(&generation);
        let shared =
            Cache::builder().max_capacity(capacity).time_to_live(lasts).eviction_listener(move |id, _, cause| {
                if cause.was_evicted()
                    && let Some((word, bit)) = bit(*id)
                {
                    bits[word].fetch_and(!bit, Ordering::Relaxed);
                }
                changed.fetch_add(1, Ordering::Release);
            });
        let number = CACHES.fetch_add(1, Ordering::Relaxed);
        Self { shared: shared.build(), held, number, generation }
    }

    /// Looks at the tenant, if it is cached, without taking a share of it: two atomic additions less than [`get`](Self::get).
    ///
    /// # Panics
    /// Where the function asks a cache itself.
    pub fn with<R>(&self, id: u32, look: impl FnOnce(&Tenant) -> R) -> Option<R> {
        let generation = self.generation.load(Ordering::Acquire);
        SEEN.with_borrow(|seen| match &seen[place(id)] {
            Some((cache, at, tenant)) if (*cache, *at, tenant.id) == (self.number, generation, id) => Ok(look(tenant)),
            _ => Err(look),
        })
        .map_or_else(|look| self.shared_get(id, generation).map(|tenant| look(&tenant)), Some)
    }

    /// The tenant, if it is cached.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<Arc<Tenant>> {
        let generation = self.generation.load(Ordering::Acquire);
        let seen = SEEN.with_borrow(|seen| match &seen[place(id)] {
            Some((cache, at, tenant)) if (*cache, *at, tenant.id) == (self.number, generation, id) => {
                Some(Arc::clone(tenant))
            }
            _ => None,
        });
        let found = match seen {
            Some(tenant) => tenant,
            None => self.shared_get(id, generation)?,
        };
        Some(if Injection::ExtraAllocation.is_on() { Arc::new(Tenant::clone(&found)) } else { found })
    }

    #[inline]
    fn shared_get(&self, id: u32, generation: u64) -> Option<Arc<Tenant>> {
        if let Some((word, bit)) = bit(id)
            && self.held[word].load(Ordering::Relaxed) & bit == 0
        {
            return None;
        }
        let tenant = self.shared.get(&id)?;
        SEEN.with_borrow_mut(|seen| seen[place(id)] = Some((self.number, generation, Arc::clone(&tenant))));
        Some(tenant)
    }

    /// The tenant, from the cache or from the function.
    ///
    /// # Errors
    /// That of the function.
    #[perf_probe(name = "tenant of a call")]
    pub fn get_or_load(&self, id: u32, load: impl FnOnce() -> Result<Tenant>) -> Result<Arc<Tenant>> {
        if let Some(tenant) = self.get(id) {
            return Ok(tenant);
        }
        let tenant = load().map(Arc::new)?;
        self.put(&tenant);
        Ok(tenant)
    }

    /// Takes in a tenant, new or changed.
    pub fn put(&self, tenant: &Arc<Tenant>) {
        if let Some((word, bit)) = bit(tenant.id) {
            self.held[word].fetch_or(bit, Ordering::Relaxed);
        }
        self.shared.insert(tenant.id, Arc::clone(tenant));
    }

    /// Forgets a tenant, on all threads.
    pub fn forget(&self, id: u32) {
        self.shared.invalidate(&id);
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// The second layer alone, for the comparison with all three.
    #[must_use]
    pub fn get_shared(&self, id: u32) -> Option<Arc<Tenant>> {
        self.shared.get(&id)
    }
}

const fn place(id: u32) -> usize {
    id as usize % PLACES
}

fn bit(id: u32) -> Option<(usize, u64)> {
    let id = id as usize;
    (id < BITS).then_some((id / 64, 1 << (id % 64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn cache() -> TenantCache {
        TenantCache::new(1_000, Duration::from_mins(1))
    }

    fn tenant(id: u32) -> Tenant {
        Tenant { id, name: format!("shop {id}") }
    }

    #[test]
    fn a_tenant_is_loaded_once_and_shared() {
        let cache = cache();
        assert_eq!(cache.get(7), None);
        let loaded = cache.get_or_load(7, || Ok(tenant(7))).unwrap();
        let again = cache.get_or_load(7, || panic!("it is cached")).unwrap();
        assert!(Arc::ptr_eq(&loaded, &again));
        assert!(matches!(cache.get_or_load(8, || Err(Error::NotFound)), Err(Error::NotFound)));
    }

    #[test]
    fn what_is_forgotten_or_changed_is_not_seen_again() {
        let cache = cache();
        cache.put(&Arc::new(tenant(7)));
        assert!(cache.get(7).is_some());
        cache.forget(7);
        assert_eq!(cache.get(7), None);
        cache.put(&Arc::new(tenant(7)));
        assert!(cache.get(7).is_some());
        cache.put(&Arc::new(Tenant { id: 7, name: "renamed".to_owned() }));
        assert_eq!(cache.get(7).unwrap().name, "renamed");
        assert_eq!(cache.get(7 + 64), None, "the same place in the table");
    }

    #[test]
    fn two_caches_do_not_mix() {
        let (one, other) = (cache(), cache());
        one.put(&Arc::new(tenant(7)));
        assert!(one.get(7).is_some());
        assert_eq!(other.get(7), None);
    }

    #[test]
    fn numbers_without_a_bit_are_cached_as_well() {
        let cache = cache();
        cache.put(&Arc::new(tenant(u32::MAX)));
        assert!(cache.get(u32::MAX).is_some());
    }
}
