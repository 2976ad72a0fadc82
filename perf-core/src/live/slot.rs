//! The counts of one probe on one thread: exact counters, and a histogram of raw ticks in octave blocks that are
//! allocated when the first value falls into them.
//!
//! The thread that owns the slot's shard writes; any thread may read meanwhile. Counters only grow, so a reader that
//! comes between two stores sees the state of a moment ago, off by the call that is just ending.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::callsite::Callsite;
use super::lost::count_lost;
use super::memory;
use super::prefetch::prefetch;
use super::shard::Shard;
use super::sign::Signed;
use super::sync::{
    AtomicPtr, AtomicU32, AtomicU64, Count, MOST_TICKS, Own, Version, add_one, add_to, cell_plainly, undisturbed,
};
use super::tail::{Record, Tail};
use super::tree::NodeCell;
use super::watched::Watched;
use crate::buckets::{self, OCTAVES};

/// `least` of a slot that has seen no call: greater than every real value.
pub(crate) const EMPTY: u64 = 1 << 63;

/// A cell that has reached this value takes the slow path. The rest is room for calls of signal handlers that come
/// between the check and the addition.
const NEARLY_FULL: u32 = u32::MAX - (1 << 10);

/// A call that allocates, or frees, or keeps so many bytes is counted with a look at the ends of the sums.
pub(crate) const LARGE: u64 = 1 << 16;

/// Sums of allocations of which this is less than the absolute value are near their ends: see [`Slot::set_usual_peaks`].
const NEAR: u64 = 1 << 62;
const _: () = assert!((buckets::BUCKETS as u64) << u32::BITS <= NEAR / LARGE / 2);

/// Bytes of a slot that are asked for before it is read: its counters, and the places of the octaves up to some microseconds.
const PREFETCHED: usize = std::mem::offset_of!(Slot, blocks) + 128;

/// Cells that a reader looks at together.
const TOGETHER: usize = if cfg!(loom) { 2 } else { 8 };
const _: () = assert!(buckets::STEPS % TOGETHER == 0 && TOGETHER.is_power_of_two());

/// Layout: every call touches the first cache line, calls that allocate touch the second.
#[repr(C, align(64))]
pub(crate) struct Slot {
    /// The shard that the slot belongs to: a guard that outlives the session it began in must not write here any more.
    pub(crate) owner: *const Shard,
    /// Ticks in outermost calls. A guard raises it to its own start value plus its own time, which leaves out what
    /// recursive calls inside it had added.
    pub(crate) total: Count,
    /// Ticks of calls that `total` leaves out: of recursive ones, and of futures.
    pub(crate) again: Count,
    /// Ticks of all calls less those of their callees, wrapping: a sampled callee may weigh more than its caller.
    pub(crate) own: Count,
    least: Count,
    /// So many values from `least` on are no outliers: they are no slower than the fastest call that `tail` keeps, and
    /// each of them has a cell.
    width: Count,
    /// Sampling: calls that were not timed and that no timed call stands for yet.
    pub(crate) untimed: Count,
    /// Sampling: calls that are not timed before the next one that is; below zero once that is due. Only the writer reads it.
    pub(crate) left: Count,

    pub(crate) allocs: Count,
    pub(crate) alloc_bytes: Count,
    pub(crate) own_allocs: Count,
    pub(crate) own_alloc_bytes: Count,
    /// Bytes allocated less bytes freed, two's complement.
    pub(crate) net: Count,
    /// Calls that keep fewer bytes at once may be counted without a look at the ends of the sums: see [`Self::set_usual_peaks`].
    usual_peaks: AtomicU32,
    pub(crate) id: u32,
    pub(crate) errors: Count,
    pub(crate) panics: Count,

