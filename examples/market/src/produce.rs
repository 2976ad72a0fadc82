//! Producers: ticks into the log, encoded, each to the partition of its symbol.

use std::ops::Range;

use perf_core::perf_probe;

use crate::Tick;
use crate::broker::Broker;
use crate::codec::Format;
use crate::log::LogError;

/// Encodes and appends, with buffers that it fills again.
#[derive(Debug)]
pub struct Producer<'a> {
    log: &'a dyn Broker,
    format: Format,
    partitions: Vec<Pending>,
}

/// Messages for a partition, one behind the other.
#[derive(Debug, Default)]
struct Pending {
    bytes: Vec<u8>,
    messages: Vec<Range<usize>>,
}

impl<'a> Producer<'a> {
    /// A producer for this log.
    #[must_use]
    pub fn new(log: &'a dyn Broker, format: Format) -> Self {
        let partitions = (0..log.partitions()).map(|_| Pending::default()).collect();
        Self { log, format, partitions }
    }

    /// Sends ticks, a batch to each partition that has some.
    ///
    /// # Errors
    /// Of the log; batches of other partitions may have been taken.
    #[perf_probe(name = "producer::send_all", items = ticks.len() as u64, errors)]
    pub fn send_all(&mut self, ticks: &[Tick]) -> Result<(), LogError> {
        for pending in &mut self.partitions {
            pending.bytes.clear();
            pending.messages.clear();
        }
        for tick in ticks {
            let pending = &mut self.partitions[self.log.partition_of(tick.symbol)];
            let begin = pending.bytes.len();
            self.format.encode(tick, &mut pending.bytes);
            pending.messages.push(begin..pending.bytes.len());
        }
        for (partition, pending) in
            self.partitions.iter().enumerate().filter(|(_, pending)| !pending.messages.is_empty())
        {
            let messages: Vec<&[u8]> = pending.messages.iter().map(|place| &pending.bytes[place.clone()]).collect();
            self.log.append(partition, &messages)?;
        }
        Ok(())
    }
}

/// Sends one tick, and returns its partition and offset.
///
/// # Errors
/// Of the log.
#[perf_probe(name = "producer::send", errors)]
pub fn send(log: &dyn Broker, format: Format, tick: &Tick) -> Result<(usize, u64), LogError> {
    let mut bytes = Vec::with_capacity(128);
    format.encode(tick, &mut bytes);
    let partition = log.partition_of(tick.symbol);
    Ok((partition, log.append(partition, &[bytes.as_slice()])?))
}
