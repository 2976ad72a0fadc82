//! Caches, emptied before a call.

use std::hint::black_box;

/// So many bytes are read to empty them: more than the caches of one processor hold, less than the one that all share.
const READ: usize = 4 << 20;

/// The process uses no more memory than this, or its data may be further away than any cache. Where the memory in use is not
/// known, nothing can be said.
const MOST_USED: usize = 8 << 20;

/// Bytes whose reading takes the place of everything else in the caches.
pub(super) struct Caches(Vec<u64>);

impl Caches {
    /// `None` where the process uses more memory than the caches that processors share may hold.
    pub(super) fn new() -> Option<Self> {
        let used = used()?;
        (used <= MOST_USED).then(Self::whatever_is_used)
    }

    /// The same regardless of the memory in use.
    pub(super) fn whatever_is_used() -> Self {
        Self((0..READ as u64 / 8).collect())
    }

    /// Reads a word of every line.
    pub(super) fn empty(&mut self) {
        let mut sum = 0_u64;
        for line in self.0.chunks_mut(8) {
            line[0] = line[0].wrapping_add(1);
            sum = sum.wrapping_add(line[0]);
        }
        black_box(sum);
    }
}

/// Bytes of the process that are in memory and not a file's.
fn used() -> Option<usize> {
    told("/proc/self/status", "RssAnon:")
}

/// Bytes that a file of the system tells in a line of this name, in kB.
pub(super) fn told(path: &str, name: &str) -> Option<usize> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_in_use_is_known_on_linux() {
        assert!(!cfg!(target_os = "linux") || used().is_some_and(|bytes| bytes > 0));
        if let Some(mut caches) = Caches::new() {
            caches.empty();
            caches.empty();
            assert_eq!(caches.0[8], 10, "every line was written twice");
        }
    }
}
