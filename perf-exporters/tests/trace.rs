//! The trace of a real program, read back as a viewer reads it.
#![cfg(all(feature = "chrome-trace", feature = "enabled"))]

use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use perf_core::Probe;
use serde_json::Value;

static OUTER: Probe = Probe::new("outer \"quoted\" \u{1b}[31m");
static INNER: Probe = Probe::new("inner");
static TASK: Probe = Probe::new("task");

fn micros(event: &Value, key: &str) -> f64 {
    event[key].as_f64().unwrap_or_else(|| panic!("{key} of {event}"))
}

#[tokio::test]
async fn a_viewer_finds_threads_slices_and_futures() {
    perf_core::set_timeline(1_000);
    let work = || {
        for _ in 0..20 {
            let _outer = OUTER.start();
            drop(INNER.start());
        }
    };
    thread::Builder::new().name("worker".to_owned()).spawn(work).unwrap().join().unwrap();
    TASK.wrap(tokio::time::sleep(Duration::from_millis(5))).await;
    let trace: Value = serde_json::from_str(&perf_exporters::trace::render(&perf_core::timeline())).unwrap();
    assert_eq!((&trace["displayTimeUnit"], &trace["otherData"]["overwritten"]), (&"ns".into(), &0.into()));
    assert!(humantime::parse_rfc3339(trace["otherData"]["origin"].as_str().unwrap()).is_ok());

    let events = trace["traceEvents"].as_array().unwrap();
    let of = |ph: &str| events.iter().filter(|event| event["ph"] == ph).collect::<Vec<_>>();
    let names: HashMap<u64, &str> = of("M")
        .into_iter()
        .map(|event| (event["tid"].as_u64().unwrap(), event["args"]["name"].as_str().unwrap()))
        .collect();
    let worker = *names.iter().find(|(_, name)| **name == "worker").expect("named").0;
    let slices: Vec<_> = of("X").into_iter().filter(|event| event["tid"] == worker).collect();
    assert_eq!(slices.len(), 40);
    assert!(slices.iter().all(|event| event["cat"] == "call" && event["pid"] == std::process::id()));
    assert!(!slices[0]["name"].as_str().unwrap().contains('\u{1b}'), "no escape sequence reaches a viewer");
    for pair in slices.chunks(2) {
        let end = |event: &Value| micros(event, "ts") + micros(event, "dur");
        assert_eq!(pair[1]["name"], "inner");
        assert!(micros(pair[0], "ts") <= micros(pair[1], "ts") && end(pair[1]) <= end(pair[0]) + 1e-6, "{pair:?}");
    }

    let (begin, end) = (of("b"), of("e"));
    assert_eq!((begin.len(), end.len(), &begin[0]["id"]), (1, 1, &end[0]["id"]));
    assert!(micros(end[0], "ts") - micros(begin[0], "ts") >= 5_000.0, "the future slept for 5 ms");
    assert!(of("X").iter().any(|event| event["cat"] == "poll" && event["name"] == "task"));
}
