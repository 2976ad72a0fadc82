//! Which process something was made in. A fork copies what a reporter, an endpoint, an exporter or a monitor keeps, but not
//! their threads: in the child they are over, and what they would write is the parent's to write.

use crate::host;

/// A process; they have no numbers where there is only one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process(Option<u32>);

impl Process {
    pub(crate) fn current() -> Self {
        Self(host::pid())
    }

    /// False in a child of it.
    pub(crate) fn is_current(self) -> bool {
        self == Self::current()
    }
}
