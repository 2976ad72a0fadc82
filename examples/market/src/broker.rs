//! Where messages go to: the abstraction that producers and the ingestion are written against. The embedded [`Log`] is one; with
//! the feature `kafka` a topic of a Kafka broker is another.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::log::{Consumer, Log, LogError};
use crate::source::Source;

/// Partitions that take messages, and hand them out to groups of consumers.
pub trait Broker: fmt::Debug + Send + Sync {
    /// What it is and where, for people.
    fn describe(&self) -> String;

    /// How many partitions it has.
    fn partitions(&self) -> usize;

    /// The partition of a key: messages of one symbol stay in order.
    fn partition_of(&self, key: u32) -> usize {
        key as usize % self.partitions()
    }

    /// Appends messages to a partition, and returns the offset of the first when all are acknowledged.
    ///
    /// # Errors
    /// Messages that are not known to be kept.
    fn append(&self, partition: usize, payloads: &[&[u8]]) -> Result<u64, LogError>;

    /// The offset that the next message of a partition will have.
    ///
    /// # Errors
    /// A broker that does not answer.
    fn end(&self, partition: usize) -> Result<u64, LogError>;

    /// The offset that a group has committed in a partition, after waiting until it is more than `offset`, at most so long.
    fn wait_committed(&self, partition: usize, group: &str, offset: u64, most: Duration) -> u64;

    /// The messages of a partition from the offset that this group committed last.
    ///
    /// # Errors
    /// A broker that does not answer.
    fn source(self: Arc<Self>, partition: usize, group: &str) -> Result<Box<dyn Source>, LogError>;
}

impl Broker for Log {
    fn describe(&self) -> String {
        format!("embedded, {} partitions in {}", self.partitions(), self.folder().display())
    }

    fn partitions(&self) -> usize {
        Self::partitions(self)
    }

    fn append(&self, partition: usize, payloads: &[&[u8]]) -> Result<u64, LogError> {
        Self::append(self, partition, payloads)
    }

    fn end(&self, partition: usize) -> Result<u64, LogError> {
        Ok(self.visible(partition).end)
    }

    fn wait_committed(&self, partition: usize, group: &str, offset: u64, most: Duration) -> u64 {
        Self::wait_committed(self, partition, group, offset, most)
    }

    fn source(self: Arc<Self>, partition: usize, group: &str) -> Result<Box<dyn Source>, LogError> {
        Ok(Box::new(Consumer::new(self, partition, group)))
    }
}
