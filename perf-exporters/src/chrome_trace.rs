//! A timeline as a Chrome trace, which [Perfetto](https://ui.perfetto.dev) and `chrome://tracing` open: what every thread
//! did last, call by call.
//!
//! Calls and polls are slices on the threads they ran on. A future is an asynchronous slice of its own, from its first
//! poll to its end, since it may overlap with anything and change threads. Times are microseconds with three decimals,
//! from the first event; `otherData` says when that was.

use std::time::Duration;

use perf_core::{EventKind, Timeline, TimelineEvent};
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use crate::label;

/// The trace as JSON.
///
/// ```
/// use perf_exporters::chrome_trace;
///
/// perf_core::set_timeline(1_000); // calls of each thread
/// perf_core::perf_block!("work", { std::hint::black_box(2 + 2) });
/// let json = chrome_trace::render(&perf_core::timeline());
/// assert!(json.starts_with(r#"{"displayTimeUnit":"ns""#));
/// ```
///
/// ```text
/// PERF_REPORT=trace=perf.trace.json ./program
/// ```
#[must_use]
pub fn render(timeline: &Timeline) -> String {
    let file = File {
        unit: "ns",
        other: Other {
            origin: humantime::format_rfc3339_nanos(timeline.origin()).to_string(),
            overwritten: timeline.overwritten(),
        },
        events: Events(timeline),
    };
    // What can fail is a writer, and keys of maps that are no strings; there are neither.
    serde_json::to_string(&file).unwrap_or_default()
}

#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "displayTimeUnit")]
    unit: &'static str,
    #[serde(rename = "otherData")]
    other: Other,
    #[serde(rename = "traceEvents")]
    events: Events<'a>,
}

#[derive(Serialize)]
struct Other {
    origin: String,
    overwritten: u64,
}

struct Events<'a>(&'a Timeline);

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for (number, name) in self.0.threads() {
            let name = if name.is_empty() { format!("thread {number}") } else { label::shown(name) };
            list.serialize_element(&Entry { args: Some(Args { name }), ..Entry::new("M", "thread_name", *number) })?;
        }
        for (index, event) in self.0.events().iter().enumerate() {
            let name = label::shown(event.name);
            let slice = Entry { ts: Some(micros(event.start)), ..Entry::new("X", &name, event.thread) };
            match event.kind {
                EventKind::Future => {
                    let task = Entry { cat: Some("future"), id: Some(index), ..slice };
                    list.serialize_element(&Entry { ph: "b", ..task.clone() })?;
                    list.serialize_element(&Entry { ph: "e", ts: Some(micros(end(event))), ..task })?;
                }
                kind => {
                    let cat = if kind == EventKind::Poll { "poll" } else { "call" };
                    list.serialize_element(&Entry { cat: Some(cat), dur: Some(micros(event.duration)), ..slice })?;
                }
            }
        }
        list.end()
    }
}

/// An event in the file's own words: phase, category, time stamp, process and thread.
#[derive(Clone, Serialize)]
struct Entry<'a> {
    ph: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    pid: u32,
    tid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<Args>,
}

#[derive(Clone, Serialize)]
struct Args {
    name: String,
}

impl<'a> Entry<'a> {
    fn new(ph: &'static str, name: &'a str, tid: u32) -> Self {
        Self {
            ph,
            name,
            cat: None,
            id: None,
            ts: None,
            dur: None,
            pid: crate::host::pid().unwrap_or_default(),
            tid,
            args: None,
        }
    }
}

fn end(event: &TimelineEvent) -> Duration {
    event.start + event.duration
}

/// Whole nanoseconds are exact in three decimals, up to a hundred days.
fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e3
}
