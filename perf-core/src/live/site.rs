//! The registry's own copy of a callsite's description, since a callsite is gone when the library that holds it is
//! unloaded, and snapshots go on reporting its counts.

use std::cell::Cell;

use super::callsite::{Callsite, SAMPLED, Sampling};
use super::{cap, memory, object};
use crate::budget::{BudgetSpec, CallLimit, Growth, Relative};

/// Chains of a new [`Names`].
const FIRST_CHAINS: usize = 64;

/// A registered callsite; it lives for ever.
pub(crate) struct Site {
    /// The number of its name, from 1 on.
    pub(crate) id: u32,
    pub(crate) name: &'static str,
    /// Source file, and line in it.
    pub(crate) place: (&'static str, u32),
    pub(crate) budget: Option<&'static BudgetSpec>,
    sampling: Sampling,
    pub(super) errors_unseen: bool,
    /// The callsite whose word is to be kept up to date.
    pub(super) callsite: *const Callsite,
    /// Whether that can be unloaded.
    pub(super) transient: bool,
    /// The site that was registered before it.
    pub(super) older: Option<&'static Site>,
    hash: usize,
    /// The next site in its chain of [`Names`].
    next: Cell<*const Site>,
}

// SAFETY: the registry's lock guards `next` and `callsite`; all else never changes, and what it points to lives for ever.
unsafe impl Sync for Site {}
// SAFETY: as above.
unsafe impl Send for Site {}

impl Site {
    /// The description of `callsite`, of this name, copied where it can be unloaded; to be
    /// [`numbered`](Self::numbered). The registry's lock is held.
    pub(super) fn of(callsite: &'static Callsite, name: &'static str) -> Self {
        let (file, line) = callsite.place;
        let budget = callsite.budget.map_or(std::ptr::null(), std::ptr::from_ref);
        let described = [name.as_ptr().addr(), file.as_ptr().addr(), budget.addr()];
        let copied = object::is_any_transient(&described);
        Self {
            id: 0,
            name: if copied { keep_text(name) } else { name },
            place: (if copied { keep_text(file) } else { file }, line),
            budget: if copied { callsite.budget.map(keep_budget) } else { callsite.budget },
            sampling: callsite.sampling,
            errors_unseen: callsite.errors_unseen,
            callsite,
            transient: object::is_any_transient(&[std::ptr::from_ref(callsite).addr()]),
            older: None,
            hash: hash(name),
            next: Cell::new(std::ptr::null()),
        }
    }

    /// Adds its id and its place among the others; `name` is the one that its namesakes share.
    pub(super) fn numbered(self, id: u32, name: &'static str, older: Option<&'static Self>) -> Self {
        Self { id, name, older, ..self }
    }

    /// [`SAMPLED`] where not every call is timed.
    pub(super) fn sampled(&self) -> u32 {
        if cap::is_sampled(self.sampling) { SAMPLED } else { 0 }
    }
}

/// A copy that lives for ever.
fn keep_text(text: &str) -> &'static str {
    String::leak(text.to_owned())
}

fn keep_all<T: Clone>(items: &[T]) -> &'static [T] {
    Vec::leak(items.to_vec())
}

fn keep_budget(spec: &BudgetSpec) -> &'static BudgetSpec {
    let calls: Vec<_> = spec.calls.iter().map(|call| CallLimit { probe: keep_text(call.probe), ..*call }).collect();
    Box::leak(Box::new(BudgetSpec {
        name: spec.name.map(keep_text),
        limits: keep_all(spec.limits),
        targets: keep_all(spec.targets),
        calls: keep_all(&calls),
        relative: spec.relative.map(|relative| Relative { reference: keep_text(relative.reference), ..relative }),
        growth: spec.growth.map(|growth| Growth { sizes: keep_all(growth.sizes), ..growth }),
        ..*spec
    }))
}

/// The first site of each name, found by its name; guarded by the registry's lock. There are about as many chains as
/// names, so finding one takes the same time however many there are.
pub(super) struct Names {
    chains: *mut [Cell<*const Site>],
    held: u32,
}

impl Names {
    pub(super) const fn new() -> Self {
        Self { chains: std::ptr::slice_from_raw_parts_mut(std::ptr::null_mut(), 0), held: 0 }
    }

    /// How many names there are.
    pub(super) fn held(&self) -> u32 {
        self.held
    }

    fn chain(&self, hash: usize) -> Option<&Cell<*const Site>> {
        // SAFETY: made by `array` with this length, or empty.
        let chains = unsafe { self.chains.as_ref() }?;
        chains.get(hash & (chains.len() - 1))
    }

