//! A consumer: reads one partition for a group, and commits at the broker how far the group has come.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use perf_core::perf_probe;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::{Offset, TopicPartitionList};

use super::error::log_error;
use super::{Kafka, id};
use crate::log::{Batch, LogError};
use crate::source::Source;

/// Reads a partition in its order, from the offset that its group committed last.
pub struct Consumer {
    kafka: Arc<Kafka>,
    client: BaseConsumer,
    partition: usize,
    group: String,
    committed: u64,
    polled: Polled,
    /// A message that belongs to the next batch.
    held: Option<(u64, Vec<u8>)>,
}

/// Messages that were polled last, in a buffer that is filled again.
#[derive(Debug)]
struct Polled {
    first: u64,
    next: u64,
    bytes: Vec<u8>,
    payloads: Vec<Range<usize>>,
}

impl Polled {
    /// Adds a message; false where it does not follow the last one. A batch has no gaps; a topic may, where the broker removed
    /// messages.
    fn push(&mut self, offset: u64, payload: &[u8]) -> bool {
        if self.payloads.is_empty() {
            self.first = offset;
        } else if offset != self.next {
            return false;
        }
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(payload);
        self.payloads.push(begin..self.bytes.len());
        self.next = offset + 1;
        true
    }
}

impl Consumer {
    /// A consumer of this partition for this group. It is no member of the group as the protocol has it: who reads which partition
    /// is decided here.
    ///
    /// # Errors
    /// A broker that does not answer.
    pub fn new(kafka: Arc<Kafka>, partition: usize, group: &str) -> Result<Self, LogError> {
        let begin = || -> Result<_, KafkaError> {
            let client: BaseConsumer = kafka.config(group).create()?;
            let mut place = TopicPartitionList::new();
            place.add_partition(&kafka.options.topic, id(partition));
            let found = client.committed_offsets(place, kafka.options.patience)?;
            let committed = match found.elements().first().map(TopicPartitionListElem::offset) {
                Some(Offset::Offset(offset)) => offset,
                _ => 0,
            };
            let mut place = TopicPartitionList::new();
            place.add_partition_offset(&kafka.options.topic, id(partition), Offset::Offset(committed))?;
            client.assign(&place)?;
            Ok((client, committed.unsigned_abs()))
        };
        let (client, committed) = begin().map_err(|error| log_error(&error))?;
        kafka.partitions[partition].groups.set(group, committed);
        Ok(Self {
            kafka,
            client,
            partition,
            group: group.to_owned(),
            committed,
            polled: Polled { first: committed, next: committed, bytes: Vec::new(), payloads: Vec::new() },
            held: None,
        })
    }
}

impl Source for Consumer {
    #[perf_probe(name = "kafka::poll", errors)]
    fn poll(&mut self, most: usize) -> Result<Batch<'_>, LogError> {
        let polled = &mut self.polled;
        polled.bytes.clear();
        polled.payloads.clear();
        polled.first = polled.next;
        if let Some((offset, payload)) = self.held.take() {
            polled.push(offset, &payload);
        }
        while polled.payloads.len() < most {
            match self.client.poll(Duration::ZERO) {
                None => break,
                Some(Ok(message)) => {
                    let (offset, payload) = parts(&message);
                    if !polled.push(offset, payload) {
                        self.held = Some((offset, payload.to_vec()));
                        break;
                    }
                }
                Some(Err(error)) => match log_error(&error) {
                    // librdkafka connects again by itself, and a failure that lasts is met at the next poll.
                    LogError::Stopped => break,
                    _ if !polled.payloads.is_empty() => break,
                    error => return Err(error),
                },
            }
        }
        Ok(Batch::new(self.partition, polled.first, &polled.bytes, &polled.payloads))
    }

    #[perf_probe(name = "kafka::commit", errors)]
    fn commit(&mut self) -> Result<(), LogError> {
        let next = self.polled.next;
        if self.committed == next {
            return Ok(());
        }
        let commit = || -> Result<(), KafkaError> {
            let mut place = TopicPartitionList::new();
            let offset = Offset::Offset(i64::try_from(next).unwrap_or(i64::MAX));
            place.add_partition_offset(&self.kafka.options.topic, id(self.partition), offset)?;
            self.client.commit(&place, CommitMode::Sync)
        };
        commit().map_err(|error| log_error(&error))?;
        self.kafka.partitions[self.partition].groups.set(&self.group, next);
        self.committed = next;
        Ok(())
    }

    fn wait(&mut self, most: Duration) -> bool {
        if self.held.is_none()
            && let Some(Ok(message)) = self.client.poll(most)
        {
            let (offset, payload) = parts(&message);
            self.held = Some((offset, payload.to_vec()));
        }
        self.held.is_some()
    }
}

fn parts<'a>(message: &'a BorrowedMessage<'_>) -> (u64, &'a [u8]) {
    (message.offset().unsigned_abs(), message.payload().unwrap_or_default())
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("kafka", &self.kafka)
            .field("partition", &self.partition)
            .field("group", &self.group)
            .field("next", &self.polled.next)
            .finish_non_exhaustive()
    }
}
