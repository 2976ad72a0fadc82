//! Probes with types in their names: one per instantiation of a generic function.

use std::sync::atomic::AtomicPtr;

use crate::Probe;

/// The probes that were made for one generic function so far: a list that only grows.
#[derive(Debug, Default)]
pub struct Instances {
    /// The latest. An instance is complete before the pointer to it is stored with release; readers load with acquire.
    first: AtomicPtr<Instance>,
}

#[derive(Debug)]
struct Instance {
    types: Vec<&'static str>,
    probe: Probe,
    next: Option<&'static Instance>,
}

impl Instances {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self { first: AtomicPtr::new(std::ptr::null_mut()) }
    }
}

/// The probe for these types: `probe` with a name of `pieces` with the `types` between them.
#[inline]
#[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
pub fn typed(
    probe: &'static Probe,
    instances: &'static Instances,
    pieces: &[&str],
    types: &[&'static str],
) -> &'static Probe {
    #[cfg(feature = "enabled")]
    let probe = instances.find(types).unwrap_or_else(|| instances.add(probe, pieces, types));
    probe
}

#[cfg(feature = "enabled")]
impl Instances {
    fn first(&self) -> Option<&'static Instance> {
        // SAFETY: null, or one that `add` has kept for ever; the acquire pairs with the release there.
        unsafe { self.first.load(std::sync::atomic::Ordering::Acquire).as_ref() }
    }

    #[inline]
    fn find(&self, types: &[&'static str]) -> Option<&'static Probe> {
        let mut next = self.first();
        while let Some(instance) = next {
            if instance.types == types {
                return Some(&instance.probe);
            }
            next = instance.next;
        }
        None
    }

    /// Where the library's own slow parts are running, or memory is out, the function's common probe serves.
    #[cold]
    #[inline(never)]
    fn add(&self, probe: &'static Probe, pieces: &[&str], types: &[&'static str]) -> &'static Probe {
        use crate::live::{local::Local, memory};
        use std::sync::atomic::Ordering::{Relaxed, Release};

        let made = Local::here().in_library_uncounted(|_| {
            let name =
                pieces.iter().zip(types.iter().chain(&[""])).flat_map(|(piece, ty)| [*piece, *ty]).collect::<String>();
            let next = self.first();
            let instance = memory::keep(Instance { types: types.to_vec(), probe: probe.named(name.leak()), next })?;
            let before = next.map_or(std::ptr::null_mut(), |next| std::ptr::from_ref(next).cast_mut());
            // Where another thread was first, the instance serves this call, and the next call looks again. Probes of
            // one name count together.
            let _ = self.first.compare_exchange(before, std::ptr::from_ref(instance).cast_mut(), Release, Relaxed);
            Some(&instance.probe)
        });
        made.flatten().unwrap_or(probe)
    }
}
