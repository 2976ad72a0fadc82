//! The summary of a track: mean, greatest, 95th percentile and growth of every figure.

use super::{Kind, Reading, Track, Unit};

/// The summary of one figure over the time that a process was watched.
///
/// Of a level, mean, p95 and max are of the level itself. Of a sum that only grows they are of its growth in a second, so
/// that processor time becomes processors kept busy, and bytes become bytes a second.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// The figure, as it is called in JSON.
    pub name: &'static str,
    /// A short description.
    pub label: &'static str,
    /// Whether it is a level, or the growth of a sum in a second.
    pub kind: Kind,
    /// Its unit. Nanoseconds that grow are given in seconds a second: processors, or a part of the time.
    pub unit: Unit,
    /// The mean over the time watched.
    pub mean: f64,
    /// The value that 95 % of the time was at or below.
    pub p95: f64,
    /// The greatest value between two readings.
    pub max: f64,
    /// By how much the figure, or the sum, was greater at the end than at the start, in its unit.
    pub growth: f64,
}

impl Track {
    /// Mean, 95th percentile, greatest value and growth of every figure that was read at least twice. A time without a reading
    /// of the figure counts for nothing.
    ///
    /// Where a long track has joined its moments, a level in it is the highest of each; the mean is then one of these.
    ///
    /// ```
    /// use perf_exporters::report::{Reading, Track};
    ///
    /// let mut track = Track::default();
    /// for (second, descriptors, faults) in [(0, 10, 100), (1, 14, 300), (2, 12, 300)] {
    ///     let mut reading = Reading::default();
    ///     reading.at_ns = second * 1_000_000_000;
    ///     (reading.descriptors, reading.minor_faults) = (Some(descriptors), Some(faults));
    ///     track.readings.push(reading);
    /// }
    /// let summary = track.summary();
    /// let of = |name| summary.iter().find(|figure| figure.name == name).unwrap();
    /// assert_eq!((of("descriptors").mean, of("descriptors").max, of("descriptors").growth), (13.0, 14.0, 2.0));
    /// assert_eq!((of("minor_faults").mean, of("minor_faults").max, of("minor_faults").growth), (100.0, 200.0, 200.0));
    /// ```
    #[must_use]
    pub fn summary(&self) -> Vec<Summary> {
        let of_moments: [(&str, &str, Kind, Unit, Values); 3] = [
            (
                "cpu_ns",
                "processors kept busy",
                Kind::Grows,
                Unit::Nanos,
                self.values(|moment| Some(moment.cpu_ns? as f64)),
            ),
            (
                "rss_bytes",
                "resident set",
                Kind::Level,
                Unit::Bytes,
                self.values(|moment| Some(moment.rss_bytes? as f64)),
            ),
            (
                "live_bytes",
                "live heap",
                Kind::Level,
                Unit::Bytes,
                self.values(|moment| Some(moment.live_bytes? as f64)),
            ),
        ];
        let of_readings = Reading::FIGURES.iter().map(|figure| {
            let known = |reading: &Reading| Some((reading.at_ns, (figure.of)(reading)? as f64));
            let values = self.readings.iter().filter_map(known).collect();
            (figure.name, figure.label, figure.kind, figure.unit, values)
        });
        let all = of_moments.into_iter().chain(of_readings);
        all.filter_map(|(name, label, kind, unit, values)| summed(name, label, kind, unit, &values)).collect()
    }

    /// The entry of one figure in [`Track::summary`].
    #[must_use]
    pub fn figure(&self, name: &str) -> Option<Summary> {
        self.summary().into_iter().find(|summary| summary.name == name)
    }

    /// Nanoseconds from the first moment to the last.
    #[must_use]
    pub fn watched_ns(&self) -> u64 {
        let ends = |first: Option<u64>, last: Option<u64>| Some(last?.saturating_sub(first?));
        let moments = ends(self.moments.first().map(|at| at.at_ns), self.moments.last().map(|at| at.at_ns));
        let readings = ends(self.readings.first().map(|at| at.at_ns), self.readings.last().map(|at| at.at_ns));
        moments.max(readings).unwrap_or(0)
    }

