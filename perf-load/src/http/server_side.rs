//! The counts of the server's own probes over the same seconds.

use std::time::Duration;

use perf_exporters::Report;
use perf_exporters::report::ProbeReport;

use crate::{Error, Outcome};

/// The counts of a server's probes while it was under load: the other side of the same seconds.
///
/// The client knows how long it waited for each answer; the probes inside the server know where that time went. Both are
/// joined in one report ([`join`](Self::join)), and in a share for each probe ([`rows`](Self::rows)).
#[derive(Clone, Debug)]
pub struct ServerSide {
    interval: Report,
}

/// One probe of the server, with its share of the client's waiting time.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ServerProbe {
    /// The probe's name.
    pub name: String,
    /// Its calls in those seconds.
    pub calls: u64,
    /// Calls per request that the client saw completed.
    pub per_request: f64,
    /// Self time per request, waiting inside it included.
    pub own: Duration,
    /// The part of that which is known to be waiting.
    pub waiting: Duration,
    /// Self time as a share of the time that the client waited for answers after it had sent the request, from 0; more than
    /// 1 where the server works for one request on several threads, or for other clients besides.
    pub share: f64,
    /// 99 % of the calls took no longer.
    pub p99: Duration,
}

/// The prefix of the names of the server's probes in a report of both sides.
const PREFIX: &str = "server::";

impl ServerSide {
    /// The difference of two reports of the server, one before the load and one after.
    ///
    /// # Errors
    /// Where the second one is no later report of the same process: it was started anew meanwhile.
    pub fn between(before: &Report, after: &Report) -> Result<Self, Error> {
        let restarted =
            || Error::failed("the server was started anew under the load: its probes count from zero again");
        after.since(before).map(|interval| Self { interval }).ok_or_else(restarted)
    }

    /// The server's report of that interval.
    #[must_use]
    pub fn interval(&self) -> &Report {
        &self.interval
    }

    /// Its probes, the most self time first.
    #[must_use]
    pub fn rows(&self, outcome: &Outcome) -> Vec<ServerProbe> {
        let service = outcome.report.probe(&format!("{}::service", outcome.name));
        let waited = service.map_or(0, |probe| probe.sum_ns);
        let requests = outcome.counts.completed.max(1);
        let mut probes: Vec<&ProbeReport> = self.interval.probes.iter().collect();
        probes.sort_by(|a, b| b.self_ns.cmp(&a.self_ns).then_with(|| a.name.cmp(&b.name)));
        let row = |probe: &ProbeReport| ServerProbe {
            name: probe.name.clone(),
            calls: probe.calls,
            per_request: probe.calls as f64 / requests as f64,
            own: Duration::from_nanos(probe.self_ns / requests),
            waiting: Duration::from_nanos(probe.waiting_ns / requests),
            share: probe.self_ns as f64 / waited.max(1) as f64,
            p99: Duration::from_nanos(probe.quantiles.p99),
        };
        probes.into_iter().map(row).collect()
    }

    /// Adds the server's probes to the report of the client, under names that begin with `server::`.
    pub fn join(&self, report: &mut Report) {
        for probe in &self.interval.probes {
            let mut probe = probe.clone();
            probe.name.insert_str(0, PREFIX);
            report.probes.push(probe);
        }
        report.probes.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Model;

    fn report(calls: u64) -> Report {
        let mut report = Report::default();
        (report.meta.pid, report.meta.duration_ns) = (Some(3), calls * 1_000_000);
        for (name, self_ns) in [("query", 9_000), ("handler", 1_000)] {
            let mut probe = ProbeReport::new(name);
            (probe.calls, probe.self_ns, probe.waiting_ns) = (2 * calls, self_ns * calls, self_ns * calls / 2);
            report.probes.push(probe);
        }
        report
    }

    #[test]
    fn shares_are_of_what_the_client_waited_for() {
        let side = ServerSide::between(&report(100), &report(150)).unwrap();
        let mut outcome = Outcome::new("http", Model::open(8));
        outcome.counts.completed = 50;
        let mut service = ProbeReport::new("http::service");
        service.sum_ns = 50 * 20_000;
        outcome.report.probes.push(service);
        let rows = side.rows(&outcome);
        assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["query", "handler"]);
        assert_eq!((rows[0].calls, rows[0].own), (100, Duration::from_micros(9)));
        assert!((rows[0].share - 0.45).abs() < 1e-12 && (rows[0].per_request - 2.0).abs() < 1e-12);
        assert_eq!(rows[0].waiting, Duration::from_nanos(4_500));
        side.join(&mut outcome.report);
        let names: Vec<&str> = outcome.report.probes.iter().map(|probe| probe.name.as_str()).collect();
        assert_eq!(names, ["http::service", "server::handler", "server::query"]);
        assert_eq!(outcome.report.probe("server::query").unwrap().calls, 100);
    }

    #[test]
    fn a_server_that_was_started_anew_is_told() {
        let error = ServerSide::between(&report(100), &report(50)).unwrap_err().to_string();
        assert!(error.contains("started anew"), "{error}");
    }
}
