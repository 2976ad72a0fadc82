//! Flame graphs: stacks as text for other tools ([`folded`]), and drawn ([`svg`]).
//!
//! The width of a frame is what it and its callees have together; the text states what each stack has for itself, and
//! the renderer adds them up. By [`Weight`](crate::Weight) that is self time, allocations, or bytes.
//!
//! Where no call tree was recorded, every probe is a stack of itself alone. Levels beyond the 256th count for the
//! 256th.

mod folded;
mod svg;

pub use folded::folded;
pub use svg::svg;
