//! Coordinated omission, shown: a server that does nothing for 100 ms once a second, under an open and under a closed loop.
//!
//! It serves one request at a time, in half a millisecond; 1,000 come in a second. The backlog of a stall is worked off at twice
//! the rate of new arrivals, so the arrivals of 200 ms wait, the first one for 100 ms: a share of (100 − x) ÷ 500 of all arrivals
//! waits longer than x ms, which makes a p90 of 50.5 ms and a p99 of 95.5 ms, service included.
//!
//! ```sh
//! cargo run --release -p perf-load --example stall -- 20 # seconds
//! ```

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use perf_load::{Load, Outcome, show};

const SERVICE: Duration = Duration::from_micros(500);
const STALL: Duration = Duration::from_millis(100);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args().nth(1).map_or(Ok(20), |text| text.parse())?;
    let duration = Duration::from_secs(seconds);
    let open = Load::new("open").rate(1000.0).max_in_flight(300).duration(duration).run(server())?;
    let closed = Load::new("closed").workers(1).duration(duration).run(server())?;
    for outcome in [&open, &closed] {
        println!("{}", show::text(outcome));
    }
    println!("quantile   analytical   open loop    closed loop");
    for (name, q, expected) in [("p90", 0.9, 50.5), ("p95", 0.95, 75.5), ("p99", 0.99, 95.5), ("p99.9", 0.999, 100.0)] {
        let measured = |outcome: &Outcome| outcome.response.quantile(q).unwrap_or(0) as f64 / 1e6;
        let off = |value: f64| 100.0 * (value / expected - 1.0);
        let (open, closed) = (measured(&open), measured(&closed));
        println!(
            "{name:8} {expected:8.1} ms {open:8.1} ms ({:+.1} %) {closed:8.2} ms ({:+.1} %)",
            off(open),
            off(closed)
        );
    }
    Ok(())
}

/// A server on a machine of its own: its work takes no processor here, a caller sleeps until it is answered. It begins with a
/// stall.
fn server() -> impl Fn(&perf_load::Ctx) + Sync {
    let beginning = Instant::now();
    let is_free = Mutex::new(beginning);
    move |_| {
        let answered = {
            let mut is_free = is_free.lock().unwrap_or_else(PoisonError::into_inner);
            let begins = Instant::now().max(*is_free);
            let into_second = Duration::from_nanos(u64::from((begins - beginning).subsec_nanos()));
            *is_free = begins + STALL.saturating_sub(into_second) + SERVICE;
            *is_free
        };
        thread::sleep(answered.saturating_duration_since(Instant::now()));
    }
}
