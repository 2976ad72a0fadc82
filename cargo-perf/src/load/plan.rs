//! The plan of a run, checked as far as possible without sending anything.

use std::path::Path;
use std::time::Duration;

use perf_load::http::{Client, Hosts, Origin, Request};
use perf_load::{Arrivals, Load, Operation};

use super::file::File;
use super::limits::Limits;
use crate::cli::{Keys, LoadArgs, MixKeys, RequestKeys};
use crate::endpoint::Endpoint;
use crate::failure::{Failure, Result};

/// The name of a run that has none.
const NAME: &str = "http";

/// A run: its requests, its schedule, and its limits.
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) load: Load,
    /// Requests with their names and weights; a single one has no name.
    pub(super) operations: Vec<(Operation, Request)>,
    pub(super) client: Client,
    pub(super) limits: Limits,
    pub(super) probes: Option<Endpoint>,
    pub(super) keys: Keys,
}

impl Plan {
    pub(super) fn new(args: &LoadArgs) -> Result<Self> {
        let file = if args.target.contains("://") {
            let request = RequestKeys { url: Some(args.target.clone()), ..RequestKeys::default() };
            File { keys: Keys { request, ..Keys::default() }, requests: Vec::new() }
        } else {
            File::read(Path::new(&args.target))?
        };
        let keys = args.keys.clone().or(file.keys);
        let hosts = args.allow_host.iter().fold(Hosts::loopback(), Hosts::and);
        let name = keys.name.clone().unwrap_or_else(|| NAME.to_owned());
        let limits = Limits::new(&name, &keys.limit)?;
        let load = load(&name, &keys, limits.shortest())?;
        let operations = operations(&keys.request, &file.requests)?;
        let requests = operations.iter().map(|(_, request)| request.clone()).collect();
        let client = Client::new(requests, &hosts)?;
        let probes = keys.probes.as_deref().map(|address| endpoint(address, &hosts)).transpose()?;
        Ok(Self { name, load, operations, client, limits, probes, keys })
    }

    /// The schedule; none for a closed loop.
    pub(super) fn schedule(&self) -> Result<Option<Arrivals>> {
        if self.load.is_closed() { Ok(None) } else { Ok(Some(self.load.schedule()?)) }
    }
}

fn load(name: &str, keys: &Keys, limit: Option<Duration>) -> Result<Load> {
    let mut load = keys.preset.iter().copied().fold(Load::new(name), Load::preset);
    if let Some(arrivals) = &keys.arrivals {
        if keys.rate.is_some() || keys.ramp_to.is_some() || !keys.stage.is_empty() {
            return Err(Failure::new("arrivals: is a schedule: leave rate, ramp-to and stage out"));
        }
        load = load.arrivals(arrivals.clone());
    }
    match (keys.stage.as_slice(), keys.rate, keys.ramp_to) {
        ([], Some(rate), None) => load = load.rate(rate),
        ([], Some(from), Some(to)) => load = load.ramp(from, to),
        ([], None, None) => {}
        ([], None, Some(_)) => return Err(Failure::new("ramp-to: from where? add a rate")),
        (_, Some(_), _) | (_, _, Some(_)) => {
            return Err(Failure::new("stage: each has a rate of its own: leave rate and ramp-to out"));
        }
        (stages, None, None) => {
            if keys.duration.is_some() {
                return Err(Failure::new("stage: each has a time of its own: leave duration out"));
            }
            load = load.arrivals(Arrivals::stages(stages)?);
        }
    }
    if keys.workers.is_none() && (keys.think.is_some()) {
        return Err(Failure::new("think: is for the workers of a closed loop: add workers, or leave it out"));
    }
    if let Some(workers) = keys.workers {
        for (is_given, key) in [
            (keys.poisson, "poisson"),
            (keys.max_in_flight.is_some(), "max-in-flight"),
            (keys.backlog.is_some(), "backlog"),
        ] {
            if is_given {
                return Err(Failure::new(format!(
                    "{key}: is for a rate, and workers follow none: leave one of them out"
                )));
            }
        }
        load = load.workers(workers).think(keys.think.unwrap_or_default());
    }
    if let Some(duration) = keys.duration {
        load = load.duration(duration);
    }
    if keys.poisson {
        load = load.poisson();
    }
    load = load.seed(keys.seed());
    if let Some(most) = keys.max_in_flight {
        load = load.max_in_flight(most);
    }
    if let Some(backlog) = keys.backlog {
        load = load.backlog(backlog);
    }
    if let Some(limit) = limit {
        load = load.limit(limit);
    }
    load.check()?;
    Ok(load)
}

fn operations(shared: &RequestKeys, several: &[MixKeys]) -> Result<Vec<(Operation, Request)>> {
    if several.is_empty() {
        return Ok(vec![(Operation::new(""), request(shared)?)]);
    }
    let one = |(at, keys): (usize, &MixKeys)| {
        let name = keys.name.clone().unwrap_or_else(|| at.to_string());
        let mut operation = Operation::new(&name);
        if let Some(weight) = keys.weight {
            operation = operation.weight(weight);
        }
        let request = request(&keys.request.clone().or(shared.clone()));
        Ok((operation, request.map_err(|error| Failure::new(format!("request.{name}: {error}")))?))
    };
    several.iter().enumerate().map(one).collect()
}

fn request(keys: &RequestKeys) -> Result<Request> {
    let url = keys.url.as_deref().ok_or_else(|| Failure::new("url: there is none: what is to be asked?"))?;
    let mut request = Request::new(keys.method.as_deref().unwrap_or("GET"), url)?;
    for header in &keys.header {
        let (name, value) = header.split_once(':').ok_or_else(|| {
            Failure::new(format!("header: `{}` has no colon; write NAME: VALUE", header.escape_debug()))
        })?;
        request = request.header(name.trim(), value.trim())?;
    }
    if let Some(body) = &keys.body {
        request = request.body(body)?;
    }
    if let Some(path) = &keys.body_file {
        let bytes = std::fs::read(path).map_err(|error| Failure::io("body-file: cannot be read", path, &error))?;
        request = request.bytes(bytes);
    }
    match keys.timeout {
        Some(Duration::ZERO) => return Err(Failure::new("timeout: must be above zero, such as 5s")),
        Some(timeout) => request = request.timeout(timeout),
        None => {}
    }
    if let Some(expected) = &keys.expect {
        request = request.expect(expected.parse()?);
    }
    Ok(request)
}

/// An endpoint, too, is read only on this machine, or on a host that was named.
fn endpoint(address: &str, hosts: &Hosts) -> Result<Endpoint> {
    let endpoint = Endpoint::new(address).map_err(|error| Failure::new(format!("probes: {error}")))?;
    let url = endpoint.url();
    let end = url[7..].find('/').map_or(url.len(), |at| 7 + at);
    let origin: Origin = url[..end].parse().map_err(|error| Failure::new(format!("probes: {error}")))?;
    hosts.check(&origin).map_err(|error| Failure::new(format!("probes: {error}")))?;
    Ok(endpoint)
}
