//! The events of a queue, one after the other in virtual time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt as _, SeedableRng as _};

use super::Queue;
use super::weather::Weather;

/// An event of a request, in nanoseconds of the queue's own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// The request found no place to wait.
    Dropped,
    /// The request is done.
    Done { due: u64, started: u64, failed: bool },
}

/// A request between its due time and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Request {
    due: u64,
    /// Times that it may be retried.
    tries: u32,
}

/// Servers, the requests that wait for them, and future events; persists from drive to drive.
#[derive(Clone, Debug)]
pub(super) struct Engine {
    /// When each server is free.
    free: BinaryHeap<Reverse<u64>>,
    /// When the waiting requests will begin, ascending.
    waiting: VecDeque<u64>,
    retries: BinaryHeap<Reverse<(u64, Request)>>,
    ends: BinaryHeap<Reverse<(u64, Event)>>,
    weather: Weather,
    /// The work of all servers, in nanoseconds.
    worked: u64,
    rng: Xoshiro256PlusPlus,
}

impl Engine {
    pub(super) fn new(queue: &Queue) -> Self {
        Self {
            free: std::iter::repeat_n(Reverse(0), queue.servers).collect(),
            waiting: VecDeque::new(),
            retries: BinaryHeap::new(),
            ends: BinaryHeap::new(),
            weather: Weather::new(queue.seed),
            worked: 0,
            // The generator differs from that of arrivals of the same seed, whose gaps would be in proportion to the
            // services.
            rng: Xoshiro256PlusPlus::seed_from_u64(queue.seed ^ 0xd1b5_4a32_d192_ed03),
        }
    }

    /// Lets the requests of `dues` (ascending) come, and passes the events to `sink` in the order of time, until the last
    /// request is done; returns the time of that. Later dues of another call begin there.
    pub(super) fn run(
        &mut self,
        queue: &Queue,
        dues: impl Iterator<Item = u64>,
        mut sink: impl FnMut(u64, Event),
    ) -> u64 {
        let mut dues = dues.peekable();
        let mut now = 0;
        loop {
            let due = dues.peek().copied().unwrap_or(u64::MAX);
            let end = self.ends.peek().map_or(u64::MAX, |end| end.0.0);
            let retry = self.retries.peek().map_or(u64::MAX, |retry| retry.0.0);
            let next = due.min(end).min(retry);
            if next == u64::MAX {
                return now;
            }
            now = next;
            if next == end {
                if let Some(Reverse((at, event))) = self.ends.pop() {
                    sink(at, event);
                }
            } else if next == retry {
                if let Some(Reverse((at, request))) = self.retries.pop() {
                    self.attempt(queue, at, request);
                }
            } else if dues.next().is_some() {
                if self.is_full(queue, due) {
                    sink(due, Event::Dropped);
                } else {
                    self.attempt(queue, due, Request { due, tries: queue.retries.map_or(0, |retries| retries.tries) });
                }
            }
        }
    }

    pub(super) fn worked(&self) -> u64 {
        self.worked
    }

    fn is_full(&mut self, queue: &Queue, at: u64) -> bool {
        while self.waiting.front().is_some_and(|begin| *begin <= at) {
            self.waiting.pop_front();
        }
        let idle = self.free.peek().is_some_and(|free| free.0 <= at);
        !idle && self.waiting.len() >= queue.room
    }

    /// A request, or a retry of it, takes its place in the queue. First come, first served: so its end is known at once.
    fn attempt(&mut self, queue: &Queue, at: u64, request: Request) {
        let patience = queue.retries.map(|retries| retries.after);
        if request.due < at && self.is_full(queue, at) {
            // A retry that finds no place has failed by then.
            let gives_up = at.saturating_add(patience.unwrap_or(0));
            self.again(gives_up, request, request.due);
            return;
        }
        let free = self.free.pop().map_or(at, |free| free.0);
        let begin = free.max(at);
        if begin > at {
            self.waiting.push_back(begin);
        }
        let slower = queue.slowing(begin) * self.weather.at(queue, begin);
        let work = super::whole(queue.service.sample(&mut self.rng) * slower * 1e9);
        self.worked = self.worked.saturating_add(work);
        let end = queue.stalls.done(begin, work);
        self.free.push(Reverse(end));
        match patience {
            Some(patience) if end - at > patience => self.again(at + patience, request, request.due),
            _ => {
                let failed = queue.errors > 0.0 && self.rng.random::<f64>() < queue.errors;
                // A client that retries waits inside the service, not before it.
                let started = if patience.is_some() { request.due } else { begin };
                self.ends.push(Reverse((end, Event::Done { due: request.due, started, failed })));
            }
        }
    }

    /// The client no longer waits for this try; the servers do not know that.
    fn again(&mut self, at: u64, request: Request, started: u64) {
        match request.tries.checked_sub(1) {
            Some(tries) => self.retries.push(Reverse((at, Request { tries, ..request }))),
            None => self.ends.push(Reverse((at, Event::Done { due: request.due, started, failed: true }))),
        }
    }
}
