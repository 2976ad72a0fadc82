//! The shadow stack of a thread: the frames of its open calls, in the order in which they began.
//!
//! A guard is the address of its frame. Usually the call that began last ends first, and its frame is the top one. Where it is
//! not, since guards may be dropped in any order, the frame is marked as ended and stays, until all frames above it are
//! gone too. A guard that is leaked looks like one that is dropped later: its frame stays for the life of the thread, and so
//! do those of the calls that were open around it.
//!
//! Where the array is full, or the thread is past its end, each call has a frame of its own from the library's memory.
//!
//! The top is moved before a frame is filled in, and back after its last use: so a call in a signal handler has a
//! frame above it at any moment. A handler ends the calls that it begins.

use std::cell::Cell;
use std::ptr::null_mut;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicPtr, compiler_fence};

use super::frame::{Frame, Tag};
use super::local::Local;
use super::lost::count_lost;
use super::pages::system;
use super::slot::Slot;
use super::{entry, memory};

/// Bytes of an array. Pages that no call has reached take no memory.
const BYTES: usize = if cfg!(miri) { 32 << 10 } else { 1 << 20 };
/// Frames in it; the first is below all calls, and that of none.
const LENGTH: usize = BYTES / size_of::<Frame>();

/// Frames that are prepared at a time.
const PREPARED: usize = 16;

pub(crate) struct ShadowStack {
    /// The frame of the call that began last, or the first of the array; null while there is no array.
    top: Cell<*mut Frame>,
    /// The last frame that is prepared: those from the top to it are the thread's, and have the tag of a usual call. Null where
    /// there is none for new calls.
    last: Cell<*mut Frame>,
    /// The last frame that has a mark of the heap; none above it has one.
    marked: Cell<*mut Frame>,
    /// The array, or null.
    array: AtomicPtr<Frame>,
}

impl ShadowStack {
    pub(crate) const fn new() -> Self {
        Self {
            top: Cell::new(null_mut()),
            last: Cell::new(null_mut()),
            marked: Cell::new(null_mut()),
            array: AtomicPtr::new(null_mut()),
        }
    }

