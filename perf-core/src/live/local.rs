//! The thread-local state: the table of slots, the time that callees have taken of the open call, and allocations. It
//! is one value without a destructor: it is valid for the whole life of the thread, and access to it costs no call.

use std::cell::Cell;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicU32, compiler_fence};

use super::frame::Tag;
use super::future_state::FutureState;
use super::heap::{self, Heap, Mark};
use super::here;
use super::poll::Polling;
use super::pool::Pool;
use super::ring::Ring;
use super::sessions::Entry;
use super::shadow::ShadowStack;
use super::shard::Shard;
use super::slot::Slot;
use super::sync::{ADDS_AT_ONCE, AtomicPtr};

/// [`Local::home_loan`] of a process that no fork made.
pub(crate) const HOME: u64 = 0;
/// The loan of a thread that has given its shard back: no call began under it.
pub(crate) const ENDED: u64 = u32::MAX as u64;
/// The loan of a call that is counted in no shard of its thread: never the thread's own.
pub(crate) const STRAY: u64 = ENDED - 1;
/// Set in the word of a call that has no frame (see [`super::lane::Open`]), and in [`Local::child_ticks`] unless sums that were weighed have
/// come past it.
pub(crate) const FRAMELESS: u64 = 1 << 63;
/// Loan numbers repeat after so many loans.
const LOANS: u64 = 1 << 31;

/// Where a thread is in its life.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It has no shard yet, or has one.
    Alive,
    /// It is inside the library's own slow parts: a probe called there (by an allocator or a signal handler) counts as
    /// lost.
    InLibrary,
    /// It has given its shard back; calls of its last destructors are counted under the registry's lock.
    Exited,
}

pub(crate) struct Local {
    /// Number of slots in `table`. A call of a probe whose word is below this takes the usual path: the word is the index of
    /// its slot then.
    length: Cell<usize>,
    /// The same for calls that need no frame where they are not timed: 0 where allocations are counted, since those of their callees are
    /// to be put back.
    frameless: Cell<usize>,
    pub(crate) phase: Cell<Phase>,
    pub(crate) table: Cell<*const AtomicPtr<Slot>>,
    /// The shard that calls count into: the thread's own, or a session's.
    pub(crate) shard: Cell<*const Shard>,
    /// The tag of a usual call that begins now. In it is the loan under which the thread counts into `shard`. A session's
    /// shard goes to other threads and to other sessions in between, and comes back under another number: so a call that
    /// outlives the session it began in knows that its start values are not this shard's any more.
    pub(crate) tag: Cell<Tag>,
    /// Loans of sessions' shards so far.
    loans: Cell<u64>,
    /// The loan of the thread's own shard: another one in the child of a fork.
    pub(crate) home_loan: Cell<u64>,
    /// Ticks taken by calls that have ended, as far as their callers need to know: wrapping.
    pub(crate) child_ticks: Cell<u64>,
    /// Ticks that a probe costs its caller beyond what it measures itself.
    pub(crate) cost: Cell<u64>,
    /// Ticks that watched calls which have ended waited, as far as their callers need to know: wrapping.
    pub(crate) waited: Cell<u64>,
    pub(crate) heap: Heap,
    /// The frames of the thread's open calls.
    pub(crate) frames: ShadowStack,
    /// The thread's own shard.
    pub(crate) home: Cell<Option<&'static Shard>>,
    /// Sessions entered on this thread, innermost first.
    pub(crate) entries: Cell<*mut Entry>,
    /// The thread's latest events, where they are kept.
    pub(crate) ring: Cell<Option<&'static Ring>>,
    /// Number of the thread; 0 until it is assigned: see [`Self::number`].
    thread: Cell<u32>,
    /// The future that is being polled.
    pub(crate) future_state: Cell<*const FutureState>,
    /// Places for the states of futures and of polls.
    pub(crate) futures: Pool<FutureState>,
    pub(crate) polls: Pool<Polling>,
    /// The trace that the program says it is in, or 0.
    pub(crate) trace: Cell<u128>,
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            length: Cell::new(0),
            frameless: Cell::new(0),
            phase: Cell::new(Phase::Alive),
            table: Cell::new(std::ptr::null()),
            shard: Cell::new(std::ptr::null()),
            tag: Cell::new(Tag::under(HOME)),
            loans: Cell::new(HOME),
            home_loan: Cell::new(HOME),
            child_ticks: Cell::new(FRAMELESS),
            cost: Cell::new(0),
            waited: Cell::new(0),
            heap: Heap::new(),
            frames: ShadowStack::new(),
            home: Cell::new(None),
            entries: Cell::new(std::ptr::null_mut()),
            ring: Cell::new(None),
            thread: Cell::new(0),
            future_state: Cell::new(std::ptr::null()),
            futures: Pool::new(),
            polls: Pool::new(),
            trace: Cell::new(0),
        }
    };
}

