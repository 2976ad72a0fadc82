//! How often a thread was kept from its work.

use crate::clock::{cpu, wall};

/// How often something came between a thread and its work, since some moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interruptions {
    switches: Option<u64>,
    wall: u64,
    cpu: Option<u64>,
}

impl Interruptions {
    pub(super) fn start() -> Self {
        Self { switches: switches(), wall: wall(), cpu: cpu() }
    }

    /// The share of so many calls since then that may have been interrupted: each switch to another thread spoils one, be
    /// it that the call waits or that the machine keeps it waiting. Where the system does not count switches, all may
    /// have been if the thread was away for a tenth of the time, and none if it was not.
    pub(super) fn share_of(self, calls: usize) -> f64 {
        if let Some((before, now)) = self.switches.zip(switches()) {
            return now.saturating_sub(before) as f64 / calls.max(1) as f64;
        }
        let passed = wall().saturating_sub(self.wall);
        let present = self.cpu.zip(cpu()).map_or(passed, |(before, now)| now.saturating_sub(before));
        f64::from(u8::from(passed.saturating_sub(present) > passed / 10))
    }
}

/// Switches of this thread to others so far, of its own will or not. Linux tells.
fn switches() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/thread-self/status").ok()?;
    let counted = status.lines().filter_map(|line| line.split_once("ctxt_switches:")?.1.trim().parse::<u64>().ok());
    counted.reduce(|voluntary, forced| voluntary + forced)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn sleeping_is_an_interruption() {
        let watched = Interruptions::start();
        std::thread::sleep(Duration::from_millis(20));
        assert!(cpu().is_none() || watched.share_of(1) >= 1.0, "{watched:?}");
        // What others do to a call they do not do to each of a thousand.
        let watched = Interruptions::start();
        assert!(switches().is_none() || watched.share_of(1_000) < 0.5, "{watched:?}");
    }
}
