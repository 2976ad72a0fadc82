//! Reading and switching the whole process.

#[cfg(feature = "enabled")]
use crate::live::{self, collect, cost, entry, local::Local, registry::REGISTRY};
use crate::{Snapshot, Timeline};

/// The counts of all probes of the process so far, read while they go on counting.
///
/// ```
/// use perf_core::perf_probe;
///
/// #[perf_probe(name = "step")]
/// fn step() {}
///
/// step();
/// for probe in perf_core::snapshot().probes() {
///     println!("{}: {} calls, {:?}", probe.name(), probe.calls(), probe.total());
/// }
/// ```
#[must_use]
pub fn snapshot() -> Snapshot {
    #[cfg(feature = "enabled")]
    let snapshot = collect::process();
    #[cfg(not(feature = "enabled"))]
    let snapshot = Snapshot::default();
    snapshot
}

/// Whether the library was built in: feature `enabled`.
///
/// ```
/// if !perf_core::is_enabled() {
///     eprintln!("built without probes: turn feature `enabled` on");
/// }
/// ```
#[must_use]
pub const fn is_enabled() -> bool {
    cfg!(feature = "enabled")
}

/// Live heap bytes of the process, where [`PerfAlloc`](crate::PerfAlloc) is its allocator. It is cheap enough to be
/// read often; of each thread other than this one, the last 16 KiB of change may be missing.
///
/// ```
/// use perf_core::PerfAlloc;
///
/// #[global_allocator]
/// static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);
///
/// let before = perf_core::live_bytes();
/// let page = vec![0_u8; 4096];
/// if let (Some(before), Some(now)) = (before, perf_core::live_bytes()) {
///     assert!(now - before >= 4096);
/// }
/// # drop(page);
/// ```
#[must_use]
pub fn live_bytes() -> Option<i64> {
    #[cfg(feature = "enabled")]
    let live = {
        let local = Local::here();
        local.is_tracking().then(|| local.heap.process_live())
    };
    #[cfg(not(feature = "enabled"))]
    let live = None;
    live
}

/// Switches recording on (the initial state) or off. While it is off, a probe costs one load and a branch. Calls under
/// way are still counted.
///
/// ```
/// use perf_core::Probe;
///
/// static STEP: Probe = Probe::new("step");
///
/// perf_core::set_recording(false);
/// drop(STEP.start());
/// assert!(perf_core::snapshot().get("step").is_none());
/// perf_core::set_recording(true);
/// ```
#[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
pub fn set_recording(on: bool) {
    #[cfg(feature = "enabled")]
    {
        entry::prepared();
        Local::here().in_library_uncounted(|_| REGISTRY.lock().set_recording(on));
    }
}

/// Puts all probes that do not say otherwise under one cap: they cost the program at most so many millionths of its
/// measured time, 10,000 being 1 %; 0 (the initial state) is no cap. `PERF_OVERHEAD=1%` does the same for a program that
/// reports with `perf-exporters`.
///
/// Calls, errors, items and bytes stay exact. Times and allocations are those of the calls that are timed, each of which
/// stands for so many others, as with [`Probe::sample`](crate::Probe::sample): right on average. After a long gap calls are timed in
/// series of six, of which the first two do not count: they bring the way of a timed call back into the caches. The cap is of the whole program, not of each
/// probe. Every thread divides what the cap allows it: one half among its probes in equal parts, so that probes
/// of few calls have them timed, however short they are; the other half in proportion to their self times. To count a call that is not timed costs some
/// nanoseconds as well, which the cap pays first; where very short functions make up so much of the program that
/// nothing is left, an eighth of the cap goes on being spent on timing.
///
/// It does not apply to probes with `sample` or `overhead` of their own (`sample = 1`: every call is timed), nor to
/// futures, all of whose polls are timed. With the call tree or a timeline an untimed call still costs nearly as much as a timed one.
///
/// ```
/// use perf_core::Probe;
///
/// static STEP: Probe = Probe::new("step");
///
/// perf_core::set_overhead(10_000);
/// for _ in 0..10_000 {
///     drop(STEP.start());
/// }
/// if let Some(step) = perf_core::snapshot().get("step") {
///     assert_eq!(step.calls(), 10_000);
///     assert!(step.timed_calls() < 5_000);
/// }
/// ```
#[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
pub fn set_overhead(ppm: u32) {
    #[cfg(feature = "enabled")]
    {
        entry::prepared();
        Local::here().in_library_uncounted(|_| {
            // Where there is no cap, no call is sampled for it.
            if ppm > 0 {
                cost::prepare_sampled(Local::here());
            }
            REGISTRY.lock().set_overhead(ppm);
        });
    }
}

/// Switches the call tree on or off (the initial state). It costs every call a few nanoseconds more.
///
/// ```
/// use perf_core::Probe;
///
/// static STEP: Probe = Probe::new("step");
///
/// perf_core::set_call_tree(true);
/// drop(STEP.start());
/// assert_eq!(perf_core::snapshot().tree().nodes().iter().any(|node| node.name == "step"), perf_core::is_enabled());
/// ```
#[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
pub fn set_call_tree(on: bool) {
    #[cfg(feature = "enabled")]
    {
        entry::prepared();
        Local::here().in_library_uncounted(|_| REGISTRY.lock().set_tree(on));
    }
}

/// Lets every thread remember its last `events` calls (rounded up to a power of two), or none (0, the initial state). It
/// costs a call about a nanosecond more, and a thread 24 bytes for each event, which it keeps: a thread that has room for
/// its events already keeps the room it has.
///
/// ```
/// use perf_core::Probe;
///
/// static STEP: Probe = Probe::new("step");
///
/// perf_core::set_timeline(1024);
/// drop(STEP.start());
/// assert_eq!(perf_core::timeline().events().iter().any(|event| event.name == "step"), perf_core::is_enabled());
/// ```
#[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
pub fn set_timeline(events: usize) {
    #[cfg(feature = "enabled")]
    {
        entry::prepared();
        Local::here().in_library_uncounted(|_| REGISTRY.lock().set_timeline(events));
    }
}

/// The last calls of every thread, since [`set_timeline`] was called.
#[must_use]
pub fn timeline() -> Timeline {
    #[cfg(feature = "enabled")]
    let timeline = live::timeline::collect();
    #[cfg(not(feature = "enabled"))]
    let timeline = Timeline::empty();
    timeline
}
