//! The arguments of `cargo perf top`.

use std::time::Duration;

use clap::Args;

use super::figure::Figure as Sort;

#[derive(Args)]
#[command(after_help = "\
Examples:
  PERF_SERVE=9080 ./program                 a program with an endpoint
  cargo perf top 9080
  cargo perf top 192.0.2.7:9080 --interval 5s --sort p99
  cargo perf top http://localhost:8000/perf mounted in another server
  cargo perf top 9080 --once > now.txt      one plain table, for scripts

Keys: `?` shows them, q quits. Rates and percentiles are those of the last interval; t shows totals instead.")]
pub(crate) struct TopArgs {
    /// Where the program's endpoint is: a port of this machine, HOST:PORT, or a URL.
    #[arg(value_name = "ADDR", default_value = "127.0.0.1:9080")]
    pub(crate) address: String,
    /// Time between two looks, from 100ms to 1h; the endpoint itself measures once a second at most.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    pub(crate) interval: Duration,
    /// Figure to sort by.
    #[arg(long, value_enum, default_value_t = Sort::OwnTime, value_name = "FIGURE")]
    pub(crate) sort: Sort,
    /// Only probes whose names contain this, in capitals or not.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) filter: String,
    /// Begin with totals since the program started.
    #[arg(long)]
    pub(crate) totals: bool,
    /// Print one plain table and exit: of one interval, or with --totals at once.
    #[arg(long)]
    pub(crate) once: bool,
    /// Probes that --once prints; 0 for all.
    #[arg(long, value_name = "N", default_value_t = 30, requires = "once")]
    pub(crate) top: usize,
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    let bounds = Duration::from_millis(100)..=Duration::from_hours(1);
    if bounds.contains(&interval) { Ok(interval) } else { Err("must be from 100ms to 1h".to_owned()) }
}
