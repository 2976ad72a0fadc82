//! Does it keep what it should let go?

use std::time::Duration;

use commerce::bus::{Bus, Event};
use perf_exporters::gate;

#[test]
fn handled_events_are_let_go() {
    commerce::inject::from_env();
    let bus = Bus::new(256, Duration::ZERO);
    let mut subscriber = bus.subscribe();
    gate::leak_check(20, || {
        for subject in 0..200 {
            bus.publish(Event { tenant: 1, kind: "test", subject }).unwrap();
            assert!(subscriber.handle_next(|_| Ok(())));
        }
    })
    .assert();
}
