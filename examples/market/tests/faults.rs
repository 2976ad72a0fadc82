//! Faults of real life: each is counted under its class, the platform recovers, and nothing that was acknowledged is lost.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use market::codec::Format;
use market::ingest::{GROUP, Ingest, Plan, Strategy};
use market::log::{Consumer, Log, LogError, Options};
use market::produce::{self, Producer};
use market::sql::Store;
use market::symbols::Symbols;
use market::{Kind, Tick, tick::ticks};
use perf_load::{Class, Ctx, Load};

const FORMAT: Format = Format::Schema;
const SYMBOLS: u32 = 20;
const PATIENCE: Duration = Duration::from_mins(1);

fn stream(number: usize) -> Vec<Tick> {
    ticks(3, SYMBOLS, number).unwrap()
}

fn plan(log: &Arc<Log>, folder: &Path) -> Plan {
    Plan::new(log.clone(), &folder.join("market.sqlite"), Arc::new(Symbols::first(SYMBOLS)))
}

fn trades(ticks: &[Tick]) -> u64 {
    ticks.iter().filter(|tick| tick.kind != Kind::Quote).count() as u64
}

fn stored(folder: &Path) -> u64 {
    Store::open(&folder.join("market.sqlite"), &Symbols::first(SYMBOLS)).unwrap().trades().unwrap()
}

/// All messages of a log, each with its partition and offset.
fn messages(log: &Arc<Log>) -> BTreeSet<(usize, u64, Vec<u8>)> {
    let mut found = BTreeSet::new();
    for partition in 0..log.partitions() {
        let mut consumer = Consumer::new(Arc::clone(log), partition, "check");
        loop {
            let batch = consumer.poll(1_000).unwrap();
            if batch.is_empty() {
                break;
            }
            found.extend(batch.iter().map(|(offset, payload)| (partition, offset, payload.to_vec())));
        }
    }
    found
}

fn encoded(tick: &Tick) -> Vec<u8> {
    let mut bytes = Vec::new();
    FORMAT.encode(tick, &mut bytes);
    bytes
}

#[test]
fn every_strategy_stores_everything_once() {
    let ticks = stream(1_000);
    for strategy in Strategy::ALL {
        let folder = tempfile::tempdir().unwrap();
        let log = Arc::new(Log::open(folder.path(), Options { segment_bytes: 5_000, ..Options::default() }).unwrap());
        let ingest = Ingest::start(&Plan { strategy, ..plan(&log, folder.path()) }).unwrap();
        Producer::new(&*log, FORMAT).send_all(&ticks).unwrap();
        ingest.drain(PATIENCE).unwrap_or_else(|error| panic!("{}: {error}", strategy.name()));
        assert_eq!(ingest.counts().stored.load(Relaxed), 1_000, "{}", strategy.name());
        ingest.stop().unwrap();
        assert_eq!(stored(folder.path()), trades(&ticks), "{}", strategy.name());
    }
}

/// The broker is down for the second of three parts of a drive.
#[test]
fn a_log_stopped_in_mid_run_is_counted_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(Log::open(folder.path(), Options::default()).unwrap());
    let ticks = stream(600);
    let ingest = Ingest::start(&plan(&log, folder.path())).unwrap();
    let acknowledged = Mutex::new(BTreeSet::new());
    let load = Load::new("producer").rate(1_000.0).duration(Duration::from_millis(600)).max_in_flight(2);
    let outcome = load
        .run(|ctx: &Ctx| {
            match ctx.number() {
                200 => log.stop(),
                400 => log.start(),
                _ => {}
            }
            let tick = &ticks[usize::try_from(ctx.number()).unwrap()];
            let (partition, offset) = produce::send(&*log, FORMAT, tick)?;
            acknowledged.lock().unwrap().insert((partition, offset, encoded(tick)));
            Ok::<(), LogError>(())
        })
        .unwrap();
    let acknowledged = acknowledged.into_inner().unwrap();
    let [(class, failed)] = outcome.classes.as_slice() else { panic!("{:?}", outcome.classes) };
    assert_eq!(class, "log stopped");
    assert!((190..=210).contains(failed), "one of two threads may be a message ahead: {failed}");
    assert_eq!(acknowledged.len() as u64 + failed, 600);
    assert_eq!(messages(&log), acknowledged);
    ingest.drain(PATIENCE).unwrap();
    assert_eq!(ingest.counts().stored.load(Relaxed), acknowledged.len() as u64);
}

