//! The path of a usual call with a place in the call tree, and nothing else that is special about it. As [`super::lane`], of which it
//! is a part.

use super::callsite::{Callsite, TREE};
use super::frame::{Frame, Tag};
use super::lane::{self, count_usual};
use super::local::Local;
use super::more;
use super::shadow::ShadowStack;
use super::tree::Place;

/// Where in the table of slots the slot of a call of this kind is; beyond its end for every other call.
#[inline(always)]
pub(super) fn index(word: usize) -> usize {
    word.wrapping_sub(TREE as usize)
}

/// Begins a call.
///
/// # Safety
/// There is such a place in the table.
#[inline(always)]
pub(super) unsafe fn start<const ASKS: bool>(
    site: &'static Callsite,
    index: usize,
    local: &'static Local,
) -> Option<&'static Frame> {
    // SAFETY: the caller's promise.
    let Some(slot) = (unsafe { local.slot(index) }) else {
        return more::start(site);
    };
    let tree = &slot.shard().tree;
    let Some(place) = Place::again(tree, slot) else {
        return more::start(site);
    };
    let Some(frame) = local.frames.push() else {
        return more::start(site);
    };
    frame.set(Tag::TREE);
    place.make_current(tree);
    frame.set_place(place);
    if ASKS {
        return lane::begin(frame, slot, local);
    }
    frame.begin_usual(local, slot);
    frame.time::<false>()
}

/// Ends a call that is the one which began last, and not a usual one; nor has it a mark of allocations and nothing else.
#[inline(never)]
pub(super) extern "C" fn finish(frame: &'static Frame, local: &'static Local) {
    let usual = local.tag.get();
    if frame.tag() != usual.and(Tag::TREE) {
        return more::finish_other(frame);
    }
    let in_tree = |own| {
        let place = frame.place();
        // SAFETY: under the loan that the call began under. A call with this tag has a node.
        unsafe { place.known_node() }.count_usual(own);
        place.restore(&frame.slot().shard().tree);
    };
    match count_usual(frame, local, in_tree) {
        Ok(_) => {
            frame.reset(usual);
            ShadowStack::pop(local);
        }
        Err(ticks) => more::finish(frame, ticks),
    }
}
