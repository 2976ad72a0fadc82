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
///
/// A page is marked when its address is translated, so that one in a TLB is not marked again. Clearing marks leaves the TLBs
/// as they are; clearing the marks of written pages (4) empties them.
fn clear() -> std::io::Result<()> {
    ["1", "4"].iter().try_for_each(|marks| fs::write("/proc/self/clear_refs", marks))
}

/// Bytes of the pages that were touched since these marks were cleared.
fn referenced() -> Option<usize> {
    told("/proc/self/smaps_rollup", "Referenced:")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::run::{at_once, turn};

    #[test]
    fn touched_memory_is_counted() {
        // The marks are those of the whole process.
        let _turn = at_once(turn::take(Duration::from_secs(1)));
        let mut memory = vec![1_u8; 1 << 20];
        let mut touch = || {
            memory.iter_mut().step_by(4_096).for_each(|byte| *byte = byte.wrapping_add(1));
            std::hint::black_box(&memory);
        };
        for _ in 0..20 {
            // All of it is in the TLB now.
            touch();
            if clear().is_err() {
                return;
            }
            touch();
            let bytes = referenced();
            assert!(bytes.is_none_or(|bytes| bytes >= 1 << 20), "{bytes:?}");
        }
    }
}