impl Local {
    /// The calling thread's value, without a call; one without slots where the thread has found none yet.
    #[inline(always)]
    pub(crate) fn known() -> &'static Self {
        here::known()
    }

    /// The calling thread's value. It cannot leave the thread, since it is not `Sync`.
    #[inline(always)]
    pub(crate) fn here() -> &'static Self {
        let place = LOCAL.with(std::ptr::from_ref);
        // SAFETY: it has no destructor, so it is there from the first to the last instruction of the thread.
        unsafe { &*place }
    }

    /// Number of the thread, from 1 on in the order of first use.
    pub(crate) fn number(&self) -> u32 {
        static LAST: AtomicU32 = AtomicU32::new(0);
        if self.thread.get() == 0 {
            self.thread.set(LAST.fetch_add(1, Relaxed).wrapping_add(1));
        }
        self.thread.get()
    }

    /// The slot of a probe that has been called on this shard.
    #[inline(always)]
    pub(crate) fn known_slot(&self, id: u32) -> Option<&'static Slot> {
        let id = id as usize;
        if !self.has_place_anew(id) {
            return None;
        }
        // SAFETY: as just seen.
        unsafe { self.slot(id) }
    }

    /// Whether the table has a place for the slot of a probe with this word.
    #[inline(always)]
    pub(crate) fn has_place(&self, word: usize) -> bool {
        word < self.length.get()
    }

    /// The same for what is asked after a usual call was. The number is read anew: a usual call compares with it where it lies, and
    /// loads it into no register.
    #[inline(always)]
    pub(crate) fn has_place_anew(&self, index: usize) -> bool {
        // SAFETY: a cell of this thread's.
        index < unsafe { self.length.as_ptr().read_volatile() }
    }

    /// The same of a call that needs no frame where it is not timed.
    #[inline(always)]
    pub(crate) fn has_frameless(&self, index: usize) -> bool {
        index < self.frameless.get()
    }

    /// The slot in a place of the table.
    ///
    /// # Safety
    /// [`Self::has_place`] says that there is this place.
    #[inline(always)]
    pub(crate) unsafe fn slot(&self, id: usize) -> Option<&'static Slot> {
        // SAFETY: `table` has `length` entries: both come from `use_shard`, and only this thread replaces them.
        let place = unsafe { &*self.table.get().add(id) };
        // SAFETY: a slot lives for ever once made. Only this thread makes slots in this shard.
        unsafe { place.load(Relaxed).as_ref() }
    }

    /// Counts an allocation, as [`crate::PerfAlloc`] sees it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn allocated(&self, bytes: usize) {
        self.mark_open_calls();
        if self.heap.allocated(bytes) {
            self.report_heap();
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn freed(&self, bytes: usize) {
        self.mark_open_calls();
        if self.heap.freed(bytes) {
            self.report_heap();
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn reallocated(&self, old: usize, new: usize) {
        self.mark_open_calls();
        if self.heap.reallocated(old, new) {
            self.report_heap();
        }
    }

    #[cold]
    fn report_heap(&self) {
        self.frameless.set(0);
        self.heap.begin();
        self.heap.report();
    }

    /// Before the counters of the heap change: takes the marks of open calls that have none.
    #[inline(always)]
    pub(crate) fn mark_open_calls(&self) {
        if self.frames.are_unmarked() {
            self.mark_unmarked();
        }
    }

    /// The same where the thread has counted anything. Before, marks are equal, whenever they are taken.
    #[inline(always)]
    fn mark_open_calls_if_counting(&self) {
        if self.heap.counts() {
            self.mark_open_calls();
        }
    }

    #[inline(never)]
    fn mark_unmarked(&self) {
        self.frames.mark(|frame| frame.start_heap(&self.heap), || self.mark_several());
    }

    #[cold]
    #[inline(never)]
    fn mark_several(&self) {
        self.frames.mark_several(|frame| frame.start_heap(&self.heap));
    }

    /// Before a call or a poll ends that allocated or freed something: notes the sums of open calls that this changes.
    pub(crate) fn note_sums(&self) {
        self.frames.note_sums(false, |frame| frame.note_sums(&self.heap));
    }

    /// The same of those below the top frame, which is that of a call that ends, and has a mark.
    pub(crate) fn note_sums_below_top(&self) {
        self.frames.note_sums(true, |frame| frame.note_sums(&self.heap));
    }

    /// A mark of the heap for something that begins now. The marks of the calls around it come before.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn mark_heap(&self, slot: &Slot) -> Mark {
        self.mark_open_calls_if_counting();
        self.heap.mark(slot)
    }

    /// The loan under which the thread counts into its shard: it fits into 32 bits.
    #[inline(always)]
    pub(crate) fn loan(&self) -> u64 {
        self.tag.get().loan()
    }

    pub(crate) fn set_loan(&self, loan: u64) {
        self.tag.set(self.tag.get().with_loan(loan));
        self.frames.unprepare();
    }

    /// Whether a call that began under this loan may still write to its slot: the thread has not left the shard since.
    #[inline(always)]
    pub(crate) fn is_under(&self, loan: u64) -> bool {
        self.loan() == loan
    }

    /// The shard in use has come to this thread just now.
    pub(crate) fn begin_loan(&self) {
        // Never 0, which is the home's.
        let loan = self.loans.get().wrapping_add(1) % LOANS;
        let loan = loan.max(1);
        self.loans.set(loan);
        self.set_loan(loan);
    }

    /// Counts into `shard` from now on; in a slow part of the library, once that is over.
    pub(crate) fn use_shard(&self, shard: Option<&'static Shard>) {
        let table = match shard {
            Some(shard) if self.phase.get() != Phase::InLibrary => shard.table(),
            _ => (std::ptr::null(), 0),
        };
        self.hide_slots();
        self.shard.set(shard.map_or(std::ptr::null(), std::ptr::from_ref));
        self.show_slots(table);
    }

    /// A signal handler that comes after this finds no slots; one that comes before is over already.
    fn hide_slots(&self) {
        self.length.set(0);
        self.frameless.set(0);
        // For handlers on this thread, so it pairs with none: the next stores come after the slots are hidden.
        compiler_fence(SeqCst);
    }

    /// Sets the slots that `hide_slots` has hidden, or others.
    fn show_slots(&self, (table, length): (*const AtomicPtr<Slot>, u32)) {
        here::set();
        self.put_slots(table, length as usize);
    }

    fn put_slots(&self, table: *const AtomicPtr<Slot>, length: usize) {
        self.table.set(table);
        compiler_fence(SeqCst);
        self.length.set(length);
        let has_frameless = cfg!(target_pointer_width = "64") && !heap::is_counted();
        self.frameless.set(if has_frameless { length } else { 0 });
    }

    /// The shard that this thread counts into, if it has one.
    #[inline(always)]
    pub(crate) fn shard(&self) -> Option<&'static Shard> {
        // SAFETY: shards live for ever.
        unsafe { self.shard.get().as_ref() }
    }

    /// Runs a slow part of the library. A probe that is called in it finds no slot, and its slow path leaves the call
    /// uncounted. `work` does not run where such a part is running already.
    pub(crate) fn in_library<R>(&self, work: impl FnOnce(Phase) -> R) -> Option<R> {
        let busy = self.enter_library()?;
        Some(work(busy.before))
    }

    /// `None` where the thread is busy already.
    pub(crate) fn enter_library(&self) -> Option<InLibrary<'_>> {
        let before = self.phase.get();
        if before == Phase::InLibrary {
            return None;
        }
        self.enter_phase(Phase::InLibrary);
        Some(InLibrary { local: self, before })
    }

    /// Enters another phase; only outside of [`Phase::InLibrary`] does the thread find slots.
    pub(crate) fn enter_phase(&self, phase: Phase) {
        // A signal handler that finds no slots is to find that the thread is busy.
        self.phase.set(Phase::InLibrary);
        self.hide_slots();
        if phase != Phase::InLibrary {
            if let Some(shard) = self.shard() {
                self.show_slots(shard.table());
            }
            compiler_fence(SeqCst);
            self.phase.set(phase);
        }
    }

    /// Guards the stores at the end of a call, which count into single cells: until the guard is dropped the thread
    /// finds no slots, where that is needed.
    #[inline(always)]
    pub(crate) fn storing(&self) -> Option<Storing<'_>> {
        if ADDS_AT_ONCE { None } else { Some(self.hide_while_storing()) }
    }

    /// A handler may have come in between the stores of [`Self::enter_phase`] or of [`Self::put_slots`]; another one may
    /// interrupt it in turn. So what it finds is put back as it was: otherwise the interrupted stores, which go on, would leave
    /// slots to be found.
    fn hide_while_storing(&self) -> Storing<'_> {
        let before = self.phase.get();
        self.phase.set(Phase::InLibrary);
        // A handler that comes after this leaves all as it is.
        compiler_fence(SeqCst);
        let storing = Storing {
            local: self,
            before,
            shard: self.shard.get(),
            table: self.table.get(),
            length: self.length.get(),
        };
        self.hide_slots();
        storing
    }

    /// Runs work of the library's own, whose allocations are not counted.
    fn uncounted<R>(&self, work: impl FnOnce() -> R) -> R {
        self.mark_open_calls_if_counting();
        self.heap.uncounted(work)
    }

    /// Whether the program's allocator is one that counts here: found out by an allocation.
    pub(crate) fn is_tracking(&self) -> bool {
        self.uncounted(|| {
            let before = self.heap.allocs.get();
            drop(std::hint::black_box(Box::new(0u8)));
            self.heap.allocs.get() != before
        })
    }

    /// The same for work whose memory does not pass to the program: its allocations are not counted either.
    pub(crate) fn in_library_uncounted<R>(&self, work: impl FnOnce(Phase) -> R) -> Option<R> {
        self.in_library(|phase| self.uncounted(|| work(phase)))
    }
}

