//! A probe's figures and its distribution.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::label;
use crate::report::{Histogram, ProbeReport, Report};

/// Halvings of the resolution after which there is nothing left to draw.
const COARSEST: u32 = 4;

/// Fields are named as in the page; those that are missing are zero.
#[derive(Serialize)]
pub(super) struct Probe {
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    file: String,
    /// Where several places count together.
    #[serde(skip_serializing_if = "Option::is_none")]
    places: Option<String>,
    #[serde(flatten)]
    counts: BTreeMap<&'static str, u64>,
    #[serde(skip_serializing_if = "is_zero")]
    net: i64,
    /// Bucket number, less the one before, and count, in turns.
    hist: Vec<u64>,
    /// Where the slowest calls spent most of their time.
    #[serde(skip_serializing_if = "Option::is_none")]
    tail: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Probe {
    pub(super) fn new(probe: &ProbeReport, coarse: u32) -> Self {
        let quantiles = &probe.quantiles;
        let counts = [
            ("line", u64::from(probe.line)),
            ("calls", probe.calls),
            ("errors", probe.errors),
            ("errorsUnknown", probe.known_errors().is_none().into()),
            ("panics", probe.panics),
            ("cancelled", probe.cancelled),
            ("polls", probe.polls),
            ("items", probe.items),
            ("bytes", probe.bytes),
            ("total", probe.total_ns),
            ("self", probe.self_ns),
            ("waiting", probe.waiting_ns),
            ("busy", probe.busy_ns),
            ("mean", probe.mean_ns),
            ("min", probe.min_ns),
            ("max", probe.max_ns),
            ("p50", quantiles.p50),
            ("p90", quantiles.p90),
            ("p95", quantiles.p95),
            ("p99", quantiles.p99),
            ("p999", quantiles.p999),
            ("allocs", probe.allocs),
            ("allocBytes", probe.alloc_bytes),
            ("selfAllocs", probe.self_allocs),
            ("selfAllocBytes", probe.self_alloc_bytes),
            ("peak", probe.peak_bytes),
        ];
        Self {
            name: label::shown(&probe.name),
            file: label::escaped(&probe.file),
            places: probe.place_summary().map(|places| label::escaped(&places)),
            counts: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
            net: probe.net_bytes,
            hist: differences(&buckets(&probe.histogram, coarse)),
            tail: probe.tail().map(|tail| label::escaped(&tail.to_string())),
        }
    }
}

/// How many bits bucket numbers have to lose so that the reports have no more buckets than this together.
pub(super) fn coarseness<'a>(reports: &(impl Iterator<Item = &'a Report> + Clone), most: usize) -> u32 {
    let all = |coarse| {
        let probes = reports.clone().flat_map(|report| &report.probes);
        probes.map(|probe| buckets(&probe.histogram, coarse).len()).sum::<usize>()
    };
    (0..COARSEST).find(|coarse| all(*coarse) <= most).unwrap_or(COARSEST)
}

/// Bucket numbers without their last bits, and counts. A bucket of the coarser scale is some whole ones of the finer.
fn buckets(histogram: &Histogram, coarse: u32) -> Vec<(u64, u64)> {
    let mut kept: Vec<(u64, u64)> = Vec::new();
    for (bucket, count) in histogram.to_pairs() {
        let bucket = u64::from(bucket >> coarse);
        match kept.last_mut() {
            Some((last, sum)) if *last == bucket => *sum = sum.saturating_add(count),
            _ => kept.push((bucket, count)),
        }
    }
    kept
}

fn differences(buckets: &[(u64, u64)]) -> Vec<u64> {
    let before = std::iter::once(0).chain(buckets.iter().map(|(bucket, _)| *bucket));
    buckets.iter().zip(before).flat_map(|((bucket, count), before)| [bucket - before, *count]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarser_histograms_lose_no_call() {
        let histogram: Histogram = (0..5_000_u64).map(|at| at * at).collect();
        for coarse in 0..=COARSEST {
            let buckets = buckets(&histogram, coarse);
            assert_eq!(buckets.iter().map(|(_, count)| count).sum::<u64>(), 5_000);
            assert!(buckets.is_sorted_by(|a, b| a.0 < b.0));
        }
        assert_eq!(differences(&[(3, 7), (10, 1)]), [3, 7, 7, 1]);
    }

    #[test]
    fn zeros_take_no_room() {
        let mut probe = ProbeReport::new("f");
        probe.calls = 1;
        let json = serde_json::to_string(&Probe::new(&probe, 0)).unwrap();
        assert_eq!(json, r#"{"name":"f","calls":1,"hist":[]}"#);
    }
}
