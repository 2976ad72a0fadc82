//! The progress of a drive: a value, and the line that shows it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use perf_exporters::human;

use crate::{Counts, Model};

/// The progress of a drive: [`Load::watch`](crate::Load::watch). Its text is one line.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Live {
    /// The load's name.
    pub name: String,
    /// Open or closed loop.
    pub model: Model,
    /// Time since the beginning.
    pub elapsed: Duration,
    /// Time until no more operations are started.
    pub left: Duration,
    /// Recent completions a second.
    pub rate: f64,
    /// 99 % of the recently completed operations took no longer, from their intended start; `None` before the first window is
    /// over.
    pub p99: Option<Duration>,
    /// Counts of the arrivals so far; those that wait are only counted as due.
    pub counts: Counts,
    /// Operations in flight.
    pub in_flight: u64,
}

impl Live {
    /// The time that is left, in whole seconds: `4 s`, `1 min 02 s`, `2 h 05 min`.
    #[must_use]
    pub fn time_left(&self) -> String {
        whole(self.left)
    }
}

impl fmt::Display for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |time: Duration| human::duration(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)).to_string();
        let closed = if matches!(self.model, Model::Closed { .. }) { "closed loop  " } else { "" };
        let p99 = self.p99.map_or_else(|| "–".to_owned(), shown);
        write!(
            f,
            "{}  {closed}{:.0}/s  p99 {p99}  errors {}  in flight {}  dropped {}  {} left",
            self.name,
            self.rate,
            self.counts.failed,
            self.in_flight,
            self.counts.dropped,
            self.time_left(),
        )
    }
}

/// Passes on the first progress of each `every`, the first one excepted.
pub(crate) fn each(every: Duration, tell: impl Fn(&Live)) -> impl Fn(&Live) {
    let every = every.as_nanos().max(1);
    let told = AtomicU64::new(0);
    move |live| {
        let turn = u64::try_from(live.elapsed.as_nanos() / every).unwrap_or(u64::MAX);
        // A drive that begins anew begins with turn 0.
        if told.swap(turn, Relaxed) != turn && turn > 0 {
            tell(live);
        }
    }
}

/// Seconds, rounded up, so that a line that is written four times a second does not flicker; longer times in minutes and
/// hours.
pub(crate) fn whole(left: Duration) -> String {
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_told_in_whole_seconds() {
        for (millis, text) in
            [(0, "0 s"), (1, "1 s"), (4_000, "4 s"), (61_500, "1 min 02 s"), (3_600_000, "1 h 00 min")]
        {
            assert_eq!(whole(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn each_turn_is_told_once_in_each_of_several_drives() {
        let told = std::sync::Mutex::new(Vec::new());
        let tell = each(Duration::from_secs(10), |live: &Live| told.lock().unwrap().push(live.elapsed.as_secs()));
        for _ in 0..2 {
            for quarter in 1..=100 {
                tell(&Live {
                    name: "drive".to_owned(),
                    model: Model::open(1),
                    elapsed: Duration::from_millis(250 * quarter),
                    left: Duration::ZERO,
                    rate: 0.0,
                    p99: None,
                    counts: Counts::default(),
                    in_flight: 0,
                });
            }
        }
        assert_eq!(*told.lock().unwrap(), [10, 20, 10, 20]);
    }
}
