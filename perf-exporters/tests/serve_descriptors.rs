//! Programs that run out of file descriptors, each a process of its own, since the limit is the process's.
#![cfg(all(feature = "serve", target_os = "linux"))]

#[path = "support/http.rs"]
mod http;

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
}

/// Names the program that a child is to be.
const CHILD: &str = "PERF_TEST_CHILD";

fn limit(descriptors: u64) {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(descriptors), ..limit }).unwrap();
}

/// What the children do. Run as a test of its own, it does nothing.
#[test]
fn child() {
    match std::env::var(CHILD).as_deref() {
        Ok("few descriptors") => few_descriptors(),
        Ok("none left") => none_left(),
        _ => {}
    }
}

fn command(program: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture"]).env(CHILD, program);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// Serves with so much patience that no connection ends by it, and says whether the program itself can open files.
fn few_descriptors() {
    limit(64);
    let mut options = perf_exporters::serve::Options::default();
    options.timeout = Duration::from_hours(1);
    let server = options.serve("127.0.0.1:0").unwrap();
    println!("\naddress {}", server.local_addr());
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let opened: Result<Vec<File>, _> = (0..8).map(|_| File::open("/dev/null")).collect();
    println!("\nopened {}", opened.is_ok());
}

#[test]
fn a_client_that_asks_is_answered_and_the_program_opens_files_beside_idle_ones() {
    let mut child = command("few descriptors").spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.find_map(|line| line.strip_prefix("address ").map(str::to_owned)).unwrap();
    let address = address.parse().unwrap();
    let idle: Vec<_> = (0..200).map(|_| http::connect(address)).collect();
    for _ in 0..5 {
        assert_eq!(http::get(address, "/health").status, 200);
    }
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert_eq!(lines.find(|line| line.starts_with("opened")).as_deref(), Some("opened true"));
    assert!(child.wait().unwrap().success());
    drop(idle);
}

#[test]
fn it_waits_instead_of_spinning_and_comes_back() {
    assert!(command("none left").stdout(Stdio::inherit()).status().unwrap().success());
}

fn none_left() {
    limit(200);
    let server = perf_exporters::serve("127.0.0.1:0").unwrap();
    let address = server.local_addr();
    assert_eq!(http::get(address, "/health").status, 200);

    // A descriptor for a client; none for the endpoint's side of it, which has no connection that it could close.
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    taken.pop();
    let waiting = http::connect(address);

    let (before, begun) = (processor_time(), Instant::now());
    thread::sleep(Duration::from_secs(2));
    let share = processor_time().saturating_sub(before).as_secs_f64() / begun.elapsed().as_secs_f64();
    assert!(share < 0.2, "{:.0} % of a processor, doing nothing", 100.0 * share);

    taken.clear();
    drop(waiting);
    assert_eq!(http::get(address, "/health").status, 200);
}