/// Runs work of the library's own, whose allocations are not counted.
pub(crate) fn uncounted<R>(work: impl FnOnce() -> R) -> R {
    Local::here().uncounted(work)
}

/// Runs stores to several cells that belong together: a probe that a signal handler calls in between counts as lost.
pub(crate) fn undisturbed<R>(stores: impl FnOnce() -> R) -> R {
    let _storing = Local::here().hide_while_storing();
    stores()
}

/// While it lives, its thread finds no slots.
pub(crate) struct Storing<'a> {
    local: &'a Local,
    /// What the thread has of these before.
    before: Phase,
    shard: *const Shard,
    table: *const AtomicPtr<Slot>,
    length: usize,
}

impl Drop for Storing<'_> {
    fn drop(&mut self) {
        let Self { local, before, shard, table, length } = *self;
        compiler_fence(SeqCst);
        // A thread that left the shard meanwhile finds its slots by the slow path.
        if local.shard.get() == shard {
            local.put_slots(table, length);
        }
        compiler_fence(SeqCst);
        local.phase.set(before);
    }
}

/// While it lives, its thread is in [`Phase::InLibrary`].
pub(crate) struct InLibrary<'a> {
    local: &'a Local,
    pub(crate) before: Phase,
}

impl Drop for InLibrary<'_> {
    fn drop(&mut self) {
        self.local.enter_phase(self.before);
    }
}
