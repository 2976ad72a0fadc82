//! Events that nobody can handle, and a subscriber that is slower than the publishers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use perf_load::{Ctx, Load};

use super::{Fault, calls};
use crate::bus::{Bus, Event};
use crate::measure::Failure;

const fn event(subject: u32) -> Event {
    Event { tenant: 1, kind: "load", subject }
}

/// One event in a hundred cannot be handled: it is tried three times and put aside, and all others arrive.
///
/// # Errors
/// Where the bus refuses an event although there is room.
pub fn poison_event() -> Result<Fault, Failure> {
    const EVENTS: u32 = 1_000;
    let bus = Bus::new(EVENTS as usize, Duration::ZERO);
    let mut subscriber = bus.subscribe();
    for subject in 0..EVENTS {
        bus.publish(event(subject))?;
    }
    bus.close();
    let before = perf_core::snapshot();
    let (mut good, mut tried) = (0, 0_u64);
    let mut handle = |event: &Event| {
        tried += 1;
        if event.subject.is_multiple_of(100) {
            return Err("poisoned".to_owned());
        }
        good += 1;
        Ok(())
    };
    while subscriber.handle_next(&mut handle) {}
    let errors = perf_core::snapshot().since(&before).get("bus handling").map_or(0, perf_core::ProbeStats::errors);
    Ok(Fault {
        name: "poison event",
        acknowledged: u64::from(EVENTS),
        // What was put aside is counted, and so not lost.
        kept: good + bus.dead(),
        failures: vec![("poisoned".to_owned(), errors.max(bus.dead()))],
        retried: tried - u64::from(EVENTS),
        recovered: bus.depth() == 0,
    })
}

/// A subscriber that takes longer than the events come: publishers wait, some are refused, and what was accepted arrives.
///
/// # Errors
/// Where the load cannot be driven.
pub fn slow_subscriber() -> Result<Fault, Failure> {
    let bus = Bus::new(64, Duration::from_millis(10));
    let mut subscriber = bus.subscribe();
    let before = perf_core::snapshot();
    let accepted = AtomicU64::new(0);
    let publish = |_: &Ctx| bus.publish(event(1)).inspect(|()| _ = accepted.fetch_add(1, Relaxed));
    let (outcome, handled, recovered) = thread::scope(|scope| {
        let slow = scope.spawn(move || {
            let mut handled = 0_u64;
            while subscriber.handle_next(|_| {
                handled += 1;
                // Slow for a while, and then well again.
                if handled < 100 {
                    thread::sleep(Duration::from_millis(5));
                }
                Ok(())
            }) {}
            handled
        });
        let load = Load::new("events").rate(1_000.0).duration(Duration::from_millis(800)).max_in_flight(4);
        let outcome = load.run(publish);
        let recovered = bus.publish(event(2)).is_ok();
        bus.close();
        (outcome, slow.join(), recovered)
    });
    let handled = handled.map_err(|_| "the subscriber panicked")?;
    Ok(Fault {
        name: "slow subscriber",
        acknowledged: accepted.into_inner() + u64::from(recovered),
        kept: handled,
        failures: outcome?.classes,
        retried: calls(&before, "bus back-pressure"),
        recovered,
    })
}
