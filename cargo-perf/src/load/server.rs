//! The server's endpoint, read before and after the load.

use std::thread;
use std::time::{Duration, Instant};

use perf_exporters::Report;
use perf_load::http::ServerSide;

use crate::endpoint::Endpoint;
use crate::failure::{Failure, Result};

/// For how long an endpoint may repeat a report: it measures once a second, or more seldom where that is costly.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);

/// The server's report before the load.
pub(super) struct Before<'a> {
    endpoint: &'a Endpoint,
    report: Report,
}

impl<'a> Before<'a> {
    pub(super) fn read(endpoint: &'a Endpoint) -> Result<Self> {
        Ok(Self { endpoint, report: fetch(endpoint)? })
    }

    /// The server's counts since then. The first report after the load may have been made during it; the next one that
    /// differs was made after that request, and has all of the load.
    pub(super) fn side(self) -> Result<ServerSide> {
        let first = fetch(self.endpoint)?;
        let give_up = Instant::now() + PATIENCE;
        let mut latest = fetch(self.endpoint)?;
        while latest.meta.duration_ns == first.meta.duration_ns && Instant::now() < give_up {
            thread::sleep(PAUSE);
            latest = fetch(self.endpoint)?;
        }
        Ok(ServerSide::between(&self.report, &latest)?)
    }
}

fn fetch(endpoint: &Endpoint) -> Result<Report> {
    endpoint.fetch().map_err(|why| Failure::new(format!("{}: {why}", endpoint.url())))
}
