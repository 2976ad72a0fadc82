//! The record of one budget or probe.

use std::collections::BTreeMap;

use toml_edit::Item;

use super::{Figure, Metric};
use crate::judge::diff;
use crate::report::ProbeReport;
use crate::stats::dist::normal_quantile_above;

/// The record of one budget or probe: its counts, and its times by class of machine.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Entry {
    /// The class of machines that counted.
    pub counted_on: String,
    /// Calls, errors, allocations and memory.
    pub counts: Section,
    /// Times, and figures made from them, by class of machines.
    pub times: BTreeMap<String, Section>,
    /// Counted instructions of a call, of several processes, by class of machines.
    pub instructions: BTreeMap<String, Section>,
    /// Whether a test measured it, which only runs among tests: it is not missing from other runs.
    pub of_test: bool,
}

/// Figures that were measured together.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Section {
    /// The number of runs behind them.
    pub runs: u64,
    /// The figures.
    pub figures: BTreeMap<Metric, Figure>,
    /// Of instructions, the source of the counts: `callgrind` or `processor`.
    pub counted_by: Option<String>,
    /// Items that another version wrote here.
    pub(super) unknown: Vec<(String, Item)>,
}

impl Section {
    /// A figure, if it was measured.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<&Figure> {
        self.figures.get(&metric)
    }

    /// Figures of several runs as one; one that is missing in a run is left out.
    fn of(runs: &[Vec<(Metric, Figure)>]) -> Self {
        let mut collected: BTreeMap<Metric, Vec<Figure>> = BTreeMap::new();
        for (metric, figure) in runs.iter().flatten() {
            collected.entry(*metric).or_default().push(figure.clone());
        }
        let complete = collected.into_iter().filter(|(_, figures)| figures.len() == runs.len());
        let figures = complete.filter_map(|(metric, figures)| Some((metric, Figure::join(figures)?))).collect();
        Self { runs: runs.len() as u64, figures, ..Self::default() }
    }
}

#[cfg(feature = "gate")]
impl Entry {
    /// Joins the runs of several entries, of which some may be empty.
    pub(super) fn joined(&self, all: &[Self]) -> Self {
        let counts: Vec<&Section> = all.iter().map(|entry| &entry.counts).collect();
        let metrics = counts.iter().flat_map(|section| section.figures.keys()).copied();
        let figures = metrics.map(|metric| {
            let of = |section: &&Section| section.get(metric).cloned().unwrap_or_else(|| Figure::exact(0));
            (metric, Figure::join(counts.iter().map(of)))
        });
        let figures: BTreeMap<Metric, Figure> =
            figures.filter_map(|(metric, figure)| Some((metric, figure?))).collect();
        let mut joined = Self { counted_on: self.counted_on.clone(), of_test: self.of_test, ..Self::default() };
        joined.counts = Section { runs: all.len() as u64, figures, ..Section::default() };
        for class in all.iter().flat_map(|entry| entry.times.keys()) {
            let timed: Vec<&Section> = all.iter().filter_map(|entry| entry.times.get(class)).collect();
            let metrics = timed.iter().flat_map(|section| section.figures.keys()).copied();
            let figures = metrics.filter_map(|metric| {
                let of = timed.iter().filter_map(|section| section.get(metric).cloned());
                Some((metric, Figure::join(of)?))
            });
            let figures = figures.collect();
            let runs = timed.iter().map(|section| section.runs).sum();
            joined.times.entry(class.clone()).or_insert_with(|| Section { runs, figures, ..Section::default() });
        }
        joined
    }
}

