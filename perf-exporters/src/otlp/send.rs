//! One request, and what came of it.

use std::io::Write;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use prost::Message;
use ureq::Agent;
use ureq::http::header::{CONTENT_ENCODING, RETRY_AFTER};
use ureq::http::{HeaderName, HeaderValue, Uri};

use super::Options;
use super::retry::retry_after;
use crate::Error;

/// Bytes of an answer that are read.
const ANSWER: u64 = 64 * 1024;
const VARIABLE: &str = "the endpoint of OTLP";
const VALID: &str = "`http://HOST:PORT/v1/metrics`, and `https://…` with the feature `otlp-tls`";

/// The outcome of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Taken, but for so many data points.
    Taken { rejected: u64 },
    /// May work later, not before so long.
    Later { why: String, after: Option<Duration> },
    /// Will never work.
    Never { why: String },
}

pub(super) struct Sender {
    agent: Agent,
    endpoint: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    gzip: bool,
}

impl Sender {
    pub(super) fn new(options: &Options) -> Result<Self, Error> {
        let endpoint = &options.endpoint;
        let bad = |problem: &str| Error::setting(VARIABLE, endpoint, problem.to_owned(), VALID);
        let uri: Uri = endpoint.parse().map_err(|_| bad("not a URL"))?;
        match uri.scheme_str() {
            Some("http") if uri.host().is_some() => {}
            Some("https") if uri.host().is_some() && cfg!(feature = "otlp-tls") => {}
            Some("https") => return Err(bad("this program was built without TLS")),
            _ => return Err(bad("neither http nor https")),
        }
        let header = |(name, value): &(String, String)| {
            let parsed = name.parse().ok().zip(value.parse().ok());
            parsed.ok_or_else(|| Error::setting("a header of OTLP", name, "not a header".to_owned(), "`name=value`"))
        };
        let headers = options.headers.iter().map(header).collect::<Result<_, _>>()?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("perf-exporters/", env!("CARGO_PKG_VERSION")));
        Ok(Self { agent: config.build().into(), endpoint: uri, headers, gzip: options.gzip })
    }

    /// Sends a body and waits for the answer, for so long at most.
    pub(super) fn send(&self, body: &[u8], timeout: Duration) -> Outcome {
        let mut request = self.agent.post(&self.endpoint).content_type("application/x-protobuf");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let packed = if self.gzip { packed(body) } else { None };
        if packed.is_some() {
            request = request.header(CONTENT_ENCODING, "gzip");
        }
        let body = packed.as_deref().unwrap_or(body);
        let answer = request.config().timeout_global(Some(timeout)).build().send(body);
        let mut answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Outcome::Later { why: error.to_string(), after: None },
        };
        let status = answer.status();
        let after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let after = after.and_then(|value| retry_after(value, SystemTime::now()));
        match status.as_u16() {
            200..300 => {
                let body = answer.body_mut().with_config().limit(ANSWER).read_to_vec().unwrap_or_default();
                Outcome::Taken { rejected: rejected(&body) }
            }
            429 | 502 | 503 | 504 => Outcome::Later { why: format!("the collector says {status}"), after },
            _ => Outcome::Never { why: format!("the collector says {status}") },
        }
    }
}

fn packed(body: &[u8]) -> Option<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(body).ok()?;
    gzip.finish().ok()
}

/// Data points that the collector did not want. An answer that says nothing wanted all of them.
fn rejected(body: &[u8]) -> u64 {
    let answer = ExportMetricsServiceResponse::decode(body).unwrap_or_default();
    let rejected = answer.partial_success.map_or(0, |partial| partial.rejected_data_points);
    u64::try_from(rejected).unwrap_or(0)
}
