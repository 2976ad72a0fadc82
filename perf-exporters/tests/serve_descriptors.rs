//! A program that has run out of file descriptors: one test in a process of its own, since the limit is the process's.
#![cfg(all(feature = "serve", target_os = "linux"))]

#[path = "support/http.rs"]
mod http;

use std::fs::File;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
}

#[test]
fn it_waits_instead_of_spinning_and_comes_back() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(200), ..limit }).unwrap();
    let server = perf_exporters::serve("127.0.0.1:0").unwrap();
    let address = server.local_addr();
    assert_eq!(http::get(address, "/health").status, 200);

    let mut clients: Vec<_> = (0..8).map(|_| http::connect(address)).collect();
    thread::sleep(Duration::from_millis(200));
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    // One descriptor for a client; none for the endpoint's side of it.
    taken.pop();
    let waiting = http::connect(address);

    let (before, begun) = (processor_time(), Instant::now());
    thread::sleep(Duration::from_secs(2));
    let share = processor_time().saturating_sub(before).as_secs_f64() / begun.elapsed().as_secs_f64();
    assert!(share < 0.2, "{:.0} % of a processor, doing nothing", 100.0 * share);

    taken.clear();
    clients.clear();
    drop(waiting);
    assert_eq!(http::get(address, "/health").status, 200);
}