/// Broker and consumers are gone at any point; another process opens the same folder.
#[test]
fn a_restart_loses_nothing_and_stores_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let ticks = stream(2_000);
    for part in ticks.chunks(500) {
        let log = Arc::new(Log::open(folder.path(), Options { segment_bytes: 4_000, ..Options::default() }).unwrap());
        Producer::new(&*log, FORMAT).send_all(part).unwrap();
        // Stopped somewhere: what was stored and not committed comes again.
        let ingest = Ingest::start(&Plan { strategy: Strategy::Fixed(37), ..plan(&log, folder.path()) }).unwrap();
        let _ = log.wait_committed(0, GROUP, log.committed(0, GROUP), PATIENCE);
        ingest.stop().unwrap();
    }
    let log = Arc::new(Log::open(folder.path(), Options::default()).unwrap());
    let ingest = Ingest::start(&plan(&log, folder.path())).unwrap();
    ingest.drain(PATIENCE).unwrap();
    assert_eq!((log.lag(GROUP), stored(folder.path())), (0, trades(&ticks)));
    // The group forgets how far it was; the database does not.
    drop(ingest);
    for partition in 0..log.partitions() {
        std::fs::remove_file(folder.path().join(format!("partition-{partition:03}/{GROUP}.offset"))).unwrap();
    }
    let log = Arc::new(Log::open(folder.path(), Options::default()).unwrap());
    let again = Ingest::start(&plan(&log, folder.path())).unwrap();
    again.drain(PATIENCE).unwrap();
    assert_eq!(stored(folder.path()), trades(&ticks));
}

#[test]
fn poison_is_counted_kept_aside_and_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(Log::open(folder.path(), Options::default()).unwrap());
    let ticks = stream(1_000);
    let ingest = Ingest::start(&plan(&log, folder.path())).unwrap();
    for (number, tick) in ticks.iter().enumerate() {
        produce::send(&*log, FORMAT, tick).unwrap();
        if number % 50 == 0 {
            let poison: &[u8] = if number % 100 == 0 { b"{\"not\": \"a tick\"}" } else { &encoded(tick)[..9] };
            log.append(number % log.partitions(), &[poison]).unwrap();
        }
    }
    ingest.drain(PATIENCE).unwrap();
    assert_eq!((ingest.counts().poison.load(Relaxed), ingest.counts().stored.load(Relaxed)), (20, 1_000));
    ingest.stop().unwrap();
    assert_eq!(stored(folder.path()), trades(&ticks));
    let aside = std::fs::read_to_string(folder.path().join("poison")).unwrap();
    assert_eq!(aside.lines().count(), 20);
    assert!(aside.lines().all(|line| line.starts_with("partition ") && line.contains("cannot be read")), "{aside}");
}

/// The consumer takes 100 messages in 20 ms; the producer offers more. What the log refuses is a failure of its class, and the lag
/// stays in its bound.
#[test]
fn a_slow_consumer_pushes_back() {
    let folder = tempfile::tempdir().unwrap();
    let most = 300;
    let options = Options { partitions: 1, max_lag: Some(most), ..Options::default() };
    let log = Arc::new(Log::open(folder.path(), options).unwrap());
    let strategy = Strategy::Fixed(100);
    let slow = Plan { strategy, pause: Duration::from_millis(20), ..plan(&log, folder.path()) };
    let ingest = Ingest::start(&slow).unwrap();
    let ticks = stream(1_000);
    let greatest = Mutex::new(0);
    let load = Load::new("producer").workers(2).duration(Duration::from_millis(500));
    let outcome = load
        .run(|ctx: &Ctx| {
            let sent = produce::send(&*log, FORMAT, &ticks[usize::try_from(ctx.number() % 1_000).unwrap()]).map(drop);
            let lag = log.lag(GROUP);
            let mut greatest = greatest.lock().unwrap();
            *greatest = lag.max(*greatest);
            sent
        })
        .unwrap();
    let [(class, failed)] = outcome.classes.as_slice() else { panic!("{:?}", outcome.classes) };
    assert_eq!(class, "back-pressure");
    let acknowledged = outcome.counts.completed - failed;
    assert!(acknowledged > most, "it goes on when the consumer has caught up");
    assert!(greatest.into_inner().unwrap() <= most);
    ingest.drain(PATIENCE).unwrap();
    assert_eq!(ingest.counts().stored.load(Relaxed), acknowledged);
}

