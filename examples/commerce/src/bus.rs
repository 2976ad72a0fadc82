//! The event bus: one log in memory, from which every subscriber reads at its own pace.
//!
//! An event that was accepted stays until the last subscriber has handled it. The log is bounded, so the slowest subscriber
//! holds publishers back: they wait for a while, and are refused then. Nothing that was accepted is lost.
//!
//! To wake a thread is the most expensive part of a publication. So a publisher wakes one subscriber, and each that was woken wakes
//! the next that has something to read.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use perf_core::perf_probe;

use crate::error::{Error, Result};
use crate::inject::Injection;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose.
    pub tenant: u32,
    /// What.
    pub kind: &'static str,
    /// To which order or node.
    pub subject: u32,
}

/// How often an event is given to a subscriber that cannot handle it.
const TRIES: u32 = 3;

/// A bus. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Bus {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    log: Mutex<Log>,
    /// Events went.
    went: Condvar,
    capacity: usize,
    patience: Duration,
}

#[derive(Debug, Default)]
struct Log {
    events: VecDeque<Arc<Event>>,
    /// The number of the first event in the log.
    first: u64,
    /// For each subscriber the number of the event that it reads next; `None` where it has gone.
    cursors: Vec<Option<u64>>,
    /// Subscribers that wait for an event. The first began to wait first, so if any of them has something to read, the first has.
    sleepers: VecDeque<(usize, Arc<Condvar>)>,
    /// Handled by all. Stays empty: only an injected leak puts events here.
    kept: Vec<Arc<Event>>,
    deepest: usize,
    closed: bool,
    dead: u64,
}

impl Log {
    fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    /// Whether a subscriber has read everything, and more may come.
    fn waits(&self, place: usize) -> bool {
        !self.closed && self.cursors[place] == Some(self.end())
    }

    /// Takes the next subscriber that waits and has something to read. Who calls this wakes it.
    fn next_sleeper(&mut self) -> Option<Arc<Condvar>> {
        let next = self.sleepers.front().is_some_and(|(place, _)| !self.waits(*place));
        if next { self.sleepers.pop_front().map(|(_, came)| came) } else { None }
    }

    /// Lets go of what all subscribers have handled.
    fn trim(&mut self) -> bool {
        let slowest = self.cursors.iter().flatten().min().copied().unwrap_or_else(|| self.end());
        let before = self.first;
        while self.first < slowest {
            let gone = self.events.pop_front();
            if Injection::Leak.is_on() {
                self.kept.extend(gone);
            }
            self.first += 1;
        }
        self.first > before
    }
}

impl Bus {
    /// A bus that holds so many events, and lets publishers wait so long for room.
    #[must_use]
    pub fn new(capacity: usize, patience: Duration) -> Self {
        let log = Log { events: VecDeque::with_capacity(capacity), ..Log::default() };
        let shared = Shared { log: Mutex::new(log), went: Condvar::new(), capacity: capacity.max(1), patience };
        Self { shared: Arc::new(shared) }
    }

    /// Accepts an event for all who subscribe now.
    ///
    /// # Errors
    /// Where there was no room for it in time: it was not accepted.
    #[perf_probe(name = "bus publish")]
    pub fn publish(&self, event: Event) -> Result<()> {
        let mut log = self.lock();
        if log.events.len() >= self.shared.capacity {
            log = self.wait_for_room(log)?;
        }
        if log.closed {
            return Err(Error::Stopped);
        }
        log.events.push_back(Arc::new(event));
        log.deepest = log.deepest.max(log.events.len());
        // Without subscribers, it has been handled by all.
        log.trim();
        let next = log.next_sleeper();
        drop(log);
        wake(next);
        Ok(())
    }

