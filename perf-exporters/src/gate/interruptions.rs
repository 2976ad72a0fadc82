//! How often a thread was kept from its work.

use crate::clock::{cpu, wall};

/// How often a thread was interrupted since some moment.
#[cfg(feature = "baseline")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Interruptions {
    switches: Option<u64>,
    wall: u64,
    cpu: Option<u64>,
}

#[cfg(feature = "baseline")]
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

/// Whether a thread had the processor during calls: time in which others were given it is not the code's, and time in which
/// the code waits is the code's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Presence {
    /// `None` where the system does not report it.
    known: Option<Known>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    /// Voluntary switches so far.
    switches: u64,
    /// Processor time, and passing time, at the beginning.
    cpu: u64,
    wall: u64,
}

/// An absence that is shorter, or a smaller share of the call, is ignored.
const ABSENT: u64 = 10_000;
const SHARE: u64 = 20;

impl Presence {
    /// The presence is not known: all time counts as the code's.
    pub(super) const fn unknown() -> Self {
        Self { known: None }
    }

    /// The presence of the calling thread, which also makes the timed calls.
    pub(super) fn of_this_thread() -> Self {
        let known = |switches| Some(Known { switches, cpu: cpu()?, wall: wall() });
        Self { known: counted("voluntary_ctxt_switches:").and_then(known) }
    }

    /// Called before a call, or several.
    #[inline]
    pub(super) fn begin(&mut self) {
        if let Some(known) = &mut self.known {
            (known.cpu, known.wall) = (cpu().unwrap_or(0), wall());
        }
    }

    /// The time of the call that has just ended: `passed` nanoseconds, less those in which others had the processor since the
    /// beginning. The next call begins here.
    #[inline]
    pub(super) fn own(&mut self, passed: u64) -> u64 {
        let Some(known) = &mut self.known else { return passed };
        let (cpu, wall) = (cpu().unwrap_or(0), wall());
        let absent = wall.saturating_sub(known.wall).saturating_sub(cpu.saturating_sub(known.cpu)).min(passed);
        (known.cpu, known.wall) = (cpu, wall);
        if absent <= ABSENT.max(passed / SHARE) {
            return passed;
        }
        let switches = counted("voluntary_ctxt_switches:").unwrap_or(known.switches);
        let gave_up = std::mem::replace(&mut known.switches, switches) != switches;
        if gave_up { passed } else { passed - absent }
    }
}

/// Switches of this thread to others so far, voluntary or not, where the system is Linux.
#[cfg(feature = "baseline")]
fn switches() -> Option<u64> {
    counted("voluntary_ctxt_switches:").zip(counted("nonvoluntary_ctxt_switches:")).map(|(own, forced)| own + forced)
}

fn counted(what: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/thread-self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix(what))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn waiting_is_the_code_s_own_and_absence_is_not() {
        let mut presence = Presence::of_this_thread();
        presence.begin();
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(presence.own(5_000_000), 5_000_000, "it gave the processor up");
        presence.begin();
        // This simulates that others had the processor for so long.
        if let Some(known) = &mut presence.known {
            known.wall -= 4_000_000;
            let own = presence.own(4_000_000);
            assert!(own < 2_000_000, "{own}");
        }
        assert_eq!(Presence::unknown().own(7), 7);
    }

    #[cfg(feature = "baseline")]
    #[test]
    fn sleeping_is_an_interruption() {
        let watched = Interruptions::start();
        std::thread::sleep(Duration::from_millis(20));
        assert!(cpu().is_none() || watched.share_of(1) >= 1.0, "{watched:?}");
        // Other threads may interrupt one call, but not each of a thousand.
        let watched = Interruptions::start();
        assert!(switches().is_none() || watched.share_of(1_000) < 0.5, "{watched:?}");
    }
}
