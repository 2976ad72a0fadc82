//! A mix of async operations with a live line; Ctrl-C ends it early with a report, a second one at once.
//!
//! ```sh
//! cargo run -p perf-load --features tokio --example mix
//! ```

use std::io::{IsTerminal, Write};
use std::time::Duration;

use perf_load::{AsyncMix, Ctx, Load, Operation, Preset, Sizes, Stop, show};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let stop = Stop::new();
    let handle = stop.clone();
    ctrlc::set_handler(move || {
        if handle.is_stopped() {
            std::process::exit(130);
        }
        handle.stop();
    })?;
    let mix = AsyncMix::new()
        .add(Operation::new("read").weight(9.0), |_: Ctx| async {
            tokio::time::sleep(Duration::from_millis(2)).await;
        })
        .add(
            Operation::new("write").sizes(Sizes::log_normal(4_000.0, 1.0, 1_000_000)).failures(0.01),
            |ctx: Ctx| async move {
                tokio::time::sleep(Duration::from_micros(100 + ctx.size() / 10)).await;
                if ctx.size() > 100_000 { Err("too large") } else { Ok(()) }
            },
        );
    let load =
        Load::new("shop").preset(Preset::Medium).preset(Preset::Quick).limit(Duration::from_millis(50)).stop(stop);
    let outcome = load
        .watch(|live| {
            let mut terminal = std::io::stderr().lock();
            // A line that is overwritten, on a terminal only. Where the terminal is closed, the load goes on.
            if terminal.is_terminal() {
                let _ = write!(terminal, "\r\x1b[K{live}").and_then(|()| terminal.flush());
            }
        })
        .run_async_mix(mix)?;
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    print!("{}", show::text(&outcome));
    Ok(())
}