    pub(crate) items: Count,
    pub(crate) bytes: Count,
    /// Futures: wall ticks, ticks inside polls, polls, and drops before the end.
    pub(crate) wall: Count,
    pub(crate) busy: Count,
    pub(crate) polls: Count,
    pub(crate) cancelled: Count,
    /// Open polls of this probe on this thread, and the loan that they are under.
    polling: Count,
    polling_loan: Count,
    greatest: Count,
    /// Sampling: calls of the next series, or left in the one that has begun, and one more; 0 before the first: see
    /// [`super::series`].
    pub(crate) series: Count,
    /// A cap: the clock where the latest timed call began its own work, and the mean of what timed calls take for it: see
    /// [`super::cap::spend`].
    pub(crate) began: Count,
    pub(crate) cost: Count,
    /// Sampling: untimed calls that timed calls still open stand for.
    pub(crate) claimed: Count,
    /// Sampling: calls that the timed ones stood for, which is what `sum` is spread over.
    pub(crate) weighed: Count,
    /// Sampling: calls in the histogram that were not timed, but that a timed one stood for.
    pub(crate) skipped: Count,

    /// Times the clock was seen to step back.
    pub(crate) backward: Count,
    pub(crate) peak: Count,

    /// Call tree: the node this probe had under the parent it was last called from. The parent is like no other before the first call.
    pub(crate) cached_parent: NodeCell,
    pub(crate) cached_node: NodeCell,
    /// One bit for each octave in `blocks`, for readers.
    octaves: Count,
    /// Version of a cell that is carried into `wide`.
    carries: Version,
    wide: AtomicPtr<Wide>,
    /// Cells of an octave, shifted so that the position of a value is the index.
    blocks: [AtomicPtr<AtomicU32>; OCTAVES],
    /// The slowest calls.
    pub(crate) tail: Tail,
    pub(crate) watched: Watched,
    /// A callsite of the probe, of those that have one.
    site: AtomicPtr<Callsite>,
}

/// How a counter adds up: see [`super::sync`].
enum Adding {
    Ticks,
    Up,
    Signed,
    SignedTicks,
}

/// Counts that did not fit into 32 bits: an array for each octave.
struct Wide([AtomicPtr<AtomicU64>; OCTAVES]);

// SAFETY: `owner` is a shard, which is `Sync`; all else is atomic.
unsafe impl Sync for Slot {}
// SAFETY: as above.
unsafe impl Send for Slot {}

impl Wide {
    #[cfg(not(loom))]
    fn make() -> Option<&'static Self> {
        // SAFETY: there is room for one, which nothing else refers to, and null pointers are zeros.
        memory::zeroed().map(|place| unsafe { &*place })
    }

    #[cfg(loom)]
    fn make() -> Option<&'static Self> {
        memory::keep(Self(nulls()))
    }
}

/// Array of null pointers.
#[cfg(loom)]
fn nulls<T>() -> [AtomicPtr<T>; OCTAVES] {
    std::array::from_fn(|_| AtomicPtr::new(std::ptr::null_mut()))
}

impl Slot {
    /// Makes a slot in place: the smallest stacks have no room for one.
    ///
    /// # Safety
    /// There is room for a slot, and no thread writes there meanwhile or reads more than `id`, which is 0 or the same.
    #[cfg(not(loom))]
    pub(crate) unsafe fn make(place: *mut Self, id: u32, owner: *const Shard) {
        // SAFETY: the caller's promise; zeros are valid for all of its fields: integers and pointers.
        unsafe {
            place.write_bytes(0, 1);
            (&raw mut (*place).owner).write(owner);
            (&raw mut (*place).id).write(id);
            (&raw mut (*place).least).write(Count::new(EMPTY));
            (&raw mut (*place).watched).write(Watched::new());
            (&raw mut (*place).cached_parent).write(NodeCell::unlike_any());
        }
    }

