//! Settings of the exporter, from the program and from OpenTelemetry's own variables.

use std::env;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;

/// What figures count from.
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
    /// What figures count from.
    pub temporality: Temporality,
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
            resource: Vec::new(),
            max_probes: 2_000,
            queue: 16,
            first_pause: Duration::from_secs(1),
            last_pause: Duration::from_secs(30),
            give_up: Duration::from_mins(5),
            shutdown: Duration::from_secs(3),
        }
    }
}

impl Options {
    /// The default, changed by the variables that OpenTelemetry defines for it.
    ///
    /// | variable | what it sets |
    /// |---|---|
    /// | `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` | the endpoint |
    /// | `OTEL_EXPORTER_OTLP_ENDPOINT` | the same, before `/v1/metrics` |
    /// | `OTEL_EXPORTER_OTLP_METRICS_HEADERS`, `OTEL_EXPORTER_OTLP_HEADERS` | headers: `key=value,…`, percent-encoded |
    /// | `OTEL_EXPORTER_OTLP_METRICS_TIMEOUT`, `OTEL_EXPORTER_OTLP_TIMEOUT` | timeout in milliseconds |
    /// | `OTEL_METRIC_EXPORT_INTERVAL` | interval in milliseconds |
    /// | `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` | `cumulative` or `delta` |
    /// | `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_SERVICE_NAME` | the resource |
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_variables(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// Values that make no sense are passed over, as OpenTelemetry wants it.
    fn from_variables(read: impl Fn(&str) -> Option<String>) -> Self {
        let otlp = |what: &str| {
            read(&format!("OTEL_EXPORTER_OTLP_METRICS_{what}")).or_else(|| read(&format!("OTEL_EXPORTER_OTLP_{what}")))
        };
        let mut options = Self::default();
        let base = |endpoint: String| format!("{}/v1/metrics", endpoint.trim_end_matches('/'));
        let endpoint = read("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT");
        if let Some(endpoint) = endpoint.or_else(|| read("OTEL_EXPORTER_OTLP_ENDPOINT").map(base)) {
            options.endpoint = endpoint;
        }
        options.headers = otlp("HEADERS").map(|value| pairs(&value)).unwrap_or_default();
        let millis = |value: Option<String>| value.and_then(|value| number(&value)).map(Duration::from_millis);
        options.timeout = millis(otlp("TIMEOUT")).unwrap_or(options.timeout);
        options.interval = millis(read("OTEL_METRIC_EXPORT_INTERVAL")).unwrap_or(options.interval);
        let preference = read("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE").unwrap_or_default();
        if preference.eq_ignore_ascii_case("delta") {
            options.temporality = Temporality::Delta;
        }
        options.resource = read("OTEL_RESOURCE_ATTRIBUTES").map(|value| pairs(&value)).unwrap_or_default();
        if let Some(name) = read("OTEL_SERVICE_NAME") {
            options.resource.retain(|(key, _)| key != "service.name");
            options.resource.push(("service.name".to_owned(), name));
        }
        options
    }
}

fn number(text: &str) -> Option<u64> {
    u64::from_str(text.trim()).ok().filter(|number| *number > 0)
}

/// `key=value,key=value`, values percent-encoded.
fn pairs(list: &str) -> Vec<(String, String)> {
    let pair = |item: &str| {
        let (key, value) = item.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        Some((key.trim().to_owned(), value.into_owned())).filter(|(key, _)| !key.is_empty())
    };
    list.split(',').filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Options {
        let find =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Options::from_variables(find)
    }

    #[test]
    fn the_more_particular_variable_wins() {
        assert_eq!(from(&[]).endpoint, "http://localhost:4318/v1/metrics");
        let general = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/");
        assert_eq!(from(&[general]).endpoint, "http://collector:4318/v1/metrics");
        let particular = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://metrics/in");
        assert_eq!(from(&[general, particular]).endpoint, "http://metrics/in");
    }

    #[test]
    fn lists_are_decoded_and_nonsense_is_passed_over() {
        let options = from(&[
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20eHg%3D, x = y ,=z,alone"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,team=search"),
            ("OTEL_SERVICE_NAME", "b"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "1500"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Delta"),
        ]);
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(options.headers, [pair("authorization", "Basic eHg="), pair("x", "y")]);
        assert_eq!(options.resource, [pair("team", "search"), pair("service.name", "b")]);
        assert_eq!((options.interval, options.timeout), (Duration::from_millis(1500), Duration::from_secs(10)));
        assert_eq!(options.temporality, Temporality::Delta);
    }
}
