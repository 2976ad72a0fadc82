//! The endpoint of a program with probes: where it is, and asking it for reports.

use std::time::Duration;

use perf_exporters::Report;
use perf_exporters::label::escaped;
use ureq::Agent;
use ureq::http::Uri;

use crate::failure::{Failure, Result};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a report; thousands of probes have a few millions.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// Characters of what an endpoint says instead of a report.
const MOST_SAID: usize = 200;
/// Pages of an endpoint, any of which may be given for it.
const PAGES: [&str; 6] = ["/report.json", "/report.html", "/report", "/snapshot", "/metrics", "/health"];

/// A program to ask.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    url: String,
    agent: Agent,
}

impl Endpoint {
    /// From a port, `HOST:PORT`, or the URL of any of its pages.
    pub(crate) fn new(address: &str) -> Result<Self> {
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
            // What runs here or nearby is not asked for through a proxy.
            .proxy(None)
            .timeout_global(Some(TIMEOUT))
            .user_agent(concat!("cargo-perf/", env!("CARGO_PKG_VERSION")));
        Ok(Self { url: format!("http://{host}{mount}/report.json"), agent: config.build().into() })
    }

    /// What is asked for.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The report as it is now, or why there is none, fit for a terminal.
    pub(crate) fn fetch(&self) -> std::result::Result<Report, String> {
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

/// What to do where something else answers: an application has the endpoint at a path of its own, perhaps.
fn nested(url: &str) -> String {
    format!(
        "looked at {url}: where the endpoint is nested in the program's own router, give its path, http://HOST:PORT/PATH"
    )
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
}
