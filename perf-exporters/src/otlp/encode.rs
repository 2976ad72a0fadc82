//! From a report to a request.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Metric,
    NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, exemplar, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;

use super::{Options, Temporality};
use crate::Report;
use crate::exponential::{Exponential, SCALE};
use crate::metrics::{
    DURATION, FOLDED, Head, Kept, Kind, METRIC_LABEL, OF_BUDGET, OF_PROBE, OF_PROCESS, PROBE_LABEL, Traced, UNIT_LABEL,
    Unit, VERDICT, VERDICT_LABEL, VERDICTS, Value, in_base_unit, traced,
};
use crate::report::{BudgetReport, ProbeReport, nanos};

/// The time that a report is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// When counting began: once for cumulative figures, at the end of the interval before for deltas.
    pub start: SystemTime,
    /// When the report was taken.
    pub end: SystemTime,
}

/// The body of an OTLP request: an `ExportMetricsServiceRequest`. Of the options, temporality, exemplars, resource and
/// the number of probes are looked at.
///
/// ```
/// use perf_exporters::Report;
/// use perf_exporters::otlp::{Interval, Options, encode};
///
/// let report = Report::from(perf_core::snapshot()).of_this_process();
/// let interval = Interval { start: std::time::UNIX_EPOCH, end: report.meta.time };
/// assert!(!encode(&report, interval, &Options::default()).is_empty());
/// ```
#[must_use]
pub fn encode(report: &Report, interval: Interval, options: &Options) -> Vec<u8> {
    request(report, interval, options).encode_to_vec()
}

fn request(report: &Report, interval: Interval, options: &Options) -> ExportMetricsServiceRequest {
    let points = Points::of(interval, options);
    let Kept { probes, folded } = Kept::of(report, options.max_probes);
    let meta = &report.meta;
    let of_probe = OF_PROBE.iter().map(|of| {
        let applicable = probes.iter().filter(|probe| (of.applies)(probe, meta));
        let values = applicable.map(|probe| points.number(of.head.kind, (of.value)(probe), attributes(probe)));
        points.metric(of.head, values.collect())
    });
    let of_process = OF_PROCESS.iter().filter(|of| (of.applies)(meta)).map(|of| (of.head, (of.value)(meta)));
    let of_process = of_process.chain([(FOLDED, Value::Count(folded))]);
    let of_process =
        of_process.map(|(head, value)| points.metric(head, vec![points.number(head.kind, value, Vec::new())]));
    let metrics = of_probe
        .chain(points.budgets(&report.budgets[..report.budgets.len().min(options.max_probes)]))
        .filter(|metric| !is_empty(metric))
        .chain((!probes.is_empty()).then(|| points.durations(&probes)))
        .chain(of_process)
        .collect();
    let scope =
        InstrumentationScope { name: "perf".into(), version: env!("CARGO_PKG_VERSION").into(), ..Default::default() };
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(resource(report, options)),
            scope_metrics: vec![ScopeMetrics { scope: Some(scope), metrics, schema_url: String::new() }],
            schema_url: String::new(),
        }],
    }
}

fn is_empty(metric: &Metric) -> bool {
    match &metric.data {
        Some(metric::Data::Sum(sum)) => sum.data_points.is_empty(),
        Some(metric::Data::Gauge(gauge)) => gauge.data_points.is_empty(),
        _ => false,
    }
}

/// The fields that all data points have in common.
struct Points {
    start: u64,
    end: u64,
    temporality: Temporality,
    exemplars: bool,
}

impl Points {
    fn of(interval: Interval, options: &Options) -> Self {
        let Options { temporality, exemplars, .. } = *options;
        Self { start: unix(interval.start), end: unix(interval.end), temporality, exemplars }
    }

    fn temporality(&self) -> i32 {
        match self.temporality {
            Temporality::Cumulative => AggregationTemporality::Cumulative.into(),
            Temporality::Delta => AggregationTemporality::Delta.into(),
        }
    }

