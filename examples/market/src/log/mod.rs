//! A partitioned log: append-only segment files, offsets, consumers that commit.
//!
//! [`Log`] is the broker: it owns the `partition`s, each a folder of `segment` files. A [`consumer`] reads one partition from
//! the offset that its group committed last. What is acknowledged is whole in a file; a torn end, which a full disk or a killed
//! process leaves, is cut off when the partition is opened.
//!
//! Not here: what the payloads mean.

pub mod consumer;
mod error;
pub(crate) mod groups;
mod partition;
mod segment;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use perf_core::perf_probe;

pub use consumer::{Batch, Consumer};
pub use error::LogError;
use partition::Partition;
pub use partition::Visible;

/// How a log is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// Partitions, each with an order of its own.
    pub partitions: usize,
    /// A segment that has so many bytes is followed by another one.
    pub segment_bytes: u64,
    /// Whether an append reaches the disk before it is acknowledged. Without, it has reached the kernel.
    pub sync: bool,
    /// Messages that the slowest group may be behind, in a partition; beyond it appends are refused as
    /// [`LogError::BackPressure`].
    pub max_lag: Option<u64>,
}

impl Default for Options {
    /// Four partitions, segments of 64 MiB, acknowledged by the kernel, no bound on the lag.
    fn default() -> Self {
        Self { partitions: 4, segment_bytes: 64 << 20, sync: false, max_lag: None }
    }
}

/// The broker.
#[derive(Debug)]
pub struct Log {
    folder: PathBuf,
    options: Options,
    partitions: Vec<Partition>,
    stopped: AtomicBool,
}

impl Log {
    /// Opens the log in this folder, or begins one.
    ///
    /// # Errors
    /// Files that cannot be read or written.
    pub fn open(folder: impl AsRef<Path>, options: Options) -> Result<Self, LogError> {
        let folder = folder.as_ref().to_owned();
        let partitions = (0..options.partitions.max(1))
            .map(|number| Partition::open(&folder.join(format!("partition-{number:03}")), &options))
            .collect::<Result<_, _>>()?;
        Ok(Self { folder, options, partitions, stopped: AtomicBool::new(false) })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many partitions it has.
    #[must_use]
    pub fn partitions(&self) -> usize {
        self.partitions.len()
    }

    /// The partition of a key: messages of one symbol stay in order.
    #[must_use]
    pub fn partition_of(&self, key: u32) -> usize {
        key as usize % self.partitions.len()
    }

    /// Appends messages to a partition, all or none, and returns the offset of the first.
    ///
    /// # Errors
    /// A log that was stopped, consumers too far behind, a disk that is full, other failures of the file: nothing of it is then
    /// in the log.
    #[perf_probe(name = "log::append", items = payloads.len() as u64, errors)]
    pub fn append<P: AsRef<[u8]>>(&self, partition: usize, payloads: &[P]) -> Result<u64, LogError> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(LogError::Stopped);
        }
        self.partitions[partition].append(payloads, &self.options)
    }

    /// What can be read of a partition.
    #[must_use]
    pub fn visible(&self, partition: usize) -> Visible {
        self.partitions[partition].visible()
    }

    /// Waits until a partition has more than so many messages, at most so long; the messages it has then.
    #[must_use]
    pub fn wait(&self, partition: usize, offset: u64, most: Duration) -> u64 {
        self.partitions[partition].wait(offset, most)
    }

    /// The offset that a group has committed in a partition.
    #[must_use]
    pub fn committed(&self, partition: usize, group: &str) -> u64 {
        self.partitions[partition].groups().committed(group)
    }

    /// The same, after waiting until it is more than `offset`, at most so long.
    #[must_use]
    pub fn wait_committed(&self, partition: usize, group: &str, offset: u64, most: Duration) -> u64 {
        self.partitions[partition].groups().wait(group, offset, most)
    }

    /// Messages that a group has not committed yet, in all partitions.
    #[must_use]
    pub fn lag(&self, group: &str) -> u64 {
        self.partitions
            .iter()
            .map(|partition| partition.visible().end.saturating_sub(partition.groups().committed(group)))
            .sum()
    }

    /// Refuses all appends from now on, as a broker that is down: [`LogError::Stopped`].
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    /// Takes appends again.
    pub fn start(&self) {
        self.stopped.store(false, Ordering::Release);
    }

    pub(crate) fn bases(&self, partition: usize) -> Vec<u64> {
        self.partitions[partition].bases()
    }

    pub(crate) fn partition_folder(&self, partition: usize) -> &Path {
        self.partitions[partition].folder()
    }

    pub(crate) fn commit(&self, partition: usize, group: &str, offset: u64) -> Result<(), LogError> {
        self.partitions[partition].commit(group, offset)
    }

    /// Takes a group into account when appends are held against [`Options::max_lag`].
    pub(crate) fn join(&self, partition: usize, group: &str) -> u64 {
        self.partitions[partition].groups().join(group)
    }
}
