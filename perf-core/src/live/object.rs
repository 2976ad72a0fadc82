//! Which parts of the program can be unloaded: plugins that share one copy of this library with the program, and are
//! closed again. This is known where the loader reports it; elsewhere all objects are assumed to stay.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::site::Site;

/// Whether this library is a shared object, which plugins can share; else no code that uses it is unloaded before it.
static SHARED: AtomicBool = AtomicBool::new(false);

/// Finds out whether this library is shared; called once, before the first callsite is registered.
pub(super) fn prepare() {
    SHARED.store(loader::is_shared(), Relaxed);
}

/// Whether an object at one of these places can be unloaded while this library stays. The registry's lock is held, so
/// that a fork, which takes it, does not copy the loader's lock in its locked state.
pub(super) fn is_any_transient(places: &[usize]) -> bool {
    SHARED.load(Relaxed) && loader::is_any_transient(places)
}

/// Runs `each` for all of `sites` whose callsite is still loaded, and keeps it loaded meanwhile; the registry's lock is
/// held.
pub(super) fn each_present(sites: &(impl Iterator<Item = &'static Site> + Clone), each: impl Fn(&'static Site)) {
    if sites.clone().next().is_none() {
        return;
    }
    loader::visit(&mut |object| {
        // A library that is loaded in the place of another has other data where the callsite was.
        let present = |site: &&Site| {
            // SAFETY: inside of what is loaded; the loader unloads nothing during the visit.
            object.holds(site.callsite.addr()) && unsafe { &*site.callsite }.is(site)
        };
        sites.clone().filter(present).for_each(&each);
    });
}

/// For glibc, whose loader unloads libraries; musl's does not.
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64", not(any(loom, miri))))]
mod loader {
    use std::ffi::{c_char, c_int, c_void};
    use std::sync::atomic::AtomicU8;

    /// `struct dl_phdr_info`, as far as it is needed.
    #[repr(C)]
    pub(super) struct Object {
        base: usize,
        name: *const c_char,
        segments: *const Segment,
        count: u16,
    }

    /// `Elf64_Phdr`.
    #[repr(C)]
    struct Segment {
        kind: u32,
        flags: u32,
        offset: u64,
        address: u64,
        physical: u64,
        size_in_file: u64,
        size: u64,
        alignment: u64,
    }

    const LOADED: u32 = 1;

    type Callback = unsafe extern "C" fn(*const Object, usize, *mut c_void) -> c_int;

    unsafe extern "C" {
        fn dl_iterate_phdr(callback: Callback, data: *mut c_void) -> c_int;
    }

    impl Object {
        pub(super) fn holds(&self, place: usize) -> bool {
            // SAFETY: the loader's own table, which has so many entries.
            let segments = unsafe { std::slice::from_raw_parts(self.segments, self.count.into()) };
            segments.iter().filter(|segment| segment.kind == LOADED).any(|segment| {
                #[allow(clippy::cast_possible_truncation, reason = "pointers have 64 bits here")]
                let (start, size) = (self.base.wrapping_add(segment.address as usize), segment.size as usize);
                place.wrapping_sub(start) < size
            })
        }
    }

    /// Visits all loaded objects, the program first; the loader unloads none meanwhile.
    pub(super) fn visit(each: &mut dyn FnMut(&Object)) {
        unsafe extern "C" fn callback(object: *const Object, _size: usize, data: *mut c_void) -> c_int {
            // SAFETY: `data` is the closure that `visit` passes, and `object` is valid during the call.
            unsafe { (*data.cast::<&mut dyn FnMut(&Object)>())(&*object) };
            0
        }
        let mut each = each;
        // SAFETY: `each` outlives the call, and does not unwind: it compares numbers and stores words.
        unsafe { dl_iterate_phdr(callback, (&raw mut each).cast()) };
    }

    /// A static inside the object that this library is in.
    static HERE: AtomicU8 = AtomicU8::new(0);

    pub(super) fn is_shared() -> bool {
        let (mut shared, mut first) = (false, true);
        visit(&mut |object| shared |= !std::mem::take(&mut first) && object.holds((&raw const HERE).addr()));
        shared
    }

    pub(super) fn is_any_transient(places: &[usize]) -> bool {
        let (mut transient, mut first) = (false, true);
        visit(&mut |object| {
            // Neither the program nor the object that this library is in is unloaded before this library.
            let stays = std::mem::take(&mut first) || object.holds((&raw const HERE).addr());
            transient |= !stays && places.iter().any(|&place| object.holds(place));
        });
        transient
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64", not(any(loom, miri)))))]
mod loader {
    pub(super) struct Object;

    impl Object {
        pub(super) fn holds(&self, _place: usize) -> bool {
            false
        }
    }

    pub(super) fn visit(_each: &mut dyn FnMut(&Object)) {}

    pub(super) fn is_shared() -> bool {
        false
    }

    pub(super) fn is_any_transient(_places: &[usize]) -> bool {
        false
    }
}
