//! The coordinator: checks an event, drops what came already, journals it, and puts it before the service that it is for.
//!
//! It is the same in both architectures. A coordinator of one service has one mailbox, and asks its peers to deliver what is
//! for others; the central daemon has a mailbox for each service. It has no threads of its own: those of the sockets call
//! [`accept`](Coordinator::accept), those of the services [`handle`](Coordinator::handle).

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use perf_core::perf_probe;

use crate::client::Pool;
use crate::event::{self, checksum};
use crate::{Inject, Journal, Mailbox, Recent, Refused, Seen};

/// What a coordinator may use, and how it treats events.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Services of the whole system.
    pub services: u16,
    /// Events that may wait for one service.
    pub mailbox: usize,
    /// How long an event waits for room before it is refused as busy.
    pub patience: Duration,
    /// How long a service takes for an event, beside looking at it.
    pub handling: Duration,
    /// Bytes from which on a journal is written anew.
    pub journal: u64,
    /// Numbers of events that a coordinator remembers, to drop what comes twice.
    pub remembered: usize,
    /// A regression put in on purpose.
    pub inject: Option<Inject>,
}

impl Settings {
    /// What is usual for so many services.
    #[must_use]
    pub const fn of(services: u16) -> Self {
        Self {
            services,
            mailbox: 1_024,
            patience: Duration::from_millis(100),
            handling: Duration::ZERO,
            journal: 16 << 20,
            remembered: 8_192,
            inject: None,
        }
    }
}

/// Counts of a coordinator since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Events acknowledged here, those of peers among them.
    pub accepted: u64,
    /// Events that were in the journal when it began.
    pub recovered: u64,
    /// Events that services have handled.
    pub handled: u64,
    /// Events that were damaged.
    pub poisoned: u64,
    /// Events that found no room in a mailbox.
    pub busy: u64,
    /// Events that found no room in the journal.
    pub storage_full: u64,
    /// Events that had been acknowledged already.
    pub repeated: u64,
}

/// Counts while it runs.
#[derive(Debug, Default)]
struct Counters {
    accepted: AtomicU64,
    recovered: AtomicU64,
    handled: AtomicU64,
    poisoned: AtomicU64,
    busy: AtomicU64,
    storage_full: AtomicU64,
    repeated: AtomicU64,
}

/// A coordinator with its journal, its socket, and a thread for each connection.
#[derive(Debug)]
pub struct Coordinator {
    settings: Settings,
    /// The service that it is for; none where it is for all.
    own: Option<u16>,
    recent: Mutex<Recent>,
    journal: Mutex<Journal>,
    mailboxes: Vec<Mailbox>,
    /// The coordinators of all services, by number; empty where there is one for all.
    peers: Vec<Pool>,
    counters: Counters,
    /// What the injected regression holds over everything.
    one_lock: Mutex<()>,
}

