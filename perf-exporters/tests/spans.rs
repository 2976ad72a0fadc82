//! Spans as probes and probes as spans, beside the layers and filters that programs have.
#![cfg(all(feature = "tracing", feature = "enabled"))]

use std::io;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use perf_core::{Probe, snapshot};
use perf_exporters::spans::{self, PerfLayer};
use tracing::{Level, info_span, instrument};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

/// What a log shows.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[instrument(skip_all)]
fn outer(times: u32) {
    (0..times).for_each(|_| inner());
}

#[instrument(level = "debug")]
fn inner() {}

#[instrument]
async fn asleep() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

fn calls(name: &str) -> u64 {
    snapshot().get(name).map_or(0, perf_core::ProbeStats::calls)
}

#[test]
fn spans_are_calls() {
    let log = Log::default();
    let subscriber = tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(log.clone()).with_ansi(false).with_filter(LevelFilter::INFO))
        .with(PerfLayer::new());
    tracing::subscriber::with_default(subscriber, || {
        let _span = info_span!(target: "shop", "checkout").entered();
        outer(3);
        tracing::info!("said");
        // A span that two threads are in at once is one call.
        let shared = info_span!("shared");
        let (one, other) = (shared.clone(), tracing::dispatcher::get_default(Clone::clone));
        let entered = shared.enter();
        let there = thread::spawn(move || {
            tracing::dispatcher::with_default(&other, || {
                one.in_scope(|| {});
                one.in_scope(|| {});
            });
        });
        there.join().unwrap();
        drop(entered);
    });
    let snapshot = snapshot();
    let probe = |name: &str| snapshot.get(name).unwrap_or_else(|| panic!("{name}"));
    assert_eq!((probe("shop::checkout").calls(), probe("spans::outer").calls()), (1, 1));
    assert_eq!(probe("spans::inner").calls(), 3, "the filter is the other layer's");
    assert_eq!((probe("spans::shared").calls(), probe("spans::shared").polls()), (1, 3));
    assert!(probe("spans::outer").file().ends_with("spans.rs") && probe("spans::outer").line() > 0);
    assert!(probe("spans::outer").busy() >= probe("spans::inner").busy());
    assert!(log.text().contains("checkout"), "{}", log.text());
}

#[test]
fn a_filter_on_the_layer_keeps_spans_out() {
    let layer = PerfLayer::new().with_filter(Targets::new().with_target("kept", Level::INFO));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        info_span!(target: "kept", "one").in_scope(|| {});
        info_span!(target: "left", "two").in_scope(|| {});
        tracing::debug_span!(target: "kept", "three").in_scope(|| {});
    });
    assert_eq!((calls("kept::one"), calls("left::two"), calls("kept::three")), (1, 0, 0));
}

#[test]
fn a_future_is_busy_for_less_than_it_lasts() {
    let subscriber = tracing_subscriber::registry().with(PerfLayer::new());
    let dispatch = tracing::Dispatch::new(subscriber);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    tracing::dispatcher::with_default(&dispatch, || {
        use tracing::instrument::WithSubscriber;
        let tasks: Vec<_> = (0..8).map(|_| runtime.spawn(asleep().with_current_subscriber())).collect();
        runtime.block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
    drop(runtime);
    let snapshot = snapshot();
    let asleep = snapshot.get("spans::asleep").unwrap();
    assert_eq!(asleep.calls(), 8);
    assert!(asleep.polls() >= 16, "each is polled before and after it sleeps: {}", asleep.polls());
    assert!(asleep.min() >= Duration::from_millis(20) && asleep.busy() < asleep.total() / 2, "{asleep:?}");
}

#[test]
fn probes_open_spans() {
    static QUERY: Probe = Probe::new("shop::db::query");
    static PLAIN: Probe = Probe::new("plain");
    static TASK: Probe = Probe::new("shop::task");
    let log = Log::default();
    let subscriber = tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(log.clone()).with_ansi(false))
        .with(Targets::new().with_target("shop", Level::DEBUG).with_target("spans", Level::TRACE))
        .with(PerfLayer::new());
    let dispatch = tracing::Dispatch::new(subscriber);
    tracing::dispatcher::with_default(&dispatch, || {
        assert!(spans::open(Level::DEBUG) && !spans::open(Level::INFO));
        {
            let _query = QUERY.start();
            let _plain = PLAIN.start();
            tracing::info!("first");
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(TASK.wrap(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            tracing::info!("second");
        }));
        // Guards that are dropped in another order end their own spans.
        let (one, two) = (QUERY.start(), QUERY.start());
        drop(one);
        tracing::info!("third");
        drop(two);
        tracing::info!("fourth");
        spans::close();
        let _query = QUERY.start();
        tracing::info!("fifth");
    });
    let text = log.text();
    let line = |what: &str| text.lines().find(|line| line.ends_with(what)).unwrap_or_else(|| panic!("{what}: {text}"));
    assert!(line("first").contains("query:") && !line("first").contains("plain"), "the filter is asked: {text}");
    assert!(line("second").contains("task:"));
    assert!(line("third").contains("query"), "the second is still open: {text}");
    assert!(!line("fourth").contains("query") && !line("fifth").contains("query"), "{text}");
    assert_eq!(calls("shop::db::query"), 4, "the layer passes over the spans of probes");
}
