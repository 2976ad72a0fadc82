//! Requests that wait to be sent: few, and none for ever.

use std::collections::VecDeque;
use std::time::Instant;

/// The body of a request, and since when it waits.
pub(super) struct Waiting {
    pub(super) body: Vec<u8>,
    pub(super) since: Instant,
}

pub(super) struct Queue {
    most: usize,
    waiting: VecDeque<Waiting>,
}

impl Queue {
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), waiting: VecDeque::new() }
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= self.most
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn first(&self) -> Option<&Waiting> {
        self.waiting.front()
    }

    pub(super) fn take_first(&mut self) -> Option<Waiting> {
        self.waiting.pop_front()
    }

    /// Adds a request; the oldest goes where there is no room. Whether one did.
    pub(super) fn push(&mut self, body: Vec<u8>, now: Instant) -> bool {
        let full = self.is_full();
        if full {
            self.waiting.pop_front();
        }
        self.waiting.push_back(Waiting { body, since: now });
        full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes() {
        let mut queue = Queue::new(2);
        let now = Instant::now();
        assert!(!queue.push(vec![1], now) && !queue.push(vec![2], now));
        assert!(queue.is_full() && queue.push(vec![3], now));
        assert_eq!((queue.len(), &queue.first().unwrap().body), (2, &vec![2]));
    }
}
