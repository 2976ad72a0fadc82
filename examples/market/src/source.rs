//! Where messages come from: the abstraction that consumers are written against. What it costs is measured in
//! `tests/budgets.rs`, generic against `dyn`.

use std::ops::Range;
use std::time::Duration;

use crate::log::{Batch, Consumer, LogError};

/// Something that hands out messages in batches.
pub trait Source: Send {
    /// The next messages, at most so many; an empty batch where there are none yet.
    ///
    /// # Errors
    /// Messages that cannot be had.
    fn poll(&mut self, most: usize) -> Result<Batch<'_>, LogError>;

    /// All messages that were polled are done with.
    ///
    /// # Errors
    /// A position that cannot be kept.
    fn commit(&mut self) -> Result<(), LogError>;

    /// Waits until there is something to poll, at most so long.
    fn wait(&mut self, most: Duration) -> bool;
}

impl Source for Consumer {
    fn poll(&mut self, most: usize) -> Result<Batch<'_>, LogError> {
        Self::poll(self, most)
    }

    fn commit(&mut self) -> Result<(), LogError> {
        Self::commit(self)
    }

    fn wait(&mut self, most: Duration) -> bool {
        Self::wait(self, most)
    }
}

/// Messages in memory, over and over: for what is to be measured without files.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    bytes: Vec<u8>,
    payloads: Vec<Range<usize>>,
    next: usize,
}

impl Memory {
    /// These messages.
    #[must_use]
    pub fn new<P: AsRef<[u8]>>(messages: impl IntoIterator<Item = P>) -> Self {
        let mut memory = Self::default();
        for message in messages {
            let begin = memory.bytes.len();
            memory.bytes.extend_from_slice(message.as_ref());
            memory.payloads.push(begin..memory.bytes.len());
        }
        memory
    }

    /// Begins again.
    pub fn rewind(&mut self) {
        self.next = 0;
    }
}

impl Source for Memory {
    fn poll(&mut self, most: usize) -> Result<Batch<'_>, LogError> {
        let begin = self.next;
        self.next = self.payloads.len().min(begin.saturating_add(most));
        Ok(Batch::new(0, begin as u64, &self.bytes, &self.payloads[begin..self.next]))
    }

    fn commit(&mut self) -> Result<(), LogError> {
        Ok(())
    }

    fn wait(&mut self, _most: Duration) -> bool {
        self.next < self.payloads.len()
    }
}
