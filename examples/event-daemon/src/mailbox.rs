//! Events that wait for the service that they are for: so many and no more, which is the back-pressure.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use perf_core::perf_probe;

use crate::Refused;

/// A bounded queue. Room is reserved before an event is written to the journal, so that no event is acknowledged that finds
/// no room.
#[derive(Debug)]
pub struct Mailbox {
    state: Mutex<State>,
    room: Condvar,
    filled: Condvar,
    most: usize,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Vec<u8>>,
    reserved: usize,
    closed: bool,
}

/// Room for one event; given back where nothing is put into it.
#[derive(Debug)]
pub struct Room<'a>(Option<&'a Mailbox>);

impl Mailbox {
    /// A queue of so many events at most.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { state: Mutex::default(), room: Condvar::new(), filled: Condvar::new(), most: most.max(1) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room, not longer than `patience`.
    ///
    /// # Errors
    /// [`Refused::Busy`] where there is none by then, [`Refused::Disconnected`] where the coordinator stops.
    #[perf_probe(name = "mailbox::reserve")]
    pub fn reserve(&self, patience: Duration) -> Result<Room<'_>, Refused> {
        let full = |state: &mut State| state.queue.len() + state.reserved >= self.most && !state.closed;
        let waited = self.room.wait_timeout_while(self.state(), patience, full);
        let (mut state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Err(Refused::Disconnected);
        }
        if waited.timed_out() && full(&mut state) {
            return Err(Refused::Busy);
        }
        state.reserved += 1;
        Ok(Room(Some(self)))
    }

    /// Puts in what was in the journal when the coordinator began, however much that is.
    pub fn restore(&self, event: Vec<u8>) {
        self.state().queue.push_back(event);
        self.filled.notify_one();
    }

    /// The next event; waits for one. None when the coordinator stops: what waits stays in the journal.
    #[must_use]
    pub fn next(&self) -> Option<Vec<u8>> {
        let empty = |state: &mut State| state.queue.is_empty() && !state.closed;
        let mut state = self.filled.wait_while(self.state(), empty).unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return None;
        }
        let event = state.queue.pop_front();
        self.room.notify_one();
        event
    }

    /// The next event, where there is one.
    #[must_use]
    pub fn try_next(&self) -> Option<Vec<u8>> {
        let event = self.state().queue.pop_front();
        self.room.notify_one();
        event
    }

    /// Events that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state().queue.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends the waiting of all.
    pub fn close(&self) {
        self.state().closed = true;
        self.room.notify_all();
        self.filled.notify_all();
    }
}

impl Room<'_> {
    /// Puts the event in.
    pub fn fill(mut self, event: Vec<u8>) {
        if let Some(mailbox) = self.0.take() {
            let mut state = mailbox.state();
            state.reserved -= 1;
            state.queue.push_back(event);
            drop(state);
            mailbox.filled.notify_one();
        }
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        if let Some(mailbox) = self.0 {
            mailbox.state().reserved -= 1;
            mailbox.room.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let mailbox = Mailbox::new(2);
        let at_once = Duration::ZERO;
        let first = mailbox.reserve(at_once).unwrap();
        mailbox.reserve(at_once).unwrap().fill(vec![1]);
        assert_eq!(mailbox.reserve(at_once).unwrap_err(), Refused::Busy, "one waits and one is promised");
        drop(first);
        mailbox.reserve(at_once).unwrap().fill(vec![2]);
        assert_eq!((mailbox.next(), mailbox.len()), (Some(vec![1]), 1));
        mailbox.close();
        assert_eq!(mailbox.reserve(at_once).unwrap_err(), Refused::Disconnected);
        assert_eq!(mailbox.next(), None, "what waits is the journal's");
    }
}
