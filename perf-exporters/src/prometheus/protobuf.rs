//! The protobuf format: one message per family, each behind its length. Histograms are native and classic at once;
//! the reader takes what it can use.

use prost::Message;

use super::families::{Family, Page, Sample, Series};
use super::proto::{
    Bucket, BucketSpan, Counter, Exemplar, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType,
};
use crate::exponential::{Exponential, SCALE};
use crate::metrics::{Kind, Traced, traced};
use crate::report::ProbeReport;

/// The zero threshold: less than any nanosecond, and the number that other libraries use.
const ZERO_THRESHOLD: f64 = 2.938_735_877_055_719e-39; // 2^-128
/// Empty buckets between two that are not, up to which it is shorter to name them than to start a new span.
const LONGEST_GAP: i32 = 2;

pub(super) fn render(page: &Page<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for family in page.families() {
        bytes.extend(message(page, &family).encode_length_delimited_to_vec());
    }
    bytes
}

fn message(page: &Page<'_>, family: &Family<'_>) -> MetricFamily {
    let kind = match family.kind {
        Kind::Counter => MetricType::Counter,
        Kind::Gauge => MetricType::Gauge,
        Kind::Distribution => MetricType::Histogram,
    };
    MetricFamily {
        name: Some(family.sample_name()),
        help: Some(family.help.to_owned()),
        r#type: Some(kind.into()),
        metric: family.series.iter().map(|series| metric(page, family.kind, series)).collect(),
        unit: family.unit.map(str::to_owned),
    }
}

fn metric(page: &Page<'_>, kind: Kind, series: &Series<'_>) -> Metric {
    let pair = |&(name, value): &(&str, &str)| LabelPair { name: Some(name.into()), value: Some(value.into()) };
    let mut metric = Metric { label: series.labels.iter().map(pair).collect(), ..Metric::default() };
    match series.sample {
        Sample::Distribution(probe) => metric.histogram = Some(histogram(page, probe)),
        Sample::Number(value) if kind == Kind::Counter => {
            metric.counter = Some(Counter { value: Some(value.as_f64()), ..Counter::default() });
        }
        Sample::Number(value) => metric.gauge = Some(Gauge { value: Some(value.as_f64()) }),
    }
    metric
}

fn histogram(page: &Page<'_>, probe: &ProbeReport) -> Histogram {
    let exponential = Exponential::from(&probe.histogram);
    let (positive_span, positive_delta) = spans(exponential.buckets());
    let exemplars = page.exemplars(probe);
    // The last bucket is known by the count, and named only where something is to be said of it.
    let beyond = exemplars.last().is_some_and(Option::is_some).then_some((f64::INFINITY, probe.timed()));
    let edges = page.edges().iter().map(|edge| *edge as f64 / 1e9);
    let classic = edges.zip(page.cumulative(probe)).chain(beyond).zip(&exemplars).map(|((edge, count), call)| Bucket {
        cumulative_count: Some(count),
        upper_bound: Some(edge),
        exemplar: call.as_ref().map(exemplar),
        ..Bucket::default()
    });
    let mut calls: Vec<_> = traced(probe).collect();
    calls.sort_by_key(|call| call.end);
    Histogram {
        sample_count: Some(probe.timed()),
        sample_sum: Some(probe.sum_ns as f64 / 1e9),
        bucket: classic.collect(),
        schema: Some(SCALE),
        zero_threshold: Some(ZERO_THRESHOLD),
        zero_count: Some(exponential.zero()),
        positive_span,
        positive_delta,
        exemplars: calls.iter().map(exemplar).collect(),
        ..Histogram::default()
    }
}

fn exemplar(call: &Traced) -> Exemplar {
    let id = format!("{:032x}", u128::from_be_bytes(call.id));
    Exemplar {
        label: vec![LabelPair { name: Some("trace_id".into()), value: Some(id) }],
        value: Some(call.nanos as f64 / 1e9),
        timestamp: Some(call.end.into()),
    }
}

/// Runs of buckets, and every bucket's difference to the one before.
fn spans(buckets: &[(i32, u64)]) -> (Vec<BucketSpan>, Vec<i64>) {
    let (mut spans, mut deltas): (Vec<BucketSpan>, Vec<i64>) = Default::default();
    let (mut next, mut before) = (0, 0);
    for &(index, count) in buckets {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let gap = index - next;
        match spans.last_mut() {
            Some(span) if gap <= LONGEST_GAP => {
                for _ in 0..gap {
                    deltas.push(-before);
                    before = 0;
                }
                span.length = span.length.map(|length| length + gap.unsigned_abs() + 1);
            }
            _ => spans.push(BucketSpan { offset: Some(gap), length: Some(1) }),
        }
        deltas.push(count - before);
        before = count;
        next = index + 1;
    }
    (spans, deltas)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a reader makes of spans and deltas.
    fn read(spans: &[BucketSpan], deltas: &[i64]) -> Vec<(i32, i64)> {
        let (mut at, mut count, mut deltas) = (0, 0, deltas.iter());
        let mut buckets = Vec::new();
        for span in spans {
            at += span.offset();
            for _ in 0..span.length() {
                count += deltas.next().expect("as many deltas as buckets");
                buckets.push((at, count));
                at += 1;
            }
        }
        assert_eq!(deltas.next(), None);
        buckets.retain(|bucket| bucket.1 != 0);
        buckets
    }

    #[test]
    fn short_gaps_are_bridged() {
        let (found, deltas) = spans(&[(-10, 5), (-9, 3), (-6, 4), (0, 1)]);
        let span = |offset, length| BucketSpan { offset: Some(offset), length: Some(length) };
        assert_eq!(found, [span(-10, 5), span(5, 1)]);
        assert_eq!(deltas, [5, -2, -3, 0, 4, -3]);
        assert_eq!(spans(&[]), (vec![], vec![]));
    }

    proptest! {
        #[test]
        fn spans_say_what_the_buckets_said(map in prop::collection::btree_map(-900..900_i32, 1..1000_u64, 0..60)) {
            let buckets: Vec<_> = map.into_iter().collect();
            let (found, deltas) = spans(&buckets);
            let expected: Vec<_> = buckets.iter().map(|&(at, count)| (at, count.cast_signed())).collect();
            prop_assert_eq!(read(&found, &deltas), expected);
        }
    }
}