    fn metric(&self, head: Head, data_points: Vec<NumberDataPoint>) -> Metric {
        let data = if head.kind == Kind::Counter {
            let aggregation_temporality = self.temporality();
            metric::Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic: true })
        } else {
            metric::Data::Gauge(Gauge { data_points })
        };
        described(head, data)
    }

    fn number(&self, kind: Kind, value: Value, attributes: Vec<KeyValue>) -> NumberDataPoint {
        let integer = |count| number_data_point::Value::AsInt(count);
        let value = match value {
            Value::Count(count) => integer(i64::try_from(count).unwrap_or(i64::MAX)),
            Value::Signed(number) => integer(number),
            Value::Nanos(_) | Value::Real(_) => number_data_point::Value::AsDouble(value.as_f64()),
        };
        NumberDataPoint {
            attributes,
            start_time_unix_nano: if kind == Kind::Gauge { 0 } else { self.start },
            time_unix_nano: self.end,
            value: Some(value),
            ..Default::default()
        }
    }

    /// Limits, targets, what was measured, and what that proves.
    fn budgets(&self, budgets: &[BudgetReport]) -> impl Iterator<Item = Metric> {
        let point = |budget: &BudgetReport, value, (key, word): (&str, &str)| {
            let attributes =
                vec![text(PROBE_LABEL, &budget.probe), text(METRIC_LABEL, &budget.metric), text(key, word)];
            self.number(Kind::Gauge, value, attributes)
        };
        let figures = OF_BUDGET.iter().map(move |of| {
            let point = |budget| {
                let (value, unit) = in_base_unit(budget, of)?;
                Some(point(budget, Value::Real(value), (UNIT_LABEL, unit)))
            };
            self.metric(of.head, budgets.iter().filter_map(point).collect())
        });
        let verdicts = budgets.iter().flat_map(move |budget| {
            let holds = move |verdict| Value::Count((budget.verdict == verdict).into());
            VERDICTS.map(|(verdict, word)| point(budget, holds(verdict), (VERDICT_LABEL, word)))
        });
        figures.chain([self.metric(VERDICT, verdicts.collect())])
    }

    fn durations(&self, probes: &[Cow<'_, ProbeReport>]) -> Metric {
        let data_points = probes.iter().map(|probe| self.distribution(probe)).collect();
        let aggregation_temporality = self.temporality();
        described(
            DURATION,
            metric::Data::ExponentialHistogram(ExponentialHistogram { data_points, aggregation_temporality }),
        )
    }

    fn distribution(&self, probe: &ProbeReport) -> ExponentialHistogramDataPoint {
        let exponential = Exponential::from(&probe.histogram);
        // Of an interval the extremes are known to a bucket only, which the buckets tell as well.
        let exact = self.temporality == Temporality::Cumulative && probe.timed() > 0;
        let seconds = |nanos: u64| nanos as f64 / 1e9;
        ExponentialHistogramDataPoint {
            attributes: attributes(probe),
            start_time_unix_nano: self.start,
            time_unix_nano: self.end,
            count: probe.timed(),
            sum: Some(seconds(probe.sum_ns)),
            scale: SCALE,
            zero_count: exponential.zero(),
            positive: Some(dense(exponential.buckets())),
            min: exact.then(|| seconds(probe.min_ns)),
            max: exact.then(|| seconds(probe.max_ns)),
            exemplars: traced(probe).filter(|_| self.exemplars).map(|call| exemplar(&call)).collect(),
            ..Default::default()
        }
    }
}

fn exemplar(call: &Traced) -> Exemplar {
    Exemplar {
        time_unix_nano: unix(call.end),
        trace_id: call.id.to_vec(),
        value: Some(exemplar::Value::AsDouble(call.nanos as f64 / 1e9)),
        ..Default::default()
    }
}

