//! The log by the real protocol: a topic of a Kafka broker, through librdkafka.
//!
//! [`Kafka`] is the [`Broker`]: it appends with an idempotent producer, and waits for the acknowledgement of each message. A
//! [`Consumer`] reads one partition from the offset that its group committed last, and commits there. A broker that is away is
//! [`LogError::Stopped`], as an embedded log that is stopped; librdkafka connects again by itself.
//!
//! Not here: what the payloads mean.

mod batch;
mod consumer;
mod error;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use perf_core::perf_probe;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};

use crate::broker::Broker;
use crate::log::LogError;
use crate::log::groups::Groups;
use crate::source::Source;

use batch::{Batch, Reports};
pub use consumer::Consumer;
use error::log_error;

/// How a topic is used.
#[derive(Clone, Debug)]
pub struct Options {
    /// The topic. It is made where there is none.
    pub topic: String,
    /// Partitions of a topic that is made.
    pub partitions: i32,
    /// How long the broker may take to acknowledge or to answer, before it counts as away.
    pub patience: Duration,
    /// Messages that the slowest group of this process may be behind in a partition; beyond it appends are refused as
    /// [`LogError::BackPressure`]. A Kafka broker has no such bound, so it is kept here.
    pub max_lag: Option<u64>,
}

impl Options {
    /// Four partitions, five seconds, no bound on the lag.
    #[must_use]
    pub fn new(topic: &str) -> Self {
        Self { topic: topic.to_owned(), partitions: 4, patience: Duration::from_secs(5), max_lag: None }
    }
}

/// A topic.
pub struct Kafka {
    brokers: String,
    options: Options,
    partitions: Vec<Partition>,
    /// Replaced when a failure has ended it.
    producer: RwLock<Arc<ThreadedProducer<Reports>>>,
}

/// What this process knows of a partition.
#[derive(Debug, Default)]
struct Partition {
    groups: Groups,
    /// The offset after the last message that was acknowledged here.
    acknowledged: AtomicU64,
}

impl Kafka {
    /// Opens the topic at these brokers, or makes one.
    ///
    /// # Errors
    /// Brokers that do not answer, or that cannot make the topic.
    pub fn open(brokers: &str, options: Options) -> Result<Self, LogError> {
        let away = |error: &KafkaError| {
            LogError::Broker(format!("none answers at {brokers} ({error}); start one, or give its address"))
        };
        let producer = producer(brokers, &options).map_err(|error| log_error(&error))?;
        let found = |topic: Option<&str>| -> Result<usize, LogError> {
            let metadata = producer.client().fetch_metadata(topic, options.patience).map_err(|error| away(&error))?;
            let topic = metadata.topics().iter().find(|topic| topic.name() == options.topic);
            Ok(topic.map_or(0, |topic| topic.partitions().len()))
        };
        // By a list of all topics: a broker may make one that is asked for, with partitions of its own choice.
        let mut number = found(None)?;
        if number == 0 {
            let made = make(brokers, &options);
            number = found(Some(&options.topic))?;
            if number == 0 {
                let why = made.err().unwrap_or_else(|| "it has no partitions".to_owned());
                return Err(LogError::Broker(format!("{brokers} did not make the topic {}: {why}", options.topic)));
            }
        }
        let partitions = (0..number).map(|_| Partition::default()).collect();
        Ok(Self { brokers: brokers.to_owned(), options, partitions, producer: RwLock::new(Arc::new(producer)) })
    }

    /// Appends messages to a partition, and returns the offset of the first when the broker has acknowledged all. Other threads'
    /// messages may lie between them.
    ///
    /// # Errors
    /// Messages that were not acknowledged in time. Some of them may be in the log: the acknowledgement may be what was lost.
    #[perf_probe(name = "kafka::append", items = payloads.len() as u64, errors)]
    pub fn append(&self, partition: usize, payloads: &[&[u8]]) -> Result<u64, LogError> {
        let known = &self.partitions[partition];
        let end = known.acknowledged.load(Ordering::Relaxed) + payloads.len() as u64;
        if known.groups.too_far_behind(end, self.options.max_lag) {
            return Err(LogError::BackPressure);
        }
        let producer = self.producer();
        let batch = Arc::new(Batch::new(payloads.len()));
        for (number, payload) in payloads.iter().enumerate() {
            let record = BaseRecord::<(), [u8], _>::with_opaque_to(&self.options.topic, Arc::clone(&batch))
                .partition(id(partition))
                .payload(payload);
            if let Err((error, _)) = producer.send(record) {
                batch.refused(payloads.len() - number, log_error(&error));
                break;
            }
        }
        let places = batch.wait().or_else(|error| {
            if producer.client().fatal_error().is_none() {
                return Err(error);
            }
            self.replace(&producer)?;
            Err(LogError::Stopped)
        })?;
        known.acknowledged.fetch_max(places.end, Ordering::Relaxed);
        Ok(places.start)
    }

