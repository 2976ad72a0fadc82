//! Recovery: how long does a system suffer from a disturbance that is over?
//!
//! ```text
//! cargo run --release -p perf-load --features page --example recovers            # code of this program that stalls for a second
//! cargo run --release -p perf-load --features page --example recovers -- quick   # simulated queues, at once
//! ```
//!
//! The course is drawn into `target/recovers.html`.

use std::error::Error;
use std::thread;
use std::time::Duration;

use perf_load::recovery::Trial;
use perf_load::simulate::{Queue, Service};
use perf_load::{Load, page};

fn main() -> Result<(), Box<dyn Error>> {
    let mut plots = Vec::new();
    if std::env::args().any(|argument| argument == "quick") {
        let queue = Queue::new("patient clients", 1, Service::exponential(Duration::from_millis(1))?)?;
        // A client that has waited for 100 ms retries: the overload outlasts its cause.
        let storm = Queue::new("impatient clients", 1, Service::exponential(Duration::from_millis(1))?)?
            .retries(Duration::from_millis(100), 3);
        let trial = Trial::at(700.0)?.overload(2000.0, Duration::from_secs(10))?.poisson(1);
        for mut queue in [queue, storm] {
            let found = trial.run(&mut queue)?;
            print!("{found}");
            plots.push(page::recovery(&found));
        }
    } else {
        // Operations that are due in the twentieth second wait for its end; four at a time.
        let calm = Duration::from_secs(20);
        let stall = Duration::from_secs(1);
        let load = Load::new("stalls").max_in_flight(4);
        let mut driver = load.driver(|ctx| {
            let stalled = (calm + stall).saturating_sub(ctx.due());
            thread::sleep(Duration::from_millis(2) + if stalled <= stall { stalled } else { Duration::ZERO });
        });
        let watch = Duration::from_secs(30);
        let trial =
            Trial::at(1000.0)?.calm(calm).injected(stall)?.watch(watch).settled(Duration::from_secs(5)).poisson(1);
        let found = trial.run(&mut driver)?;
        print!("{found}");
        plots.push(page::recovery(&found));
    }
    let page = page::render(&perf_exporters::Report::default(), &plots)?;
    std::fs::create_dir_all("target")?;
    std::fs::write("target/recovers.html", page)?;
    println!("drawn into target/recovers.html");
    Ok(())
}
