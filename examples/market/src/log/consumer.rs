//! A consumer: reads one partition for a group, and commits how far the group has come.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use perf_core::perf_probe;

use super::segment::{self, HEADER, Parsed};
use super::{Log, LogError};

/// Bytes that are read at once.
const CHUNK: usize = 256 << 10;

/// Reads a partition in its order, from the offset that its group committed last.
#[derive(Debug)]
pub struct Consumer {
    log: Arc<Log>,
    partition: usize,
    group: String,
    next: u64,
    committed: u64,
    segment: Option<Segment>,
    /// Bytes that were read; those before `used` were handed out.
    buffer: Vec<u8>,
    used: usize,
    payloads: Vec<Range<usize>>,
}

#[derive(Debug)]
struct Segment {
    file: File,
    base: u64,
    /// How far the file was read into the buffer.
    read: u64,
}

/// Messages of a partition, where they lie in the consumer's buffer: nothing is copied.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The partition.
    pub partition: usize,
    /// The first message's offset.
    pub first: u64,
    bytes: &'a [u8],
    payloads: &'a [Range<usize>],
}

impl<'a> Batch<'a> {
    /// Messages that lie in these bytes.
    #[must_use]
    pub fn new(partition: usize, first: u64, bytes: &'a [u8], payloads: &'a [Range<usize>]) -> Self {
        Self { partition, first, bytes, payloads }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.payloads.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.payloads.is_empty()
    }

    /// The offset after the last.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first + self.payloads.len() as u64
    }

    /// Each message with its offset.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &'a [u8])> + use<'a> {
        let (bytes, first) = (self.bytes, self.first);
        (first..).zip(self.payloads.iter().map(move |place| &bytes[place.clone()]))
    }
}

impl Consumer {
    /// A consumer of this partition for this group.
    #[must_use]
    pub fn new(log: Arc<Log>, partition: usize, group: &str) -> Self {
        let next = log.join(partition, group);
        Self {
            log,
            partition,
            group: group.to_owned(),
            next,
            committed: next,
            segment: None,
            buffer: Vec::new(),
            used: 0,
            payloads: Vec::new(),
        }
    }

    /// The partition.
    #[must_use]
    pub fn partition(&self) -> usize {
        self.partition
    }

