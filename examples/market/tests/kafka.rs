//! The platform over the real protocol: librdkafka against its mock cluster, which is a broker on a port of this machine.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use market::broker::Broker;
use market::codec::Format;
use market::ingest::{GROUP, Ingest, Plan, Strategy};
use market::kafka::{Kafka, Options};
use market::log::LogError;
use market::produce::{self, Producer};
use market::source::Source;
use market::sql::Store;
use market::symbols::Symbols;
use market::{Kind, Tick, tick::ticks};
use perf_load::{Class, Ctx, Load};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr as RespErr};

const FORMAT: Format = Format::Schema;
const SYMBOLS: u32 = 20;
const PATIENCE: Duration = Duration::from_mins(1);

/// A broker, and a topic of four partitions there. The mock has no request that makes one.
fn begin(topic: &str) -> (MockCluster<'static, DefaultProducerContext>, Arc<Kafka>) {
    let mock = MockCluster::new(1).unwrap();
    mock.create_topic(topic, 4, 1).unwrap();
    let kafka = open(&mock, topic, Duration::from_secs(20));
    (mock, kafka)
}

fn open(mock: &MockCluster<'_, DefaultProducerContext>, topic: &str, patience: Duration) -> Arc<Kafka> {
    let options = Options { patience, ..Options::new(topic) };
    Arc::new(Kafka::open(&mock.bootstrap_servers(), options).unwrap())
}

fn stream(number: usize) -> Vec<Tick> {
    ticks(3, SYMBOLS, number).unwrap()
}

fn plan(kafka: &Arc<Kafka>, folder: &Path) -> Plan {
    Plan::new(kafka.clone(), &folder.join("market.sqlite"), Arc::new(Symbols::first(SYMBOLS)))
}

fn trades(ticks: &[Tick]) -> u64 {
    ticks.iter().filter(|tick| tick.kind != Kind::Quote).count() as u64
}

fn stored(folder: &Path) -> u64 {
    Store::open(&folder.join("market.sqlite"), &Symbols::first(SYMBOLS)).unwrap().trades().unwrap()
}

fn encoded(tick: &Tick) -> Vec<u8> {
    let mut bytes = Vec::new();
    FORMAT.encode(tick, &mut bytes);
    bytes
}

/// The messages up to the end of a partition, each with its offset.
fn rest(kafka: &Kafka, partition: usize, source: &mut dyn Source, most: usize) -> Vec<(u64, Vec<u8>)> {
    let end = kafka.end(partition).unwrap();
    let mut found: Vec<(u64, Vec<u8>)> = Vec::new();
    let begun = Instant::now();
    while found.last().map_or(0, |(offset, _)| offset + 1) < end {
        assert!(begun.elapsed() < PATIENCE, "{} of {end} messages", found.len());
        let batch = source.poll(most).unwrap();
        assert!(batch.len() <= most);
        found.extend(batch.iter().map(|(offset, payload)| (offset, payload.to_vec())));
        if batch.is_empty() {
            let _ = source.wait(Duration::from_millis(100));
        }
    }
    found
}

/// All messages of a topic, each with its partition and offset.
fn messages(kafka: &Arc<Kafka>) -> BTreeSet<(usize, u64, Vec<u8>)> {
    let of = |partition| {
        let mut source = Arc::clone(kafka).source(partition, "check").unwrap();
        let found = rest(kafka, partition, source.as_mut(), 100);
        found.into_iter().map(move |(offset, payload)| (partition, offset, payload))
    };
    (0..kafka.partitions()).flat_map(of).collect()
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn messages_come_as_they_were_sent_and_a_group_goes_on_where_it_committed() {
    let (mock, kafka) = begin("order");
    let payloads: Vec<Vec<u8>> = (0..300).map(|number| format!("message {number}").into_bytes()).collect();
    let all: Vec<(u64, Vec<u8>)> = (0..).zip(payloads.iter().cloned()).collect();
    for (number, part) in payloads.chunks(100).enumerate() {
        let part: Vec<&[u8]> = part.iter().map(Vec::as_slice).collect();
        assert_eq!(kafka.append(2, &part).unwrap(), 100 * number as u64);
    }
    for most in [1, 7, 1_000] {
        let mut source = Arc::clone(&kafka).source(2, &format!("at most {most}")).unwrap();
        assert_eq!(rest(&kafka, 2, source.as_mut(), most), all);
    }
    let mut source = Arc::clone(&kafka).source(2, "group").unwrap();
    wait_until("there is a message", || source.wait(Duration::from_millis(100)));
    let polled = source.poll(100).unwrap().len() as u64;
    source.commit().unwrap();
    assert_eq!(kafka.wait_committed(2, "group", 0, PATIENCE), polled);
    let _ = source.poll(1).unwrap();
    drop(source);
    // Another process has only what the broker knows.
    let again = open(&mock, "order", PATIENCE);
    let mut source = Arc::clone(&again).source(2, "group").unwrap();
    assert_eq!(rest(&again, 2, source.as_mut(), 10), all[usize::try_from(polled).unwrap()..]);
}

#[test]
fn every_strategy_stores_everything_once() {
    let ticks = stream(1_000);
    for strategy in Strategy::ALL {
        let folder = tempfile::tempdir().unwrap();
        let (_mock, kafka) = begin("ticks");
        let ingest = Ingest::start(&Plan { strategy, ..plan(&kafka, folder.path()) }).unwrap();
        Producer::new(&*kafka, FORMAT).send_all(&ticks).unwrap();
        ingest.drain(PATIENCE).unwrap_or_else(|error| panic!("{}: {error}", strategy.name()));
        assert_eq!(ingest.counts().stored.load(Relaxed), 1_000, "{}", strategy.name());
        ingest.stop().unwrap();
        assert_eq!(stored(folder.path()), trades(&ticks), "{}", strategy.name());
    }
}

/// The broker is away from the hundredth message on, until one has failed.
#[test]
fn a_broker_stopped_in_mid_run_is_counted_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let mock = MockCluster::new(1).unwrap();
    mock.create_topic("ticks", 4, 1).unwrap();
    let kafka = open(&mock, "ticks", Duration::from_secs(1));
    let ticks = stream(600);
    let ingest = Ingest::start(&plan(&kafka, folder.path())).unwrap();
    let acknowledged = Mutex::new(BTreeSet::new());
    let (sent, failures, recovered) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let load = Load::new("producer").rate(200.0).duration(Duration::from_secs(3)).max_in_flight(2);
    let outcome = thread::scope(|scope| {
        let drive = scope.spawn(|| {
            load.run(|ctx: &Ctx| {
                sent.fetch_add(1, Relaxed);
                let tick = &ticks[usize::try_from(ctx.number()).unwrap()];
                let sent = produce::send(&*kafka, FORMAT, tick);
                failures.fetch_add(u64::from(sent.is_err()), Relaxed);
                let (partition, offset) = sent?;
                recovered.fetch_max(u64::from(failures.load(Relaxed) > 0), Relaxed);
                acknowledged.lock().unwrap().insert((partition, offset, encoded(tick)));
                Ok::<(), LogError>(())
            })
        });
        wait_until("a hundred messages are sent", || sent.load(Relaxed) >= 100);
        mock.broker_down(-1).unwrap();
        wait_until("a message has failed", || failures.load(Relaxed) > 0);
        mock.broker_up(-1).unwrap();
        drive.join().unwrap().unwrap()
    });
    let acknowledged = acknowledged.into_inner().unwrap();
    let [(class, failed)] = outcome.classes.as_slice() else { panic!("{:?}", outcome.classes) };
    assert_eq!((class.as_str(), *failed), ("log stopped", failures.into_inner()));
    assert_eq!(acknowledged.len() as u64 + failed, 600);
    assert_eq!(recovered.into_inner(), 1, "messages are acknowledged when the broker is back");
    let found = messages(&kafka);
    assert!(found.is_superset(&acknowledged), "nothing that was acknowledged is lost");
    // A message is a failure when its acknowledgement did not come; it may be kept all the same.
    assert!((found.len() - acknowledged.len()) as u64 <= *failed, "nothing is kept twice");
    ingest.drain(PATIENCE).unwrap();
    assert_eq!(ingest.counts().stored.load(Relaxed), found.len() as u64);
    ingest.stop().unwrap();
}

