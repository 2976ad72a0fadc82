//! How often a thread was kept from its work.

use crate::clock::{cpu, cpu_of_process, wall};

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
    began: Reading,
}

/// Clocks, from two readings of which it follows how long the thread was on no processor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// Processor time of the thread, and of all threads of the process; passing time.
    cpu: u64,
    process: u64,
    wall: u64,
}

/// Time in which a thread was on no processor, nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Absent {
    /// Nanoseconds in which it was on one.
    present: u64,
    whole: u64,
    /// The part that this process's other threads, which the code may have started, do not explain.
    pub(super) by_others: u64,
}

/// The time of a call without the time in which the thread was kept from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Own {
    /// As little as it may have been: enough to excuse a call.
    pub(super) least: u64,
    /// As much as it may have been: only what other processes took is left out. This may pass a limit.
    pub(super) most: u64,
}

/// A thread that waited is awake again after so many nanoseconds at most, where nobody else wants the processor: an idle virtual one takes
/// that long.
const WAKE: u64 = 100_000;

/// To read the clocks before and after a call takes less.
const READING: u64 = 5_000;

/// An absence that is shorter, or a smaller share of the call, is ignored.
const ABSENT: u64 = 10_000;
const SHARE: u64 = 20;

impl Own {
    /// All of a call that was not interrupted.
    pub(super) const fn all(passed: u64) -> Self {
        Self { least: passed, most: passed }
    }
}

impl Reading {
    /// `None` where the system does not tell processor time.
    #[inline]
    pub(super) fn now() -> Option<Self> {
        Some(Self { cpu: cpu()?, process: cpu_of_process()?, wall: wall() })
    }

    /// The absence since then.
    #[inline]
    pub(super) fn absence(self) -> Absent {
        Self::now().map_or_else(Absent::default, |now| self.absence_until(now))
    }

    fn absence_until(self, now: Self) -> Absent {
        let present = now.cpu.saturating_sub(self.cpu);
        let whole = now.wall.saturating_sub(self.wall).saturating_sub(present);
        let siblings = now.process.saturating_sub(self.process).saturating_sub(present);
        Absent { present, whole, by_others: whole.saturating_sub(siblings) }
    }
}

impl Presence {
    /// The presence is not known: all time counts as the code's.
    pub(super) const fn unknown() -> Self {
        Self { known: None }
    }

    pub(super) const fn is_known(&self) -> bool {
        self.known.is_some()
    }

    /// The presence of the calling thread, which also makes the timed calls.
    pub(super) fn of_this_thread() -> Self {
        let known = |switches| Some(Known { switches, began: Reading::now()? });
        Self { known: counted("voluntary_ctxt_switches:").and_then(known) }
    }

    /// Called before a call, or several.
    #[inline]
    pub(super) fn begin(&mut self) {
        if let (Some(known), Some(now)) = (&mut self.known, Reading::now()) {
            known.began = now;
        }
    }

    /// The time of the call that has just ended: `passed` nanoseconds, less those in which others had the processor since the
    /// beginning. The next call begins here. Where only a part of the call counts, the time that others took of it is given. On a
    /// crowded machine, where more threads want to run than there are processors, what the code waited for may have been a processor; on
    /// another one, a part of each wait is the time that it takes to wake up.
    #[inline]
    pub(super) fn own(&mut self, passed: u64, of_part: Option<u64>, crowded: bool) -> Own {
        self.own_within(passed, of_part, crowded, |_| u64::MAX)
    }

    /// The same where this call is all that was done since the beginning: others may have had the processor between the readings of the
    /// clocks and the call, and of the call they took no more than what is missing of it.
    #[inline]
    pub(super) fn own_of_one(&mut self, passed: u64, of_part: Option<u64>, crowded: bool) -> Own {
        let missing = |present: u64| (passed + READING).saturating_sub(present);
        self.own_within(passed, of_part, crowded, |present| if of_part.is_some() { u64::MAX } else { missing(present) })
    }

