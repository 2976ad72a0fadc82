//! All of it at once: messages, queries, requests and columnar storage, under the shape of a day compressed into minutes.

use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use market::archive::{Archive, Columns};
use market::produce;
use perf_load::{Arrivals, Load, page};

use super::book::{Book, say, told};
use super::latency::api_mix;
use super::scale::Mode;
use super::throughput::query_mix;
use super::watched::watched;
use super::world::{FORMAT, SEED, World};

/// Messages a second at night and at noon; queries and requests a second at noon.
const MESSAGES: [f64; 2] = [200.0, 3_000.0];
const QUERIES: f64 = 50.0;
const REQUESTS: f64 = 100.0;
/// Ticks of a row group.
const ROWS: usize = 20_000;

/// A day.
pub(crate) fn run(book: &mut Book, world: &World, mode: Mode) -> Result<(), Box<dyn Error>> {
    let day = mode.day();
    say(&format!("production: a day in {} s\n", day.as_secs()));
    let shape = |low: f64, high: f64| Arrivals::day(low, high, day, day).map(|arrivals| arrivals.poisson(SEED));
    let load =
        |name: &str, arrivals| told(Load::new(name).arrivals(arrivals).seed(SEED).limit(Duration::from_millis(100)));
    let messages = load("day messages", shape(MESSAGES[0], MESSAGES[1])?).max_in_flight(8);
    let queries = load("day queries", shape(QUERIES / 10.0, QUERIES)?).max_in_flight(2);
    let requests = load("day requests", shape(REQUESTS / 10.0, REQUESTS)?);
    let groups = load("day storage", Arrivals::constant(2.0, day)?).max_in_flight(1);
    let archive = Mutex::new((Archive::create(&world.folder.join("day.parquet"))?, Columns::default()));
    let (outcomes, track) = watched(|| {
        // Errors of the drives become texts: a box of any error does not leave its thread.
        let text = |error: Box<dyn Error>| error.to_string();
        thread::scope(|scope| {
            let messages = scope.spawn(|| {
                messages
                    .run(|ctx| produce::send(&*world.log, FORMAT, world.tick(ctx.number())).map(drop))
                    .map_err(|error| error.to_string())
            });
            let queries = scope.spawn(|| query_mix(world, &queries).map_err(text));
            let requests = scope.spawn(|| api_mix(world, &requests).map_err(text));
            let groups = scope.spawn(|| {
                let write = |_: &_| {
                    let (archive, columns) = &mut *archive.lock().unwrap_or_else(PoisonError::into_inner);
                    columns.fill(&world.ticks[..ROWS]);
                    archive.write(columns)
                };
                groups.run(write).map_err(|error| error.to_string())
            });
            let drives = [messages, queries, requests, groups].map(thread::ScopedJoinHandle::join);
            let ended = drives.into_iter().map(|ended| ended.unwrap_or_else(|_| Err("a drive panicked".to_owned())));
            Ok(ended.collect::<Result<Vec<_>, String>>()?)
        })
    })?;
    archive.into_inner().unwrap_or_else(PoisonError::into_inner).0.finish()?;
    for outcome in &outcomes {
        book.drive(outcome);
        book.plot(page::course(outcome));
    }
    book.track(track);
    Ok(world.drain()?)
}
