//! What a thread sends to its screen, and that it has ended by a panic: the screen would stand still.

use std::sync::mpsc::{SendError, Sender};
use std::thread;

pub(crate) struct Goodbye<E> {
    events: Sender<E>,
    /// The event of a panic.
    broken: fn() -> E,
}

impl<E> Goodbye<E> {
    pub(crate) fn new(events: Sender<E>, broken: fn() -> E) -> Self {
        Self { events, broken }
    }

    /// An error where the receiver is gone.
    pub(crate) fn send(&self, event: E) -> Result<(), SendError<E>> {
        self.events.send(event)
    }
}

impl<E> Drop for Goodbye<E> {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.send((self.broken)());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_panic_is_sent_and_an_orderly_end_is_not() {
        let (events, received) = mpsc::channel();
        for panics in [false, true] {
            let goodbye = Goodbye::new(events.clone(), || "broken");
            let ended = thread::spawn(move || {
                goodbye.send("event").unwrap();
                assert!(!panics, "as it shall");
            });
            assert_eq!(ended.join().is_err(), panics);
        }
        drop(events);
        assert_eq!(received.iter().collect::<Vec<_>>(), ["event", "event", "broken"]);
    }
}
