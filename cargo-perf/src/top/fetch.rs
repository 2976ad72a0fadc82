//! The endpoint: where it is, and asking it for reports.

use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use perf_exporters::Report;
use perf_exporters::label::escaped;
use ureq::Agent;
use ureq::http::Uri;

use super::Event;
use crate::failure::{Failure, Result};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a report; thousands of probes have a few millions.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// Characters of what an endpoint says instead of a report.
const MOST_SAID: usize = 200;
/// The longest time between two tries.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pages of an endpoint, any of which may be given for it.
const PAGES: [&str; 6] = ["/report.json", "/report.html", "/report", "/snapshot", "/metrics", "/health"];

/// A program to ask.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    url: String,
    agent: Agent,
}

impl Endpoint {
    /// From a port, `HOST:PORT`, or the URL of any of its pages.
    pub(super) fn new(address: &str) -> Result<Self> {
        let bad = |why: &str| {
            Failure::new(format!("{}: {why}; write a port, HOST:PORT, or http://HOST:PORT/PATH", escaped(address)))
        };
        let text = match address.trim() {
            port if port.parse::<u16>().is_ok() => format!("http://127.0.0.1:{port}"),
            url if url.contains("://") => url.to_owned(),
            host => format!("http://{host}"),
        };
        let uri: Uri = text.parse().map_err(|_| bad("is no address"))?;
        if uri.scheme_str() != Some("http") {
            return Err(bad("an endpoint speaks http"));
        }
        let host = uri.authority().filter(|authority| !authority.host().is_empty());
        let host = host.ok_or_else(|| bad("names no host"))?;
        let path = uri.path().trim_end_matches('/');
        let mount = PAGES.iter().find_map(|page| path.strip_suffix(page)).unwrap_or(path);
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // A program on this machine or nearby is not asked through a proxy.
            .proxy(None)
            .timeout_global(Some(TIMEOUT))
            .user_agent(concat!("cargo-perf/", env!("CARGO_PKG_VERSION")));
        Ok(Self { url: format!("http://{host}{mount}/report.json"), agent: config.build().into() })
    }

    /// The URL.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The report as it is now, or why there is none, fit for a terminal.
    pub(super) fn fetch(&self) -> std::result::Result<Report, String> {
        let mut answer = self.agent.get(&self.url).call().map_err(|error| escaped(&error.to_string()))?;
        let status = answer.status();
        let body = answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
        let body = body.map_err(|error| escaped(&error.to_string()))?;
        if !status.is_success() {
            let said: String =
                String::from_utf8_lossy(&body).lines().next().unwrap_or("").chars().take(MOST_SAID).collect();
            let hint = if status == 404 { format!("; {}", nested(&self.url)) } else { String::new() };
            return Err(format!("the endpoint says {status}: {}{hint}", escaped(&said)));
        }
        Report::from_json(&body).map_err(|error| {
            let error = escaped(&error.to_string());
            format!("not the endpoint of a program with probes: {error}; {}", nested(&self.url))
        })
    }
}

/// The remedy where something else answers: an application has the endpoint at a path of its own, perhaps.
fn nested(url: &str) -> String {
    format!(
        "looked at {url}: where the endpoint is nested in the program's own router, give its path, http://HOST:PORT/PATH"
    )
}

/// Asks again and again on a thread of its own, until the receiver is gone.
pub(super) fn start(endpoint: Endpoint, interval: Duration, events: Sender<Event>) {
    thread::spawn(move || {
        let goodbye = super::Goodbye(events);
        let mut failures = 0;
        loop {
            let (event, pause) = match endpoint.fetch() {
                Ok(report) => {
                    failures = 0;
                    (Event::Report(Box::new(report)), interval)
                }
                Err(why) => {
                    failures += 1;
                    let pause = backoff(interval, failures);
                    (Event::Away { why, again: Instant::now() + pause }, pause)
                }
            };
            if goodbye.0.send(event).is_err() {
                return;
            }
            thread::sleep(pause);
        }
    });
}

/// Twice as long after every failure, up to a time that people wait.
fn backoff(interval: Duration, failures: u32) -> Duration {
    let longest = PATIENCE.max(interval);
    interval.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1).min(16))).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_given_in_many_ways() {
        for (address, url) in [
            ("9080", "http://127.0.0.1:9080/report.json"),
            (" localhost:9080 ", "http://localhost:9080/report.json"),
            ("[::1]:9080", "http://[::1]:9080/report.json"),
            ("http://127.0.0.1:9080/report", "http://127.0.0.1:9080/report.json"),
            ("http://h:1/perf/", "http://h:1/perf/report.json"),
            ("http://h:1/perf/report.json?x", "http://h:1/perf/report.json"),
        ] {
            assert_eq!(Endpoint::new(address).unwrap().url(), url, "{address}");
        }
        for (address, why) in [
            ("", "is no address"),
            ("http://:80/", "names no host"),
            ("https://h:1", "speaks http"),
            ("ftp://h", "speaks http"),
            ("h:1 2", "is no address"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
        ] {
            let error = Endpoint::new(address).unwrap_err().to_string();
            assert!(error.contains(why), "{address}: {error}");
        }
    }

    #[test]
    fn patience_grows_and_ends() {
        let of = |interval, failures| backoff(Duration::from_secs(interval), failures).as_secs();
        assert_eq!([1, 2, 3, 5, 6, 4_000_000_000].map(|n| of(1, n)), [1, 2, 4, 16, 30, 30]);
        assert_eq!(of(600, 9), 600);
    }
}
