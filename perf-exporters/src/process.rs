//! Which process something was made in. A fork copies what a reporter, an endpoint, an exporter or a monitor keeps, but not
//! their threads: in the child they are over, and what they would write is the parent's to write.

use std::process;

/// A process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn current() -> Self {
        Self(process::id())
    }

    /// False in a child of it.
    pub(crate) fn is_current(self) -> bool {
        self == Self::current()
    }
}
