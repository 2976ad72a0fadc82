//! Memory and processor time of the processes that were watched.

use serde::Serialize;

use super::millis;
use super::resources::Resources;
use crate::report::Track;

/// Processes of a page; more lines could not be told apart.
const MOST: usize = 24;

#[derive(Serialize)]
pub(super) struct Tracks(Vec<Line>);

/// Of one process, a number for every moment; empty where there is none.
#[derive(Serialize)]
struct Line {
    pid: u32,
    /// Milliseconds since 1970.
    start: u64,
    /// Milliseconds since the start.
    at: Vec<u64>,
    live: Vec<Option<i64>>,
    rss: Vec<Option<u64>>,
    /// Processors kept busy since the moment before, in thousandths.
    cpu: Vec<Option<u64>>,
    #[serde(flatten)]
    resources: Resources,
}

impl Tracks {
    pub(super) fn new(tracks: &[Track]) -> Self {
        Self(tracks.iter().take(MOST).map(Line::new).collect())
    }
}

impl Line {
    fn new(track: &Track) -> Self {
        let moments = &track.moments;
        let busy = |pair: &[crate::report::Moment]| {
            let spent = pair[1].cpu_ns?.checked_sub(pair[0].cpu_ns?)?;
            let passed = pair[1].at_ns.checked_sub(pair[0].at_ns).filter(|passed| *passed > 0)?;
            u64::try_from(u128::from(spent) * 1_000 / u128::from(passed)).ok()
        };
        Self {
            pid: track.pid,
            start: millis(track.start),
            at: moments.iter().map(|moment| moment.at_ns / 1_000_000).collect(),
            live: moments.iter().map(|moment| moment.live_bytes).collect(),
            rss: moments.iter().map(|moment| moment.rss_bytes).collect(),
            cpu: std::iter::once(None).chain(moments.windows(2).map(busy)).take(moments.len()).collect(),
            resources: Resources::new(track),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Moment;

    #[test]
    fn processors_are_what_was_spent_of_what_passed() {
        let moment = |at_ns, cpu_ns| Moment { at_ns, cpu_ns, ..Moment::default() };
        let mut track = Track::default();
        let times = [(0, Some(7)), (1_000_000, Some(1_500_007)), (3_000_000, Some(2_500_007)), (3_000_000, None)];
        track.moments = times.map(|(at, cpu)| moment(at, cpu)).into();
        let line = Line::new(&track);
        assert_eq!((line.at, line.cpu), (vec![0, 1, 3, 3], vec![None, Some(1_500), Some(500), None]));
        assert_eq!(Line::new(&Track::default()).cpu, []);
    }
}
