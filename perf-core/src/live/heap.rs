//! The allocations of a thread. [`crate::PerfAlloc`] counts here, probes take differences.
//!
//! A reallocation is one allocation; it adds the bytes it grows by, or frees those it shrinks by.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};

use super::sign::{Signed, Unsigned};
use super::slot::{LARGE, Slot};
use super::sync::{add_to, saturating_signed};

/// A thread reports its live bytes to the process total when they have changed by this much.
const REPORT_EVERY: u64 = 16 << 10;

/// The margin of a thread past its end: every change is greater than [`REPORT_EVERY`] from there.
const AT_ONCE: u64 = 1 << 63;
/// The margin of a thread that has not counted anything: the first change is greater than [`REPORT_EVERY`] from there,
/// too.
const UNSEEN: u64 = 1 << 62;

/// Live bytes of all threads, less what each has not reported yet.
static PROCESS_LIVE: AtomicI64 = AtomicI64::new(0);

/// Whether any thread has counted anything.
static IS_COUNTED: AtomicBool = AtomicBool::new(false);

/// Whether allocations are counted: known from the first one of the program on.
#[inline(always)]
pub(crate) fn is_counted() -> bool {
    IS_COUNTED.load(Relaxed)
}

/// Counters of one thread; signed ones are two's complement. They wrap, but their differences stay right: a single call
/// allocates less than 2^64.
///
/// Counters that are added to together do not lie together: one addition to two of them would be more instructions than two.
#[repr(C)]
pub(crate) struct Heap {
    pub(crate) allocs: Cell<u64>,
    /// Greatest `live` since the innermost open call began.
    peak: Cell<u64>,
    pub(crate) bytes: Cell<u64>,
    /// Bytes allocated less bytes freed: below zero where a thread frees what others allocated.
    pub(crate) live: Cell<u64>,
    /// The allocations of calls that have ended, as far as their callers need them.
    nested_allocs: Cell<u64>,
    /// `live` as last reported, less `margin`: one subtraction shows whether a report is due.
    report_below: Cell<u64>,
    /// [`REPORT_EVERY`], [`AT_ONCE`], or [`UNSEEN`].
    margin: Cell<u64>,
    nested_bytes: Cell<u64>,
}

/// What is noted of a call or a poll, so that its allocations are differences from it.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) start: Start,
    pub(crate) sums: Sums,
}

/// The counters that every allocation changes: of a call, when something is first allocated or freed in it. Until then they are
/// those of its start.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Start {
    allocs: u64,
    peak: u64,
    bytes: u64,
    live: u64,
}

/// The sums that change where a call ends in which something was allocated or freed: of a call, before the first such end in
/// it. Until then they are those of its start.
#[derive(Clone, Copy)]
pub(crate) struct Sums {
    nested_allocs: u64,
    nested_bytes: u64,
    slot_allocs: u64,
    slot_bytes: u64,
    slot_net: u64,
    /// The address of the slot that these three are of.
    slot: usize,
}

impl Sums {
    /// Whether the sums of a slot in it are those of this one. They are not where a signal handler took it that came in between
    /// the stores of the call's start.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_of(&self, slot: &Slot) -> bool {
        self.slot == std::ptr::from_ref(slot).addr()
    }
}

/// The change of the counters between a mark and now; signed values are two's complement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) allocs: u64,
    pub(crate) bytes: u64,
    pub(crate) net: u64,
    /// Those of the call itself, without its callees.
    pub(crate) own_allocs: u64,
    pub(crate) own_bytes: u64,
    /// Highest growth of live bytes above the mark.
    pub(crate) peak: u64,
}

impl Change {
    /// Counts a call in the slot its mark was taken for. As with `total`, the start value plus this call drops what
    /// recursive calls inside it have added.
    pub(crate) fn count_call(&self, slot: &Slot, mark: &Mark) {
        let sums = &mark.sums;
        if !sums.is_of(slot) {
            return self.count_alone(slot);
        }
        slot.allocs.raise(sums.slot_allocs.saturating_add(self.allocs));
        slot.alloc_bytes.raise(sums.slot_bytes.saturating_add(self.bytes));
        slot.net.set(saturating_signed(sums.slot_net, self.net));
        slot.peak.raise(self.peak);
        self.count_own(slot);
    }

    /// Counts a call that has no start values in the slot.
    pub(crate) fn count_alone(&self, slot: &Slot) {
        slot.peak.raise(self.peak);
        self.add_inclusive(slot);
        self.count_own(slot);
    }