    /// The first site of a name.
    pub(super) fn find(&self, name: &str) -> Option<&'static Site> {
        let hash = hash(name);
        let mut next = self.chain(hash)?.get();
        // SAFETY: null or a site, and sites live for ever.
        while let Some(site) = unsafe { next.as_ref() } {
            if site.hash == hash && site.name == name {
                return Some(site);
            }
            next = site.next.get();
        }
        None
    }

    /// Inserts the first site of a name; none where memory is out.
    pub(super) fn insert(&mut self, site: &'static Site) -> Option<()> {
        if self.held as usize >= self.chains.len() {
            self.lengthen();
        }
        let chain = self.chain(site.hash)?;
        site.next.set(chain.replace(site));
        self.held += 1;
        Some(())
    }

    /// Doubles the number of chains; where memory is out, the sites stay in the present ones.
    fn lengthen(&mut self) {
        let length = (2 * self.chains.len()).max(FIRST_CHAINS);
        let Some(chains) = memory::array(length, || Cell::new(std::ptr::null())) else {
            return;
        };
        let before = std::mem::replace(&mut self.chains, chains);
        // SAFETY: made by `array`, or null.
        for chain in unsafe { before.as_ref() }.into_iter().flatten() {
            let mut next = chain.get();
            // SAFETY: null or a site, and sites live for ever.
            while let Some(site) = unsafe { next.as_ref() } {
                next = site.next.get();
                if let Some(chain) = self.chain(site.hash) {
                    site.next.set(chain.replace(site));
                }
            }
        }
        if !before.is_null() {
            // SAFETY: made by `array`, and replaced above.
            unsafe { memory::free_array(before) };
        }
    }
}

/// FNV-1a.
fn hash(name: &str) -> usize {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    #[allow(clippy::cast_possible_truncation, reason = "a hash")]
    let hash = hash as usize;
    hash
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::budget::{Bound, Figure, GrowthClass, Limit, Metric};
    use crate::live::callsite::Name;

    #[test]
    fn a_copied_budget_says_the_same_and_shares_nothing() {
        static SPEC: BudgetSpec = BudgetSpec {
            name: Some("parse"),
            limits: &[Limit { metric: Metric::Allocs, bound: Bound::Count(3) }],
            calls: &[CallLimit { probe: "read", calls: 2 }],
            relative: Some(Relative { reference: "naive", ratio: 1.5, by: Figure::Time }),
            growth: Some(Growth { class: GrowthClass::Linear, sizes: &[1, 2, 4], by: Figure::Instructions }),
            ..BudgetSpec::EMPTY
        };
        let copy = keep_budget(&SPEC);
        assert_eq!(*copy, SPEC);
        assert_ne!(copy.name.unwrap().as_ptr(), SPEC.name.unwrap().as_ptr());
        assert_ne!(copy.limits.as_ptr(), SPEC.limits.as_ptr());
        assert_ne!(copy.calls[0].probe.as_ptr(), SPEC.calls[0].probe.as_ptr());
        assert_ne!(copy.relative.unwrap().reference.as_ptr(), SPEC.relative.unwrap().reference.as_ptr());
        assert_ne!(copy.growth.unwrap().sizes.as_ptr(), SPEC.growth.unwrap().sizes.as_ptr());
    }

    fn length(chain: &Cell<*const Site>) -> usize {
        // SAFETY: null or a site, and sites live for ever.
        std::iter::successors(unsafe { chain.get().as_ref() }, |site: &&Site| unsafe { site.next.get().as_ref() })
            .count()
    }

    #[test]
    fn every_name_is_found_however_many_there_are() {
        let all: u32 = if cfg!(miri) { 70 } else { 100_000 };
        let mut names = Names::new();
        for id in 0..all {
            let name = keep_text(&format!("name {id}"));
            assert!(names.find(name).is_none());
            let callsite = memory::keep(Callsite::new(Name::Given(name))).unwrap();
            names.insert(memory::keep(Site::of(callsite, name).numbered(id, name, None)).unwrap()).unwrap();
        }
        assert!((0..all).all(|id| names.find(&format!("name {id}")).is_some_and(|site| site.id == id)));
        assert_eq!(names.held(), all);
        // SAFETY: made by `array`.
        let longest = unsafe { &*names.chains }.iter().map(length).max();
        assert!(longest < Some(20), "finding a name takes as long as there are names: {longest:?} in a chain");
    }
}
