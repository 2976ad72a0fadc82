//! Consumers with batching: messages are polled, decoded, stored and committed, in one of five strategies.
//!
//! | strategy | a batch | threads |
//! |---|---|---|
//! | [`Strategy::PerRecord`] | one message | one for all partitions |
//! | [`Strategy::Fixed`] | up to so many | one for all partitions |
//! | [`Strategy::Large`] | up to 5,000 | one for all partitions |
//! | [`Strategy::Ring`] | up to 1,000, in buffers that go round between a reader and a writer | two |
//! | [`Strategy::Parallel`] | up to so many | one a partition; one of them stores at a time |
//!
//! A batch is committed after it was stored, so that a failure repeats it, and the store passes over what it has already. A
//! message that cannot be decoded is counted, kept aside in `poison`, and passed over: it must not stop those behind it.

mod ring;
mod step;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::broker::Broker;
use crate::codec::Format;
use crate::log::LogError;
use crate::source::Source;
use crate::sql::{Store, StoreError};
use crate::symbols::Symbols;

pub use step::{IngestError, Sink, Step};

/// The group of these consumers.
pub const GROUP: &str = "ingest";
/// How long an idle consumer sleeps, at most, before it looks whether it is to end.
const IDLE: Duration = Duration::from_millis(5);
/// How often a wait for the consumers looks whether they are still there.
const LOOK: Duration = Duration::from_millis(100);

/// How messages are gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Each by itself.
    PerRecord,
    /// So many at a time.
    Fixed(usize),
    /// 5,000 at a time.
    Large,
    /// Through a ring of buffers.
    Ring,
    /// So many at a time, each partition on a thread of its own.
    Parallel(usize),
}

impl Strategy {
    /// One of each.
    pub const ALL: [Self; 5] = [Self::PerRecord, Self::Fixed(100), Self::Large, Self::Ring, Self::Parallel(500)];

    /// Messages of a batch, at most.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            Self::PerRecord => 1,
            Self::Fixed(most) | Self::Parallel(most) => most,
            Self::Large => 5_000,
            Self::Ring => 1_000,
        }
    }

    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PerRecord => "per record",
            Self::Fixed(_) => "fixed batch",
            Self::Large => "large batch",
            Self::Ring => "ring buffer",
            Self::Parallel(_) => "parallel batches",
        }
    }
}

/// Counts of what consumers met.
#[derive(Debug, Default)]
pub struct Counts {
    /// Messages that were stored.
    pub stored: AtomicU64,
    /// Messages that could not be decoded.
    pub poison: AtomicU64,
    /// Batches that were tried again, since the database was locked or full, or the broker did not take a commit.
    pub retried: AtomicU64,
}

/// Consumers at work on threads of their own, until they are dropped.
#[derive(Debug)]
pub struct Ingest {
    log: Arc<dyn Broker>,
    counts: Arc<Counts>,
    stop: Arc<AtomicBool>,
    threads: Mutex<Vec<thread::JoinHandle<Result<(), IngestError>>>>,
}

/// What consumers need to know.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The log.
    pub log: Arc<dyn Broker>,
    /// The format of its messages.
    pub format: Format,
    /// How they are gathered.
    pub strategy: Strategy,
    /// The database.
    pub database: PathBuf,
    /// The symbols that it gets when it is made.
    pub symbols: Arc<Symbols>,
    /// A pause after each batch: a consumer that is too slow.
    pub pause: Duration,
}

impl Plan {
    /// Batches of 500 of the binary schema, into this database.
    #[must_use]
    pub fn new(log: Arc<dyn Broker>, database: &Path, symbols: Arc<Symbols>) -> Self {
        let (format, strategy, pause) = (Format::Schema, Strategy::Fixed(500), Duration::ZERO);
        Self { log, format, strategy, database: database.to_owned(), symbols, pause }
    }

    fn step(&self, counts: &Arc<Counts>) -> Result<Step<Store>, StoreError> {
        let store = Store::open(&self.database, &self.symbols)?;
        let folder = self.database.parent().unwrap_or(Path::new(""));
        Ok(Step::new(store, self.format, Arc::clone(counts), folder))
    }