    /// Counts the call's own allocations.
    pub(crate) fn count_own(&self, slot: &Slot) {
        slot.own_allocs.add_signed(self.own_allocs);
        slot.own_alloc_bytes.add_signed(self.own_bytes);
        slot.set_usual_peaks();
    }

    /// Adds the inclusive figures to those of the slot.
    pub(crate) fn add_inclusive(&self, slot: &Slot) {
        slot.allocs.add_up(self.allocs);
        slot.alloc_bytes.add_up(self.bytes);
        slot.net.add_signed(self.net);
        slot.set_usual_peaks();
    }
}

impl Heap {
    pub(crate) const fn new() -> Self {
        Self {
            allocs: Cell::new(0),
            bytes: Cell::new(0),
            live: Cell::new(0),
            peak: Cell::new(0),
            nested_allocs: Cell::new(0),
            nested_bytes: Cell::new(0),
            report_below: Cell::new(0u64.wrapping_sub(UNSEEN)),
            margin: Cell::new(UNSEEN),
        }
    }

    /// Counts an allocation. Returns whether a report is due, as all three do.
    #[must_use]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn allocated(&self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        self.allocs.set(self.allocs.get().wrapping_add(1));
        self.bytes.set(self.bytes.get().wrapping_add(bytes));
        let live = self.live.get().wrapping_add(bytes);
        self.live.set(live);
        if live.signed() > self.peak.get().signed() {
            self.peak.set(live);
        }
        self.is_report_due(live)
    }

    #[must_use]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn freed(&self, bytes: usize) -> bool {
        let live = self.live.get().wrapping_sub(bytes as u64);
        self.live.set(live);
        self.is_report_due(live)
    }

    #[must_use]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn reallocated(&self, old: usize, new: usize) -> bool {
        if new >= old {
            self.allocated(new.wrapping_sub(old))
        } else {
            self.allocs.set(self.allocs.get().wrapping_add(1));
            self.freed(old.wrapping_sub(new))
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_report_due(&self, live: u64) -> bool {
        live.wrapping_sub(self.report_below.get()) > REPORT_EVERY << 1
    }

    /// Called before a report that is due: the first change is reported, too.
    pub(crate) fn begin(&self) {
        if self.margin.get() == UNSEEN {
            IS_COUNTED.store(true, Relaxed);
            self.report_below.set(0u64.wrapping_sub(REPORT_EVERY));
            self.margin.set(REPORT_EVERY);
        }
    }

    /// Whether the thread has counted anything.
    pub(crate) fn counts(&self) -> bool {
        self.margin.get() != UNSEEN
    }

    /// Brings the process total up to date with this thread.
    #[cold]
    pub(crate) fn report(&self) {
        let live = self.live.get();
        let margin = self.margin.get();
        let reported = self.report_below.get().wrapping_add(margin);
        self.report_below.set(live.wrapping_sub(margin));
        PROCESS_LIVE.fetch_add(live.wrapping_sub(reported).signed(), Relaxed);
    }

    /// From now on this thread reports every change to the process total at once.
    pub(crate) fn report_at_once(&self) {
        self.report();
        self.margin.set(AT_ONCE);
        self.report_below.set(self.live.get().wrapping_sub(AT_ONCE));
    }

    /// A mark of a call of this slot, or of a poll.
    pub(crate) fn mark(&self, slot: &Slot) -> Mark {
        Mark { start: self.start(), sums: self.sums(Some(slot)) }
    }

    /// Begins what allocations of a call are counted from.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn start(&self) -> Start {
        let live = self.live.get();
        Start { allocs: self.allocs.get(), bytes: self.bytes.get(), live, peak: self.peak.replace(live) }
    }

    /// The slot is that of the call; none where that is not known.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn sums(&self, slot: Option<&Slot>) -> Sums {
        Sums {
            nested_allocs: self.nested_allocs.get(),
            nested_bytes: self.nested_bytes.get(),
            slot_allocs: slot.map_or(0, |slot| slot.allocs.get()),
            slot_bytes: slot.map_or(0, |slot| slot.alloc_bytes.get()),
            slot_net: slot.map_or(0, |slot| slot.net.get()),
            slot: slot.map_or(0, |slot| std::ptr::from_ref(slot).addr()),
        }
    }

    /// Forgets the callees of a call that is not timed: they are in the call that stands for it.
    pub(crate) fn forget_callees(&self, mark: &Mark) {
        self.nested_allocs.set(mark.sums.nested_allocs);
        self.nested_bytes.set(mark.sums.nested_bytes);
        self.keep_peak(mark.start.peak);
    }

    /// Whether nothing was allocated or freed since the mark. If so, the mark is closed.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn is_untouched(&self, mark: &Mark) -> bool {
        let touched = (self.allocs.get() ^ mark.start.allocs) | (self.live.get() ^ mark.start.live);
        if touched == 0 {
            self.peak.set(mark.start.peak);
        }
        touched == 0
    }

    /// Ends a call in which no call has ended that allocated or freed something, where neither its figures are large nor a sum
    /// is near its end. Counts it in its slot, and returns its allocations and their bytes.
    ///
    /// # Safety
    /// The caller is the slot's writer.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) unsafe fn close_usual(&self, mark: &Cell<Start>, slot: &Slot) -> Option<(u64, u64)> {
        let start = mark.get();
        let allocs = self.allocs.get().wrapping_sub(start.allocs);
        let bytes = self.bytes.get().wrapping_sub(start.bytes);
        let net = self.live.get().wrapping_sub(start.live);
        if net.signed() < LARGE.signed().wrapping_neg() {
            return None;
        }
        // No peak is above what was allocated.
        // SAFETY: the caller's promise.
        if unsafe { slot.is_peak_news(bytes) } {
            let peak = self.peak.get().wrapping_sub(self.live.get()).wrapping_add(net);
            // SAFETY: as above.
            if bytes >= LARGE || unsafe { slot.is_peak_news(peak) } {
                return None;
            }
        }
        add_to!(slot, Slot, allocs, allocs);
        add_to!(slot, Slot, alloc_bytes, bytes);
        add_to!(slot, Slot, own_allocs, allocs);
        add_to!(slot, Slot, own_alloc_bytes, bytes);
        add_to!(slot, Slot, net, net);
        self.nested_allocs.set(self.nested_allocs.get().wrapping_add(allocs));
        self.nested_bytes.set(self.nested_bytes.get().wrapping_add(bytes));
        // Read as late as it is needed, from where it lies.
        self.keep_peak(mark.get().peak);
        Some((allocs, bytes))
    }

    /// Ends a call or a poll that stands for `weight` calls. The sums of all open calls are noted.
    #[inline]
    pub(crate) fn close(&self, mark: &Mark, weight: u64) -> Change {
        let Mark { start, sums } = mark;
        let since = |now: &Cell<u64>, start: u64| now.get().wrapping_sub(start);
        // Below the greatest signed number, so that the calls' own may be negative.
        let times = |count: u64| count.saturating_mul(weight).min(i64::MAX.unsigned());
        let (allocs, bytes) = (times(since(&self.allocs, start.allocs)), times(since(&self.bytes, start.bytes)));
        let net = since(&self.live, start.live).signed();
        let own = |all: u64, nested: u64| all.signed().saturating_sub(nested.signed()).unsigned();
        let change = Change {
            allocs,
            bytes,
            net: net.saturating_mul(i64::try_from(weight).unwrap_or(i64::MAX)).unsigned(),
            own_allocs: own(allocs, times(since(&self.nested_allocs, sums.nested_allocs))),
            own_bytes: own(bytes, times(since(&self.nested_bytes, sums.nested_bytes))),
            peak: self.peak.get().wrapping_sub(start.live),
        };
        self.nested_allocs.set(sums.nested_allocs.wrapping_add(allocs));
        self.nested_bytes.set(sums.nested_bytes.wrapping_add(bytes));
        self.keep_peak(start.peak);
        change
    }

    /// A call has ended before which `live` had been as high as this.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn keep_peak(&self, before: u64) {
        if before.signed() > self.peak.get().signed() {
            self.peak.set(before);
        }
    }

    /// Live bytes of the process: exact for threads that have used a probe and ended, and for this one; of each other
    /// thread the last 16 KiB of change may be missing.
    pub(crate) fn process_live(&self) -> i64 {
        self.report();
        PROCESS_LIVE.load(Relaxed)
    }

    /// Runs `work` of the library's own, whose allocations are then undone in the counters.
    pub(crate) fn uncounted<R>(&self, work: impl FnOnce() -> R) -> R {
        let _restore = Restore {
            heap: self,
            allocs: self.allocs.get(),
            bytes: self.bytes.get(),
            live: self.live.get(),
            peak: self.peak.get(),
        };
        work()
    }
}

/// Sets counters back to what they were.
struct Restore<'a> {
    heap: &'a Heap,
    allocs: u64,
    bytes: u64,
    live: u64,
    peak: u64,
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        self.heap.allocs.set(self.allocs);
        self.heap.bytes.set(self.bytes);
        self.heap.live.set(self.live);
        self.heap.peak.set(self.peak);
    }
}