/// Waits for a lock. A thread that panicked under it left whole values behind.
#[perf_probe(name = "coordinator::lock")]
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Coordinator {
    /// A coordinator over a journal: of one service with its peers, or of all. The events of the journal wait for their
    /// services again.
    ///
    /// # Errors
    /// A journal that cannot be read or written.
    pub fn open(settings: Settings, own: Option<u16>, peers: Vec<Pool>, journal: &Path) -> io::Result<Self> {
        let (journal, events) = Journal::open(journal, settings.journal, settings.inject)?;
        let mailboxes = if own.is_some() { 1 } else { settings.services };
        let coordinator = Self {
            settings,
            own,
            recent: Mutex::new(Recent::new(settings.remembered, settings.inject)),
            journal: Mutex::new(journal),
            mailboxes: (0..mailboxes).map(|_| Mailbox::new(settings.mailbox)).collect(),
            peers,
            counters: Counters::default(),
            one_lock: Mutex::new(()),
        };
        for bytes in events {
            if let Ok(event) = event::decode(&bytes, None) {
                let (number, target) = (event.number, event.target(settings.services));
                let mut recent = lock(&coordinator.recent);
                recent.begin(number);
                recent.accepted(number);
                drop(recent);
                coordinator.counters.recovered.fetch_add(1, Relaxed);
                coordinator.mailbox(target).restore(bytes);
            }
        }
        Ok(coordinator)
    }

    /// Takes an event from a service: delivers it here, or has the target's coordinator deliver it. Done means that the event
    /// is in a journal.
    ///
    /// # Errors
    /// Why it was not accepted; it may come again, unless it is poison.
    #[perf_probe(name = "coordinator::accept", bytes = bytes.len())]
    pub fn accept(&self, bytes: Vec<u8>) -> Result<(), Refused> {
        let _held = self.all_locked();
        let done = self.once(bytes, |target| self.own.is_some_and(|own| own != target));
        if let Err(why) = done {
            let counters = &self.counters;
            match why {
                Refused::Poison => counters.poisoned.fetch_add(1, Relaxed),
                Refused::Busy => counters.busy.fetch_add(1, Relaxed),
                Refused::StorageFull => counters.storage_full.fetch_add(1, Relaxed),
                Refused::Disconnected => 0,
            };
        }
        done
    }

    /// Takes an event from another coordinator, for the service of this one.
    ///
    /// # Errors
    /// As [`accept`](Self::accept); it is the coordinator that sent it which counts the refusal.
    #[perf_probe(name = "coordinator::deliver", bytes = bytes.len())]
    pub fn deliver(&self, bytes: Vec<u8>) -> Result<(), Refused> {
        self.once(bytes, |_| false)
    }

    /// Does what is to be done for an event, unless that was done before.
    fn once(&self, bytes: Vec<u8>, elsewhere: impl Fn(u16) -> bool) -> Result<(), Refused> {
        let event = event::decode(&bytes, self.settings.inject)?;
        let (number, target) = (event.number, event.target(self.settings.services));
        match lock(&self.recent).begin(number) {
            Seen::New => {}
            // A sender that lost its connection asks again while the first attempt is still at work.
            Seen::UnderWay => return Err(Refused::Busy),
            Seen::Accepted => {
                self.counters.repeated.fetch_add(1, Relaxed);
                return Ok(());
            }
        }
        let done = match self.peers.get(usize::from(target)) {
            Some(peer) if elsewhere(target) => peer.deliver(&bytes),
            _ => self.keep(number, target, bytes),
        };
        let mut recent = lock(&self.recent);
        if done.is_ok() {
            recent.accepted(number);
        } else {
            recent.refused(number);
        }
        done
    }

    /// Journals an event, and puts it into its mailbox.
    fn keep(&self, number: u64, target: u16, bytes: Vec<u8>) -> Result<(), Refused> {
        let room = self.mailbox(target).reserve(self.settings.patience)?;
        lock(&self.journal).append(number, &bytes)?;
        self.counters.accepted.fetch_add(1, Relaxed);
        room.fill(bytes);
        Ok(())
    }

    /// The injected regression: a lock over everything, I/O included.
    fn all_locked(&self) -> Option<MutexGuard<'_, ()>> {
        (self.settings.inject == Some(Inject::Lock)).then(|| lock(&self.one_lock))
    }

    fn mailbox(&self, target: u16) -> &Mailbox {
        let at = if self.own.is_some() { 0 } else { usize::from(target) };
        &self.mailboxes[at.min(self.mailboxes.len() - 1)]
    }

    /// The queues that services are to read from, a thread for each.
    #[must_use]
    pub fn mailboxes(&self) -> &[Mailbox] {
        &self.mailboxes
    }

    /// What a service does with an event: here it looks at every byte, as long as the settings say.
    #[perf_probe(name = "service::handle", bytes = bytes.len())]
    pub fn handle(&self, bytes: &[u8]) {
        let _held = self.all_locked();
        let event = event::decode(bytes, None);
        if !self.settings.handling.is_zero() {
            thread::sleep(self.settings.handling);
        }
        if let Ok(event) = event {
            std::hint::black_box(checksum(event.payload));
            // A journal that cannot be emptied now is emptied later.
            let _ = lock(&self.journal).handled(event.number);
            self.counters.handled.fetch_add(1, Relaxed);
        }
    }

    /// Counts since it began.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let of = |counter: &AtomicU64| counter.load(Relaxed);
        let counters = &self.counters;
        Stats {
            accepted: of(&counters.accepted),
            recovered: of(&counters.recovered),
            handled: of(&counters.handled),
            poisoned: of(&counters.poisoned),
            busy: of(&counters.busy),
            storage_full: of(&counters.storage_full),
            repeated: of(&counters.repeated),
        }
    }
}

impl Stats {
    /// Adds those of another coordinator.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            accepted: self.accepted + other.accepted,
            recovered: self.recovered + other.recovered,
            handled: self.handled + other.handled,
            poisoned: self.poisoned + other.poisoned,
            busy: self.busy + other.busy,
            storage_full: self.storage_full + other.storage_full,
            repeated: self.repeated + other.repeated,
        }
    }
}
