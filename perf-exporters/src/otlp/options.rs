//! Settings of the exporter; [`environment`](super::environment) reads those of OpenTelemetry.

use std::time::Duration;

use super::environment::{self, Unmet};
use crate::complain::complain;

/// The moment that figures count from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Temporality {
    /// From the start of the exporter on. A lost request costs nothing but detail.
    #[default]
    Cumulative,
    /// From the request before.
    Delta,
}

/// Settings of an [`Exporter`](super::Exporter).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Where requests go: the whole URL. `https` needs the feature `otlp-tls`.
    pub endpoint: String,
    /// Headers of every request, such as one that authorises it.
    pub headers: Vec<(String, String)>,
    /// Time from one report to the next.
    pub interval: Duration,
    /// Time that one request may take.
    pub timeout: Duration,
    /// The moment that figures count from.
    pub temporality: Temporality,
    /// Whether slow calls whose trace is known go along as exemplars.
    pub exemplars: bool,
    /// Whether requests are compressed with gzip.
    pub gzip: bool,
    /// Nothing is sent: `OTEL_SDK_DISABLED`.
    pub disabled: bool,
    /// Attributes of the resource, besides those that are known anyway.
    pub resource: Vec<(String, String)>,
    /// Probes that get series of their own; the others are added up.
    pub max_probes: usize,
    /// Requests that may wait.
    pub queue: usize,
    /// Pause after the first failure; it doubles with every further one.
    pub first_pause: Duration,
    /// The longest such pause.
    pub last_pause: Duration,
    /// Age at which a request is dropped.
    pub give_up: Duration,
    /// Time to send what is left when the exporter is dropped.
    pub shutdown: Duration,
    /// Options of the environment that this exporter does not support.
    pub(super) unmet: Option<Unmet>,
}

impl Default for Options {
    /// A collector on this machine, every 60 seconds, cumulative.
    fn default() -> Self {
        Self {
            endpoint: "http://localhost:4318/v1/metrics".to_owned(),
            headers: Vec::new(),
            interval: Duration::from_mins(1),
            timeout: Duration::from_secs(10),
            temporality: Temporality::Cumulative,
            exemplars: true,
            gzip: false,
            disabled: false,
            resource: Vec::new(),
            max_probes: 2_000,
            queue: 16,
            first_pause: Duration::from_secs(1),
            last_pause: Duration::from_secs(30),
            give_up: Duration::from_mins(5),
            shutdown: Duration::from_secs(3),
            unmet: None,
        }
    }
}

impl Options {
    /// The default, changed by the variables that OpenTelemetry defines for it. Those of metrics alone go before those of
    /// all signals; empty is unset.
    ///
    /// | variable | what it sets |
    /// |---|---|
    /// | `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` | the endpoint |
    /// | `OTEL_EXPORTER_OTLP_ENDPOINT` | the same, with `/v1/metrics` below its path |
    /// | `OTEL_EXPORTER_OTLP[_METRICS]_HEADERS` | headers: `key=value,…`, percent-encoded |
    /// | `OTEL_EXPORTER_OTLP[_METRICS]_TIMEOUT`, `OTEL_METRIC_EXPORT_TIMEOUT` | timeout in milliseconds, the lesser one |
    /// | `OTEL_EXPORTER_OTLP[_METRICS]_COMPRESSION` | `gzip` or `none` |
    /// | `OTEL_EXPORTER_OTLP[_METRICS]_PROTOCOL` | `http/protobuf`; any other is an error when the exporter starts |
    /// | `OTEL_EXPORTER_OTLP[_METRICS]_CERTIFICATE`, `…_CLIENT_KEY`, `…_CLIENT_CERTIFICATE` | with `https`, an error likewise |
    /// | `OTEL_METRIC_EXPORT_INTERVAL` | interval in milliseconds |
    /// | `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` | `cumulative`, `delta` or `lowmemory` |
    /// | `OTEL_METRICS_EXEMPLAR_FILTER` | `always_off`, or the default |
    /// | `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_SERVICE_NAME` | the resource, percent-encoded |
    /// | `OTEL_SDK_DISABLED` | `true`: nothing is sent |
    ///
    /// Values that make no sense are passed over, which is told on standard error.
    #[must_use]
    pub fn from_env() -> Self {
        let read = environment::read();
        read.problems.iter().for_each(|problem| complain(problem));
        read.options
    }
}
