//! A sink of spans that panics where a call ends: the panic stays there, and does not abort the program.
#![cfg(feature = "enabled")]

use perf_core::spans::{self, SpanOf, SpanSink, TaskSpan};
use perf_core::{perf_probe, snapshot};

struct Panics;

impl SpanSink for Panics {
    fn enter(&self, _: SpanOf) -> u64 {
        1
    }

    fn exit(&self, _: u64) {
        panic!("a sink may fail");
    }

    fn begin(&self, _: SpanOf) -> Option<Box<dyn TaskSpan>> {
        None
    }
}

#[perf_probe(name = "sink::returns")]
fn returns() -> u8 {
    7
}

#[perf_probe(name = "sink::unwinds")]
fn unwinds() {
    panic!("the program's own");
}

#[test]
fn a_panic_of_the_sink_stays_there() {
    assert!(spans::install(Box::new(Panics)));
    assert_eq!(returns(), 7);
    let own = std::panic::catch_unwind(unwinds).unwrap_err();
    assert_eq!(own.downcast_ref(), Some(&"the program's own"));
    let now = snapshot();
    for (name, panics) in [("sink::returns", 0), ("sink::unwinds", 1)] {
        let probe = now.get(name).unwrap();
        assert_eq!((probe.calls(), probe.panics()), (1, panics), "{name}");
    }
}