    /// Back-pressure: what a publisher waits here, a subscriber is too slow.
    #[perf_probe(name = "bus back-pressure")]
    fn wait_for_room<'a>(&self, mut log: MutexGuard<'a, Log>) -> Result<MutexGuard<'a, Log>> {
        let until = Instant::now() + self.shared.patience;
        while log.events.len() >= self.shared.capacity && !log.closed {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::Overloaded);
            }
            log = self.shared.went.wait_timeout(log, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(log)
    }

    /// Reads from now on.
    #[must_use]
    pub fn subscribe(&self) -> Subscriber {
        let mut log = self.lock();
        let end = log.end();
        let place = log.cursors.iter().position(Option::is_none).unwrap_or(log.cursors.len());
        if place == log.cursors.len() {
            log.cursors.push(None);
        }
        log.cursors[place] = Some(end);
        let all = log.cursors.len();
        log.sleepers.reserve(all);
        Subscriber { bus: self.clone(), place, came: Arc::default() }
    }

    /// No more events: subscribers get what is left, and then the end.
    pub fn close(&self) {
        let mut log = self.lock();
        log.closed = true;
        let next = log.next_sleeper();
        drop(log);
        wake(next);
        self.shared.went.notify_all();
    }

    /// Events that some subscriber has not handled.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.lock().events.len()
    }

    /// The most that this has been.
    #[must_use]
    pub fn deepest(&self) -> usize {
        self.lock().deepest
    }

    /// Events that a subscriber gave up after three tries.
    #[must_use]
    pub fn dead(&self) -> u64 {
        self.lock().dead
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.shared.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One reader of the bus.
#[derive(Debug)]
pub struct Subscriber {
    bus: Bus,
    place: usize,
    /// An event came for this one, or the bus was closed.
    came: Arc<Condvar>,
}

impl Subscriber {
    /// Waits for the next event, and has it handled; `false` at the end. An event that cannot be handled is tried three times, then
    /// put aside, counted, and the next one comes: one poisoned event stops no subscriber.
    pub fn handle_next(&mut self, mut handle: impl FnMut(&Event) -> std::result::Result<(), String>) -> bool {
        let Some(event) = self.wait() else { return false };
        let is_dead = !(0..TRIES).any(|_| handled(&event, &mut handle).is_ok());
        let mut log = self.bus.lock();
        log.dead += u64::from(is_dead);
        if let Some(cursor) = &mut log.cursors[self.place] {
            *cursor += 1;
        }
        let is_room = log.trim();
        drop(log);
        if is_room {
            self.bus.shared.went.notify_all();
        }
        true
    }

    fn wait(&self) -> Option<Arc<Event>> {
        let mut log = self.bus.lock();
        if log.waits(self.place) {
            log.sleepers.push_back((self.place, Arc::clone(&self.came)));
            let waits = |log: &mut Log| log.waits(self.place);
            log = self.came.wait_while(log, waits).unwrap_or_else(PoisonError::into_inner);
            // A condition variable may also wake by itself. The list has those alone that will wake the next one.
            log.sleepers.retain(|(place, _)| *place != self.place);
        }
        let next = log.next_sleeper();
        let at = usize::try_from(log.cursors[self.place]? - log.first).ok()?;
        let event = log.events.get(at).cloned();
        drop(log);
        wake(next);
        event
    }
}

impl Drop for Subscriber {
    /// The bus does not wait for a subscriber that has gone.
    fn drop(&mut self) {
        let mut log = self.bus.lock();
        log.cursors[self.place] = None;
        log.trim();
        drop(log);
        self.bus.shared.went.notify_all();
    }
}

fn wake(sleeper: Option<Arc<Condvar>>) {
    if let Some(came) = sleeper {
        came.notify_one();
    }
}

/// Its errors are the events that could not be handled, tries included.
#[perf_probe(name = "bus handling")]
fn handled(
    event: &Event,
    handle: &mut impl FnMut(&Event) -> std::result::Result<(), String>,
) -> std::result::Result<(), String> {
    handle(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(subject: u32) -> Event {
        Event { tenant: 1, kind: "test", subject }
    }

    #[test]
    fn every_subscriber_gets_every_event_in_order() {
        let bus = Bus::new(16, Duration::ZERO);
        let mut readers = [bus.subscribe(), bus.subscribe()];
        (0..10).for_each(|subject| bus.publish(event(subject)).unwrap());
        bus.close();
        for reader in &mut readers {
            let mut seen = Vec::new();
            while reader.handle_next(|event| {
                seen.push(event.subject);
                Ok(())
            }) {}
            assert_eq!(seen, (0..10).collect::<Vec<_>>());
        }
        assert_eq!((bus.depth(), bus.deepest()), (0, 10));
    }

    /// One that is woken and sleeps again at once must not be woken in the place of one that has something to read.
    #[test]
    fn subscribers_that_sleep_all_get_every_event() {
        const EVENTS: u32 = 2_000;
        let bus = Bus::new(4, Duration::from_secs(10));
        let read = |mut reader: Subscriber| {
            let mut seen = 0;
            while reader.handle_next(|event| {
                seen += u32::from(event.subject == seen);
                Ok(())
            }) {}
            seen
        };
        let readers: Vec<_> = (0..5).map(|_| bus.subscribe()).collect();
        let seen: Vec<u32> = std::thread::scope(|scope| {
            let readers: Vec<_> = readers.into_iter().map(|reader| scope.spawn(|| read(reader))).collect();
            // It ends with the first that is refused, for then a reader sleeps on.
            let _ = (0..EVENTS).try_for_each(|subject| {
                if subject.is_multiple_of(16) {
                    // Most likely all of them sleep then.
                    std::thread::sleep(Duration::from_millis(1));
                }
                bus.publish(event(subject))
            });
            bus.close();
            readers.into_iter().map(|reader| reader.join().unwrap()).collect()
        });
        assert_eq!(seen, [EVENTS; 5]);
    }

    #[test]
    fn a_full_bus_refuses_and_keeps_what_it_has() {
        let bus = Bus::new(2, Duration::from_millis(1));
        let mut reader = bus.subscribe();
        assert!(bus.publish(event(0)).is_ok() && bus.publish(event(1)).is_ok());
        assert!(matches!(bus.publish(event(2)), Err(Error::Overloaded)));
        assert!(reader.handle_next(|event| if event.subject == 0 { Ok(()) } else { Err(String::new()) }));
        assert!(bus.publish(event(3)).is_ok(), "there is room again");
        drop(reader);
        assert_eq!(bus.depth(), 0);
    }

    #[test]
    fn a_poisoned_event_is_tried_three_times_and_put_aside() {
        let bus = Bus::new(8, Duration::ZERO);
        let mut reader = bus.subscribe();
        (0..3).for_each(|subject| bus.publish(event(subject)).unwrap());
        bus.close();
        let (mut tries, mut good) = (0, 0);
        while reader.handle_next(|event| {
            if event.subject == 1 {
                tries += 1;
                return Err("poisoned".to_owned());
            }
            good += 1;
            Ok(())
        }) {}
        assert_eq!((tries, good, bus.dead(), bus.depth()), (3, 2, 1, 0));
    }
}
