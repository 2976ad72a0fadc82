//! A page before it has a format: families of series.

use std::borrow::Cow;

use super::{Options, monitored};
use crate::Report;
use crate::exponential::part_up_to;
use crate::metrics::{
    DURATION, FOLDED, Head, Kept, Kind, METRIC_LABEL, OF_BUDGET, OF_PROBE, OF_PROCESS, PROBE_LABEL, Traced, UNIT_LABEL,
    Unit, VERDICT, VERDICT_LABEL, VERDICTS, Value, in_base_unit, traced,
};
use crate::report::{BudgetReport, Meta, ProbeReport};

/// Everything that is on the page.
pub(super) struct Page<'r> {
    probes: Vec<Cow<'r, ProbeReport>>,
    meta: &'r Meta,
    folded: u64,
    budgets: &'r [BudgetReport],
    report: &'r Report,
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

impl<'r> Page<'r> {
    pub(super) fn of(report: &'r Report, options: &Options) -> Self {
        let Kept { probes, folded } = Kept::of(report, options.max_probes);
        let mut edges = options.edges.clone();
        edges.sort_unstable();
        edges.dedup();
        Self {
            probes,
            meta: &report.meta,
            folded,
            budgets: &report.budgets[..report.budgets.len().min(options.max_probes)],
            report,
            edges,
        }
    }

    /// All families that have series.
    pub(super) fn families(&self) -> impl Iterator<Item = Family<'_>> {
        let of_probe = OF_PROBE.iter().map(|of| {
            let applicable = self.probes.iter().filter(|probe| (of.applies)(probe, self.meta));
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
        let of_process = OF_PROCESS.iter().filter(|of| (of.applies)(self.meta));
        let of_process = of_process.map(|of| Family::alone(of.head, (of.value)(self.meta)));
        of_probe
            .chain([Family::new(DURATION, timed.collect())])
            .chain(of_process)
            .chain([Family::alone(FOLDED, Value::Count(self.folded)), self.info()])
            .chain(self.budgets())
            .chain(monitored::families(self.report))
            .filter(|family| !family.series.is_empty())
    }

    /// Limits, targets, what was measured, and what that proves.
    fn budgets(&self) -> impl Iterator<Item = Family<'_>> {
        let labels = |budget: &'r BudgetReport, more| {
            vec![(PROBE_LABEL, budget.probe.as_str()), (METRIC_LABEL, budget.metric.as_str()), more]
        };
        let figures = OF_BUDGET.iter().map(move |of| {
            let series = self.budgets.iter().filter_map(|budget| {
                let (value, unit) = in_base_unit(budget, of)?;
                let labels = labels(budget, (UNIT_LABEL, unit));
                Some(Series { labels, sample: Sample::Number(Value::Real(value)) })
            });
            Family::new(of.head, series.collect())
        });
        let verdicts = self.budgets.iter().flat_map(move |budget| {
            VERDICTS.map(|(verdict, word)| Series {
                labels: labels(budget, (VERDICT_LABEL, word)),
                sample: Sample::Number(Value::Count((budget.verdict == verdict).into())),
            })
        });
        figures.chain([Family::new(VERDICT, verdicts.collect())])
    }

    fn info(&self) -> Family<'_> {
        let (meta, machine) = (self.meta, &self.meta.machine);
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

    /// Upper edges of classic buckets in nanoseconds, ascending, without the last that holds all.
    pub(super) fn edges(&self) -> &[u64] {
        &self.edges
    }

    /// How many durations are at most each of the edges.
    pub(super) fn cumulative(&self, probe: &ProbeReport) -> impl Iterator<Item = u64> {
        let mut buckets = probe.histogram.buckets().peekable();
        let mut whole = 0_u64;
        self.edges.iter().map(move |&edge| {
            while let Some(bucket) = buckets.next_if(|bucket| bucket.high <= edge) {
                whole = whole.saturating_add(bucket.count);
            }
            let part = buckets.peek().map_or(0, |&bucket| part_up_to(bucket, edge as f64));
            whole.saturating_add(part)
        })
    }

    /// For each bucket, the last that holds all included, the slowest call in it whose trace is known.
    pub(super) fn exemplars(&self, probe: &ProbeReport) -> Vec<Option<Traced>> {
        let mut exemplars = vec![None; self.edges.len() + 1];
        for call in traced(probe) {
            exemplars[self.edges.partition_point(|edge| *edge < call.nanos)].get_or_insert(call);
        }
        exemplars
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

    /// A figure of the monitor.
    pub(super) fn monitored(
        stem: &str,
        unit: Option<&'static str>,
        kind: Kind,
        help: &'static str,
        value: Value,
    ) -> Self {
        let end = unit.map_or_else(String::new, |unit| format!("_{unit}"));
        let series = vec![Series { labels: Vec::new(), sample: Sample::Number(value) }];
        Self { name: format!("perf_monitor_{stem}{end}"), unit, help, kind, series }
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
