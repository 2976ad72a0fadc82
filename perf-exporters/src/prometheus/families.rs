//! A page before it has a format: families of series.

use super::Options;
use crate::Report;
use crate::exponential::part_up_to;
use crate::metrics::{DURATION, FOLDED, Head, Kept, Kind, OF_PROBE, OF_PROCESS, PROBE_LABEL, Unit, Value};
use crate::report::{Meta, ProbeReport};

/// Everything that is on the page.
pub(super) struct Page {
    probes: Vec<ProbeReport>,
    meta: Meta,
    folded: u64,
    edges: Vec<u64>,
}

/// Series of one name.
pub(super) struct Family<'a> {
    /// Without `_total`.
    pub(super) name: String,
    pub(super) unit: Option<&'static str>,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    pub(super) series: Vec<Series<'a>>,
}

pub(super) struct Series<'a> {
    pub(super) labels: Vec<(&'static str, &'a str)>,
    pub(super) sample: Sample<'a>,
}

pub(super) enum Sample<'a> {
    Number(Value),
    Distribution(&'a ProbeReport),
}

impl Page {
    pub(super) fn of(report: &Report, options: &Options) -> Self {
        let Kept { probes, folded } = Kept::of(report, options.max_probes);
        let mut edges = options.edges.clone();
        edges.sort_unstable();
        edges.dedup();
        Self { probes, meta: report.meta.clone(), folded, edges }
    }

    /// All families that have series.
    pub(super) fn families(&self) -> impl Iterator<Item = Family<'_>> {
        let of_probe = OF_PROBE.iter().map(|of| {
            let applicable = self.probes.iter().filter(|probe| (of.applies)(probe, &self.meta));
            let series = applicable.map(|probe| Series {
                labels: vec![(PROBE_LABEL, probe.name.as_str())],
                sample: Sample::Number((of.value)(probe)),
            });
            Family::new(of.head, series.collect())
        });
        let timed = self.probes.iter().map(|probe| Series {
            labels: vec![(PROBE_LABEL, probe.name.as_str())],
            sample: Sample::Distribution(probe),
        });
        let of_process = OF_PROCESS.iter().filter(|of| (of.applies)(&self.meta));
        let of_process = of_process.map(|of| Family::alone(of.head, (of.value)(&self.meta)));
        of_probe
            .chain([Family::new(DURATION, timed.collect())])
            .chain(of_process)
            .chain([Family::alone(FOLDED, Value::Count(self.folded)), self.info()])
            .filter(|family| !family.series.is_empty())
    }

    fn info(&self) -> Family<'_> {
        let (meta, machine) = (&self.meta, &self.meta.machine);
        let labels = [
            ("program", &meta.program),
            ("clock", &meta.clock),
            ("allocator", &machine.allocator),
            ("profile", &machine.profile),
            ("rustc", &machine.rustc),
        ];
        Family {
            name: "perf_program_info".to_owned(),
            unit: None,
            help: "What is measured, and by what; always 1.",
            kind: Kind::Gauge,
            series: vec![Series {
                labels: labels.map(|(name, value)| (name, value.as_str())).into(),
                sample: Sample::Number(Value::Count(1)),
            }],
        }
    }

    /// Upper edges in nanoseconds and how many durations are at most that, without the last that holds all.
    pub(super) fn cumulative<'a>(&'a self, probe: &'a ProbeReport) -> impl Iterator<Item = (u64, u64)> + 'a {
        let buckets: Vec<_> = probe.histogram.buckets().collect();
        let (mut at, mut whole) = (0, 0_u64);
        self.edges.iter().map(move |&edge| {
            while let Some(bucket) = buckets.get(at).filter(|bucket| bucket.high <= edge) {
                whole = whole.saturating_add(bucket.count);
                at += 1;
            }
            let part = buckets.get(at).map_or(0, |&bucket| part_up_to(bucket, edge as f64));
            (edge, whole.saturating_add(part))
        })
    }
}

impl<'a> Family<'a> {
    fn new(head: Head, series: Vec<Series<'a>>) -> Self {
        let unit = match head.unit {
            Unit::Seconds => Some("seconds"),
            Unit::Bytes => Some("bytes"),
            Unit::Of(_) => None,
        };
        let stem = head.name.replace('.', "_");
        let name = unit.map_or_else(|| format!("perf_{stem}"), |unit| format!("perf_{stem}_{unit}"));
        Self { name, unit, help: head.help, kind: head.kind, series }
    }

    fn alone(head: Head, value: Value) -> Self {
        Self::new(head, vec![Series { labels: Vec::new(), sample: Sample::Number(value) }])
    }

    /// The name of a sample, and of the family where the format does not tell the two apart.
    pub(super) fn sample_name(&self) -> String {
        let suffix = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("{}{suffix}", self.name)
    }
}
