//! One batch: poll, decode, store, commit.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fmt, thread};

use perf_core::perf_probe;
use perf_load::Class;

use super::Counts;
use crate::codec::{Format, Poison};
use crate::inject::{self, Inject};
use crate::log::{Batch, LogError};
use crate::source::Source;
use crate::sql::{Entry, Store, StoreError};

/// How long a batch waits before it is tried again.
const AGAIN: Duration = Duration::from_millis(10);

/// Where decoded batches go.
pub trait Sink {
    /// Takes a batch, whole or not at all; `end` is the offset after its last message, poison included.
    ///
    /// # Errors
    /// [`StoreError::Locked`] and [`StoreError::DiskFull`] where it may be tried again.
    fn apply(&mut self, partition: usize, entries: &[Entry], end: u64) -> Result<(), StoreError>;
}

impl Sink for Store {
    fn apply(&mut self, partition: usize, entries: &[Entry], end: u64) -> Result<(), StoreError> {
        Self::apply(self, partition, entries, end)
    }
}

/// The work of a consumer on a batch, with the buffers that it fills again each time.
#[derive(Debug)]
pub struct Step<S> {
    pub(super) decoder: Decoder,
    pub(super) storer: Storer<S>,
    entries: Vec<Entry>,
}

/// The first half of a step.
#[derive(Debug)]
pub(super) struct Decoder {
    format: Format,
    pub(super) counts: Arc<Counts>,
    aside: Aside,
}

/// The second half of a step.
#[derive(Debug)]
pub(super) struct Storer<S> {
    sink: S,
    counts: Arc<Counts>,
}

/// Why a consumer ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum IngestError {
    /// The log.
    Log(LogError),
    /// The database.
    Store(StoreError),
    /// Its thread panicked.
    Panicked,
    /// It did not store in time what the log has.
    Behind,
}

impl<S: Sink> Step<S> {
    /// A step into this sink; messages that cannot be read go to the file `poison` in this folder.
    #[must_use]
    pub fn new(sink: S, format: Format, counts: Arc<Counts>, folder: &Path) -> Self {
        let aside = Aside { path: folder.join("poison"), file: None };
        let decoder = Decoder { format, counts: Arc::clone(&counts), aside };
        Self { decoder, storer: Storer { sink, counts }, entries: Vec::new() }
    }

    /// Polls, decodes, stores and commits a batch; how many messages it had. A database that is locked or full, and a broker that
    /// is away, are tried again until `stop`.
    ///
    /// # Errors
    /// Of the log, and failures of the database that do not pass.
    #[perf_probe(name = "ingest::batch", errors)]
    pub fn run<C: Source + ?Sized>(
        &mut self,
        source: &mut C,
        most: usize,
        stop: &AtomicBool,
    ) -> Result<usize, IngestError> {
        let batch = source.poll(most)?;
        if batch.is_empty() {
            return Ok(0);
        }
        let (partition, end, length) = (batch.partition, batch.end(), batch.len());
        self.decoder.decode(&batch, &mut self.entries)?;
        if self.storer.store(partition, &self.entries, end, stop)? {
            commit(source, &self.decoder.counts, stop)?;
        }
        Ok(length)
    }
}

impl Decoder {
    /// Decodes a batch into entries, in place of what was there.
    pub(super) fn decode(&mut self, batch: &Batch<'_>, entries: &mut Vec<Entry>) -> Result<(), IngestError> {
        let poisoned = decode(self.format, batch, entries, |offset, payload, poison| {
            self.aside.keep(batch.partition, offset, payload, poison)
        });
        self.counts.poison.fetch_add(poisoned?, Ordering::Relaxed);
        Ok(())
    }
}

impl<S: Sink> Storer<S> {
    /// Stores entries; false where it was to stop first.
    pub(super) fn store(
        &mut self,
        partition: usize,
        entries: &[Entry],
        end: u64,
        stop: &AtomicBool,
    ) -> Result<bool, IngestError> {
        loop {
            match self.sink.apply(partition, entries, end) {
                Ok(()) => break,
                Err(StoreError::Locked | StoreError::DiskFull) => {
                    self.counts.retried.fetch_add(1, Ordering::Relaxed);
                    if stop.load(Ordering::Relaxed) {
                        return Ok(false);
                    }
                    thread::sleep(AGAIN);
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.counts.stored.fetch_add(entries.len() as u64, Ordering::Relaxed);
        if inject::is(Inject::Leak) {
            static KEPT: Mutex<Vec<Vec<Entry>>> = Mutex::new(Vec::new());
            KEPT.lock().unwrap_or_else(PoisonError::into_inner).push(entries.to_vec());
        }
        Ok(true)
    }
}

/// Commits what was stored. Where it was to stop first the messages come again, and the store passes over them.
///
/// # Errors
/// Failures of the log that do not pass.
pub(super) fn commit<C: Source + ?Sized>(
    source: &mut C,
    counts: &Counts,
    stop: &AtomicBool,
) -> Result<(), IngestError> {
    while let Err(error) = source.commit() {
        if !matches!(error, LogError::Stopped) {
            return Err(error.into());
        }
        counts.retried.fetch_add(1, Ordering::Relaxed);
        if stop.load(Ordering::Relaxed) {
            break;
        }
        thread::sleep(AGAIN);
    }
    Ok(())
}

/// Decodes each message; how many could not be, which `keep` was given.
///
/// # Errors
/// Of `keep`.
#[perf_probe(name = "ingest::decode", items = batch.len() as u64, errors)]
pub(super) fn decode<E>(
    format: Format,
    batch: &Batch<'_>,
    entries: &mut Vec<Entry>,
    mut keep: impl FnMut(u64, &[u8], Poison) -> Result<(), E>,
) -> Result<u64, E> {
    entries.clear();
    let mut poisoned = 0;
    for (offset, payload) in batch.iter() {
        match format.decode(payload) {
            Ok(tick) => entries.push(Entry { offset, tick }),
            Err(poison) => {
                keep(offset, payload, poison)?;
                poisoned += 1;
            }
        }
    }
    Ok(poisoned)
}

/// Messages that could not be read, for people to look at: a line each.
#[derive(Debug)]
struct Aside {
    path: PathBuf,
    file: Option<File>,
}

impl Aside {
    fn keep(&mut self, partition: usize, offset: u64, payload: &[u8], poison: Poison) -> Result<(), LogError> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(OpenOptions::new().append(true).create(true).open(&self.path)?),
        };
        let line = format!("partition {partition}, message {offset}: {poison}: {}\n", payload.escape_ascii());
        Ok(file.write_all(line.as_bytes())?)
    }
}

impl IngestError {
    /// Whether it may be over when it is tried again later.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self, Self::Log(LogError::Stopped | LogError::BackPressure | LogError::DiskFull(_)))
    }
}

impl Class for IngestError {
    fn class(&self) -> Cow<'static, str> {
        match self {
            Self::Log(error) => error.class(),
            Self::Store(error) => error.class(),
            Self::Panicked => "panic".into(),
            Self::Behind => "consumers behind".into(),
        }
    }
}

impl From<LogError> for IngestError {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

impl From<StoreError> for IngestError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for IngestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Panicked => f.write_str("a consumer panicked"),
            Self::Behind => f.write_str("the consumers did not store in time what was sent; is the disk full?"),
        }
    }
}

impl std::error::Error for IngestError {}