    /// Loom's atomics are more than integers.
    ///
    /// # Safety
    /// As above.
    #[cfg(loom)]
    pub(crate) unsafe fn make(place: *mut Self, id: u32, owner: *const Shard) {
        let zero = || Count::new(0);
        let slot = Self {
            owner,
            id,
            least: Count::new(EMPTY),
            width: zero(),
            greatest: zero(),
            total: zero(),
            again: zero(),
            own: zero(),
            untimed: zero(),
            allocs: zero(),
            alloc_bytes: zero(),
            own_allocs: zero(),
            own_alloc_bytes: zero(),
            net: zero(),
            usual_peaks: AtomicU32::new(0),
            peak: zero(),
            errors: zero(),
            panics: zero(),
            items: zero(),
            bytes: zero(),
            wall: zero(),
            busy: zero(),
            polls: zero(),
            cancelled: zero(),
            polling: zero(),
            polling_loan: zero(),
            left: zero(),
            series: zero(),
            began: zero(),
            cost: zero(),
            claimed: zero(),
            backward: zero(),
            weighed: zero(),
            skipped: zero(),
            cached_parent: NodeCell::unlike_any(),
            cached_node: NodeCell::new(),
            octaves: zero(),
            carries: Version::new(),
            wide: AtomicPtr::new(std::ptr::null_mut()),
            blocks: nulls(),
            tail: Tail::new(),
            watched: Watched::new(),
            site: AtomicPtr::new(std::ptr::null_mut()),
        };
        // SAFETY: the caller's promise.
        unsafe { place.write(slot) };
    }

    /// Sets which calls may add their allocations to the sums without a look at their ends: those that reach no new peak, where
    /// all sums are far from their ends, and whose own figures are below [`LARGE`].
    ///
    /// Each of these calls adds one to a cell of the histogram. So before there are more of them than all cells hold,
    /// which is before they have added half of what is between [`NEAR`] and the end, one cell is full, and this is called.
    pub(super) fn set_usual_peaks(&self) {
        let signed = [&self.own_allocs, &self.own_alloc_bytes, &self.net].map(|sum| sum.own().wrapping_add(NEAR));
        let all = signed.into_iter().fold(self.allocs.own() | self.alloc_bytes.own(), |all, sum| all | sum);
        let near = all >= NEAR << 1;
        let peaks = if near { 0 } else { self.peak.own().saturating_add(1).min(LARGE) };
        #[allow(clippy::cast_possible_truncation, reason = "LARGE has fewer than 32 bits")]
        self.usual_peaks.store(peaks as u32, Relaxed);
    }

