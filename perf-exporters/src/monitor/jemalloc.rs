//! Statistics of jemalloc, from programs that run it: they hand in a closure, and this crate links no allocator.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use crate::report::Reading;

/// Statistics of jemalloc, in bytes: `stats.allocated`, `stats.active`, `stats.resident`, `stats.retained`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Jemalloc {
    /// Bytes allocated by the program.
    pub allocated: u64,
    /// Pages of which the program has a part.
    pub active: u64,
    /// Pages in memory, with those that are kept for later and those that jemalloc has for itself.
    pub resident: u64,
    /// Address space that is kept for later use, without memory behind.
    pub retained: u64,
}

type Hook = Box<dyn FnMut() -> Option<Jemalloc> + Send>;

static HOOK: Mutex<Option<Hook>> = Mutex::new(None);

/// Has the monitor ask for jemalloc's statistics once in every detailed look, about once a second. It may be called before or
/// after the monitor is started; the last one counts.
///
/// The closure returns `None` where it has no figures. One that panics is not asked again. It must not ask the monitor for its
/// track, which is waiting for it.
///
/// With the crate `tikv-jemalloc-ctl` (feature `stats`):
///
/// ```
/// use perf_exporters::monitor::{Jemalloc, watch_jemalloc};
/// # mod tikv_jemalloc_ctl {
/// #     pub mod epoch { pub fn advance() -> Result<u64, ()> { Ok(1) } }
/// #     pub mod stats {
/// #         macro_rules! keys { ($($name:ident)*) => { $(pub mod $name { pub fn read() -> Result<usize, ()> { Ok(7) } })* } }
/// #         keys!(allocated active resident retained);
/// #     }
/// # }
/// use tikv_jemalloc_ctl::{epoch, stats};
///
/// watch_jemalloc(|| {
///     epoch::advance().ok()?; // figures are those of the last epoch
///     let mut figures = Jemalloc::default();
///     figures.allocated = stats::allocated::read().ok()? as u64;
///     figures.active = stats::active::read().ok()? as u64;
///     figures.resident = stats::resident::read().ok()? as u64;
///     figures.retained = stats::retained::read().ok()? as u64;
///     Some(figures)
/// });
/// ```
pub fn watch_jemalloc(ask: impl FnMut() -> Option<Jemalloc> + Send + 'static) {
    let replaced = HOOK.lock().unwrap_or_else(PoisonError::into_inner).replace(Box::new(ask));
    // The old hook's captures are dropped without the lock.
    drop(replaced);
}

pub(super) fn read(reading: &mut Reading) -> Result<(), String> {
    // While it is asked the lock is free, so that a hook may hand in another one.
    let hook = HOOK.lock().unwrap_or_else(PoisonError::into_inner).take();
    let mut hook = hook.ok_or("the program has handed in no hook: monitor::watch_jemalloc")?;
    let figures = catch_unwind(AssertUnwindSafe(&mut hook)).map_err(|_| "the program's hook panicked")?;
    let mut kept = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    kept.get_or_insert(hook);
    drop(kept);
    let figures = figures.ok_or("the program's hook had no figures")?;
    reading.jemalloc_allocated_bytes = Some(figures.allocated);
    reading.jemalloc_active_bytes = Some(figures.active);
    reading.jemalloc_resident_bytes = Some(figures.resident);
    reading.jemalloc_retained_bytes = Some(figures.retained);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_hook_is_asked_until_it_panics() {
        let mut reading = Reading::default();
        let reason = read(&mut reading).unwrap_err();
        assert!(reason.contains("watch_jemalloc"), "{reason}");
        watch_jemalloc(|| None);
        assert_eq!(read(&mut reading).unwrap_err(), "the program's hook had no figures");
        let mut asked = 0;
        watch_jemalloc(move || {
            asked += 1;
            assert!(asked < 3, "the third time");
            Some(Jemalloc { allocated: asked, active: 20, resident: 30, retained: 40 })
        });
        for times in 1..3 {
            read(&mut reading).unwrap();
            assert_eq!(reading.jemalloc_allocated_bytes, Some(times));
            assert_eq!(reading.jemalloc_retained_bytes, Some(40));
        }
        assert_eq!(read(&mut reading).unwrap_err(), "the program's hook panicked");
        assert!(read(&mut reading).unwrap_err().contains("no hook"), "it is not asked again");
    }
}
