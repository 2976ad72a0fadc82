//! What a load publishes: seeded payloads, a number for each event, and the systems' levels.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use perf_load::Ctx;

use crate::{Coordinator, Event, Kind, Mailbox, Refused, System};

/// Numbers of events are never used twice in a process: a coordinator drops what it has seen.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Events of one length.
#[derive(Clone, Debug)]
pub struct Source {
    payload: Vec<u8>,
}

impl Source {
    /// Events with payloads of so many bytes; the same ones for the same seed.
    #[must_use]
    pub fn new(bytes: usize, seed: u64) -> Self {
        let next = |word: &mut u64| {
            *word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            Some(word.to_le_bytes()[7])
        };
        let mut word = seed;
        Self { payload: std::iter::from_fn(|| next(&mut word)).take(bytes).collect() }
    }

    /// Publishes the event of an arrival: its kind and service follow from its number. Where the arrival is to fail, the event
    /// is damaged.
    ///
    /// # Errors
    /// Why it was not accepted.
    pub fn publish(&self, system: &System, ctx: &Ctx, kind: Option<Kind>) -> Result<(), Refused> {
        let service = system.service_of(ctx.number());
        let event = self.event(ctx, service, kind);
        let bytes = if ctx.injected() { event.poisoned() } else { event.encode() };
        system.publish(service, &bytes)
    }

    /// The same without a socket: the caller's thread is the coordinator's, and the service's as well.
    ///
    /// # Errors
    /// Why it was not accepted.
    pub fn run_through(&self, coordinator: &Coordinator, ctx: &Ctx) -> Result<(), Refused> {
        let services = coordinator.mailboxes().len() as u64;
        let service = u16::try_from(ctx.number() % services).unwrap_or(0);
        coordinator.accept(self.event(ctx, service, None).encode())?;
        if let Some(event) = coordinator.mailboxes().iter().find_map(Mailbox::try_next) {
            coordinator.handle(&event);
        }
        Ok(())
    }

    fn event(&self, ctx: &Ctx, service: u16, kind: Option<Kind>) -> Event<'_> {
        let kind = kind.unwrap_or_else(|| Kind::nth(ctx.seed()));
        Event { number: NEXT.fetch_add(1, Relaxed), service, kind, payload: &self.payload }
    }
}

/// How much a system has to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// In a word.
    pub name: &'static str,
    /// Events of a block.
    pub events: u32,
    /// Services that publish and receive.
    pub services: u16,
    /// Bytes of a payload.
    pub payload: usize,
    /// Events a second.
    pub rate: u32,
}

impl Level {
    /// Light, medium and heavy load.
    pub const ALL: [Self; 3] = [
        Self { name: "light", events: 100, services: 3, payload: 512, rate: 400 },
        Self { name: "medium", events: 1_000, services: 10, payload: 1_024, rate: 2_000 },
        Self { name: "heavy", events: 10_000, services: 50, payload: 4_096, rate: 6_000 },
    ];
}
