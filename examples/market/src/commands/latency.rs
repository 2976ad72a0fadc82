//! Latencies from the intended start: of a producer, of a message until it is stored, and of each endpoint of the API.

use std::error::Error;
use std::time::Duration;

use market::api::Server;
use market::ingest::GROUP;
use market::produce;
use perf_load::data::Symbol;
use perf_load::http::{Client, Hosts, Request};
use perf_load::{Ctx, Load, Operation, Outcome, page};

use super::book::{Book, say, told};
use super::scale::Mode;
use super::watched::{note, watched};
use super::world::{FORMAT, SEED, World};

/// Messages a second of the producer.
const MESSAGES: f64 = 2_000.0;
/// Messages a second that are waited for: each takes a thread until it is stored.
const AWAITED: f64 = 500.0;
/// Requests a second of all endpoints.
const REQUESTS: f64 = 500.0;
/// The endpoints.
const ENDPOINTS: [&str; 3] = ["trades", "quotes", "stats"];
/// How long a message may take until it is stored, before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// A producer that has its message acknowledged.
pub(crate) fn producer(book: &mut Book, world: &World, mode: Mode) -> Result<(), Box<dyn Error>> {
    say("producer: a message acknowledged\n");
    let load = load("producer", MESSAGES, 100).duration(mode.steady()).max_in_flight(8);
    book.drive(&load.run(|ctx| produce::send(&*world.log, FORMAT, world.tick(ctx.number())).map(drop))?);
    Ok(world.drain()?)
}

/// From sending a message to its being stored and committed.
pub(crate) fn consumer(book: &mut Book, world: &World, mode: Mode) -> Result<(), Box<dyn Error>> {
    say("consumer: a message stored\n");
    let load = load("consumer", AWAITED, 200).duration(mode.steady()).max_in_flight(64);
    let outcome = load.run(|ctx: &Ctx| {
        let (partition, offset) =
            produce::send(&*world.log, FORMAT, world.tick(ctx.number())).map_err(|_| "not sent")?;
        let stored = world.log.wait_committed(partition, GROUP, offset, PATIENCE) > offset;
        if stored { Ok(()) } else { Err("not stored") }
    })?;
    book.drive(&outcome);
    Ok(())
}

/// Every endpoint, so many times.
pub(crate) fn api(book: &mut Book, world: &World, mode: Mode) -> Result<(), Box<dyn Error>> {
    let calls = mode.calls();
    say(&format!("API: {calls} calls an endpoint\n"));
    // A few more, since the endpoint of each request is drawn.
    let duration = Duration::from_secs_f64(f64::from(calls) * 1.1 * ENDPOINTS.len() as f64 / REQUESTS);
    let load = load("api", REQUESTS, 100).duration(duration);
    let (outcome, track) = watched(|| api_mix(world, &load))?;
    book.drive(&outcome);
    book.plot(page::course(&outcome));
    note(book, "api", track);
    Ok(())
}

/// Drives the endpoints of a server that runs meanwhile.
pub(crate) fn api_mix(world: &World, load: &Load) -> Result<Outcome, Box<dyn Error>> {
    let server = Server::start("127.0.0.1:0", &world.database, world.symbols.clone())?;
    let popular = (0..8).map(|rank| Symbol(rank).to_string()).collect::<Vec<_>>().join("|");
    let request = |endpoint: &str| {
        Request::new("GET", &format!("http://{}/{endpoint}/{{{{choice {popular}}}}}", server.address()))
    };
    let requests = ENDPOINTS.into_iter().map(request).collect::<Result<Vec<_>, _>>()?;
    let client = Client::new(requests, &Hosts::loopback())?;
    client.reach()?;
    Ok(client.drive(load, &ENDPOINTS.map(Operation::new))?)
}

fn load(name: &str, rate: f64, limit: u64) -> Load {
    told(Load::new(name).rate(rate).poisson().seed(SEED).limit(Duration::from_millis(limit)))
}

/// All of them.
pub(crate) fn run(book: &mut Book, world: &World, mode: Mode) -> Result<(), Box<dyn Error>> {
    producer(book, world, mode)?;
    consumer(book, world, mode)?;
    api(book, world, mode)
}
