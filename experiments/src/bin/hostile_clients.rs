//! What clients that mean harm, or have gone wrong, cost the program whose endpoint they ask.
//!
//! ```text
//! cargo run --release -p experiments --features endpoint --bin hostile_clients [ROUNDS]
//! ```
//!
//! One thread works. Seconds of quiet and seconds of attack take turns; the attackers are another process, so that what
//! they take for themselves is not counted as the program's. Compared are what the thread gets done in a second (which
//! attackers on the same machine take their part of), what it gets done in a second of its own processor time, and the
//! processor time of the endpoint's threads. After every attack a client asks and is answered.

#[path = "../cost/mod.rs"]
mod cost;

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{env, hint, thread};

use cost::{Phase, Spent, WORKERS};
use perf_core::perf_probe;

const PHASE: Duration = Duration::from_secs(1);
/// What is tried: a word for the attacking process, and a description.
const ATTACKS: [(&str, &str); 7] = [
    ("slowloris", "200 heads, a line every 20 ms each"),
    ("idle", "1,000 connections that say nothing"),
    ("headers", "heads of 1 MB, without a pause"),
    ("spoofed", "another Host, without a pause"),
    ("garbage", "random bytes, without a pause"),
    ("flood", "/metrics, without a pause"),
    ("descriptors", "none left, and clients knocking"),
];

static CALLS: AtomicU64 = AtomicU64::new(0);
static OVER: AtomicBool = AtomicBool::new(false);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--attack", attack, address] => self::attack(attack, address.parse()?),
        [] => defend(4),
        [rounds] => defend(rounds.parse()?),
        _ => Err("usage: hostile_clients [ROUNDS]".into()),
    }
}

fn defend(rounds: u32) -> Result<(), Box<dyn Error>> {
    let server = perf_exporters::serve("127.0.0.1:0")?;
    let address = server.local_addr();
    thread::Builder::new().name(WORKERS.to_owned()).spawn(work)?;
    println!("{:11} {:38} {:>8} {:>8} {:>9} {:>9}", "", "", "calls/s", "calls/", "endpoint", "answers");
    println!("{:11} {:38} {:>8} {:>8} {:>9} {:>9}", "", "", "", "own s", "ms/s", "after ms");
    for (attack, what) in ATTACKS {
        let (mut quiet, mut attacked, mut slowest) = (Spent::default(), Spent::default(), Duration::ZERO);
        for _ in 0..rounds {
            let phase = Phase::begin(&CALLS);
            thread::sleep(PHASE);
            quiet += phase.end();
            let mut attackers = attackers(attack, address)?;
            let phase = Phase::begin(&CALLS);
            let taken = if attack == "descriptors" { every_descriptor() } else { Vec::new() };
            thread::sleep(PHASE);
            drop(taken);
            attacked += phase.end();
            attackers.kill()?;
            attackers.wait()?;
            slowest = slowest.max(answered(address)?);
        }
        let rate = attacked.rate() / quiet.rate();
        let pace = attacked.pace() / quiet.pace();
        let serving = 1e3 * attacked.serving / attacked.seconds;
        let slowest = slowest.as_secs_f64() * 1e3;
        println!("{attack:11} {what:38} {rate:>8.3} {pace:>8.3} {serving:>9.1} {slowest:>9.1}");
    }
    OVER.store(true, Ordering::Relaxed);
    Ok(())
}

fn work() {
    while !OVER.load(Ordering::Relaxed) {
        for seed in 0..100 {
            step(seed);
        }
        CALLS.fetch_add(100, Ordering::Relaxed);
    }
}

#[perf_probe]
fn step(seed: u64) {
    hint::black_box((0..hint::black_box(400_u64)).fold(seed, |sum, n| sum ^ n.rotate_left(7)));
}

/// The attacking process, at work.
fn attackers(attack: &str, address: SocketAddr) -> io::Result<Child> {
    let mut child = Command::new(env::current_exe()?)
        .args(["--attack", attack, &address.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(told) = child.stdout.take() {
        BufReader::new(told).read_line(&mut String::new())?;
    }
    Ok(child)
}

/// Everything that this process may open.
fn every_descriptor() -> Vec<File> {
    std::iter::from_fn(|| File::open(env::current_exe().ok()?).ok()).collect()
}

/// How long it takes until an honest client is answered.
fn answered(address: SocketAddr) -> Result<Duration, Box<dyn Error>> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) {
        let ask = || {
            let mut stream = TcpStream::connect(address)?;
            stream.set_read_timeout(Some(Duration::from_secs(2)))?;
            stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).map(|_| answer)
        };
        if ask().is_ok_and(|answer: String| answer.starts_with("HTTP/1.1 200")) {
            return Ok(begun.elapsed());
        }
    }
    Err("the endpoint does not answer any more".into())
}

/// What the attacking process does until it is killed.
fn attack(attack: &str, address: SocketAddr) -> Result<(), Box<dyn Error>> {
    let begin = || writeln!(io::stdout(), "at work");
    match attack {
        "slowloris" => {
            let mut streams: Vec<_> = (0..200).map(|_| TcpStream::connect(address)).collect::<Result<_, _>>()?;
            begin()?;
            loop {
                for stream in &mut streams {
                    // One that was closed is opened anew.
                    if stream.write_all(b"GET / HTTP/1.1\r\nX: y\r\n").is_err() {
                        *stream = TcpStream::connect(address)?;
                    }
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        "idle" => {
            let mut streams: Vec<_> = (0..1_000).map(|_| TcpStream::connect(address)).collect::<Result<_, _>>()?;
            begin()?;
            loop {
                // As many again as the endpoint lost its patience with.
                thread::sleep(Duration::from_millis(100));
                streams.rotate_left(10);
                streams.truncate(990);
                streams.extend((0..10).filter_map(|_| TcpStream::connect(address).ok()));
            }
        }
        "descriptors" => {
            begin()?;
            loop {
                let _knocking: Vec<_> = (0..50).map(|_| TcpStream::connect(address)).collect();
                thread::sleep(Duration::from_millis(50));
            }
        }
        _ => {
            let mut dice = 0x2545_f491_4f6c_dd1d_u64;
            begin()?;
            loop {
                // Refused, cut off or answered: then the next.
                let _ = send(address, &request(attack, &mut dice));
            }
        }
    }
}

fn request(attack: &str, dice: &mut u64) -> Vec<u8> {
    match attack {
        "headers" => format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: y\r\n".repeat(170_000)).into(),
        "spoofed" => b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_vec(),
        "flood" => b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        _ => (0..400)
            .map(|_| {
                *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                dice.to_be_bytes()[0]
            })
            .chain(*b"\r\n\r\n")
            .collect(),
    }
}

fn send(address: SocketAddr, bytes: &[u8]) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(bytes)?;
    stream.read_to_end(&mut Vec::new()).map(drop)
}