    /// The next messages, at most so many; an empty batch where there are none yet.
    ///
    /// # Errors
    /// Files that cannot be read, or that are not as they were written.
    #[perf_probe(name = "log::poll", errors)]
    pub fn poll(&mut self, most: usize) -> Result<Batch<'_>, LogError> {
        self.payloads.clear();
        let first = self.next;
        let visible = self.log.visible(self.partition);
        let wanted = usize::try_from(visible.end.saturating_sub(self.next)).unwrap_or(usize::MAX).min(most);
        if wanted > 0 {
            if self.segment.is_none() {
                self.open(self.next)?;
            }
            self.buffer.drain(..self.used);
            self.used = 0;
            while self.payloads.len() < wanted {
                match segment::parse(&self.buffer[self.used..]) {
                    Parsed::Whole(length) => {
                        let begin = self.used + HEADER;
                        self.payloads.push(begin..begin + length);
                        self.used = begin + length;
                    }
                    Parsed::Short(needed) => {
                        if !self.fill(needed, visible.base, visible.length)? {
                            // What was found so far belongs to the segment that ends here.
                            if !self.payloads.is_empty() {
                                break;
                            }
                            self.open(self.next)?;
                        }
                    }
                    Parsed::Broken => {
                        let at = self.next + self.payloads.len() as u64;
                        return Err(LogError::Corrupt(format!("message {at} of partition {}", self.partition)));
                    }
                }
            }
        }
        self.next += self.payloads.len() as u64;
        Ok(Batch::new(self.partition, first, &self.buffer, &self.payloads))
    }

    /// Waits until there is something to poll, at most so long.
    #[must_use]
    pub fn wait(&self, most: Duration) -> bool {
        self.log.wait(self.partition, self.next, most) > self.next
    }

    /// The group is done with all messages that were polled.
    ///
    /// # Errors
    /// An offset that cannot be written: it will be polled again after a restart.
    #[perf_probe(name = "log::commit", errors)]
    pub fn commit(&mut self) -> Result<(), LogError> {
        if self.committed != self.next {
            self.log.commit(self.partition, &self.group, self.next)?;
            self.committed = self.next;
        }
        Ok(())
    }

    /// Reads on in the segment; false where it ends.
    fn fill(&mut self, needed: usize, last_base: u64, last_length: u64) -> Result<bool, LogError> {
        let Some(segment) = &mut self.segment else { return Ok(false) };
        // Of the last segment only what is whole may be read: a write that fails is taken back.
        let length = if segment.base == last_base { last_length } else { segment.file.metadata()?.len() };
        let left = length.saturating_sub(segment.read);
        if left == 0 {
            return Ok(false);
        }
        let take = left.min(CHUNK.max(needed) as u64);
        let read = (&mut segment.file).take(take).read_to_end(&mut self.buffer)?;
        segment.read += read as u64;
        Ok(read > 0)
    }

    /// Opens the segment of a message, and reads up to it.
    fn open(&mut self, offset: u64) -> Result<(), LogError> {
        let bases = self.log.bases(self.partition);
        let Some(base) = bases.into_iter().rev().find(|base| *base <= offset) else {
            return Err(LogError::Corrupt(format!("message {offset} of partition {} is gone", self.partition)));
        };
        let mut file = File::open(segment::path(self.log.partition_folder(self.partition), base))?;
        let mut read = 0;
        let mut header = [0; HEADER];
        for _ in base..offset {
            file.read_exact(&mut header)?;
            let [a, b, c, d, ..] = header;
            let length = u32::from_le_bytes([a, b, c, d]);
            file.seek_relative(length.into())?;
            read += HEADER as u64 + u64::from(length);
        }
        file.seek(SeekFrom::Start(read))?;
        self.segment = Some(Segment { file, base, read });
        self.buffer.clear();
        self.used = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Options;

    fn log(folder: &std::path::Path, segment_bytes: u64) -> Arc<Log> {
        Arc::new(Log::open(folder, Options { partitions: 1, segment_bytes, ..Options::default() }).unwrap())
    }

    fn all(consumer: &mut Consumer, most: usize) -> Vec<String> {
        let mut found = Vec::new();
        loop {
            let batch = consumer.poll(most).unwrap();
            if batch.is_empty() {
                return found;
            }
            found
                .extend(batch.iter().map(|(offset, payload)| format!("{offset}:{}", String::from_utf8_lossy(payload))));
        }
    }

    #[test]
    fn messages_come_in_their_order_over_segments_and_restarts() {
        let folder = tempfile::tempdir().unwrap();
        let expected: Vec<String> = (0..300).map(|number| format!("{number}:message {number}")).collect();
        for part in [0..100, 100..200, 200..300] {
            let log = log(folder.path(), 500);
            for number in part {
                let offset = log.append(0, &[format!("message {number}")]).unwrap();
                assert_eq!(offset, number);
            }
        }
        let log = log(folder.path(), 500);
        assert!(log.bases(0).len() > 10, "a new segment each 500 bytes");
        for most in [1, 7, 1_000] {
            assert_eq!(all(&mut Consumer::new(Arc::clone(&log), 0, "reader"), most), expected);
        }
    }

    #[test]
    fn a_group_goes_on_where_it_committed() {
        let folder = tempfile::tempdir().unwrap();
        {
            let log = log(folder.path(), 100);
            log.append(0, &["a", "b", "c", "d"]).unwrap();
            let mut consumer = Consumer::new(log, 0, "group");
            assert_eq!(consumer.poll(2).unwrap().len(), 2);
            consumer.commit().unwrap();
            assert_eq!(consumer.poll(1).unwrap().len(), 1, "polled, and not committed");
        }
        let mut consumer = Consumer::new(log(folder.path(), 100), 0, "group");
        assert_eq!(all(&mut consumer, 10), ["2:c", "3:d"]);
    }

    #[test]
    fn a_torn_end_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        log(folder.path(), 1 << 20).append(0, &["whole", "torn"]).unwrap();
        let path = segment::path(&folder.path().join("partition-000"), 0);
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() - 1).unwrap();
        let log = log(folder.path(), 1 << 20);
        assert_eq!(log.append(0, &["next"]).unwrap(), 1);
        assert_eq!(all(&mut Consumer::new(log, 0, "reader"), 10), ["0:whole", "1:next"]);
    }
}
