//! `event-daemon pair NAME`: an optimisation before and after, compared by the library.
//!
//! Both sides are the same coordinator, called by threads of this process without sockets, so that what differs is not lost
//! among what does not.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use event_daemon::load::Source;
use event_daemon::{Coordinator, Inject, Settings};
use perf_exporters::{Report, human};
use perf_load::compare::{Plan, compare};
use perf_load::{Arrivals, Ctx, Load};

use super::Result;
use crate::document::Document;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The optimisation.
    pair: Pair,
    /// Pairs of blocks: 8 to 100.
    #[arg(long, default_value_t = 20)]
    pairs: usize,
    /// How long a block lasts.
    #[arg(long, default_value = "500ms", value_parser = |text: &str| humantime::parse_duration(text))]
    block: Duration,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Pair {
    /// One lock over all that is done for an event, against a lock for each thing that is shared.
    Contention,
    /// A copy of each payload, against the bytes that came.
    Cloning,
}

/// What the pair is measured with: what "before" is, payload bytes, events a second, how long a service takes, and the probe
/// that shows the cause.
struct Setting {
    before: Inject,
    payload: usize,
    rate: f64,
    handling: Duration,
    probe: &'static str,
}

impl Pair {
    const fn setting(self) -> Setting {
        match self {
            // A service that waits, as for a disk: the holder of a lock has all others wait as well.
            Self::Contention => Setting {
                before: Inject::Lock,
                payload: 1_024,
                rate: 1_500.0,
                handling: Duration::from_micros(200),
                probe: "coordinator::lock",
            },
            Self::Cloning => Setting {
                before: Inject::Clone,
                payload: 64 << 10,
                rate: 1_000.0,
                handling: Duration::ZERO,
                probe: "event::decode",
            },
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let setting = arguments.pair.setting();
    let folder = tempfile::tempdir()?;
    let source = Source::new(setting.payload, 1);
    let coordinator = |name: &str, inject| -> Result<Coordinator> {
        let settings = Settings { inject, handling: setting.handling, ..Settings::of(4) };
        Ok(Coordinator::open(settings, None, Vec::new(), &folder.path().join(name))?)
    };
    let (before, after) = (coordinator("before", Some(setting.before))?, coordinator("after", None)?);
    // What is compared is the median: a generator that is late now and then spoils no block.
    let load = Load::new("pair").max_in_flight(4).limit(Duration::from_millis(500));
    let (counted_before, counted_after) =
        (counted(&load, &before, &source, &setting)?, counted(&load, &after, &source, &setting)?);
    let block = Arrivals::constant(setting.rate, arguments.block)?.poisson(1);
    let plan = Plan::new(block).names("before", "after").pairs(arguments.pairs).seed(7);
    eprintln!("{} pairs of blocks in turn, at least {} s", arguments.pairs, plan.lasts().as_secs());
    let side = |coordinator| {
        let source = &source;
        load.driver(move |ctx: &Ctx| source.run_through(coordinator, ctx))
    };
    let found = compare(side(&before), side(&after), &plan)?;
    println!("{}", found.markdown());
    let mut document = Document { title: format!("What `{}` did", setting.probe), ..Document::default() };
    let heads = ["side", "#calls an event", "#mean", "#p99", "#allocations an event", "#bytes an event"];
    document.table(
        &heads,
        vec![row("before", &counted_before, setting.probe), row("after", &counted_after, setting.probe)],
    );
    print!("{}", document.markdown());
    Ok(ExitCode::SUCCESS)
}

/// A report of half a second of one side alone.
fn counted(load: &Load, coordinator: &Coordinator, source: &Source, setting: &Setting) -> Result<Report> {
    let load = load.clone().rate(setting.rate).duration(Duration::from_millis(500));
    Ok(load.run(|ctx: &Ctx| source.run_through(coordinator, ctx))?.report)
}

fn row(side: &str, report: &Report, probe: &str) -> Vec<String> {
    let events = report.probe("coordinator::accept").map_or(1, |probe| probe.calls.max(1)) as f64;
    let Some(probe) = report.probe(probe) else { return vec![side.to_owned()] };
    vec![
        side.to_owned(),
        format!("{:.2}", probe.calls as f64 / events),
        human::duration(probe.mean_ns).to_string(),
        human::duration(probe.quantiles.p99).to_string(),
        format!("{:.2}", probe.allocs as f64 / events),
        human::figure(probe.alloc_bytes as f64 / events, "bytes"),
    ]
}
