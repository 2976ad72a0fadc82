//! Metrics to an OpenTelemetry collector: OTLP over HTTP, protobuf, exponential histograms of scale 5.
//!
//! ```no_run
//! use perf_exporters::otlp::{Exporter, Options};
//!
//! let mut options = Options::from_env();
//! options.endpoint = "http://localhost:4318/v1/metrics".into();
//! let exporter = Exporter::start(options)?; // at the beginning of `main`; the rest is sent when it is dropped
//! # Ok::<(), perf_exporters::Error>(())
//! ```
//!
//! # What is sent
//!
//! The figures of a [`Report`](crate::Report), every [`Options::interval`]: `perf.probe.duration` as exponential
//! histogram, `perf.probe.calls`, `perf.probe.self_time` and their like as sums, each with the attribute `probe`. Names
//! and units are those of [`prometheus`](crate::prometheus), spelled with dots and without suffixes. The types are the
//! official ones of the crate `opentelemetry-proto`. [`encode()`] is the pure function behind it.
//!
//! # What goes wrong, and what then
//!
//! | | |
//! |---|---|
//! | 429, 502, 503, 504, no connection, no answer | sent again, after `Retry-After` or a pause that doubles, with jitter |
//! | another status | dropped and counted |
//! | more than [`Options::queue`] requests wait | cumulative: the oldest goes, since later ones say more; delta: the interval goes on, so that nothing is lost |
//! | older than [`Options::give_up`] | dropped and counted |
//! | the program ends | what is left is sent within [`Options::shutdown`], then left |
//!
//! All of it happens on a thread of its own. Instrumented code never waits for it; [`Exporter::status`] tells how it goes.

mod encode;
mod environment;
mod exporter;
mod options;
mod queue;
mod retry;
mod send;
mod worker;

pub use encode::{Interval, encode};
pub(crate) use exporter::from_env_for;
pub use exporter::{Exporter, Status, from_env};
pub use options::{Options, Temporality};
