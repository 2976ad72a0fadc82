//! Events of named kinds, by weight.

use std::sync::Arc;
use std::time::Duration;

use rand_distr::weighted::WeightedAliasIndex;
use rand_distr::{Distribution, Exp1, Zipf};

use super::write::number;
use super::{Random, Record, checked_rate, random, zipf};
use crate::Error;

/// Events of several kinds, each with a weight, of users of whom few cause most.
///
/// ```
/// use perf_load::data::Events;
///
/// let events = Events::new(9, [("view", 90.0), ("buy", 9.0), ("return", 1.0)]).stream()?;
/// let views = events.take(1_000).filter(|event| &*event.kind == "view").count();
/// assert!((860..940).contains(&views));
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Events {
    seed: u64,
    mix: Vec<(Arc<str>, f64)>,
    rate: f64,
    users: u64,
    exponent: f64,
}

impl Events {
    /// Kinds with their weights; 1,000 events a second of 100,000 users.
    #[must_use]
    pub fn new<S: AsRef<str>>(seed: u64, mix: impl IntoIterator<Item = (S, f64)>) -> Self {
        let mix = mix.into_iter().map(|(kind, weight)| (Arc::from(kind.as_ref()), weight)).collect();
        Self { seed, mix, rate: 1_000.0, users: 100_000, exponent: 1.0 }
    }

    /// Events a second.
    #[must_use]
    pub fn rate(mut self, rate: f64) -> Self {
        self.rate = rate;
        self
    }

    /// How many users there are, and the exponent of Zipf's law by which events are distributed over them.
    #[must_use]
    pub fn users(mut self, users: u64, exponent: f64) -> Self {
        self.users = users;
        self.exponent = exponent;
        self
    }

    /// The stream.
    ///
    /// # Errors
    /// Where there are no kinds, a weight is negative or not a number, all are zero, or another setting makes no stream: the
    /// error names it.
    pub fn stream(&self) -> Result<EventStream, Error> {
        if self.mix.is_empty() {
            return Err(Error::invalid("mix", "no kinds of events; name at least one with its weight"));
        }
        if let Some((kind, weight)) = self.mix.iter().find(|(_, weight)| !(weight.is_finite() && *weight >= 0.0)) {
            let why = format!("{weight} is no weight; give one from 0");
            return Err(Error::invalid(kind.as_ref(), why).under("mix"));
        }
        let weights: Vec<f64> = self.mix.iter().map(|(_, weight)| *weight).collect();
        let greatest = weights.iter().copied().fold(0.0, f64::max);
        // Weights become shares of the greatest, so that no sum overflows.
        let parts = weights.iter().map(|weight| weight / greatest).collect();
        let kinds = WeightedAliasIndex::new(parts)
            .map_err(|_| Error::invalid("mix", "all weights are zero; give one that is greater"))?;
        Ok(EventStream {
            random: random(self.seed),
            names: self.mix.iter().map(|(kind, _)| kind.clone()).collect(),
            kinds,
            gap: checked_rate(self.rate)?,
            users: zipf("users", self.users, self.exponent)?,
            sequence: 0,
            at: 0,
        })
    }
}

/// The stream of [`Events`].
#[derive(Clone, Debug)]
pub struct EventStream {
    random: Random,
    names: Vec<Arc<str>>,
    kinds: WeightedAliasIndex<f64>,
    gap: f64,
    users: Zipf<f64>,
    sequence: u64,
    at: u64,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number, from 0.
    pub sequence: u64,
    /// Time since the stream's beginning.
    pub at: Duration,
    /// The name of its kind.
    pub kind: Arc<str>,
    /// The user who caused it: user 1 causes the most events.
    pub user: u64,
}

impl Iterator for EventStream {
    type Item = Event;

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "gaps and ranks are not negative")]
    fn next(&mut self) -> Option<Event> {
        let gap: f64 = Exp1.sample(&mut self.random);
        self.at = self.at.saturating_add((gap * self.gap) as u64);
        let event = Event {
            sequence: self.sequence,
            at: Duration::from_nanos(self.at),
            kind: self.names[self.kinds.sample(&mut self.random)].clone(),
            user: self.users.sample(&mut self.random) as u64,
        };
        self.sequence += 1;
        Some(event)
    }
}

/// A JSON object on one line: `sequence`, `at_ns`, `kind`, `user`.
impl Record for Event {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"sequence\":");
        number(out, self.sequence);
        out.extend_from_slice(b",\"at_ns\":");
        number(out, u64::try_from(self.at.as_nanos()).unwrap_or(u64::MAX));
        out.extend_from_slice(b",\"kind\":");
        // Names may contain any characters; writing to memory cannot fail.
        let _ = serde_json::to_writer(&mut *out, self.kind.as_ref());
        out.extend_from_slice(b",\"user\":");
        number(out, self.user);
        out.push(b'}');
    }
}