    /// A frame for a call that begins now, in the usual case.
    #[inline(always)]
    pub(crate) fn push(&self) -> Option<&'static Frame> {
        let top = self.top.get();
        if top >= self.last.get() {
            return None;
        }
        // SAFETY: below the last one.
        let frame = unsafe { top.add(1) };
        self.top.set(frame);
        // For handlers on this thread: what is stored in the frame comes after.
        compiler_fence(SeqCst);
        // SAFETY: in the array, which stays while a frame of it is in use. Nothing but references to it is in use where it is, and
        // all of its fields are cells.
        Some(unsafe { &*frame })
    }

    /// Whether this is the frame of the call that began last.
    #[inline(always)]
    pub(crate) fn is_top(&self, frame: *const Frame) -> bool {
        std::ptr::eq(self.top.get(), frame)
    }

    /// Gives back the top frame, which is that of a call that ends. By one instruction, where that is possible.
    #[inline(always)]
    pub(crate) fn pop(local: &Local) {
        #[cfg(all(target_arch = "x86_64", not(miri)))]
        // SAFETY: changes a cell of a value that is the thread's alone.
        unsafe {
            core::arch::asm!(
                "sub qword ptr [{local} + {top}], {size}",
                local = in(reg) std::ptr::from_ref(local),
                top = const std::mem::offset_of!(Local, frames) + std::mem::offset_of!(Self, top),
                size = const size_of::<Frame>(),
                options(nostack)
            );
        }
        #[cfg(not(all(target_arch = "x86_64", not(miri))))]
        {
            // As in `push`.
            compiler_fence(SeqCst);
            local.frames.top.set(local.frames.top.get().wrapping_sub(1));
        }
    }

    /// Whether this was the top frame until just now.
    pub(crate) fn is_popped(&self, frame: &Frame) -> bool {
        std::ptr::eq(self.top.get().wrapping_add(1), frame)
    }

    /// The same where there was none; `apart` marks a frame that is not in the array.
    #[cold]
    #[inline(never)]
    fn push_slowly(&self, prepare: impl Fn(&Frame), apart: impl FnOnce(&Frame)) -> Option<&'static Frame> {
        if self.make_array() || !self.last.get().is_null() {
            self.prepare(&prepare);
            if let Some(frame) = self.push() {
                return Some(frame);
            }
        }
        // SAFETY: room for a frame, which nothing else refers to, and zeros are valid for all of its fields.
        let frame = memory::zeroed::<Frame>().map(|place| unsafe { &*place })?;
        prepare(frame);
        apart(frame);
        Some(frame)
    }

    /// Prepares the next frames for use.
    fn prepare(&self, prepare: impl Fn(&Frame)) {
        let (array, last) = (self.array.load(Relaxed), self.last.get());
        let before = last.addr().wrapping_sub(array.addr()).checked_div(size_of::<Frame>()).unwrap_or(LENGTH);
        let more = PREPARED.min((LENGTH - 1).saturating_sub(before));
        let mut at = last;
        for _ in 0..more {
            at = at.wrapping_add(1);
            // SAFETY: in the array, above all frames in use.
            prepare(unsafe { &*at });
        }
        // As in `push`.
        compiler_fence(SeqCst);
        self.last.set(at);
    }

    /// The tag of usual calls has changed: frames that are not in use are to be prepared again.
    pub(crate) fn unprepare(&self) {
        if !self.last.get().is_null() {
            self.last.set(self.top.get());
        }
    }

    /// Whether open calls have no mark of the heap.
    #[inline(always)]
    pub(crate) fn are_unmarked(&self) -> bool {
        self.top.get() != self.marked.get()
    }

    /// Has the mark taken of the only frame that has none, the top one; otherwise `several` is to take those of all.
    #[inline(always)]
    pub(crate) fn mark(&self, mark: impl Fn(&Frame), several: impl FnOnce()) {
        let top = self.top.get();
        if !std::ptr::eq(self.marked.get(), top.wrapping_sub(1)) {
            return several();
        }
        // SAFETY: a frame of the array, above its first one: the top one, whose call has not ended.
        mark(unsafe { &*top });
        self.marked.set(top);
    }

    /// The same of any number.
    pub(crate) fn mark_several(&self, mark: impl Fn(&Frame)) {
        let top = self.top.get();
        let mut at = self.marked.get().min(top);
        while at != top {
            at = at.wrapping_add(1);
            // SAFETY: a frame of the array, up to the top.
            let frame = unsafe { &*at };
            if !frame.tag().has(Tag::ENDED) {
                mark(frame);
            }
        }
        self.marked.set(top);
    }

    /// Has the sums noted of all marked frames of which they are not yet, or of those below the top frame, which is marked.
    #[inline(always)]
    pub(crate) fn note_sums(&self, below_top: bool, note: impl Fn(&Frame)) {
        let top = self.top.get();
        let last = if below_top { top.wrapping_sub(1) } else { self.marked.get().min(top) };
        if last.is_null() {
            return;
        }
        let mut at = last;
        // SAFETY: a frame of the array; the first one says that it is noted.
        while !unsafe { &*at }.tag().has(Tag::NOTED) {
            at = at.wrapping_sub(1);
        }
        // Upwards: where a signal handler comes in between, those below a frame that is noted are, too.
        while at != last {
            at = at.wrapping_add(1);
            // SAFETY: as above.
            note(unsafe { &*at });
        }
    }

    /// Whether the sums of all frames below this one are noted.
    ///
    /// # Safety
    /// It is the top frame, and that of a call.
    #[inline(always)]
    pub(crate) unsafe fn is_next_to_noted(&self, frame: &Frame) -> bool {
        // As a place in the array, not in the frame.
        let below = self.top.get().with_addr(std::ptr::from_ref(frame).addr().wrapping_sub(size_of::<Frame>()));
        // SAFETY: the caller's promise: the first frame of the array is below those of all calls.
        unsafe { &*below }.tag().has(Tag::NOTED)
    }

    /// Gives back the top frame, of a call that has ended and was marked.
    #[inline(always)]
    pub(crate) fn pop_marked(local: &Local) {
        Self::pop(local);
        local.frames.marked.set(local.frames.top.get());
    }

    /// Frames above the top have no marks.
    #[inline(always)]
    pub(crate) fn forget_marks(&self) {
        if self.marked.get() > self.top.get() {
            self.marked.set(self.top.get());
        }
    }

    /// Makes the array, if there was none; not past the thread's end.
    fn make_array(&self) -> bool {
        if !self.array.load(Relaxed).is_null() || !entry::arrange_return() {
            return false;
        }
        let Some(array) = array() else {
            return false;
        };
        // A signal handler may have made one meanwhile.
        if self.array.compare_exchange(null_mut(), array, Relaxed, Relaxed).is_err() {
            give_back(array);
            return false;
        }
        // SAFETY: the first frame, which no call uses.
        unsafe { &*array }.set(Tag::NOTED);
        self.marked.set(array);
        self.top.set(array);
        self.last.set(array);
        true
    }

    /// Gives back the frame of a call that has ended, in any case; frames are given the tag of a usual call. Nothing of the frame
    /// is read afterwards.
    #[inline(never)]
    pub(crate) fn release(&self, frame: &'static Frame, usual: Tag) {
        let (array, mut top) = (self.array.load(Relaxed), self.top.get());
        let place = std::ptr::from_ref(frame);
        let at = place.addr().wrapping_sub(array.addr());
        if at >= BYTES || array.is_null() {
            // SAFETY: from `push_slowly`, and its one guard is gone.
            return unsafe { memory::free(place) };
        }
        if std::ptr::eq(top, place) {
            frame.reset(usual);
            top = top.wrapping_sub(1);
        } else {
            frame.set(Tag::ENDED);
            // SAFETY: at most the top, so a frame of the array.
            let above = unsafe { &*array.wrapping_byte_add(at).wrapping_add(1) };
            if !above.tag().has(Tag::ENDED) {
                above.set(Tag::ABOVE_ENDED);
            }
        }
        // SAFETY: a frame of the array. The first one is that of no call, and never ended.
        while let Some(ended) = Some(unsafe { &*top }).filter(|top| top.tag().has(Tag::ENDED)) {
            // No frame above the top is marked so.
            ended.reset(usual);
            top = top.wrapping_sub(1);
        }
        // As in `push`.
        compiler_fence(SeqCst);
        self.top.set(top);
        self.forget_marks();
        if self.last.get().is_null() && std::ptr::eq(top, array) {
            self.give_back();
        }
    }

    /// The thread ends: the array goes to another one, as soon as no call is open in it.
    pub(crate) fn leave(&self) {
        self.last.set(null_mut());
        if std::ptr::eq(self.top.get(), self.array.load(Relaxed)) {
            self.give_back();
        }
    }

    fn give_back(&self) {
        self.top.set(null_mut());
        self.marked.set(null_mut());
        let array = self.array.swap(null_mut(), Relaxed);
        if !array.is_null() {
            give_back(array);
        }
    }
}

