//! How much memory calls touch, where the system is Linux.

use std::fs;
use std::time::{Duration, Instant};

use super::caches::told;
use super::engine::{Engine, Returned};
use super::subject::Subject;

/// Calls are made for so long, and at least so many.
const TIME: Duration = Duration::from_millis(20);
const CALLS: usize = 2;

impl<S: Subject> Engine<'_, S> {
    /// Bytes of all pages that this process touched while calls were made one after another; `None` where that is not known.
    pub(super) async fn touched(&mut self) -> Result<Option<usize>, Returned<S::Output>> {
        if clear().is_err() {
            return Ok(None);
        }
        let start = Instant::now();
        let mut calls = 0;
        while calls < CALLS || start.elapsed() < TIME {
            let (output, _) = self.call(0).await;
            self.accept(output)?;
            calls += 1;
        }
        Ok(referenced())
    }
}

/// Clears the marks of all pages that this process touched.
fn clear() -> std::io::Result<()> {
    fs::write("/proc/self/clear_refs", "1")
}

/// Bytes of the pages that were touched since these marks were cleared.
fn referenced() -> Option<usize> {
    told("/proc/self/smaps_rollup", "Referenced:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touched_memory_is_counted() {
        let mut memory = vec![1_u8; 4 << 20];
        if clear().is_err() {
            return;
        }
        memory.iter_mut().step_by(4_096).for_each(|byte| *byte = byte.wrapping_add(1));
        std::hint::black_box(&memory);
        assert!(referenced().is_none_or(|bytes| bytes >= 4 << 20), "{:?}", referenced());
    }
}
