//! What a report knows of the drive whose calls a probe counted.

use serde::{Deserialize, Serialize};

/// The drive of a load whose calls a probe counted.
///
/// Calls of a drive overlap, and a caller's time is no work: the sum of their times says nothing about a rate. And a generator
/// that was late measured itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Driven {
    /// How long it lasted, nanoseconds; of several drives, all together.
    pub elapsed_ns: u64,
    /// Why its times and its rate cannot be relied on; empty where they can.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub invalid: String,
}

impl Driven {
    /// A drive that lasted so long, and can be relied on.
    #[must_use]
    pub fn new(elapsed_ns: u64) -> Self {
        Self { elapsed_ns, invalid: String::new() }
    }

    /// Adds another one, before or after it. Of two reasons the first by its text stays, so that the order does not matter.
    pub(super) fn merge(&mut self, other: &Self) {
        self.elapsed_ns = self.elapsed_ns.saturating_add(other.elapsed_ns);
        let both = [&self.invalid, &other.invalid];
        self.invalid = both.into_iter().filter(|reason| !reason.is_empty()).min().cloned().unwrap_or_default();
    }
}