impl Local {
    /// A frame for a call that begins now, with the tag of a usual one.
    #[inline]
    pub(crate) fn take_frame(&'static self, slot: &'static Slot) -> Option<&'static Frame> {
        self.frames.push().or_else(|| self.take_frame_slowly(slot))
    }

    #[cold]
    fn take_frame_slowly(&'static self, slot: &'static Slot) -> Option<&'static Frame> {
        self.frames.push_slowly(|frame| frame.prepare(self), |apart| apart.set_mark(self.mark_heap(slot)))
    }

    /// The same; a call for which there is no memory is lost.
    pub(crate) fn take_frame_or_lose(&'static self, slot: &'static Slot) -> Option<&'static Frame> {
        let taken = self.take_frame(slot);
        if taken.is_none() {
            count_lost(1);
        }
        taken
    }

    /// Gives back the frame of a call that has ended.
    pub(crate) fn release(&self, frame: &'static Frame) {
        self.frames.release(frame, self.tag.get());
    }
}

/// Arrays that no thread uses. No frame in them is marked as ended.
static IDLE: [AtomicPtr<Frame>; 16] = [const { AtomicPtr::new(null_mut()) }; 16];

fn array() -> Option<*mut Frame> {
    // Pairs with the release in `give_back`.
    let idle = IDLE.iter().map(|place| place.swap(null_mut(), Acquire)).find(|array| !array.is_null());
    idle.or_else(|| system::map_zeros(BYTES).map(<*mut u8>::cast))
}

fn give_back(array: *mut Frame) {
    // Pairs with the acquire in `array`.
    let keeps = |place: &AtomicPtr<Frame>| place.compare_exchange(null_mut(), array, Release, Relaxed).is_ok();
    if !IDLE.iter().any(keeps) {
        // SAFETY: mapped in `array` with this size, and no call is open in it.
        unsafe { system::unmap(array.cast(), BYTES) };
    }
}
