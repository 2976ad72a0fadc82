//! Ingestion as fast as it goes, the queries at a rate, the columnar storage and the disk below both.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use market::Tick;
use market::archive::{Archive, Columns};
use market::ingest::IngestError;
use market::produce::Producer;
use market::sql::{Queries, StoreError};
use perf_core::perf_probe;
use perf_exporters::human;
use perf_exporters::report::Track;
use perf_load::{Class, Ctx, Load, Mix, Operation, Outcome};

use super::book::{Book, say, told};
use super::scale::Mode;
use super::watched::{disk, note, watched};
use super::world::{FORMAT, Place, SEED, World};

/// Messages that are sent before all of them have to be stored.
const PART: usize = 2_000;
/// Parts that may fail one after the other; a broker that is away takes five seconds for each.
const GIVE_UP: u32 = 12;
/// How long after a failure the next part is sent.
const AGAIN: Duration = Duration::from_millis(100);
/// Queries a second; the target is 100.
const QUERIES: f64 = 200.0;
/// Ticks of a row group: 4 MB.
const ROWS: usize = 100_000;
/// A piece of a file that shows what the disk can do.
const PIECE: usize = 4 << 20;
const PIECES: usize = 32;

/// Ingestion, with what it takes from memory, processors and disk.
pub(crate) fn ingestion(book: &mut Book, world: &World, mode: Mode) -> Result<Track, Box<dyn Error>> {
    let messages = |parts: usize| human::count((parts * PART) as u64);
    let parts = mode.thousands() * 1_000 / PART;
    say(&format!("ingestion: {} messages, sent and stored\n", messages(parts)));
    let mut failed = BTreeMap::<_, u64>::new();
    let watched = watched(|| {
        let mut producer = Producer::new(&*world.log, FORMAT);
        let mut ticks = world.ticks.chunks_exact(PART).cycle();
        let mut in_a_row = 0;
        for done in 0..parts {
            if done > 0 && done % (parts / 10).max(100) == 0 {
                say(&format!("  {} of {} messages\n", messages(done), messages(parts)));
            }
            let Err(error) = part(world, &mut producer, ticks.next().unwrap_or_default()) else {
                in_a_row = 0;
                continue;
            };
            say(&format!("  {} to {}: {error}\n", messages(done), messages(done + 1)));
            *failed.entry(error.class()).or_default() += 1;
            in_a_row += 1;
            if !error.passes() || in_a_row == GIVE_UP {
                return Err(error.into());
            }
            thread::sleep(AGAIN);
        }
        Ok(())
    });
    for (class, count) in failed {
        say(&format!("  failed, {class}: {count} of {parts} parts\n"));
    }
    let ((), track) = watched?;
    note(book, "ingestion", track.clone());
    Ok(track)
}

/// Sends so many ticks, and waits until all are stored: a message counts when it is there.
#[perf_probe(name = "ingestion::part", items = ticks.len() as u64, errors)]
fn part(world: &World, producer: &mut Producer<'_>, ticks: &[Tick]) -> Result<(), IngestError> {
    producer.send_all(ticks)?;
    world.drain()
}

/// The five kinds of queries, in turn.
pub(crate) fn queries(book: &mut Book, world: &World, mode: Mode) -> Result<(), Box<dyn Error>> {
    say("queries: select, filter, group by, window, join\n");
    let load = Load::new("queries").rate(QUERIES).poisson().seed(SEED).duration(mode.steady()).max_in_flight(READERS);
    let (outcome, track) = watched(|| query_mix(world, &told(load.limit(Duration::from_millis(100)))))?;
    let served = outcome.achieved() * (1.0 - outcome.error_rate());
    book.doubted("queries", "throughput", served, outcome.validity.reason());
    book.drive(&outcome);
    note(book, "queries", track);
    Ok(())
}

/// Connections of the queries.
const READERS: usize = 2;

