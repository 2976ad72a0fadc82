//! What being scraped costs: 1,000 probes on 16 threads, asked for `/metrics` ten times a second, in one format after the
//! other.
//!
//! ```text
//! cargo run --release -p experiments --features endpoint --bin scrape_cost [ROUNDS]
//! ```
//!
//! Phases with and without scraping take turns, and are compared by three figures: what the threads get done in a second,
//! which a busy machine disturbs; what they get done in a second of their own processor time, which says whether the
//! scraping makes them slower; and the processor time of the endpoint's threads, which is what it takes away from
//! them. The two of Linux only are left out elsewhere.

#[path = "../cost/mod.rs"]
mod cost;

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{env, hint, io, thread};

use cost::{Phase, Spent, WORKERS};
use perf_core::Probe;

const PROBES: usize = 1_000;
const THREADS: usize = 16;
/// Long beside the seconds for which a page of this size is shown again.
const PHASE: Duration = Duration::from_secs(6);
const EVERY: Duration = Duration::from_millis(100);
const FORMATS: [(&str, &str); 3] = [
    ("text", "text/plain"),
    ("OpenMetrics", "application/openmetrics-text"),
    ("protobuf", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"),
];

static CALLS: AtomicU64 = AtomicU64::new(0);
static OVER: AtomicBool = AtomicBool::new(false);

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = env::args().nth(1).map_or(Ok(2), |rounds| rounds.parse::<u32>())?;
    let probe = |at: usize| -> &'static Probe { Box::leak(Box::new(Probe::new(format!("probe {at:04}").leak()))) };
    let probes: &'static [&'static Probe] = (0..PROBES).map(probe).collect::<Vec<_>>().leak();
    for _ in 0..THREADS {
        thread::Builder::new().name(WORKERS.to_owned()).spawn(|| work(probes))?;
    }
    let server = perf_exporters::serve("127.0.0.1:0")?;
    thread::sleep(Duration::from_secs(1));
    let cores = thread::available_parallelism()?.get() as f64;
    println!("{PROBES} probes, {THREADS} threads, {cores} processors, {rounds} rounds of {PHASE:?}");
    for (name, accept) in FORMATS {
        let (mut idle, mut scraped, mut bytes) = (Spent::default(), Spent::default(), 0);
        for _ in 0..rounds {
            let phase = Phase::begin(&CALLS);
            thread::sleep(PHASE);
            idle += phase.end();
            let (phase, begun) = (Phase::begin(&CALLS), Instant::now());
            while begun.elapsed() < PHASE {
                bytes = scrape(server.local_addr(), accept)?;
                thread::sleep(EVERY);
            }
            scraped += phase.end();
        }
        println!("{name}, a page of {:.1} MB:", bytes as f64 / 1e6);
        println!("  calls in a second              {:.4} of those without scraping", scraped.rate() / idle.rate());
        if scraped.working > 0.0 && idle.working > 0.0 {
            println!("  in a second of processor time  {:.4} of those without scraping", scraped.pace() / idle.pace());
            let share = 100.0 * scraped.serving / scraped.seconds / cores;
            println!("  the endpoint takes             {share:.2} % of the processors");
        }
    }
    OVER.store(true, Ordering::Relaxed);
    Ok(())
}

fn work(probes: &[&'static Probe]) {
    while !OVER.load(Ordering::Relaxed) {
        for probe in probes {
            let _guard = probe.start();
            hint::black_box((0..hint::black_box(400_u64)).fold(0, |sum, n| sum ^ n.rotate_left(7)));
        }
        CALLS.fetch_add(probes.len() as u64, Ordering::Relaxed);
    }
}

fn scrape(address: SocketAddr, accept: &str) -> io::Result<usize> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n")?;
    stream.read_to_end(&mut Vec::new())
}
