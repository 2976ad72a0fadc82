//! The arguments of `cargo perf load`. Those in [`Keys`] are also the keys of a plan file, written the same.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use perf_load::{Arrivals, Preset};

use super::groups::Format;

#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo perf load http://127.0.0.1:3000/orders --rate 2000 --duration 30s
  cargo perf load http://localhost:3000/ --rate 500 --poisson --limit p99=50ms \\
      --limit errors=0.1%
  cargo perf load http://localhost:3000/orders --rate 200 --method POST \\
      --header 'content-type: application/json' \\
      --body '{\"id\": \"{{uuid}}\", \"item\": {{zipf 1000}}}'
  cargo perf load http://localhost:3000/ --rate 2000 --probes 127.0.0.1:9080
  cargo perf load http://localhost:3000/ --workers 16   a closed loop
  cargo perf load plan.toml --rate 4000                 the file, but that rate
  cargo perf load plan.toml --plan                      what would be done

Requests start by a schedule, whether or not earlier ones are answered, and response times count from the intended start. \
Rates are requests a second; times are written 250us, 50ms, 30s, 5min. A plan file has the long options as keys (`rate = 2000`, \
`header = [\"accept: text/html\"]`), and may have several [[request]] tables with `name` and `weight`.

Fields in URLs, headers and bodies: {{seq}}, {{uuid}}, {{int 1..100}}, {{zipf 1000}}, {{text 16..256}}, {{choice a|b}}.

Ctrl-C ends the run early, and what was measured is shown; a second one ends at once. Exit codes: 0 passed, 1 a limit was \
broken, 2 bad input; a run that proves nothing is 0, and 3 with --strict.")]
pub(crate) struct LoadArgs {
    /// The target: a URL, or a plan file.
    #[arg(value_name = "URL|FILE")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) keys: Keys,
    /// Load this host, too, by name or address: without it only this machine. May be given several times.
    #[arg(long, value_name = "HOST")]
    pub(crate) allow_host: Vec<String>,
    /// Show the plan, and send nothing.
    #[arg(long)]
    pub(crate) plan: bool,
    /// How the result is written; json is a report, for the other commands.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// A page for the browser, by default perf.html.
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true, default_missing_value = "perf.html")]
    pub(crate) html: Option<PathBuf>,
    /// Keep the report in this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Watch it on a screen of its own.
    #[arg(long)]
    pub(crate) tui: bool,
    /// A run that proves nothing has exit code 3 instead of 0.
    #[arg(long)]
    pub(crate) strict: bool,
}

/// The settings of a load: on the command line or in a file.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Keys {
    /// light, medium or heavy (100, 1,000 or 10,000 requests a second, at random), quick or full (5 s, 5 min); other settings
    /// replace its values. May be given several times.
    #[arg(long, value_name = "PRESET", value_parser = preset)]
    pub(crate) preset: Vec<Preset>,
    /// The schedule of a file's table.
    #[arg(skip)]
    pub(crate) arrivals: Option<Arrivals>,
    /// Requests that begin each second.
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = number)]
    pub(crate) rate: Option<f64>,
    /// The rate changes steadily from --rate to this one.
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = number)]
    pub(crate) ramp_to: Option<f64>,
    /// One rate after the other instead: RATE:TIME, such as 500:10s. May be given several times.
    #[arg(long, value_name = "RATE:TIME", value_parser = stage)]
    pub(crate) stage: Vec<(f64, Duration)>,
    /// How long requests begin [default: 10s].
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) duration: Option<Duration>,
    /// Requests begin at random, as those of many callers, instead of evenly spaced.
    #[arg(long)]
    pub(crate) poisson: bool,
    /// The seed of everything random [default: 1].
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Requests at one time, at most; others wait, and their waiting counts [default: 1000].
    #[arg(long, value_name = "N")]
    pub(crate) max_in_flight: Option<usize>,
    /// Requests that wait, at most; others are dropped, and counted [default: 65536].
    #[arg(long, value_name = "N")]
    pub(crate) backlog: Option<usize>,
    /// A closed loop instead: so many workers, each of which asks again when it has its answer.
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<usize>,
    /// How long a worker waits between two requests.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) think: Option<Duration>,
    /// A limit: p50, p90, p95, p99, p999, mean, max of the response time, or errors, such as p99=50ms or errors=1%. May be given
    /// several times.
    #[arg(long, value_name = "FIGURE=BOUND")]
    pub(crate) limit: Vec<String>,
    /// The server's endpoint of probes: a port of this machine, HOST:PORT, or a URL; shows what the server did meanwhile.
    #[arg(long, value_name = "ADDR")]
    pub(crate) probes: Option<String>,
    /// Name of the run, which its probes begin with [default: http].
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) request: RequestKeys,
}

