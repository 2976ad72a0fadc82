//! Sends requests and reads answers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Response;
use hyper::body::Incoming;

use super::answers::{Answers, Tally, Trouble};
use super::hosts::Hosts;
use super::pool::{Connection, Pool};
use super::request::Request;
use crate::Error;

/// Sends requests over connections that stay open, and counts the answers.
///
/// A clone is the same client. An idle connection is reused by the next request to the same server; a request for which none
/// is idle opens one, and that time is part of its own. A request that was never written, since the server had closed the
/// idle connection meanwhile, is sent on another connection; a request that was written is never sent twice.
#[derive(Clone, Debug)]
pub struct Client {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Each with the pool of its server.
    requests: Vec<(Request, Arc<Pool>)>,
    tally: Tally,
}

/// How long a server may take to accept the connection that checks whether it is there.
const REACH: Duration = Duration::from_secs(5);

impl Client {
    /// A client for these requests. Their servers are looked up once, here.
    ///
    /// # Errors
    /// Where a host may not be put under load, or has no address.
    pub fn new(requests: Vec<Request>, hosts: &Hosts) -> Result<Self, Error> {
        let mut pools: Vec<Arc<Pool>> = Vec::new();
        let mut with_pools = Vec::with_capacity(requests.len());
        for request in requests {
            let known = pools.iter().find(|pool| pool.origin == request.origin).cloned();
            let pool = if let Some(pool) = known {
                pool
            } else {
                let addresses = hosts.resolve(&request.origin)?;
                let pool = Arc::new(Pool::new(request.origin.clone(), addresses));
                pools.push(Arc::clone(&pool));
                pool
            };
            with_pools.push((request, pool));
        }
        Ok(Self { shared: Arc::new(Shared { requests: with_pools, tally: Tally::new() }) })
    }

    /// Connects to each server once, so that a wrong port is reported before anything is measured.
    ///
    /// # Errors
    /// Where a server accepts no connection.
    pub fn reach(&self) -> Result<(), Error> {
        for (_, pool) in &self.shared.requests {
            pool.reach(REACH).map_err(|error| {
                Error::invalid(pool.origin.to_string(), "cannot be reached; does the server run there?").because(error)
            })?;
        }
        Ok(())
    }

    /// Sends one of the requests, by its index among those that the client was made for, and reads the answer to its end. The
    /// values of its fields follow from the number and the seed. Needs a runtime of tokio with its drivers on.
    ///
    /// # Errors
    /// Where no expected answer came in time.
    ///
    /// # Panics
    /// Where there is no request of that index.
    pub async fn send(&self, which: usize, number: u64, seed: u64) -> Result<(), Trouble> {
        let (request, pool) = &self.shared.requests[which];
        let exchanged = match request.make(seed, number) {
            Ok(message) => tokio::time::timeout(request.timeout, self.exchange(message, request, pool)).await,
            Err(error) => Ok(Err(broken(&error))),
        };
        exchanged.unwrap_or(Err(Trouble::TimedOut)).inspect_err(|trouble| self.shared.tally.failed(trouble))
    }

    /// The number of requests that it was made for.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.shared.requests.len()
    }

    /// The answers and failures so far.
    #[must_use]
    pub fn answers(&self) -> Answers {
        self.shared.tally.read()
    }

    async fn exchange(&self, mut message: Message, request: &Request, pool: &Pool) -> Result<(), Trouble> {
        let tally = &self.shared.tally;
        // Every iteration takes an idle connection.
        let (connection, response) = loop {
            let idle = pool.idle();
            let is_new = idle.is_none();
            let mut connection = if let Some(connection) = idle {
                connection
            } else {
                let connection = pool.connect().await.map_err(Trouble::Unreachable)?;
                tally.connected();
                connection
            };
            match send(&mut connection, message).await {
                Ok(response) => break (connection, response),
                Err((_, Some(unsent))) if !is_new => message = *unsent,
                Err((error, _)) => return Err(broken(&error)),
            }
        };
        let status = response.status().as_u16();
        let bytes = read(response).await.map_err(|error| broken(&error))?;
        tally.answered(status, bytes);
        pool.give_back(connection);
        if request.expected.contains(status) { Ok(()) } else { Err(Trouble::Status(status)) }
    }
}

type Message = hyper::Request<Full<Bytes>>;

/// The answer's head; or the error, and the request if nothing of it was written.
async fn send(
    connection: &mut Connection,
    message: Message,
) -> Result<Response<Incoming>, (hyper::Error, Option<Box<Message>>)> {
    // The task of the connection may not have noticed yet that the last answer is read.
    if let Err(error) = connection.ready().await {
        return Err((error, Some(Box::new(message))));
    }
    connection.try_send_request(message).await.map_err(|mut error| {
        let unsent = error.take_message().map(Box::new);
        (error.into_error(), unsent)
    })
}

/// Reads a body to its end and keeps nothing of it.
async fn read(response: Response<Incoming>) -> hyper::Result<u64> {
    let mut body = response.into_body();
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        bytes += frame?.data_ref().map_or(0, |data| data.len() as u64);
    }
    Ok(bytes)
}

/// A broken connection, with the causes of the error.
fn broken(error: &dyn std::error::Error) -> Trouble {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    Trouble::Broken(text)
}
