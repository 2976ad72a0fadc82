//! Results of requests: an answer, or a failure without one; and how often each came.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::{fmt, io};

use serde::Serialize;

use crate::Class;

/// Why a request failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Trouble {
    /// No connection could be opened.
    Unreachable(io::Error),
    /// The answer was not there in time; its connection was closed.
    TimedOut,
    /// The connection ended within an answer or before it, or the bytes that came were no HTTP.
    Broken(String),
    /// An answer of a status that was not expected.
    Status(u16),
}

impl Trouble {
    /// The class that failures of this kind are counted in.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut => "timed out",
            Self::Broken(_) => "broken",
            Self::Status(status) => class(*status),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) => write!(f, "no connection: {error}"),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Broken(why) => write!(f, "the connection broke: {why}"),
            Self::Status(status) => write!(f, "status {status}"),
        }
    }
}

impl std::error::Error for Trouble {}

/// Failures are counted by status, and by their kind where there was no status.
impl Class for Trouble {
    fn class(&self) -> Cow<'static, str> {
        match self {
            Self::Status(status) => Cow::Owned(status.to_string()),
            other => Cow::Borrowed(other.kind()),
        }
    }
}

/// The class of a status: `2xx`.
fn class(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "other",
    }
}

/// Counts of the answers and failures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Answers {
    /// Answers that were read to their end, by status; expected ones and others.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests for which no connection could be opened.
    pub unreachable: u64,
    /// Requests that were not answered in time.
    pub timed_out: u64,
    /// Requests whose connection broke.
    pub broken: u64,
    /// Bytes of all bodies that came back.
    pub bytes: u64,
    /// Connections that were opened.
    pub connections: u64,
    /// The message of the first failure without a status, by class.
    pub first: BTreeMap<&'static str, String>,
}

impl Answers {
    /// Answers and failures by class, the most frequent first: `2xx`, `5xx`, `timed out`.
    #[must_use]
    pub fn classes(&self) -> Vec<(&'static str, u64)> {
        let mut counts =
            BTreeMap::from([("unreachable", self.unreachable), ("timed out", self.timed_out), ("broken", self.broken)]);
        for (status, count) in &self.statuses {
            *counts.entry(class(*status)).or_default() += count;
        }
        let mut counts: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
        counts.sort_by_key(|(class, count)| (std::cmp::Reverse(*count), *class));
        counts
    }
}

/// Statuses are numbers of three digits.
const STATUSES: usize = 1000;

/// Counts, while requests are in flight.
#[derive(Debug)]
pub(super) struct Tally {
    statuses: Box<[AtomicU64]>,
    unreachable: AtomicU64,
    timed_out: AtomicU64,
    broken: AtomicU64,
    bytes: AtomicU64,
    connections: AtomicU64,
    first: Mutex<BTreeMap<&'static str, String>>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            statuses: (0..STATUSES).map(|_| AtomicU64::new(0)).collect(),
            unreachable: AtomicU64::new(0),
            timed_out: AtomicU64::new(0),
            broken: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            first: Mutex::default(),
        }
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    /// An answer that was read to its end.
    pub(super) fn answered(&self, status: u16, bytes: u64) {
        if let Some(count) = self.statuses.get(usize::from(status)) {
            count.fetch_add(1, Relaxed);
        }
        self.bytes.fetch_add(bytes, Relaxed);
    }

    /// A request that failed.
    pub(super) fn failed(&self, trouble: &Trouble) {
        let count = match trouble {
            Trouble::Unreachable(_) => &self.unreachable,
            Trouble::TimedOut => &self.timed_out,
            Trouble::Broken(_) => &self.broken,
            // It was counted as an answer.
            Trouble::Status(_) => return,
        };
        if count.fetch_add(1, Relaxed) == 0 {
            let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
            first.insert(trouble.kind(), trouble.to_string());
        }
    }

    pub(super) fn read(&self) -> Answers {
        let counts = self.statuses.iter().map(|count| count.load(Relaxed)).zip(0..);
        Answers {
            statuses: counts.filter(|(count, _)| *count > 0).map(|(count, status)| (status, count)).collect(),
            unreachable: self.unreachable.load(Relaxed),
            timed_out: self.timed_out.load(Relaxed),
            broken: self.broken.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            connections: self.connections.load(Relaxed),
            first: self.first.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_is_in_one_class() {
        let tally = Tally::new();
        for status in [200, 200, 201, 404, 503, 999] {
            tally.answered(status, 10);
        }
        tally.failed(&Trouble::Status(404));
        tally.failed(&Trouble::TimedOut);
        tally.failed(&Trouble::Broken("eof".into()));
        tally.failed(&Trouble::Broken("other".into()));
        let read = tally.read();
        assert_eq!(read.classes(), [("2xx", 3), ("broken", 2), ("4xx", 1), ("5xx", 1), ("other", 1), ("timed out", 1)]);
        assert_eq!((read.bytes, read.statuses[&404]), (60, 1));
        assert_eq!(read.first["broken"], "the connection broke: eof");
    }
}