/// The settings of a request.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RequestKeys {
    /// The URL to request instead of the plan's.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS [default: GET].
    #[arg(long, value_name = "METHOD")]
    pub(crate) method: Option<String>,
    /// A header field. May be given several times.
    #[arg(long, value_name = "NAME: VALUE")]
    pub(crate) header: Vec<String>,
    /// The body.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, conflicts_with = "body_file")]
    pub(crate) body: Option<String>,
    /// A file with the body, in which nothing is replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) body_file: Option<PathBuf>,
    /// An answer that takes longer is a failure [default: 10s].
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Statuses that are no failures [default: 2xx,3xx].
    #[arg(long, value_name = "STATUSES")]
    pub(crate) expect: Option<String>,
}

/// One of several requests of a file.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct MixKeys {
    /// Its name, the middle part of its probes' names.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// How often it is sent, in proportion to the others.
    #[arg(long, allow_hyphen_values = true, value_parser = number)]
    pub(crate) weight: Option<f64>,
    #[command(flatten)]
    pub(crate) request: RequestKeys,
}

impl Keys {
    /// The seed of everything random.
    pub(crate) fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }

    /// These settings where they are given, else those.
    pub(crate) fn or(self, other: Self) -> Self {
        // A schedule is given whole: a rate on the command line stands for the stages of a file, and workers for both.
        let scheduled =
            self.rate.is_some() || !self.stage.is_empty() || self.workers.is_some() || !self.preset.is_empty();
        let schedule = if scheduled { self.clone() } else { other.clone() };
        Self {
            preset: schedule.preset,
            arrivals: schedule.arrivals,
            rate: schedule.rate,
            ramp_to: self.ramp_to.or(schedule.ramp_to),
            stage: schedule.stage,
            workers: schedule.workers,
            duration: self.duration.or(other.duration),
            poisson: self.poisson || other.poisson,
            seed: self.seed.or(other.seed),
            max_in_flight: self.max_in_flight.or(other.max_in_flight),
            backlog: self.backlog.or(other.backlog),
            think: self.think.or(schedule.think),
            limit: if self.limit.is_empty() { other.limit } else { self.limit },
            probes: self.probes.or(other.probes),
            name: self.name.or(other.name),
            request: self.request.or(other.request),
        }
    }
}

impl RequestKeys {
    /// These settings where they are given, else those; header fields of both.
    pub(crate) fn or(self, other: Self) -> Self {
        let (body, body_file) = match (&self.body, &self.body_file) {
            (None, None) => (other.body, other.body_file),
            _ => (self.body, self.body_file),
        };
        Self {
            url: self.url.or(other.url),
            method: self.method.or(other.method),
            // Of two fields of the same name the later one counts.
            header: other.header.into_iter().chain(self.header).collect(),
            body,
            body_file,
            timeout: self.timeout.or(other.timeout),
            expect: self.expect.or(other.expect),
        }
    }
}

fn number(text: &str) -> Result<f64, String> {
    text.trim().parse().map_err(|_| "is no number; write 2000, or 0.5".to_owned())
}

fn preset(text: &str) -> Result<Preset, String> {
    text.parse().map_err(|error: perf_load::Error| error.to_string())
}

fn stage(text: &str) -> Result<(f64, Duration), String> {
    let (rate, time) = text.split_once(':').ok_or("a stage is a rate and a time, such as 500:10s")?;
    Ok((number(rate)?, humantime::parse_duration(time.trim()).map_err(|error| error.to_string())?))
}