/// What was sent is waited for over an absence of the broker; one that lasts is an error of its class.
#[test]
fn a_broker_that_comes_back_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let mock = MockCluster::new(1).unwrap();
    mock.create_topic("ticks", 4, 1).unwrap();
    let kafka = open(&mock, "ticks", Duration::from_secs(1));
    let ingest = Ingest::start(&plan(&kafka, folder.path())).unwrap();
    let ticks = stream(1_000);
    Producer::new(&*kafka, FORMAT).send_all(&ticks).unwrap();
    mock.broker_down(-1).unwrap();
    let error = ingest.drain(Duration::ZERO).unwrap_err();
    assert!(error.passes() && error.class() == "log stopped", "{error}");
    thread::scope(|scope| {
        let waits = scope.spawn(|| ingest.drain(PATIENCE));
        thread::sleep(Duration::from_millis(300));
        mock.broker_up(-1).unwrap();
        waits.join().unwrap().unwrap();
    });
    ingest.stop().unwrap();
    assert_eq!(stored(folder.path()), trades(&ticks));
}

/// As tansu does after it answered no request for a while.
#[test]
fn a_producer_that_is_fenced_goes_on_as_another() {
    for code in [RespErr::RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RespErr::RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID] {
        let (mock, kafka) = begin("ticks");
        let message: &[u8] = b"message";
        assert_eq!(kafka.append(0, &[message]).unwrap(), 0);
        mock.request_errors(RDKafkaApiKey::Produce, &[code]);
        let mut failures = 0;
        while let Err(error) = kafka.append(0, &[message]) {
            assert_eq!(error.class(), "log stopped", "{error}");
            failures += 1;
            assert!(failures < 10);
        }
        assert_eq!(kafka.end(0).unwrap(), 2);
    }
}

/// A Kafka broker takes whatever it is given, so the bound on the lag is the client's own.
#[test]
fn a_slow_consumer_pushes_back() {
    let (mock, _) = begin("ticks");
    let options = Options { max_lag: Some(100), ..Options::new("ticks") };
    let kafka = Arc::new(Kafka::open(&mock.bootstrap_servers(), options).unwrap());
    let mut source = Arc::clone(&kafka).source(0, GROUP).unwrap();
    let message: &[u8] = b"message";
    assert_eq!(kafka.append(0, &[message; 100]).unwrap(), 0);
    assert!(matches!(kafka.append(0, &[message]), Err(LogError::BackPressure)));
    assert_eq!(rest(&kafka, 0, source.as_mut(), 1_000).len(), 100);
    source.commit().unwrap();
    assert_eq!(kafka.append(0, &[message]).unwrap(), 100);
}

#[test]
fn where_no_broker_is_there_is_an_error_with_its_remedy() {
    let options = Options { patience: Duration::from_millis(500), ..Options::new("ticks") };
    let error = Kafka::open("127.0.0.1:1", options).unwrap_err().to_string();
    assert!(error.starts_with("the broker: none answers at 127.0.0.1:1 ("), "{error}");
    assert!(error.ends_with("; start one, or give its address"), "{error}");
}