    fn values(&self, of: impl Fn(&super::Moment) -> Option<f64>) -> Values {
        self.moments.iter().filter_map(|moment| Some((moment.at_ns, of(moment)?))).collect()
    }
}

/// Times in nanoseconds, each with its value.
type Values = Vec<(u64, f64)>;

fn summed(name: &'static str, label: &'static str, kind: Kind, unit: Unit, values: &[(u64, f64)]) -> Option<Summary> {
    let (first, last) = (values.first()?.1, values.last()?.1);
    let mut parts: Vec<(f64, f64)> = values.windows(2).filter_map(|pair| part(kind, unit, pair)).collect();
    let all: f64 = parts.iter().map(|(_, seconds)| seconds).sum();
    if parts.is_empty() || all <= 0.0 {
        return None;
    }
    let mean = parts.iter().map(|(value, seconds)| value * seconds).sum::<f64>() / all;
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut below = 0.0;
    let reaches = |(_, seconds): &&(f64, f64)| {
        below += seconds;
        below >= 0.95 * all
    };
    let p95 = parts.iter().find(reaches).or(parts.last()).map_or(0.0, |(value, _)| *value);
    let greatest = parts.last().map_or(0.0, |(value, _)| *value);
    let max = if kind == Kind::Level { greatest.max(first) } else { greatest };
    Some(Summary { name, label, kind, unit, mean, p95, max, growth: last - first })
}

/// The value between two readings, and how many seconds that is; of a level the later one's, since that covers the
/// time since the one before.
fn part(kind: Kind, unit: Unit, pair: &[(u64, f64)]) -> Option<(f64, f64)> {
    let ((from, before), (to, after)) = (pair[0], pair[1]);
    let seconds = to.checked_sub(from).filter(|passed| *passed > 0)? as f64 / 1e9;
    let scale = if unit == Unit::Nanos { 1e9 } else { 1.0 };
    let value = match kind {
        Kind::Level => after,
        // A sum that went back shows a restart of its counter.
        Kind::Grows => (after - before).max(0.0) / seconds / scale,
    };
    Some((value, seconds))
}

#[cfg(test)]
mod tests {
    use super::super::Moment;
    use super::*;

    fn track(values: &[(u64, u64)]) -> Track {
        let moment =
            |(at_ns, cpu_ns): &(u64, u64)| Moment { at_ns: *at_ns, cpu_ns: Some(*cpu_ns), ..Moment::default() };
        Track { moments: values.iter().map(moment).collect(), ..Track::default() }
    }

    #[test]
    fn short_intervals_count_for_less() {
        // One processor for 19 s, two for 1 s, four for a nanosecond.
        let track = track(&[
            (0, 0),
            (19_000_000_000, 19_000_000_000),
            (20_000_000_000, 21_000_000_000),
            (20_000_000_001, 21_000_000_004),
        ]);
        let cpu = track.figure("cpu_ns").unwrap();
        assert!((cpu.mean - 1.05).abs() < 1e-6, "{cpu:?}");
        assert!((cpu.p95 - 2.0).abs() < 1e-6 || (cpu.p95 - 1.0).abs() < 1e-6, "{cpu:?}");
        assert!((cpu.max - 4.0).abs() < 1e-6 && (cpu.growth - 21_000_000_004.0).abs() < 1.0, "{cpu:?}");
    }

    #[test]
    fn figures_that_are_not_known_or_known_once_are_left_out() {
        assert_eq!(Track::default().summary(), []);
        assert_eq!(track(&[(0, 1)]).summary(), []);
        assert_eq!(track(&[(5, 1), (5, 9)]).summary(), [], "no time passed");
        let names: Vec<_> = track(&[(0, 1), (1, 2)]).summary().iter().map(|figure| figure.name).collect();
        assert_eq!(names, ["cpu_ns"]);
    }

    #[test]
    fn of_a_level_the_first_value_counts_among_the_greatest() {
        let reading = |second, bytes| Reading { at_ns: second, swap_bytes: Some(bytes), ..Reading::default() };
        let track = Track { readings: vec![reading(0, 90), reading(10, 30), reading(20, 10)], ..Track::default() };
        let swap = track.figure("swap_bytes").unwrap();
        assert_eq!((swap.mean, swap.max, swap.growth), (20.0, 90.0, -80.0));
    }
}