/// Nanoseconds since 1970.
fn unix(time: SystemTime) -> u64 {
    nanos(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

/// All buckets from the first to the last. Here they are numbered by their lower boundary, one less than in
/// [`Exponential`].
fn dense(buckets: &[(i32, u64)]) -> Buckets {
    let Some(&(first, _)) = buckets.first() else { return Buckets::default() };
    let mut bucket_counts = Vec::new();
    for &(index, count) in buckets {
        let place = usize::try_from(index - first).unwrap_or(0);
        bucket_counts.resize(place, 0);
        bucket_counts.push(count);
    }
    Buckets { offset: first - 1, bucket_counts }
}

fn described(head: Head, data: metric::Data) -> Metric {
    let unit = match head.unit {
        Unit::Of(things) => things,
        Unit::Seconds => "s",
        Unit::Bytes => "By",
    };
    Metric {
        name: format!("perf.{}", head.name),
        description: head.help.into(),
        unit: unit.into(),
        data: Some(data),
        ..Default::default()
    }
}

fn attributes(probe: &ProbeReport) -> Vec<KeyValue> {
    vec![text(PROBE_LABEL, &probe.name)]
}

/// The resource: the measured program. Options take precedence over the report.
fn resource(report: &Report, options: &Options) -> Resource {
    let machine = &report.meta.machine;
    let known = [
        ("service.name", report.meta.program.as_str()),
        ("host.arch", arch(&machine.arch)),
        ("os.type", machine.os.as_str()),
        ("telemetry.sdk.name", "perf"),
        ("telemetry.sdk.language", "rust"),
        ("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
    ];
    let said = |key: &str| options.resource.iter().any(|(said, _)| said == key);
    let known = known.into_iter().filter(|(key, value)| !value.is_empty() && !said(key));
    let mut attributes: Vec<_> = known.map(|(key, value)| text(key, value)).collect();
    attributes.extend(report.meta.pid.filter(|_| !said("process.pid")).map(|pid| {
        let value = any_value::Value::IntValue(pid.into());
        KeyValue { key: "process.pid".into(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
    }));
    attributes.extend(options.resource.iter().map(|(key, value)| text(key, value)));
    Resource { attributes, ..Default::default() }
}

/// OpenTelemetry's word for an architecture.
fn arch(rust: &str) -> &str {
    match rust {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "arm32",
        other => other,
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = any_value::Value::StringValue(value.to_owned());
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_dense_and_numbered_from_below() {
        let buckets = dense(&[(-3, 4), (-2, 1), (1, 9)]);
        assert_eq!((buckets.offset, buckets.bucket_counts), (-4, vec![4, 1, 0, 0, 9]));
        assert_eq!(dense(&[]), Buckets::default());
    }

    #[test]
    fn what_is_said_of_the_resource_goes_before_what_is_known() {
        let mut report = Report::default();
        report.meta.program = "codescan".into();
        report.meta.pid = Some(7);
        let resource_said = vec![("service.name".into(), "indexer".into()), ("team".into(), "search".into())];
        let options = Options { resource: resource_said, ..Options::default() };
        let keys: Vec<_> = resource(&report, &options).attributes.into_iter().map(|pair| pair.key).collect();
        let sdk = ["telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version"];
        assert_eq!(keys, [&sdk[..], &["process.pid", "service.name", "team"]].concat());
    }

    #[test]
    fn deltas_are_told_from_sums() {
        let mut report = Report::default();
        let mut probe = ProbeReport::new("parse");
        probe.histogram = [5, 7].into_iter().collect();
        (probe.calls, probe.min_ns, probe.max_ns, probe.sum_ns) = (2, 5, 7, 12);
        report.probes.push(probe);
        let interval = Interval { start: SystemTime::UNIX_EPOCH, end: SystemTime::UNIX_EPOCH };
        let mut options = Options::default();
        for (temporality, number, least) in [(Temporality::Cumulative, 2, Some(5e-9)), (Temporality::Delta, 1, None)] {
            options.temporality = temporality;
            let request = request(&report, interval, &options);
            let metrics = &request.resource_metrics[0].scope_metrics[0].metrics;
            let durations = metrics.iter().find(|metric| metric.name == "perf.probe.duration").unwrap();
            let Some(metric::Data::ExponentialHistogram(found)) = &durations.data else { panic!("{durations:?}") };
            assert_eq!(found.aggregation_temporality, number);
            assert_eq!((found.data_points[0].count, found.data_points[0].min), (2, least));
        }
    }
}
