//! The variables that OpenTelemetry defines for an exporter of metrics, as its specification has them.
//!
//! Empty is unset. A value that makes no sense is passed over and told; one that asks for what this exporter has not, and
//! without which figures would go to the wrong place, keeps it from starting.

use std::env;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use ureq::http::Uri;
use ureq::http::uri::Parts;

use super::{Options, Temporality};
use crate::Error;

/// A variable, or the one for all signals where the one for metrics is not set.
type Names = [&'static str; 2];
const ENDPOINT: Names = ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
const HEADERS: Names = ["OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
const TIMEOUT: Names = ["OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
const PROTOCOL: Names = ["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
const COMPRESSION: Names = ["OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"];
/// The certificates for an `https` endpoint: the trusted roots, and the client's own.
const TRUST: [Names; 3] = [
    ["OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"],
    ["OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"],
    ["OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"],
];
const PREFERENCE: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
const INTERVAL: &str = "OTEL_METRIC_EXPORT_INTERVAL";
const EXPORT_TIMEOUT: &str = "OTEL_METRIC_EXPORT_TIMEOUT";
const EXEMPLARS: &str = "OTEL_METRICS_EXEMPLAR_FILTER";
const RESOURCE: &str = "OTEL_RESOURCE_ATTRIBUTES";
const SERVICE: &str = "OTEL_SERVICE_NAME";
const DISABLED: &str = "OTEL_SDK_DISABLED";
const EXPORTER: &str = "OTEL_METRICS_EXPORTER";

/// The values of the variables, and the errors in them.
pub(super) struct Environment {
    pub(super) options: Options,
    /// Whether metrics are to be sent at all, by OTLP.
    pub(super) wants_otlp: bool,
    /// Passed over.
    pub(super) problems: Vec<Error>,
}

pub(super) fn read() -> Environment {
    from_variables(|name| env::var(name).ok())
}

fn from_variables(read: impl Fn(&'static str) -> Option<String>) -> Environment {
    let mut reader = Reader { read, problems: Vec::new() };
    let mut options = Options::default();
    if let Some((name, value)) = reader.either(ENDPOINT) {
        options.endpoint = if name == ENDPOINT[0] { value } else { for_metrics(&value) };
    }
    if let Some((name, value)) = reader.either(HEADERS) {
        options.headers = reader.pairs(name, &value);
    }
    if let Some((name, value)) = reader.either(TIMEOUT) {
        options.timeout = reader.millis(name, &value).unwrap_or(options.timeout);
    }
    if let Some(value) = reader.one(EXPORT_TIMEOUT) {
        let whole = reader.millis(EXPORT_TIMEOUT, &value);
        options.timeout = whole.map_or(options.timeout, |whole| whole.min(options.timeout));
    }
    if let Some(value) = reader.one(INTERVAL) {
        options.interval = reader.millis(INTERVAL, &value).unwrap_or(options.interval);
    }
    // All figures here are sums and histograms that the program adds to: `lowmemory` wants deltas of these.
    let preferred = [("cumulative", false), ("delta", true), ("lowmemory", true)];
    if reader.choice(PREFERENCE, "`cumulative`, `delta`, `lowmemory`", &preferred) == Some(true) {
        options.temporality = Temporality::Delta;
    }
    let filters = [("always_on", true), ("trace_based", true), ("always_off", false)];
    if let Some(on) = reader.choice(EXEMPLARS, "`trace_based`, `always_off`", &filters) {
        options.exemplars = on;
    }
    if let Some(value) = reader.one(RESOURCE) {
        options.resource = reader.pairs(RESOURCE, &value);
    }
    if let Some(name) = reader.one(SERVICE) {
        options.resource.retain(|(key, _)| key != "service.name");
        options.resource.push(("service.name".to_owned(), name));
    }
    if let Some((_, value)) = reader.either(COMPRESSION) {
        match value.as_str() {
            "gzip" => options.gzip = true,
            "none" => {}
            _ => reader.tell(COMPRESSION[1], &value, "not known", "`gzip`, `none`"),
        }
    }
    options.disabled = reader.choice(DISABLED, "`true`, `false`", &[("true", true), ("false", false)]) == Some(true);
    options.unmet = reader.unmet(&options.endpoint);
    let exporters = reader.one(EXPORTER);
    let wants_otlp = exporters.is_none_or(|list| list.split(',').any(|exporter| exporter.trim() == "otlp"));
    Environment { options, wants_otlp, problems: reader.problems }
}

/// The endpoint of metrics under one for all signals: a path below its path, before its query.
fn for_metrics(base: &str) -> String {
    let below = || {
        let uri: Uri = base.parse().ok()?;
        let path = uri.path().trim_end_matches('/');
        let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
        let mut parts = Parts::from(uri.clone());
        parts.path_and_query = Some(format!("{path}/v1/metrics{query}").parse().ok()?);
        Some(Uri::from_parts(parts).ok()?.to_string())
    };
    // A malformed URL is reported by the sender.
    below().unwrap_or_else(|| base.to_owned())
}

struct Reader<F> {
    read: F,
    problems: Vec<Error>,
}

impl<F: Fn(&'static str) -> Option<String>> Reader<F> {
    fn one(&self, name: &'static str) -> Option<String> {
        (self.read)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn either(&self, names: Names) -> Option<(&'static str, String)> {
        names.into_iter().find_map(|name| Some((name, self.one(name)?)))
    }

    fn tell(&mut self, name: &'static str, value: &str, problem: &str, valid: &'static str) {
        self.problems.push(Error::setting(name, value, problem.to_owned(), valid));
    }

    fn millis(&mut self, name: &'static str, value: &str) -> Option<Duration> {
        let millis = value.parse().ok().filter(|millis| *millis > 0);
        if millis.is_none() {
            self.tell(name, value, "passed over: not such a number", "a number of milliseconds above 0");
        }
        millis.map(Duration::from_millis)
    }

    fn choice(&mut self, name: &'static str, valid: &'static str, known: &[(&str, bool)]) -> Option<bool> {
        let value = self.one(name)?;
        let found = known.iter().find(|(word, _)| word.eq_ignore_ascii_case(&value)).map(|(_, meaning)| *meaning);
        if found.is_none() {
            self.tell(name, &value, "passed over: none of these", valid);
        }
        found
    }

    /// `key=value,key=value`, both percent-encoded. One that cannot be read discards them all: half of what was said may
    /// mean something else.
    fn pairs(&mut self, name: &'static str, list: &str) -> Vec<(String, String)> {
        let decoded = |text: &str| Some(percent_decode_str(text.trim()).decode_utf8().ok()?.into_owned());
        let pair = |item: &str| {
            let (key, value) = item.split_once('=')?;
            Some((decoded(key)?, decoded(value)?)).filter(|(key, _)| !key.is_empty())
        };
        let items = list.split(',').filter(|item| !item.trim().is_empty());
        let pairs: Option<Vec<_>> = items.map(pair).collect();
        pairs.unwrap_or_else(|| {
            // Headers may hold what authorises; it is never shown.
            let shown = if name == RESOURCE { list } else { "…" };
            self.tell(name, shown, "passed over: not such a list", "`key=value,key=value`, percent-encoded UTF-8");
            Vec::new()
        })
    }

    /// Options that are asked for and not supported.
    fn unmet(&self, endpoint: &str) -> Option<Unmet> {
        let (name, value) = self.either(PROTOCOL).filter(|(_, value)| value != "http/protobuf").or_else(|| {
            let is_https = endpoint.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"));
            TRUST.into_iter().filter(|_| is_https).find_map(|names| self.either(names))
        })?;
        Some(Unmet { name, value })
    }
}

/// A variable that asks for what this exporter has not.
#[derive(Clone, Debug)]
pub(super) struct Unmet {
    name: &'static str,
    value: String,
}

impl From<&Unmet> for Error {
    fn from(unmet: &Unmet) -> Self {
        let (problem, valid) = if PROTOCOL.contains(&unmet.name) {
            (
                "this exporter does not speak it",
                "`http/protobuf`; collectors listen for it on port 4318 (OTEL_EXPORTER_OTLP_METRICS_PROTOCOL and \
                 OTEL_EXPORTER_OTLP_METRICS_ENDPOINT are for metrics alone)",
            )
        } else {
            (
                "this exporter knows no certificates but those that are built in",
                "unset; send to a collector on this machine over `http://`",
            )
        };
        Self::setting(unmet.name, &unmet.value, problem.to_owned(), valid)
    }
}

#[cfg(test)]
mod tests;