    fn own_within(
        &mut self,
        passed: u64,
        of_part: Option<u64>,
        crowded: bool,
        most_absent: impl Fn(u64) -> u64,
    ) -> Own {
        let all = Own::all(passed);
        let Some((known, now)) = self.known.as_mut().zip(Reading::now()) else { return all };
        let mut whole = std::mem::replace(&mut known.began, now).absence_until(now);
        let most = most_absent(whole.present);
        (whole.whole, whole.by_others) = (whole.whole.min(most), whole.by_others.min(most));
        let by_others = of_part.unwrap_or(whole.by_others);
        let least_absence = ABSENT.max(passed / SHARE);
        if whole.whole.min(passed) <= least_absence {
            return all;
        }
        let switches = counted("voluntary_ctxt_switches:").unwrap_or(known.switches);
        let waits = switches.saturating_sub(std::mem::replace(&mut known.switches, switches));
        let without = |absent: u64| if absent <= least_absence { passed } else { passed.saturating_sub(absent) };
        let excused = if waits == 0 || crowded { whole.whole } else { whole.whole.min(waits.saturating_mul(WAKE)) };
        Own { least: without(excused), most: if waits > 0 { passed } else { without(by_others) } }
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
        assert_eq!(presence.own(5_000_000, None, false), Own::all(5_000_000), "it gave the processor up");
        presence.begin();
        std::thread::sleep(Duration::from_millis(1));
        let own = presence.own(1_000_000, None, false);
        let woken = presence.known.is_none_or(|_| own.least < 1_000_000 && own.least >= 500_000);
        assert!(woken, "of a short wait, to wake up is a part: {own:?}");
        assert_eq!(own.most, 1_000_000);
        presence.begin();
        // This simulates that others had the processor for so long.
        if let Some(known) = &mut presence.known {
            known.began.wall -= 4_000_000;
            let own = presence.own(4_000_000, None, false);
            assert!(own.least < 2_000_000, "{own:?}");
        }
        assert_eq!(Presence::unknown().own(7, None, false), Own::all(7));
    }

    #[test]
    fn on_a_crowded_machine_waiting_may_be_for_a_processor() {
        let mut presence = Presence::of_this_thread();
        if presence.known.is_none() {
            return;
        }
        presence.begin();
        std::thread::sleep(Duration::from_millis(5));
        let own = presence.own(5_000_000, None, true);
        assert!(own.least < 2_500_000, "{own:?}");
        assert_eq!(own.most, 5_000_000, "it passes no limit by that");
    }

    #[test]
    fn what_threads_of_this_process_took_may_be_the_code_s_own() {
        let began = Reading { cpu: 0, process: 100, wall: 0 };
        let absence = |cpu, process| began.absence_until(Reading { cpu, process, wall: 10_000 });
        assert_eq!(absence(4_000, 4_100), Absent { present: 4_000, whole: 6_000, by_others: 6_000 });
        assert_eq!(absence(4_000, 6_100), Absent { present: 4_000, whole: 6_000, by_others: 4_000 });
        assert_eq!(absence(4_000, 90_000), Absent { present: 4_000, whole: 6_000, by_others: 0 });
    }

    #[test]
    fn what_others_took_beside_a_call_is_not_taken_off_it() {
        let mut presence = Presence::of_this_thread();
        while cpu().is_some_and(|ns| ns < 2_000_000) {}
        presence.begin();
        let Some(began) = presence.known.as_mut().map(|known| &mut known.began) else { return };
        // This simulates a call of a millisecond, before which others had the processor for four.
        (began.cpu, began.process, began.wall) =
            (began.cpu - 1_000_000, began.process - 1_000_000, began.wall - 5_000_000);
        let own = { presence }.own_of_one(1_000_000, None, false);
        assert!(own.least >= 950_000 && own.most >= 950_000, "{own:?}");
        let together = presence.own(1_000_000, None, false);
        assert_eq!(together.most, 0, "where several calls are between, that is not known");
    }

    #[test]
    fn only_the_absence_of_the_part_that_counts_is_left_out() {
        let mut presence = Presence::of_this_thread();
        // The clock may have begun with this reading, and is turned back below.
        std::thread::sleep(Duration::from_millis(5));
        for (part, most) in [(0, 4_000_000), (3_000_000, 1_000_000)] {
            presence.begin();
            let Some(known) = &mut presence.known else { return };
            known.began.wall -= 4_000_000;
            let own = presence.own(4_000_000, Some(part), false);
            assert_eq!(own.most, most);
        }
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