/// The counts of runs of one probe.
pub(super) fn counts<'a>(runs: impl Iterator<Item = (&'a ProbeReport, bool)>) -> Section {
    let of_run = |(probe, allocs_counted): (&ProbeReport, bool)| {
        let mut figures = vec![(Metric::Calls, Figure::exact(probe.calls))];
        figures.extend(probe.known_errors().map(|errors| (Metric::Errors, Figure::exact(errors))));
        if allocs_counted {
            figures.extend([
                (Metric::Allocs, Figure::exact(probe.allocs)),
                (Metric::AllocBytes, Figure::exact(probe.alloc_bytes)),
                (Metric::PeakBytes, Figure::exact(probe.peak_bytes)),
            ]);
        }
        figures
    };
    Section::of(&runs.map(of_run).collect::<Vec<_>>())
}

/// The times of runs of one probe; `None` where a run timed nothing. Those of a drive that was INVALID are its generator's.
pub(super) fn times<'a>(runs: impl Iterator<Item = &'a ProbeReport>) -> Option<Section> {
    let valid = |probe: &&ProbeReport| probe.driven.as_ref().is_none_or(|driven| driven.invalid.is_empty());
    let runs: Option<Vec<_>> = runs.filter(valid).map(times_of_run).collect();
    let mut section = Section::of(&runs?);
    for figure in section.figures.values_mut() {
        *figure = figure.rounded();
    }
    (!section.figures.is_empty()).then_some(section)
}

fn times_of_run(probe: &ProbeReport) -> Option<Vec<(Metric, Figure)>> {
    let times = Times::of_probe(probe)?;
    let mean = times.mean(probe.sum_ns as f64 / times.weight)?;
    let mut figures = Vec::new();
    // Sampling, recursion and futures have calls, timed calls and totals that differ; the shares do not.
    if probe.total_ns > 0 {
        figures.push((Metric::SelfNs, mean.scaled(probe.self_ns as f64 / probe.total_ns as f64)));
    }
    for (metric, p, value) in [
        (Metric::P50Ns, 0.5, probe.quantiles.p50),
        (Metric::P90Ns, 0.9, probe.quantiles.p90),
        (Metric::P95Ns, 0.95, probe.quantiles.p95),
        (Metric::P99Ns, 0.99, probe.quantiles.p99),
    ] {
        figures.push((metric, times.quantile(value as f64, p)?));
    }
    for (metric, work) in [(Metric::ItemsPerSecond, probe.items), (Metric::BytesPerSecond, probe.bytes)] {
        if work > 0 && mean.value() > 0.0 {
            let per_second = |ns: f64| 1e9 * work as f64 / probe.calls.max(1) as f64 / ns;
            let rate = Figure::new(&[per_second(mean.value())], per_second(mean.high()), per_second(mean.low()));
            figures.push((metric, rate?));
        }
    }
    figures.push((Metric::MeanNs, mean));
    Some(figures)
}

/// The figures of runs of calls that were timed one by one, in nanoseconds.
#[cfg(feature = "gate")]
pub(crate) fn times_of_runs(runs: &[Vec<f64>]) -> BTreeMap<Metric, Figure> {
    let of_run = |run: &Vec<f64>| {
        let times = Times::of_calls(run)?;
        let at = |p| times.quantile(crate::stats::order::quantile(run, p)?, p);
        let mean = times.mean(run.iter().sum::<f64>() / times.weight)?;
        Some(vec![
            (Metric::MeanNs, mean),
            (Metric::P50Ns, at(0.5)?),
            (Metric::P90Ns, at(0.9)?),
            (Metric::P95Ns, at(0.95)?),
            (Metric::P99Ns, at(0.99)?),
        ])
    };
    let runs: Option<Vec<_>> = runs.iter().map(of_run).collect();
    runs.map(|runs| Section::of(&runs).figures).unwrap_or_default()
}

/// Times of calls, ascending, with their weights.
struct Times {
    values: Vec<(f64, f64)>,
    /// The sum of the weights.
    weight: f64,
    /// Calls that were really timed, which all knowledge rests on. Where calls are sampled they are fewer than the weight.
    known: f64,
}