/// Another writer keeps the database for a while.
#[test]
fn a_locked_database_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(Log::open(folder.path(), Options::default()).unwrap());
    let ticks = stream(1_000);
    let ingest = Ingest::start(&plan(&log, folder.path())).unwrap();
    let other = rusqlite::Connection::open(folder.path().join("market.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    Producer::new(&*log, FORMAT).send_all(&ticks).unwrap();
    while ingest.counts().retried.load(Relaxed) < 2 {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(ingest.counts().stored.load(Relaxed), 0);
    other.execute_batch("COMMIT").unwrap();
    ingest.drain(PATIENCE).unwrap();
    ingest.stop().unwrap();
    assert_eq!(stored(folder.path()), trades(&ticks));
}

/// A consumer that ended stores nothing any more: a wait for it ends at once, with the reason.
#[test]
fn the_end_of_a_consumer_is_no_endless_wait() {
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(Log::open(folder.path(), Options { partitions: 1, ..Options::default() }).unwrap());
    let ingest = Ingest::start(&plan(&log, folder.path())).unwrap();
    let other = rusqlite::Connection::open(folder.path().join("market.sqlite")).unwrap();
    other.execute_batch("DROP TABLE progress").unwrap();
    Producer::new(&*log, FORMAT).send_all(&stream(10)).unwrap();
    let error = ingest.drain(Duration::from_hours(1)).unwrap_err();
    assert!(!error.passes() && error.class() == "database", "{error}");
    assert!(error.to_string().contains("progress"), "{error}");
}

#[test]
fn classes_have_names() {
    let full = LogError::from(std::io::Error::from(std::io::ErrorKind::StorageFull));
    let limited = LogError::from(std::io::Error::from(std::io::ErrorKind::FileTooLarge));
    assert_eq!([full.class(), limited.class()], ["disk full", "disk full"]);
}

/// In a process of its own, since the limit on the size of files, which stands for the disk here, is one of a process.
#[cfg(unix)]
mod disk_full {
    use std::process::Command;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    use super::*;

    const CHILD: &str = "MARKET_DISK_FULL_CHILD";

    #[test]
    fn a_full_disk_is_counted_and_recovers() {
        // The shell has the signal ignored that would end the process: the write then fails, as on a disk that is full.
        let exe = std::env::current_exe().unwrap();
        let script = "trap '' XFSZ; exec \"$0\" --exact disk_full::child --nocapture";
        let output = Command::new("sh").arg("-c").arg(script).arg(exe).env(CHILD, "1").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        assert!(text.contains("recovered"), "{text}");
    }

    #[test]
    fn child() {
        if std::env::var_os(CHILD).is_none() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let log = Arc::new(Log::open(folder.path(), Options { partitions: 1, ..Options::default() }).unwrap());
        let ticks = stream(1_000);
        let before = getrlimit(Resource::Fsize);
        setrlimit(Resource::Fsize, Rlimit { current: Some(10_000), ..before }).unwrap();
        let (mut acknowledged, mut full) = (BTreeSet::new(), 0);
        for (number, batch) in ticks.chunks(10).enumerate() {
            if number == 90 {
                setrlimit(Resource::Fsize, before).unwrap();
            }
            let payloads: Vec<Vec<u8>> = batch.iter().map(encoded).collect();
            match log.append(0, &payloads) {
                Ok(first) => acknowledged.extend((first..).zip(payloads).map(|(offset, payload)| (0, offset, payload))),
                Err(error) if error.class() == "disk full" => full += 1,
                Err(error) => panic!("{error}"),
            }
        }
        assert!(full > 10, "{full} batches met the limit");
        assert_eq!(acknowledged.len(), 1_000 - 10 * full, "a batch is there as a whole, or not at all");
        assert_eq!(messages(&log), acknowledged);
        drop(log);
        let log = Arc::new(Log::open(folder.path(), Options { partitions: 1, ..Options::default() }).unwrap());
        assert_eq!(messages(&log), acknowledged, "after a restart, too");
        println!("recovered: {full} batches met a full disk");
    }
}
