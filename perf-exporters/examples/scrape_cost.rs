//! What being scraped costs: 1,000 probes on 16 threads, asked for `/metrics` ten times a second in every format.
//!
//! ```text
//! cargo run --release -p perf-exporters --features enabled,serve --example scrape_cost
//! ```
//!
//! Phases with and without scraping alternate; what the instrumented threads get done in each is compared, and on Linux the
//! endpoint's own threads say how much processor time they took.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{fs, hint, io, thread};

use perf_core::Probe;

const PROBES: usize = 1_000;
const THREADS: usize = 16;
const PHASE: Duration = Duration::from_secs(2);
const ROUNDS: usize = 4;
const ACCEPT: [&str; 3] = [
    "text/plain",
    "application/openmetrics-text",
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
];

static CALLS: AtomicU64 = AtomicU64::new(0);
static OVER: AtomicBool = AtomicBool::new(false);

fn main() -> Result<(), Box<dyn Error>> {
    let probe = |at: usize| -> &'static Probe { Box::leak(Box::new(Probe::new(format!("probe {at:04}").leak()))) };
    let probes: &'static [&'static Probe] = (0..PROBES).map(probe).collect::<Vec<_>>().leak();
    for _ in 0..THREADS {
        thread::spawn(|| work(probes));
    }
    let server = perf_exporters::serve("127.0.0.1:0")?;
    thread::sleep(Duration::from_secs(1));
    let (mut without, mut with, mut bytes, busy) = (0, 0, 0, endpoint_time());
    for _ in 0..ROUNDS {
        without += phase(|| Ok(()))?;
        let scrape = || {
            for accept in ACCEPT {
                bytes = bytes.max(scrape(server.local_addr(), accept)?);
            }
            Ok(())
        };
        with += phase(scrape)?;
    }
    let busy = busy.zip(endpoint_time());
    OVER.store(true, Ordering::Relaxed);
    let seconds = PHASE.as_secs_f64() * ROUNDS as f64;
    println!("calls a second without scraping: {:.0}", without as f64 / seconds);
    println!("calls a second while scraped:    {:.0}", with as f64 / seconds);
    println!("difference: {:+.2} %, the largest page {bytes} bytes", 100.0 * (with as f64 / without as f64 - 1.0));
    if let Some((before, after)) = busy {
        println!(
            "the endpoint's threads took {:.1} ms of a processor per second scraped",
            (after - before) * 1e3 / seconds
        );
    }
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

/// Calls made in a phase, in which something is done ten times a second.
fn phase(mut tick: impl FnMut() -> io::Result<()>) -> io::Result<u64> {
    let (before, begun) = (CALLS.load(Ordering::Relaxed), Instant::now());
    while begun.elapsed() < PHASE {
        tick()?;
        thread::sleep(Duration::from_millis(100));
    }
    let made = (CALLS.load(Ordering::Relaxed) - before) as f64;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    Ok((made * PHASE.as_secs_f64() / begun.elapsed().as_secs_f64()) as u64)
}

fn scrape(address: SocketAddr, accept: &str) -> io::Result<usize> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n")?;
    stream.read_to_end(&mut Vec::new())
}

/// Seconds of processor time that threads named `perf-serve…` took so far, as Linux tells them: in hundredths.
fn endpoint_time() -> Option<f64> {
    let mut ticks = 0;
    for task in fs::read_dir("/proc/self/task").ok()? {
        // A thread may have ended since the folder was read.
        let Ok(stat) = fs::read_to_string(task.ok()?.path().join("stat")) else { continue };
        let (name, rest) = stat.rsplit_once(')')?;
        if name.contains("(perf-serve") {
            let fields: Vec<_> = rest.split_whitespace().collect();
            ticks += fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
        }
    }
    Some(ticks as f64 / 100.0)
}