/// Drives the mix of queries.
pub(crate) fn query_mix(world: &World, load: &Load) -> Result<Outcome, Box<dyn Error>> {
    let readers = (0..READERS).map(|_| Ok(Mutex::new((world.queries)()?))).collect::<Result<Vec<_>, StoreError>>()?;
    let with = |ctx: &Ctx, query: fn(&dyn Queries, u32) -> Result<(), StoreError>| {
        let turn = usize::try_from(ctx.number()).unwrap_or(0) % readers.len();
        let symbol = world.tick(ctx.number()).symbol;
        query(readers[turn].lock().unwrap_or_else(PoisonError::into_inner).as_ref(), symbol)
    };
    let mix = Mix::new()
        .add(Operation::new("select"), |ctx: &Ctx| with(ctx, |reader, symbol| reader.trades(symbol, 100).map(drop)))
        .add(Operation::new("filter"), |ctx: &Ctx| with(ctx, |reader, _| reader.large(1_000).map(drop)))
        .add(Operation::new("group by"), |ctx: &Ctx| with(ctx, |reader, _| reader.groups().map(drop)))
        .add(Operation::new("window"), |ctx: &Ctx| with(ctx, |reader, symbol| reader.windows(symbol, 200).map(drop)))
        .add(Operation::new("join"), |ctx: &Ctx| with(ctx, |reader, _| reader.joined(100).map(drop)));
    Ok(load.run_mix(&mix)?)
}

/// Row groups into a Parquet file.
pub(crate) fn storage(world: &World, mode: Mode) -> Result<(), Box<dyn Error>> {
    let groups = mode.row_groups();
    say(&format!("storage: {groups} row groups of {ROWS} ticks as Parquet\n"));
    let path = world.folder.join("ticks.parquet");
    let mut archive = Archive::create(&path)?;
    let mut columns = Columns::default();
    let ticks: Vec<Tick> = world.ticks.iter().copied().cycle().take(ROWS).collect();
    for _ in 0..groups {
        columns.fill(&ticks);
        archive.write(&columns)?;
    }
    archive.finish()?;
    Ok(fs::remove_file(path)?)
}

/// What the disk can write and read, and which share of it the ingestion took.
pub(crate) fn disks(book: &mut Book, world: &World, ingestion: &Track) -> Result<(), Box<dyn Error>> {
    say("disk: what it can write and read\n");
    let path = world.folder.join("disk");
    let mut piece = vec![0x5a_u8; PIECE];
    let mut file = File::create(&path)?;
    for _ in 0..PIECES {
        write(&mut file, &piece)?;
    }
    drop(file);
    let mut file = File::open(&path)?;
    for _ in 0..PIECES {
        read(&mut file, &mut piece)?;
    }
    fs::remove_file(&path)?;
    let report = book.report();
    let can =
        |name: &str| report.probe(name).map_or(f64::NAN, |probe| probe.bytes as f64 / (probe.sum_ns as f64 / 1e9));
    let (written, read) = disk(ingestion)?;
    for (metric, used, probe) in
        [("written, of what it can", written, "disk::write"), ("read, of what it can", read, "disk::read")]
    {
        let [own, most] = [used, can(probe)].map(|bytes| human::figure(bytes, "bytes"));
        book.explained("disk", metric, used / can(probe), None, Some(&format!("{own} of {most} a second")));
    }
    Ok(())
}

/// As far as the disk, not only into the kernel's cache.
#[perf_probe(name = "disk::write", bytes = piece.len() as u64, errors)]
fn write(file: &mut File, piece: &[u8]) -> io::Result<()> {
    file.write_all(piece)?;
    file.sync_data()
}

/// What was just written comes out of the kernel's cache: an upper bound, as it is for the consumers.
#[perf_probe(name = "disk::read", bytes = piece.len() as u64, errors)]
fn read(file: &mut File, piece: &mut [u8]) -> io::Result<()> {
    file.read_exact(piece)
}

/// The folder of a command, and its phases.
pub(crate) fn run(book: &mut Book, place: Place<'_>, mode: Mode) -> Result<(), Box<dyn Error>> {
    let world = World::begin(place)?;
    let track = ingestion(book, &world, mode)?;
    queries(book, &world, mode)?;
    storage(&world, mode)?;
    disks(book, &world, &track)
}
