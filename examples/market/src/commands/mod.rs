//! The commands: each drives the platform, and gathers what the library measured in a [`book::Book`].

pub(crate) mod book;
mod curve;
mod endurance;
pub(crate) mod engine;
mod latency;
pub(crate) mod pair;
mod production;
mod regression;
pub(crate) mod scale;
mod stress;
mod targets;
mod throughput;
mod watched;
pub(crate) mod world;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use market::api::Server;

use book::Book;
use pair::Pair;
use scale::Mode;
use world::{Place, World};

/// What the program can do.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Drives the platform, and shows what it measured.
    #[command(flatten)]
    Measure(Measure),
    /// Against the runs that were saved; they are replaced where nothing regressed.
    Regression {
        /// The folder of the saved runs; by default `baseline` in the folder of the files.
        #[arg(long, value_name = "PATH")]
        baseline: Option<PathBuf>,
    },
    /// An optimisation, before and after.
    Pair {
        /// Which one.
        #[arg(value_enum)]
        pair: Pair,
    },
    /// Writes the success table of the last report into a page of Markdown, between its markers.
    Table {
        /// The page.
        page: PathBuf,
    },
    /// Fills a database and serves the API until Ctrl-C.
    Serve {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:3000")]
        address: String,
    },
}

/// What it can measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Measure {
    /// All measurements in brief, in under two minutes, and the success table.
    Quick,
    /// Ingestion at full speed, queries, columnar storage, the disk.
    Throughput,
    /// Producer, consumer and each endpoint of the API, from the intended start.
    Latency,
    /// 1,000 to 10,000 messages a second, and the rate at which it breaks.
    Curve,
    /// 10,000 to 50,000 messages a second until it fails, and the recovery.
    Stress,
    /// The same rate for long: memory, drift, leaks.
    Endurance,
    /// All of it at once, under the shape of a day.
    Production,
}

/// Runs a command; with `strict` a broken limit is 1.
pub(crate) fn run(command: &Command, place: Place<'_>, mode: Mode, strict: bool) -> Result<ExitCode, Box<dyn Error>> {
    let folder = place.folder;
    let mut book = Book::new(folder);
    match command {
        Command::Measure(what) => {
            if let Err(error) = measure(*what, &mut book, place, mode) {
                // What was measured before is shown all the same.
                if !book.is_empty() {
                    let _ = book.finish(strict)?;
                }
                return Err(error);
            }
            if *what == Measure::Quick {
                book = book.whole();
            }
            book.finish(strict)
        }
        Command::Regression { baseline } => {
            let baseline = baseline.clone().unwrap_or_else(|| folder.join("baseline"));
            let code = regression::run(&mut book, place, &baseline, mode)?;
            book.write(book::REGRESSION)?;
            Ok(code)
        }
        Command::Pair { pair } => pair::run(folder, *pair),
        Command::Table { page } => {
            let report = folder.join("report.json");
            book::check_whole(&report)?;
            Ok(book::perf(book::status(&report).into_iter().chain(["--into".into(), page.into()])))
        }
        Command::Serve { address } => {
            let world = filled(World::begin(place)?)?;
            let server = Server::start(address, &world.database, world.symbols.clone())?;
            println!("http://{}/stats/AAAA", server.address());
            server.join()?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn measure(what: Measure, book: &mut Book, place: Place<'_>, mode: Mode) -> Result<(), Box<dyn Error>> {
    let world = || World::begin(place);
    match what {
        Measure::Quick => {
            throughput::run(book, place, Mode::Quick)?;
            let world = world()?;
            latency::run(book, &world, Mode::Quick)?;
            curve::run(book, &world, Mode::Quick)?;
            stress::run(book, &world, Mode::Quick)?;
            endurance::run(book, &world, Mode::Quick)?;
            production::run(book, &world, Mode::Quick)?;
            pair::note_allocations(book)
        }
        Measure::Throughput => throughput::run(book, place, mode),
        Measure::Latency => latency::run(book, &filled(world()?)?, mode),
        Measure::Curve => curve::run(book, &world()?, mode),
        Measure::Stress => stress::run(book, &world()?, mode),
        Measure::Endurance => endurance::run(book, &world()?, mode),
        Measure::Production => production::run(book, &filled(world()?)?, mode),
    }
}

/// With all its ticks stored, so that there is something to ask for.
fn filled(world: World) -> Result<World, Box<dyn Error>> {
    let mut producer = market::produce::Producer::new(&*world.log, world::FORMAT);
    for ticks in world.ticks.chunks(2_000) {
        producer.send_all(ticks)?;
        world.drain()?;
    }
    Ok(world)
}
