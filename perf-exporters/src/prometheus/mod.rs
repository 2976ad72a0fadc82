//! A report as Prometheus reads it: text, `OpenMetrics` text, or protobuf with native histograms.
//!
//! ```
//! use perf_exporters::prometheus::{Format, Options, render};
//! use perf_exporters::report::{ProbeReport, Report};
//!
//! let mut report = Report::default();
//! let mut parse = ProbeReport::new("parse");
//! (parse.calls, parse.total_ns) = (3, 1_500_000_000);
//! report.probes.push(parse);
//!
//! let page = String::from_utf8(render(&report, Format::Text, &Options::default())).unwrap();
//! assert!(page.contains("perf_probe_calls_total{probe=\"parse\"} 3\n"));
//! assert!(page.contains("perf_probe_time_seconds_total{probe=\"parse\"} 1.5\n"));
//! ```
//!
//! # Which format
//!
//! [`Format::negotiate`] chooses by the request's `Accept`. A Prometheus server with native histograms turned on asks for
//! protobuf, and only there can the distribution travel in full; in text it is reduced to the fixed buckets of
//! [`Options::edges`].
//!
//! # Names
//!
//! Every figure of a probe is a series with the label `probe`. Times are in seconds, sizes in bytes, what only grows ends
//! in `_total`. Series that do not apply are left out: polls of what is no future, allocations where they are not counted.
//!
//! ```text
//! histogram_quantile(0.99, rate(perf_probe_duration_seconds[1m]))        p99, native histograms
//! rate(perf_probe_self_time_seconds_total[1m])                           processors kept busy
//! rate(perf_probe_errors_total[1m]) / rate(perf_probe_calls_total[1m])   share of errors
//! ```
//!
//! # Budgets
//!
//! Of each bound that the program declares there are `perf_budget_limit`, `perf_budget_target` and `perf_budget_actual`,
//! with the labels `probe`, `metric` and `unit` (`seconds`, `bytes`, `count`, `per_second`, `ratio`), and
//! `perf_budget_verdict`, which is 1 for one of the values `pass`, `inconclusive`, `warn` and `fail` of the label `verdict`,
//! and 0 for the others. The endpoint judges by the last minute or two, as its page `/health` does.
//!
//! ```text
//! perf_budget_verdict{verdict="fail"} == 1                               an alert
//! perf_budget_actual / on(probe, metric, unit) perf_budget_limit         how much of each limit is used
//! ```
//!
//! # Monitor
//!
//! Of a process that is watched (module `monitor`, feature of that name) there are `perf_monitor_…` with the last value of each figure that
//! the system tells: `perf_monitor_cpu_seconds_total`, `perf_monitor_rss_bytes`, `perf_monitor_throttled_seconds_total`.
//!
//! ```text
//! rate(perf_monitor_cpu_seconds_total[1m]) / perf_monitor_limit_processors   how much of the processors is used
//! rate(perf_monitor_throttled_periods_total[1m]) / rate(perf_monitor_quota_periods_total[1m])
//! perf_monitor_descriptors / perf_monitor_limit_descriptors                  descriptors left
//! ```
//!
//! # Exemplars
//!
//! Where the program told the traces of its slowest calls, `OpenMetrics` and protobuf carry them as exemplars with the label
//! `trace_id`: on the classic bucket that the call is in, the slowest of each, and all of them on a native histogram.
//!
//! # Error
//!
//! Counts and sums are exact. A quantile from a native histogram is within 2 % of the exact one; how it is made is told
//! at [`exponential`](crate::exponential). One from text is as good as its edges: within a factor of 2.5.
//!
//! # Limits
//!
//! At most [`Options::max_probes`] probes get series of their own. The others are added up under
//! `probe="(overflow)"`, and `perf_probes_over_limit` says how many they are.

mod accept;
mod families;
mod monitored;
mod proto;
mod protobuf;
mod text;

use crate::Report;

/// A form of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Text format 0.0.4, which everything understands.
    #[default]
    Text,
    /// `OpenMetrics` text 1.0.0.
    OpenMetrics,
    /// Length-delimited `io.prometheus.client.MetricFamily` messages with native and classic histograms.
    Protobuf,
}

impl Format {
    /// The `Content-Type` of this format.
    ///
    /// ```
    /// # use perf_exporters::prometheus::Format;
    /// assert_eq!(Format::Text.content_type(), "text/plain; version=0.0.4; charset=utf-8");
    /// ```
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }

    /// The format that an `Accept` header prefers; text where it names none of them.
    ///
    /// The greatest `q` decides; among equal ones what is named more exactly, then what is named first.
    ///
    /// ```
    /// # use perf_exporters::prometheus::Format;
    /// assert_eq!(Format::negotiate("text/html, */*;q=0.8"), Format::Text);
    /// assert_eq!(Format::negotiate("text/plain;q=0.2, application/openmetrics-text; version=1.0.0"), Format::OpenMetrics);
    /// ```
    #[must_use]
    pub fn negotiate(accept: &str) -> Self {
        accept::negotiate(accept)
    }
}

/// How a page is made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Probes that get series of their own.
    pub max_probes: usize,
    /// Upper edges of the buckets in text, in nanoseconds, ascending.
    pub edges: Vec<u64>,
}

impl Default for Options {
    /// 2,000 probes; edges at 1, 2.5 and 5 of every power of ten from 100 ns to 10 s.
    fn default() -> Self {
        let decades = (2..10).flat_map(|power| [10, 25, 50].map(|tenths| tenths * 10_u64.pow(power - 1)));
        Self { max_probes: 2_000, edges: decades.chain([10_000_000_000]).collect() }
    }
}

/// The page.
#[must_use]
pub fn render(report: &Report, format: Format, options: &Options) -> Vec<u8> {
    let page = families::Page::of(report, options);
    match format {
        Format::Text => text::render(&page, text::Dialect::Classic).into_bytes(),
        Format::OpenMetrics => text::render(&page, text::Dialect::OpenMetrics).into_bytes(),
        Format::Protobuf => protobuf::render(&page),
    }
}