    /// Whether a call that kept so many bytes at once is counted with a look at the ends of the sums.
    ///
    /// # Safety
    /// The caller is the writer.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) unsafe fn is_peak_news(&self, peak: u64) -> bool {
        // SAFETY: the caller's promise.
        peak >= unsafe { cell_plainly(&raw const self.usual_peaks, 0) }.into()
    }

    /// The shard it belongs to.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn shard(&self) -> &'static Shard {
        // SAFETY: made by `Shard::make_slot` of a shard that lives for ever.
        unsafe { &*self.owner }
    }

    /// Adds to the items and bytes that the probe has worked on.
    pub(crate) fn count_units(&self, items: u64, bytes: u64) {
        self.items.add_up(items);
        self.bytes.add_up(bytes);
    }

    /// Open polls that began under this loan: polls that outlived an earlier loan do not enclose calls of this one.
    pub(crate) fn polls_around(&self, loan: u64) -> u64 {
        if self.polling_loan.own() == loan { self.polling.own() } else { 0 }
    }

    /// The writer only, under this loan.
    pub(crate) fn set_polls_around(&self, loan: u64, polls: u64) {
        self.polling.set(polls);
        self.polling_loan.set(loan);
    }

    /// A callsite of the probe.
    pub(crate) fn site(&self) -> Option<&'static Callsite> {
        // SAFETY: null or from `set_site`, which is given none that can be unloaded.
        unsafe { self.site.load(Relaxed).as_ref() }
    }

    /// The writer only.
    pub(crate) fn set_site(&self, site: &'static Callsite) {
        self.site.store(std::ptr::from_ref(site).cast_mut(), Relaxed);
    }

    /// Counts one value in the histogram, and returns it. An outlier goes to `outlier`, which calls
    /// [`Self::record_outlier`].
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn observe(&self, mut ticks: u64, outlier: impl FnOnce(u64) -> u64) -> u64 {
        if self.is_outlier(ticks) {
            ticks = outlier(ticks);
        }
        let octave = buckets::octave(ticks);
        let position = buckets::position(ticks, octave);
        // SAFETY: `octave` is below OCTAVES, see `buckets`.
        let block = unsafe { self.blocks.get_unchecked(octave) }.own();
        if block.is_null() {
            self.add_slowly(octave, position, 1);
            return ticks;
        }
        // SAFETY: a block that is there has a cell for every position of its octave (the base may lie before it).
        let cell = unsafe { &*block.wrapping_add(position) };
        if cell.own() >= NEARLY_FULL {
            self.add_slowly(octave, position, 1);
        } else {
            // SAFETY: as above.
            unsafe { add_one(block, position) };
        }
        ticks
    }

    /// The cell of a value that is no outlier, for [`add_one`]; none where the value takes the slow path.
    ///
    /// # Safety
    /// The caller is the writer.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) unsafe fn usual_cell(&self, ticks: u64) -> Option<(*const AtomicU32, usize)> {
        // SAFETY: the caller's promise.
        let (least, width) = unsafe { (self.least.own_plainly(), self.width.own_plainly()) };
        if ticks.wrapping_sub(least) >= width {
            return None;
        }
        let octave = octave_at_once(ticks);
        let position = buckets::position(ticks, octave);
        // SAFETY: `octave` is below OCTAVES, see `buckets`.
        let block = unsafe { self.blocks.get_unchecked(octave) }.own().cast_const();
        debug_assert!(!block.is_null());
        // SAFETY: the block of a value that is no outlier is there, see `set_width`, and has a cell for every position of
        // its octave (the base may lie before it).
        (unsafe { cell_plainly(block, position) } < NEARLY_FULL).then_some((block, position))
    }

    /// Whether a value is the least, or slow enough for the tail, or no duration at all.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_outlier(&self, ticks: u64) -> bool {
        ticks.wrapping_sub(self.least.own()) >= self.width.own()
    }

    /// Ticks of all calls, recursive ones included.
    pub(crate) fn sum(&self) -> u64 {
        self.total.get().saturating_add(self.again.get()).min(MOST_TICKS)
    }

    /// Adds the ticks of a call that began when `total` was `start`: what recursive calls inside it have added is counted
    /// again.
    pub(crate) fn count_inclusive(&self, start: u64, ticks: u64) {
        let now = self.total.own();
        let grown = start.saturating_add(ticks).min(MOST_TICKS).saturating_sub(now);
        self.total.add(grown);
        self.again.add_ticks(ticks.saturating_sub(grown));
    }

    /// Sampling: counts a call that another one is timed for, unless this one is due to be timed.
    ///
    /// # Safety
    /// The caller is the writer.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) unsafe fn passes_by(&self) -> bool {
        // Plainly, so that it is one instruction, whose result is compared with nothing. A signal handler that came between a load
        // and a store would make the gap longer by its calls; what is counted is `untimed`.
        // SAFETY: the caller's promise, and no reader reads it.
        let left = unsafe { self.left.own_plainly() }.wrapping_sub(1);
        // SAFETY: as above.
        unsafe { self.left.set_plainly(left) };
        let passes = left.signed() >= 0;
        if passes {
            add_to!(self, Slot, untimed, 1);
        }
        passes
    }

    /// Counts a call that has no callees and is in no recursion.
    pub(crate) fn count_alone(&self, ticks: u64, record: impl FnOnce(u64) -> Record) {
        self.count_call_alone(ticks, 0, record);
    }

    /// Counts a call that is in no recursion, and the time that its callees took.
    pub(crate) fn count_call_alone(&self, ticks: u64, callees: u64, record: impl FnOnce(u64) -> Record) {
        let ticks = self.observe(ticks, |ticks| self.record_outlier(ticks, record));
        self.own.add_signed_ticks(ticks.wrapping_sub(callees));
        self.total.add_ticks(ticks);
        self.weighed.add(1);
    }

    /// As [`Self::observe`] for a value that stands for `weight` calls.
    pub(crate) fn observe_weighted(&self, ticks: u64, weight: u64, outlier: impl FnOnce(u64) -> u64) -> u64 {
        if weight == 1 {
            return self.observe(ticks, outlier);
        }
        let ticks = if self.is_outlier(ticks) { outlier(ticks) } else { ticks };
        let octave = buckets::octave(ticks);
        self.add_slowly(octave, buckets::position(ticks, octave), weight);
        ticks
    }

    /// Records an outlier, and returns the value that it counts as. A clock that stepped back gives a "negative" value,
    /// which becomes 0 and is counted as a step. `record` describes the call.
    pub(crate) fn record_outlier(&self, ticks: u64, record: impl FnOnce(u64) -> Record) -> u64 {
        undisturbed(|| self.record_outlier_alone(ticks, record))
    }

    fn record_outlier_alone(&self, ticks: u64, record: impl FnOnce(u64) -> Record) -> u64 {
        let mut ticks = ticks;
        if ticks >= EMPTY {
            self.backward.add(1);
            ticks = 0;
        }
        if !self.has_block(buckets::octave(ticks)) {
            return ticks; // memory is out: the value is lost
        }
        self.widen(ticks, ticks);
        if self.tail.least().is_none_or(|least| ticks > least) {
            self.tail.insert(record(ticks));
        }
        self.set_width();
        ticks
    }

    /// Sets the range of values that are no outliers from now on: up to the fastest call of the tail, as far as all of
    /// their octaves have blocks.
    fn set_width(&self) {
        let least = self.least.own();
        let octaves = buckets::octave(least)..OCTAVES;
        let with_blocks =
            octaves.take_while(|&octave| self.blocks.get(octave).is_some_and(|block| !block.own().is_null()));
        let width = with_blocks.last().map_or(0, |octave| {
            let most = self.tail.least().unwrap_or(least).min(buckets::last_value(octave));
            most.saturating_sub(least).saturating_add(1)
        });
        self.width.set(width);
    }

    fn widen(&self, least: u64, greatest: u64) {
        let fresh = self.least.own() == EMPTY;
        self.greatest.set(if fresh { greatest } else { self.greatest.own().max(greatest) });
        self.least.set(if fresh { least } else { self.least.own().min(least) });
    }

    /// The unusual cases: first value of an octave, a full cell, a weight.
    #[cold]
    #[inline(never)]
    fn add_slowly(&self, octave: usize, position: usize, weight: u64) {
        undisturbed(|| self.add_alone(octave, position, weight));
    }

    /// Whether an octave has a block, which is made if it has none.
    fn has_block(&self, octave: usize) -> bool {
        let Some(place) = self.blocks.get(octave) else {
            return false; // there is one for every octave: see `buckets`
        };
        if place.own().is_null() {
            let Some(cells) = self.shard().cells(buckets::cells(octave)) else {
                return false;
            };
            // The position of a value is its index: see `buckets`.
            let block = cells.wrapping_sub(buckets::first_position(octave));
            // Pairs with the acquire in `read_histogram`: a reader that sees the block sees its zeros.
            place.store(block, Release);
            self.octaves.set(self.octaves.own() | bit(octave));
            self.set_width();
        }
        true
    }

    fn add_alone(&self, octave: usize, position: usize, weight: u64) {
        if !self.has_block(octave) {
            count_lost(weight);
            return;
        }
        // SAFETY: `octave` is below OCTAVES, see `buckets`.
        let block = unsafe { self.blocks.get_unchecked(octave) }.own();
        // SAFETY: as in `observe`; `wrapping_add` undoes the shift above.
        let cell = unsafe { &*block.wrapping_add(position) };
        let sum = u64::from(cell.own()).saturating_add(weight);
        if let Ok(fits) = u32::try_from(sum) {
            cell.store(fits, Relaxed);
        } else {
            self.carry(octave, position, cell, sum);
        }
    }

    /// Moves all of a full cell into its 64-bit neighbour. A reader that comes between reads again.
    fn carry(&self, octave: usize, position: usize, cell: &AtomicU32, sum: u64) {
        self.set_usual_peaks();
        let Some(wide) = self.wide_cell(octave, position) else {
            count_lost(sum.saturating_sub(u64::from(cell.own())));
            return;
        };
        self.carries.write(|| {
            wide.store(wide.own().saturating_add(sum), Relaxed);
            cell.store(0, Relaxed);
        });
    }

    fn wide_cell(&self, octave: usize, position: usize) -> Option<&AtomicU64> {
        let mut wide = self.wide.own();
        if wide.is_null() {
            wide = std::ptr::from_ref(Wide::make()?).cast_mut();
            // Pairs with the acquire in `wide_cells`, as the next one does.
            self.wide.store(wide, Release);
        }
        // SAFETY: from `keep`, so it lives for ever.
        let place = unsafe { (*wide).0.get(octave) }?;
        let mut cells = place.own();
        if cells.is_null() {
            cells = memory::array(buckets::cells(octave), || AtomicU64::new(0))?.cast();
            place.store(cells, Release);
        }
        // SAFETY: the array has a cell for every position of its octave.
        Some(unsafe { &*cells.add(position.checked_sub(buckets::first_position(octave))?) })
    }

    /// Appends bucket and count of every bucket that is not empty, ascending, and returns the sum of the counts; any thread.
    pub(crate) fn read_histogram(&self, into: &mut Vec<(u16, u64)>) -> u64 {
        let before = into.len();
        self.carries.read(|| {
            into.truncate(before);
            let mut calls = 0_u64;
            self.read_cells(|bucket, count| {
                calls = calls.saturating_add(count);
                into.push((bucket, count));
            });
            calls
        })
    }

    /// Calls in the histogram; beside its writer, off by a cell that is just carried.
    pub(crate) fn count_timed(&self) -> u64 {
        let mut calls = 0_u64;
        self.read_cells(|_, count| calls = calls.saturating_add(count));
        calls
    }

    /// The cells of every octave that has any, as they are in [`Self::blocks`].
    fn each_block(&self, mut each: impl FnMut(usize, *const AtomicU32)) {
        let mut octaves = self.octaves.get();
        while octaves != 0 {
            let octave = octaves.trailing_zeros() as usize;
            octaves &= octaves.wrapping_sub(1);
            let block = self.blocks.get(octave).map_or(std::ptr::null(), |block| block.load(Acquire).cast_const());
            // Where its bit was seen before its pointer, the next reader will see both.
            if !block.is_null() {
                each(octave, block);
            }
        }
    }

    fn read_cells(&self, mut each: impl FnMut(u16, u64)) {
        self.each_block(|octave, block| {
            let wide = self.wide_cells(octave);
            for first in self.positions_of_values(octave).step_by(TOGETHER) {
                let cells = block.wrapping_add(first);
                // SAFETY: a block has a cell for every position of its octave, which are a multiple of TOGETHER.
                let cell = |next: usize| unsafe { &*cells.wrapping_add(next) }.load(Relaxed);
                // Most are empty.
                if wide.is_null() && (0..TOGETHER).fold(0, |all, next| all | cell(next)) == 0 {
                    continue;
                }
                for (position, next) in (first..).zip(0..TOGETHER) {
                    let mut count = u64::from(cell(next));
                    if !wide.is_null() {
                        let index = position.wrapping_sub(buckets::first_position(octave));
                        // SAFETY: as for the block.
                        count = count.saturating_add(unsafe { &*wide.wrapping_add(index) }.load(Relaxed));
                    }
                    if count != 0 {
                        #[allow(clippy::cast_possible_truncation, reason = "BUCKETS is 3776")]
                        each(buckets::bucket(octave, position) as u16, count);
                    }
                }
            }
        });
    }

    /// The positions of an octave that values may be at: those from the least to the greatest, and some before them, so that
    /// their number is a multiple of [`TOGETHER`] as that of all is. A reader that sees a new extreme too late sees the state of a moment ago.
    fn positions_of_values(&self, octave: usize) -> std::ops::Range<usize> {
        let all = buckets::positions(octave);
        // A model has few cells to skip, and explores every order of its loads.
        let Some((least, greatest)) = self.extremes().filter(|_| !cfg!(loom)) else {
            return all;
        };
        let place = |value| (buckets::octave(value) == octave).then(|| buckets::position(value, octave));
        let first = place(least).map_or(all.start, |position| position & !(TOGETHER - 1));
        first..place(greatest).map_or(all.end, |position| position.wrapping_add(1))
    }

    /// The array that the cells of an octave were carried into, or null.
    fn wide_cells(&self, octave: usize) -> *const AtomicU64 {
        // Both acquires pair with the releases in `wide_cell`.
        // SAFETY: null, or from `keep`, so it lives for ever.
        let wide = unsafe { self.wide.load(Acquire).as_ref() };
        wide.and_then(|wide| wide.0.get(octave)).map_or(std::ptr::null(), |cells| cells.load(Acquire).cast_const())
    }

    /// Asks for the memory that a reader of the counts looks at first.
    pub(crate) fn prefetch(&self) {
        prefetch(self, PREFETCHED);
        prefetch(&raw const self.tail, 1);
        prefetch(&raw const self.watched, 1);
    }

    /// Asks for the cells of the histogram; the slot itself should be at hand.
    pub(crate) fn prefetch_cells(&self) {
        self.each_block(|octave, block| {
            let positions = self.positions_of_values(octave);
            prefetch(block.wrapping_add(positions.start), positions.len().wrapping_mul(size_of::<u32>()));
        });
    }

    /// Greatest value; 0 where there is none.
    pub(crate) fn greatest(&self) -> u64 {
        self.greatest.get()
    }

    /// Least and greatest value, where there is one.
    pub(crate) fn extremes(&self) -> Option<(u64, u64)> {
        let least = self.least.get();
        (least != EMPTY).then(|| (least, self.greatest.get()))
    }

    /// The counters that simply add up, in one order for every use, and how each adds: so that no sum goes back.
    fn sums(&self) -> [(&Count, Adding); 22] {
        use Adding::{Signed, SignedTicks, Ticks, Up};
        [
            (&self.total, Ticks),
            (&self.again, Ticks),
            (&self.own, SignedTicks),
            (&self.untimed, Up),
            (&self.claimed, Up),
            (&self.weighed, Up),
            (&self.skipped, Up),
            (&self.allocs, Up),
            (&self.alloc_bytes, Up),
            (&self.own_allocs, Signed),
            (&self.own_alloc_bytes, Signed),
            (&self.net, Signed),
            (&self.errors, Up),
            (&self.panics, Up),
            (&self.items, Up),
            (&self.bytes, Up),
            (&self.wall, Ticks),
            (&self.busy, Ticks),
            (&self.polls, Up),
            (&self.cancelled, Up),
            (&self.backward, Up),
            (&self.watched.waiting, Ticks),
        ]
    }

    /// Adds all that `other` counted; no thread writes to either. `scratch` is emptied.
    pub(crate) fn absorb(&self, other: &Self, scratch: &mut Vec<(u16, u64)>) {
        for ((mine, adding), (theirs, _)) in self.sums().into_iter().zip(other.sums()) {
            let more = theirs.get();
            match adding {
                Adding::Ticks => mine.add_ticks(more),
                Adding::Up => mine.add_up(more),
                Adding::Signed => mine.add_signed(more),
                Adding::SignedTicks => mine.add_signed_ticks(more),
            }
        }
        self.peak.set(self.peak.get().max(other.peak.get()));
        if let Some((least, greatest)) = other.extremes() {
            self.widen(least, greatest);
        }
        for (_, place) in other.tail.places() {
            let record = other.tail.record(place);
            self.record_outlier(record.ticks, |_| record);
        }
        scratch.clear();
        other.read_histogram(scratch);
        for (bucket, count) in scratch.drain(..) {
            let (low, _) = buckets::bounds(bucket.into());
            let octave = buckets::octave(low);
            self.add_slowly(octave, buckets::position(low, octave), count);
        }
        self.set_width();
        self.set_usual_peaks();
    }

    /// Frees the counts that did not fit into the slot's cells.
    ///
    /// # Safety
    /// No thread writes to the slot or reads it, from now on until it is made again.
    pub(crate) unsafe fn free_wide(&self) {
        // SAFETY: null, or from `keep`, and not freed yet.
        let Some(wide) = (unsafe { self.wide.load(Relaxed).as_ref() }) else {
            return;
        };
        for (octave, cells) in wide.0.iter().enumerate() {
            let cells = cells.load(Relaxed);
            if !cells.is_null() {
                let cells = std::ptr::slice_from_raw_parts_mut(cells, buckets::cells(octave));
                // SAFETY: made by `array` in `wide_cell`; the caller's promise.
                unsafe { memory::free_array(cells) };
            }
        }
        // SAFETY: the caller's promise.
        unsafe { memory::free(wide) };
    }

    /// Resets to the state of a new slot, keeping its memory; no thread writes or reads.
    pub(crate) fn reset(&self) {
        for (count, _) in self.sums() {
            count.set(0);
        }
        let others = [&self.peak, &self.width, &self.greatest, &self.left, &self.series, &self.cost, &self.polling];
        for count in others {
            count.set(0);
        }
        self.set_usual_peaks();
        self.least.set(EMPTY);
        self.cached_parent.set_unlike_any();
        self.tail.reset();
        self.watched.reset();
        let mut octaves = self.octaves.get();
        while let Some(octave) = octaves.checked_ilog2() {
            let octave = octave as usize;
            octaves &= !bit(octave);
            let Some(block) = self.blocks.get(octave).map(|block| block.load(Relaxed)) else {
                continue; // there is one for every octave: see `buckets`
            };
            let wide = self.wide_cells(octave);
            for (index, position) in buckets::positions(octave).enumerate() {
                // SAFETY: a block has a cell for every position of its octave.
                unsafe { &*block.wrapping_add(position) }.store(0, Relaxed);
                if !wide.is_null() {
                    // SAFETY: as for the block.
                    unsafe { &*wide.add(index) }.store(0, Relaxed);
                }
            }
        }
    }
}

/// [`buckets::octave`] in the fewest instructions.
#[inline(always)]
fn octave_at_once(value: u64) -> usize {
    #[cfg(all(target_arch = "x86_64", target_pointer_width = "64", not(any(loom, miri))))]
    {
        let bit: usize;
        // SAFETY: finds the highest bit of a number that is not 0.
        unsafe {
            core::arch::asm!(
                "bsr {bit:r}, {value}",
                bit = out(reg) bit,
                value = in(reg) value | buckets::STEPS as u64,
                options(pure, nomem, nostack)
            );
        }
        bit.wrapping_sub(buckets::LOWEST_BIT as usize)
    }
    #[cfg(not(all(target_arch = "x86_64", target_pointer_width = "64", not(any(loom, miri)))))]
    buckets::octave(value)
}

/// The bit of an octave in [`Slot::octaves`].
fn bit(octave: usize) -> u64 {
    #[allow(clippy::cast_possible_truncation, reason = "there are fewer than 64")]
    let bit = 1_u64.wrapping_shl(octave as u32);
    bit
}
