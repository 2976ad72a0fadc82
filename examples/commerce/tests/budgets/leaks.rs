//! Does it keep what it should let go?

use perf_exporters::gate;

use crate::{bus, event};

#[test]
fn handled_events_are_let_go() {
    let bus = bus(256);
    let mut subscriber = bus.subscribe();
    gate::leak_check(20, || {
        for subject in 0..200 {
            bus.publish(event(subject)).unwrap();
            assert!(subscriber.handle_next(|_| Ok(())));
        }
    })
    .assert();
}