impl Times {
    fn of_probe(probe: &ProbeReport) -> Option<Self> {
        let of = |bucket: perf_core::Bucket| (bucket.low.midpoint(bucket.high) as f64, bucket.count as f64);
        let known = probe.evidence() as f64;
        let times = Self { values: probe.histogram.buckets().map(of).collect(), weight: probe.timed() as f64, known };
        (probe.timed() > 0).then_some(times)
    }

    #[cfg(feature = "gate")]
    fn of_calls(times: &[f64]) -> Option<Self> {
        let n = times.len() as f64;
        let values = crate::stats::order::sorted(times).into_iter().map(|time| (time, 1.0)).collect();
        (n > 0.0).then_some(Self { values, weight: n, known: n })
    }

    /// A quantile with its range: the ranks n p ± z √(n p (1−p)), with ten calls taken for one.
    fn quantile(&self, value: f64, p: f64) -> Option<Figure> {
        let n = self.known;
        let margin = normal_quantile_above(diff::LEVEL) * (n * p * (1.0 - p) * BURST).sqrt() + BURST;
        let at = |rank: f64| {
            let (mut seen, wanted) = (0.0, rank / n * self.weight);
            let reaches = |&&(_, weight): &&(f64, f64)| {
                seen += weight;
                seen >= wanted
            };
            self.values.iter().find(reaches).map_or(f64::INFINITY, |time| time.0)
        };
        let low = if n * p - margin < 1.0 { 0.0 } else { at(n * p - margin) };
        let high = if n * p + margin > n { f64::INFINITY } else { at(n * p + margin) };
        Figure::new(&[value], low.min(value), high.max(value))
    }

    /// A mean with its range: the central limit theorem, with ten calls taken for one, since disturbances spoil neighbours
    /// together. `None` for fewer than [`LEAST`] calls.
    fn mean(&self, value: f64) -> Option<Figure> {
        if self.known < LEAST {
            return Figure::new(&[value], 0.0, f64::INFINITY);
        }
        let squares: f64 = self.values.iter().map(|(time, weight)| (time - value).powi(2) * weight).sum();
        let variance = squares / self.weight * self.known / (self.known - 1.0);
        let margin = normal_quantile_above(diff::LEVEL) * (variance / (self.known / BURST)).sqrt();
        Figure::new(&[value], (value - margin).max(0.0), value + margin)
    }
}

/// Fewer calls have no reliable mean.
const LEAST: f64 = 20.0;
/// So many calls may be spoilt by one disturbance.
const BURST: f64 = 10.0;

#[cfg(test)]
mod tests {
    use perf_core::Histogram;

    use super::*;

    fn probe(times: impl IntoIterator<Item = u64>) -> ProbeReport {
        let mut probe = ProbeReport::new("p");
        let times: Vec<u64> = times.into_iter().collect();
        probe.calls = times.len() as u64;
        probe.sum_ns = times.iter().sum();
        probe.total_ns = probe.sum_ns;
        probe.self_ns = probe.sum_ns / 2;
        probe.histogram = times.into_iter().collect::<Histogram>();
        probe.quantiles = crate::report::Quantiles::from_fn(|q| probe.histogram.quantile(q).unwrap());
        probe.items = 2 * probe.calls;
        probe
    }

    #[test]
    fn a_run_has_a_range_around_each_figure() {
        let run = probe((0..1000).map(|i| 10_000 + i));
        let section = times([&run].into_iter()).unwrap();
        let mean = section.get(Metric::MeanNs).unwrap();
        assert!((mean.value() - 10_500.0).abs() < 1.0);
        assert!(mean.low() > 10_400.0 && mean.low() < mean.value(), "{mean:?}");
        assert!(mean.high() < 10_600.0 && mean.high() > mean.value(), "{mean:?}");
        let p50 = section.get(Metric::P50Ns).unwrap();
        assert!(p50.low() <= p50.value() && p50.value() <= p50.high() && p50.high() < 10_700.0, "{p50:?}");
        assert!((section.get(Metric::SelfNs).unwrap().value() - 5250.0).abs() < 1.0);
        let rate = section.get(Metric::ItemsPerSecond).unwrap().value();
        assert!((rate - 2e9 / 10_500.0).abs() < 30.0, "{rate}");
        assert_eq!(section.get(Metric::BytesPerSecond), None);
    }

