//! Seeded streams of data for a system under load: market ticks, key-value accesses, JSON documents, events.
//!
//! Each generator is a value with a seed; iterating over it gives records one by one, in memory that does not grow with
//! their number. Equal seeds and settings give equal streams, on every platform. [`Records::up_to`] makes text of a stated
//! size from any of them, from kilobytes to gigabytes, as a reader or into a writer.
//!
//! | stream | what is drawn | shaped by |
//! |---|---|---|
//! | [`Market`] | trades and quotes | geometric Brownian prices per symbol, Poisson times, lots, conditions |
//! | [`KeyValue`] | reads, writes and deletions of keys | Zipf's law over the keys, log-normal value sizes |
//! | [`Documents`] | JSON documents | log-normal sizes |
//! | [`Events`] | events of named kinds | a weight per kind, Poisson times, Zipf's law over the users |
//!
//! ```
//! use perf_load::data::{Market, Records};
//! use std::io::Read;
//!
//! let mut text = Market::new(7).symbols(100).ticks()?.up_to(64 * 1024);
//! let mut csv = String::new();
//! text.read_to_string(&mut csv).unwrap();
//! assert!(csv.len() >= 64 * 1024 && csv.len() < 65 * 1024);
//! assert!(csv.lines().all(|line| line.starts_with("T,") || line.starts_with("Q,")));
//! # Ok::<(), perf_load::Error>(())
//! ```

mod events;
mod json;
mod keys;
mod market;
mod text;
mod write;

pub use events::{Event, EventStream, Events};
pub use json::{Document, DocumentStream, Documents};
pub use keys::{Access, AccessKind, AccessStream, KeyValue};
pub use market::{Condition, Market, Price, Quote, Side, Symbol, Tick, TickKind, Ticks, Trade};
pub use text::{Record, Records, Text, Written};

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{LogNormal, Zipf};

use crate::Error;

/// The generator of all streams: portable, so equal seeds are equal streams everywhere.
type Random = Xoshiro256PlusPlus;

fn random(seed: u64) -> Random {
    Random::seed_from_u64(seed)
}

/// Ranks from 1 to `count`, with a chance in proportion to 1 ÷ rank^`exponent`.
fn zipf(key: &str, count: u64, exponent: f64) -> Result<Zipf<f64>, Error> {
    if count == 0 {
        return Err(Error::invalid(key, "0 leaves nothing to choose from; give at least 1"));
    }
    if !(0.0..=MOST_EXPONENT).contains(&exponent) {
        let why = format!("{exponent} is no exponent of Zipf's law; give one from 0 (all alike) to {MOST_EXPONENT}");
        return Err(Error::invalid("exponent", why));
    }
    Zipf::new(count as f64, exponent).map_err(|error| Error::invalid("exponent", error.to_string()))
}

/// With greater exponents, every draw is the first rank.
const MOST_EXPONENT: f64 = 20.0;

/// Sizes with this median, and `spread` as the standard deviation of their logarithm.
fn sizes(key: &str, median: f64, spread: f64) -> Result<LogNormal<f64>, Error> {
    if !(1.0..=MOST_BYTES).contains(&median) {
        let why = format!("{median} bytes is no median size; give one from 1 to {MOST_BYTES}");
        return Err(Error::invalid(key, why));
    }
    if !(0.0..=3.0).contains(&spread) {
        let why = format!("{spread} is no spread of sizes; give one from 0 (all alike) to 3");
        return Err(Error::invalid("spread", why));
    }
    LogNormal::new(median.ln(), spread).map_err(|error| Error::invalid("spread", error.to_string()))
}

/// The greatest length of a record, so that memory stays bounded.
const MOST_BYTES: f64 = 16.0 * 1024.0 * 1024.0;

/// Nanoseconds until the next of events that come with a mean rate per second.
fn checked_rate(rate: f64) -> Result<f64, Error> {
    if rate.is_finite() && (1e-6..=1e9).contains(&rate) {
        Ok(1e9 / rate)
    } else {
        Err(Error::invalid("rate", format!("{rate} per second is no rate; give one from 0.000001 to 1000000000")))
    }
}
