//! Faults of real life, made on purpose: what was refused, by class, and that nothing acknowledged was lost.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use perf_load::Class;

use crate::{Architecture, Event, Kind, Refused, Settings, System};

/// A fault that a system can be put through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fault {
    /// The coordinator of a service is stopped in mid-run, and started again.
    Stopped,
    /// One event in twenty is damaged.
    Poison,
    /// Services take longer than events come.
    SlowService,
    /// The journal's disk has no room: run under a limit of the length of files (`ulimit -f 256`).
    DiskFull,
}

impl Fault {
    /// Its name, as the command `fault` takes it.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// What became of the events of a run with a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aftermath {
    /// The fault.
    pub fault: Fault,
    /// Who coordinates.
    pub architecture: Architecture,
    /// Events that were sent, each as often as it took.
    pub events: u64,
    /// Of these, how many were acknowledged in the end.
    pub acknowledged: u64,
    /// Attempts that were refused, by class.
    pub refused: BTreeMap<String, u64>,
    /// Acknowledged events that no journal and no service has.
    pub lost: u64,
    /// The most events that waited for one service.
    pub backlog: u64,
    /// Whether an event was accepted after the fault was over.
    pub recovered: bool,
}

impl Aftermath {
    /// Whether nothing was lost, the fault was seen, and the system came back.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.lost == 0 && self.recovered && !self.refused.is_empty()
    }

    /// Attempts that were refused, with their classes.
    #[must_use]
    pub fn classes(&self) -> String {
        let each = self.refused.iter().map(|(class, count)| format!("{class} {count}"));
        each.collect::<Vec<String>>().join(", ")
    }
}

impl fmt::Display for Aftermath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}): {} of {} events acknowledged, {} lost, refused attempts: {}; {}",
            self.fault.name(),
            self.architecture.name(),
            self.acknowledged,
            self.events,
            self.lost,
            if self.refused.is_empty() { "none".to_owned() } else { self.classes() },
            if self.recovered { "recovered" } else { "NOT recovered" },
        )
    }
}

/// Senders, and what became of their events.
struct Senders<'a> {
    system: &'a System,
    bytes: usize,
    acknowledged: Mutex<Vec<u64>>,
    refused: Mutex<BTreeMap<String, u64>>,
    sent: AtomicU64,
}

/// How long a sender tries.
const PATIENCE: Duration = Duration::from_secs(20);

impl<'a> Senders<'a> {
    fn new(system: &'a System, bytes: usize) -> Self {
        let (acknowledged, refused) = (Mutex::default(), Mutex::default());
        Self { system, bytes, acknowledged, refused, sent: AtomicU64::new(0) }
    }

    fn count(&self, why: Refused) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(why.class().into_owned()).or_default() += 1;
    }

    /// Sends an event until it is accepted, or cannot be. Whether it was.
    fn send(&self, number: u64, damaged: bool) -> bool {
        let service = self.system.service_of(number);
        let payload = vec![number.to_le_bytes()[0]; self.bytes];
        let event = Event { number, service, kind: Kind::nth(number), payload: &payload };
        let bytes = if damaged { event.poisoned() } else { event.encode() };
        self.sent.fetch_add(1, Relaxed);
        let begin = Instant::now();
        loop {
            match self.system.publish(service, &bytes) {
                Ok(()) => {
                    self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push(number);
                    return true;
                }
                Err(why) => {
                    self.count(why);
                    if why == Refused::Poison || begin.elapsed() > PATIENCE {
                        return false;
                    }
                    thread::sleep(Duration::from_millis(1));
                }
            }
        }
    }

    /// Four senders with so many events each, and something that happens meanwhile.
    fn send_all(
        &self,
        each: u64,
        damaged: impl Fn(u64) -> bool + Sync,
        meanwhile: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        thread::scope(|scope| {
            for sender in 0..4 {
                let damaged = &damaged;
                scope.spawn(move || {
                    for number in (0..each).map(|n| sender * each + n) {
                        self.send(number, damaged(number));
                    }
                });
            }
            meanwhile()
        })
    }

    fn aftermath(
        self,
        fault: Fault,
        architecture: Architecture,
        recovered: bool,
        backlog: u64,
    ) -> io::Result<Aftermath> {
        let acknowledged = self.acknowledged.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Where the journal may have been emptied, what was acknowledged was handled by now.
        let lost = if fault == Fault::DiskFull {
            let stats = self.system.stats();
            (acknowledged.len() as u64).saturating_sub(stats.handled)
        } else {
            let kept: std::collections::HashSet<u64> = self.system.journaled()?.into_iter().collect();
            acknowledged.iter().filter(|number| !kept.contains(number)).count() as u64
        };
        Ok(Aftermath {
            fault,
            architecture,
            events: self.sent.into_inner(),
            acknowledged: acknowledged.len() as u64,
            refused: self.refused.into_inner().unwrap_or_else(PoisonError::into_inner),
            lost,
            backlog,
            recovered,
        })
    }
}

/// Puts a system of four services through a fault.
///
/// # Errors
/// Sockets, files or threads that cannot be had.
pub fn run(fault: Fault, architecture: Architecture) -> io::Result<Aftermath> {
    let mut settings = Settings::of(4);
    let after = 1_000_000;
    match fault {
        Fault::Stopped => {
            settings.handling = Duration::from_micros(100);
            let system = System::start(architecture, settings)?;
            let senders = Senders::new(&system, 512);
            senders.send_all(
                150,
                |_| false,
                || {
                    // In mid-run: a good part was accepted, and more is under way.
                    while senders.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).len() < 150 {
                        thread::yield_now();
                    }
                    system.crash(0);
                    thread::sleep(Duration::from_millis(50));
                    system.resume(0)
                },
            )?;
            let recovered = senders.send(after, false) && system.settle(PATIENCE).is_ok();
            senders.aftermath(fault, architecture, recovered, 0)
        }
        Fault::Poison => {
            let system = System::start(architecture, settings)?;
            let senders = Senders::new(&system, 512);
            senders.send_all(150, |number| number % 20 == 0, || Ok(()))?;
            let recovered = senders.send(after, false) && system.settle(PATIENCE).is_ok();
            senders.aftermath(fault, architecture, recovered, 0)
        }
        Fault::SlowService => {
            (settings.mailbox, settings.patience) = (8, Duration::from_micros(200));
            settings.handling = Duration::from_millis(2);
            let system = System::start(architecture, settings)?;
            let senders = Senders::new(&system, 512);
            let (mut backlog, mut done) = (0, false);
            senders.send_all(
                60,
                |_| false,
                || {
                    while !done {
                        let stats = system.stats();
                        backlog = backlog.max(stats.accepted.saturating_sub(stats.handled));
                        done = senders.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).len() >= 240;
                        thread::sleep(Duration::from_millis(1));
                    }
                    Ok(())
                },
            )?;
            let recovered = senders.send(after, false) && system.settle(PATIENCE).is_ok();
            senders.aftermath(fault, architecture, recovered, backlog)
        }
        Fault::DiskFull => {
            (settings.mailbox, settings.handling) = (10_000, Duration::from_millis(2));
            let system = System::start(architecture, settings)?;
            let senders = Senders::new(&system, 4_096);
            senders.send_all(200, |_| false, || Ok(()))?;
            let recovered = senders.send(after, false) && system.settle(PATIENCE).is_ok();
            senders.aftermath(fault, architecture, recovered, 0)
        }
    }
}