    #[test]
    fn a_sampled_run_is_known_as_well_as_the_calls_that_were_timed() {
        let every = probe((0..64_000).map(|i| 10_000 + i % 1000));
        let mut sampled = every.clone();
        // One call in 64 was timed, and stands for 64: the histogram is the same.
        sampled.timed_calls = 1_000;
        let fewer = probe((0..1_000).map(|i| 10_000 + i));
        let width = |probe: &ProbeReport, metric| {
            let section = times([probe].into_iter()).unwrap();
            let figure = section.get(metric).unwrap().clone();
            figure.high() - figure.low()
        };
        for metric in [Metric::MeanNs, Metric::P50Ns] {
            let widths = [&every, &sampled, &fewer].map(|probe| width(probe, metric));
            assert!(widths[1] > 2.0 * widths[0], "{metric}: {widths:?}");
            assert!((0.8..1.25).contains(&(widths[1] / widths[2])), "{metric}: {widths:?}");
        }
        sampled.timed_calls = 12;
        assert!(width(&sampled, Metric::MeanNs).is_infinite(), "twelve calls have no mean to speak of");
    }

    #[test]
    fn runs_of_calls_are_judged_as_a_histogram_of_them_is() {
        let calls: Vec<f64> = (0..1000).map(|i| f64::from(10_000 + i)).collect();
        let figures = times_of_runs(&[calls.clone(), calls]);
        let probe = probe((0..1000).map(|i| 10_000 + i));
        let section = times([&probe].into_iter()).unwrap();
        for metric in [Metric::MeanNs, Metric::P50Ns, Metric::P95Ns, Metric::P99Ns] {
            let (raw, bucketed) = (&figures[&metric], section.get(metric).unwrap());
            assert_eq!(raw.runs().len(), 2);
            assert!((raw.value() / bucketed.value() - 1.0).abs() < 0.01, "{metric}: {raw:?} {bucketed:?}");
            assert!((raw.low() / bucketed.low() - 1.0).abs() < 0.02, "{metric}: {raw:?} {bucketed:?}");
        }
        assert!(times_of_runs(&[]).is_empty());
    }

    #[test]
    fn few_calls_leave_a_high_quantile_open() {
        let section = times([&probe([5, 6, 7])].into_iter()).unwrap();
        assert!(section.get(Metric::P99Ns).unwrap().high().is_infinite());
        assert!(times([&ProbeReport::new("never")].into_iter()).is_none());
    }

    #[test]
    fn a_drive_that_was_invalid_has_no_times() {
        let (valid, mut late) = (probe([100; 50]), probe([9_000; 50]));
        let mut driven = crate::report::Driven::new(1_000);
        "the generator was late".clone_into(&mut driven.invalid);
        late.driven = Some(driven);
        let section = times([&late, &valid, &valid].into_iter()).unwrap();
        assert_eq!((section.runs, section.get(Metric::MeanNs).unwrap().value()), (2, 100.0));
        assert!(times([&late].into_iter()).is_none());
        assert!(counts([(&late, true)].into_iter()).get(Metric::Calls).is_some(), "its counts are as good as any");
    }

    #[test]
    fn several_runs_keep_a_value_each() {
        let (a, b) = (probe([100; 50]), probe([120; 50]));
        let section = times([&b, &a].into_iter()).unwrap();
        assert_eq!(section.runs, 2);
        assert_eq!(section.get(Metric::MeanNs).unwrap().runs(), [100.0, 120.0]);
        let counted = counts([(&a, false), (&b, true)].into_iter());
        assert!(counted.get(Metric::Calls).is_some());
        assert!(counted.get(Metric::Allocs).is_none(), "not counted in every run");
    }
}
