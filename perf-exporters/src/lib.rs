//! Reports of measurements: as values, as a terminal table, as JSON.
//!
//! The probes of [`perf_core`] count while the program runs. This crate turns what they counted into something to
//! look at or to keep. The usual program needs one line of it:
//!
//! ```
//! let _reporter = perf_exporters::init(); // at the beginning of `main`
//! perf_core::perf_block!("work", { std::hint::black_box(2 + 2) });
//! // at the end of `main` the report is written
//! ```
//!
//! | `PERF_REPORT` | what is written when the [`Reporter`] goes out of scope |
//! |---|---|
//! | not set, or `table` | the [`table`] to standard error |
//! | `json=PATH` | the [`Report`] as JSON; `%p` in a path becomes the process id |
//! | `html=PATH` | a page for the browser, one file |
//! | `markdown=PATH` | a summary for a pull request |
//! | `csv=PATH` | a row per probe |
//! | `svg=PATH`, `folded=PATH` | a flame graph, and the stacks it is made of; `?weight=allocs` or `?weight=bytes` after the path |
//! | `trace=PATH` | what every thread did last, for Perfetto; `PERF_TIMELINE=N` keeps N calls of each |
//! | `pprof=PATH`, `speedscope=PATH` | profiles for `go tool pprof` and speedscope |
//! | `hdr=PATH` | a `HdrHistogram` interval log |
//! | several, by comma | all of them |
//! | `off` | nothing |
//!
//! A program that does not end can be watched instead: `PERF_SERVE=127.0.0.1:9080` opens an endpoint for browsers and
//! Prometheus (feature `serve`), `PERF_OTLP=http://HOST:4318/v1/metrics` sends to an OpenTelemetry collector (feature
//! `otlp`).
//!
//! `PERF_MONITOR=on` watches memory, processors, I/O, pressure and limits meanwhile (feature `monitor`), for the page and for
//! JSON; [`diagnose()`] tells from them, and from the probes, why a program is slow.
//!
//! Module [`mod@env`] has every variable with its values and default. `PERF_TOP=N` sets how many probes the table shows (`all` for every one). `NO_COLOR` and `CLICOLOR_FORCE` do what
//! they do everywhere.
//!
//! # The way of the data
//!
//! ```text
//! perf_core::Snapshot  →  Report  →  table::render  →  text
//!                           ↕  ↘
//!                          JSON   merge with other processes' reports
//! ```
//!
//! A [`Report`] is plain data: it can be built, compared, merged, written and read back without the probes, and
//! without the program that they were in. Everything that shows or stores one is a function of the report alone:
//!
//! ```
//! use perf_exporters::{Report, table};
//!
//! let report = Report::from(perf_core::snapshot()).of_this_process();
//! let text = table::render(&report, &table::Options::default());
//! assert!(text.lines().all(|line| line.chars().count() <= 80));
//! assert_eq!(Report::from_json(&report.to_json())?, report);
//! # Ok::<(), perf_exporters::Error>(())
//! ```
//!
//! # What lives here, and what may not
//!
//! Here: values made from snapshots ([`report`]), conclusions from them ([`mod@diagnose`]), pure renderings of them ([`table`], [`human`]) in the forms that [`mod@format`]
//! declares, and one thin skin that reads the environment ([`mod@env`]) and writes ([`Reporter`]). Not here: anything that runs while a probed function runs;
//! that is `perf-core`'s, and this crate only ever reads it. Renderings print nothing and read no environment; the
//! skin computes nothing.
//!
//! # Features
//!
//! Every kind of file but JSON has a feature of its own: `html`, `markdown`, `csv`, `flamegraph` (for `svg` and
//! `folded`), `pprof`, `speedscope`, `chrome-trace`, `hdr`; `full` is all of them. Each is a pure function in the module of that name.
//!
//! `prometheus` makes the pages that Prometheus reads, `serve` serves them with others, `axum` mounts them in an
//! application, `otlp`, `serve` and `monitor` have threads of their own. `otlp-tls` adds `https`.
//!
//! `signals` writes the report also when Ctrl-C or `SIGTERM` ends the program: [`Reporter`].
//!
//! `gate`, on by default, is budgets in tests: module [`gate`]. `judge` is the rules and the statistics behind it without what
//! runs tests: modules [`judge`] and [`stats`]. With `tracing` broken budgets in
//! production become events; module `spans` makes probes of spans, and spans of probes.
//!
//! `enabled` turns `perf-core`'s probes on, as its own feature of that name does. Without it everything here still
//! works on reports from elsewhere, and [`init`] stays silent unless `PERF_REPORT` asks for a report that cannot be.

#![cfg_attr(not(any(feature = "gate", feature = "signals")), forbid(unsafe_code))]
#![cfg_attr(any(feature = "gate", feature = "signals"), deny(unsafe_code))]

#[cfg(feature = "baseline")]
#[path = "baseline/mod.rs"]
mod lock_file;
#[cfg(feature = "baseline")]
pub mod baseline {
    #![doc = include_str!("baseline/guide.md")]

    #[cfg(feature = "gate")]
    pub use crate::gate::{assert_baseline, hold};
    pub use crate::lock_file::*;
}
#[cfg(feature = "chrome-trace")]
pub mod chrome_trace;
#[cfg(any(feature = "gate", feature = "serve"))]
mod clock;
mod complain;
#[cfg(feature = "csv")]
pub mod csv;
pub mod diagnose;
pub mod env;
mod error;
#[cfg(any(feature = "prometheus", feature = "otlp"))]
pub mod exponential;
#[cfg(feature = "flamegraph")]
pub mod flamegraph;
pub mod format;
#[cfg(feature = "gate")]
pub mod gate;
pub mod gate_log;
#[cfg(any(doc, doctest))]
pub mod guide;
#[cfg(feature = "hdr")]
pub mod hdr;
mod host;
#[cfg(feature = "html")]
pub mod html;
pub mod human;
#[cfg(feature = "gate")]
mod instructions;
#[cfg(feature = "judge")]
pub mod judge;
pub mod label;
#[cfg(feature = "markdown")]
pub mod markdown;
#[cfg(any(feature = "prometheus", feature = "otlp"))]
mod metrics;
#[cfg(feature = "monitor")]
pub mod monitor;
mod nanos;
pub mod nearest;
#[cfg(feature = "otlp")]
pub mod otlp;
#[cfg(feature = "pprof")]
pub mod pprof;
mod process;
#[cfg(feature = "prometheus")]
pub mod prometheus;
pub mod report;
mod reporter;
mod schema;
#[cfg(feature = "serve")]
pub mod serve;
#[cfg(feature = "tracing")]
pub mod spans;
#[cfg(feature = "speedscope")]
pub mod speedscope;
#[cfg(any(feature = "flamegraph", feature = "pprof", feature = "speedscope"))]
mod stack;
#[cfg(any(feature = "html", feature = "judge"))]
pub mod stats;
pub mod table;
mod weight;
pub mod write;

#[cfg(feature = "chrome-trace")]
#[doc(hidden)]
pub use chrome_trace as trace;
pub use diagnose::diagnose;
pub use error::Error;
pub use format::{Format, Output, Rendering};
pub use report::Report;
pub use reporter::{Builder, Reporter, init};
#[cfg(feature = "serve")]
pub use serve::serve;
pub use weight::Weight;
