//! Messages that wait for their acknowledgements.

use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::message::Message;
use rdkafka::producer::{DeliveryResult, ProducerContext};

use super::error::log_error;
use crate::log::LogError;

/// Messages that were sent together.
#[derive(Debug)]
pub(super) struct Batch {
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Debug)]
struct State {
    /// Messages that are neither acknowledged nor given up.
    left: usize,
    first: u64,
    end: u64,
    failed: Option<LogError>,
}

impl Batch {
    pub(super) fn new(messages: usize) -> Self {
        Self {
            state: Mutex::new(State { left: messages, first: u64::MAX, end: 0, failed: None }),
            done: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many of them were not sent, for this reason.
    pub(super) fn refused(&self, messages: usize, error: LogError) {
        let mut state = self.lock();
        state.left -= messages;
        state.failed.get_or_insert(error);
        if state.left == 0 {
            self.done.notify_all();
        }
    }

    fn acknowledged(&self, offset: u64) {
        let mut state = self.lock();
        state.left -= 1;
        state.first = state.first.min(offset);
        state.end = state.end.max(offset + 1);
        if state.left == 0 {
            self.done.notify_all();
        }
    }

    /// Waits until each has its report, which librdkafka gives at the latest when the patience is over; the offsets between which
    /// they are.
    pub(super) fn wait(&self) -> Result<Range<u64>, LogError> {
        let waited = self.done.wait_while(self.lock(), |state| state.left > 0);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        match state.failed.take() {
            Some(error) => Err(error),
            None => Ok(state.first..state.end),
        }
    }
}

/// Takes the broker's reports to the batches.
#[derive(Debug)]
pub(super) struct Reports;

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = Arc<Batch>;

    fn delivery(&self, report: &DeliveryResult<'_>, batch: Arc<Batch>) {
        match report {
            Ok(message) => batch.acknowledged(message.offset().unsigned_abs()),
            Err((error, _)) => batch.refused(1, log_error(error)),
        }
    }
}