    fn producer(&self) -> Arc<ThreadedProducer<Reports>> {
        Arc::clone(&self.producer.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another producer in the place of one that has ended, unless another thread was first.
    fn replace(&self, ended: &Arc<ThreadedProducer<Reports>>) -> Result<(), LogError> {
        let mut current = self.producer.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, ended) {
            *current = Arc::new(producer(&self.brokers, &self.options).map_err(|error| log_error(&error))?);
        }
        Ok(())
    }

    fn config(&self, group: &str) -> ClientConfig {
        let mut config = config(&self.brokers);
        config
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            // How long a commit waits for a broker that is away; nothing else here depends on sessions.
            .set("session.timeout.ms", self.options.patience.as_millis().to_string())
            .set("fetch.wait.max.ms", "100")
            .set("fetch.error.backoff.ms", "100");
        config
    }
}

impl Broker for Kafka {
    fn describe(&self) -> String {
        format!("Kafka at {}, {} partitions of the topic {}", self.brokers, self.partitions(), self.options.topic)
    }

    fn partitions(&self) -> usize {
        self.partitions.len()
    }

    fn append(&self, partition: usize, payloads: &[&[u8]]) -> Result<u64, LogError> {
        Self::append(self, partition, payloads)
    }

    /// What was acknowledged here is there in any case: a broker may tell where its last batch begins instead (tansu 0.6.0 does).
    fn end(&self, partition: usize) -> Result<u64, LogError> {
        let (_, end) = self
            .producer()
            .client()
            .fetch_watermarks(&self.options.topic, id(partition), self.options.patience)
            .map_err(|error| log_error(&error))?;
        Ok(end.unsigned_abs().max(self.partitions[partition].acknowledged.load(Ordering::Relaxed)))
    }

    /// Of the groups whose consumers are in this process: what the broker has acknowledged to them.
    fn wait_committed(&self, partition: usize, group: &str, offset: u64, most: Duration) -> u64 {
        self.partitions[partition].groups.wait(group, offset, most)
    }

    fn source(self: Arc<Self>, partition: usize, group: &str) -> Result<Box<dyn Source>, LogError> {
        Ok(Box::new(Consumer::new(self, partition, group)?))
    }
}

impl fmt::Debug for Kafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kafka").field("brokers", &self.brokers).field("options", &self.options).finish_non_exhaustive()
    }
}

/// The protocol's number of a partition.
fn id(partition: usize) -> i32 {
    i32::try_from(partition).unwrap_or(i32::MAX)
}

fn config(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    // A broker that comes back is found within half a second.
    config.set("bootstrap.servers", brokers).set("reconnect.backoff.max.ms", "500");
    config
}

fn producer(brokers: &str, options: &Options) -> Result<ThreadedProducer<Reports>, KafkaError> {
    config(brokers)
        .set("acks", "all")
        // A message that is sent again after an answer was lost is kept once.
        .set("enable.idempotence", "true")
        // Each append waits for its acknowledgement, so nothing is gained by waiting for more messages.
        .set("linger.ms", "0")
        .set("message.timeout.ms", options.patience.as_millis().to_string())
        .create_with_context(Reports)
}

/// Makes the topic; why the broker did not.
fn make(brokers: &str, options: &Options) -> Result<(), String> {
    let made = || -> Result<_, Box<dyn std::error::Error>> {
        let admin: AdminClient<DefaultClientContext> = config(brokers).create()?;
        let topic = NewTopic::new(&options.topic, options.partitions, TopicReplication::Fixed(1));
        let patience = AdminOptions::new().request_timeout(Some(options.patience));
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(runtime.block_on(admin.create_topics([&topic], &patience))?)
    };
    let answers = made().map_err(|error| error.to_string())?;
    answers.into_iter().try_for_each(|answer| answer.map(drop).map_err(|(_, code)| code.to_string()))
}

#[cfg(test)]
mod tests {
    use rdkafka::mocking::MockCluster;

    use super::*;

    #[test]
    fn what_was_acknowledged_is_before_the_end_whatever_the_broker_tells() {
        let mock = MockCluster::new(1).unwrap();
        mock.create_topic("ticks", 4, 1).unwrap();
        let kafka = Kafka::open(&mock.bootstrap_servers(), Options::new("ticks")).unwrap();
        let messages: [&[u8]; 3] = [b"one", b"two", b"three"];
        assert_eq!(kafka.append(1, &messages).unwrap(), 0);
        let _ = Kafka::open(&mock.bootstrap_servers(), Options::new("ticks")).unwrap().append(1, &messages).unwrap();
        assert_eq!(Broker::end(&kafka, 1).unwrap(), 6, "messages of others as well");
        kafka.partitions[1].acknowledged.store(9, Ordering::Relaxed);
        assert_eq!(Broker::end(&kafka, 1).unwrap(), 9);
    }
}
