//! How far groups of consumers have come in a partition.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Committed offsets by group.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    offsets: Mutex<BTreeMap<String, u64>>,
    moved: Condvar,
}

impl Groups {
    pub(crate) fn new(offsets: BTreeMap<String, u64>) -> Self {
        Self { offsets: Mutex::new(offsets), moved: Condvar::new() }
    }

    /// A panic elsewhere leaves values that are whole all the same: each is replaced at once.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.offsets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a group into account; how far it is.
    pub(crate) fn join(&self, group: &str) -> u64 {
        *self.lock().entry(group.to_owned()).or_default()
    }

    /// How far a group is.
    pub(crate) fn committed(&self, group: &str) -> u64 {
        self.lock().get(group).copied().unwrap_or(0)
    }

    /// The same, after waiting until it is more than `offset`, at most so long.
    pub(crate) fn wait(&self, group: &str, offset: u64, most: Duration) -> u64 {
        let of = |offsets: &BTreeMap<String, u64>| offsets.get(group).copied().unwrap_or(0);
        let waited = self.moved.wait_timeout_while(self.lock(), most, |offsets| of(offsets) <= offset);
        of(&waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Whether the slowest group would be more than `most` messages before `end`.
    pub(crate) fn too_far_behind(&self, end: u64, most: Option<u64>) -> bool {
        most.is_some_and(|most| self.lock().values().min().is_some_and(|slowest| end > slowest + most))
    }

    /// A group has come so far.
    pub(crate) fn set(&self, group: &str, offset: u64) {
        let mut offsets = self.lock();
        match offsets.get_mut(group) {
            Some(committed) => *committed = offset,
            None => drop(offsets.insert(group.to_owned(), offset)),
        }
        drop(offsets);
        self.moved.notify_all();
    }
}
