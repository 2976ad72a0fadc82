//! The counts of the last seconds.

use std::time::Duration;

use serde::Serialize;

use super::names::Names;
use crate::report::{Report, nanos};

#[derive(Serialize)]
pub(super) struct Recent {
    /// Nanoseconds that it is about.
    span: u64,
    /// Processor time of the process in it, where the system tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    processor: Option<u64>,
    /// Name, calls, errors, self time without what is known to be waiting, median, 99th percentile; of probes that were called.
    probes: Vec<[u64; 6]>,
}

impl Recent {
    pub(super) fn new<'a>(span: Duration, report: &'a Report, names: &mut Names<'a>) -> Self {
        let called = report.probes.iter().filter(|probe| probe.calls > 0 || probe.polls > 0);
        let rows = called.map(|probe| {
            let quantiles = &probe.quantiles;
            [names.place(&probe.name), probe.calls, probe.errors, probe.working_ns(), quantiles.p50, quantiles.p99]
        });
        Self { span: nanos(span), processor: report.meta.processor_ns, probes: rows.collect() }
    }
}
