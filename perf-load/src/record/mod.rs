//! The recording of a drive: cells without a lock, one writer each, that are merged at the ends of windows.
//!
//! A [`Recorder`] belongs to one worker. At the end of a window it delivers a [`Part`] to the [`Collector`], which folds it into
//! the course; memory is bounded by workers and windows, never by operations.

mod cells;
mod collector;
mod recorder;
#[cfg(feature = "tokio")]
mod shards;
mod tally;

use cells::Cells;
pub(crate) use cells::Distribution;
pub(crate) use collector::{Collector, Operation};
pub(crate) use recorder::{Done, Recorder, Times};
#[cfg(feature = "tokio")]
pub(crate) use shards::Shards;
pub(crate) use tally::{Apart, Tally};