    fn sources(&self) -> Result<Vec<Box<dyn Source>>, LogError> {
        (0..self.log.partitions()).map(|partition| Arc::clone(&self.log).source(partition, GROUP)).collect()
    }
}

impl Ingest {
    /// Starts the consumers.
    ///
    /// # Errors
    /// A database that cannot be opened, or a broker that does not answer.
    pub fn start(plan: &Plan) -> Result<Self, IngestError> {
        let counts = Arc::new(Counts::default());
        let stop = Arc::new(AtomicBool::new(false));
        let most = plan.strategy.most();
        let pause = plan.pause;
        let mut threads = Vec::new();
        match plan.strategy {
            Strategy::Parallel(_) => {
                for mut source in plan.sources()? {
                    let (mut work, stop) = (plan.step(&counts)?, Arc::clone(&stop));
                    threads.push(thread::spawn(move || {
                        while !stop.load(Ordering::Relaxed) {
                            if work.run(source.as_mut(), most, &stop)? == 0 {
                                let _ = source.wait(IDLE);
                            }
                            thread::sleep(pause);
                        }
                        Ok(())
                    }));
                }
            }
            Strategy::Ring => {
                let (work, sources, stop) = (plan.step(&counts)?, plan.sources()?, Arc::clone(&stop));
                threads.push(thread::spawn(move || ring::run(sources, work, most, &stop)));
            }
            Strategy::PerRecord | Strategy::Fixed(_) | Strategy::Large => {
                let (mut work, mut sources, stop) = (plan.step(&counts)?, plan.sources()?, Arc::clone(&stop));
                threads.push(thread::spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        let mut done = 0;
                        for source in &mut sources {
                            done += work.run(source.as_mut(), most, &stop)?;
                        }
                        if done == 0 {
                            thread::sleep(IDLE / 10);
                        }
                        thread::sleep(pause);
                    }
                    Ok(())
                }));
            }
        }
        Ok(Self { log: Arc::clone(&plan.log), counts, stop, threads: Mutex::new(threads) })
    }

    /// What they met so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Waits until all that the log has is committed, at most so long; a broker that is away may be back by then.
    ///
    /// # Errors
    /// [`IngestError::Behind`] where it takes longer, and what ended a consumer or keeps the broker from answering.
    pub fn drain(&self, most: Duration) -> Result<(), IngestError> {
        let begun = Instant::now();
        let go_on = |error: IngestError| if begun.elapsed() < most { self.ended() } else { Err(error) };
        for partition in 0..self.log.partitions() {
            let end = loop {
                match self.log.end(partition) {
                    Err(LogError::Stopped) => {
                        go_on(LogError::Stopped.into())?;
                        thread::sleep(LOOK);
                    }
                    end => break end?,
                }
            };
            while end > 0 && self.log.wait_committed(partition, GROUP, end - 1, LOOK) < end {
                go_on(IngestError::Behind)?;
            }
        }
        Ok(())
    }

    /// What ended a consumer, where one has ended: nothing is stored any more.
    fn ended(&self) -> Result<(), IngestError> {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        match threads.iter().position(thread::JoinHandle::is_finished) {
            Some(ended) => threads.swap_remove(ended).join().unwrap_or(Err(IngestError::Panicked)),
            None => Ok(()),
        }
    }

    /// Ends the consumers after the batches that they are at.
    ///
    /// # Errors
    /// What ended one of them before.
    pub fn stop(self) -> Result<(), IngestError> {
        self.join().into_iter().try_for_each(|ended| ended.unwrap_or(Err(IngestError::Panicked)))
    }

    fn join(&self) -> Vec<thread::Result<Result<(), IngestError>>> {
        self.stop.store(true, Ordering::Relaxed);
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.drain(..).map(thread::JoinHandle::join).collect()
    }
}

impl Drop for Ingest {
    fn drop(&mut self) {
        let _ = self.join();
    }
}
