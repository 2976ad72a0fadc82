//! What reads a measurement: reports, a terminal table, JSON.
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
//! | `json=PATH` | the [`Report`] as JSON; `%p` in the path becomes the process id |
//! | several, by comma | all of them |
//! | `off` | nothing |
//!
//! `PERF_TOP=N` sets how many probes the table shows (`all` for every one). `NO_COLOR` and `CLICOLOR_FORCE` do what
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
//! let report = Report::from(perf_core::snapshot());
//! let text = table::render(&report, &table::Options::default());
//! assert!(text.lines().all(|line| line.chars().count() <= 80));
//! assert_eq!(Report::from_json(&report.to_json())?, report);
//! # Ok::<(), perf_exporters::Error>(())
//! ```
//!
//! # What lives here, and what may not
//!
//! Here: values made from snapshots ([`report`]), pure renderings of them ([`table`], [`human`]), and one thin skin
//! that reads the environment and writes ([`Reporter`]). Not here: anything that runs while a probed function runs;
//! that is `perf-core`'s, and this crate only ever reads it. Renderings print nothing and read no environment; the
//! skin computes nothing.
//!
//! # Features
//!
//! `enabled` turns `perf-core`'s probes on, as its own feature of that name does. Without it everything here still
//! works on reports from elsewhere, and [`init`] stays silent unless `PERF_REPORT` asks for a report that cannot be.

#![forbid(unsafe_code)]

mod error;
#[cfg(feature = "gate")]
pub mod gate;
pub mod human;
pub mod report;
mod reporter;
pub mod table;
mod write;

pub use error::Error;
pub use report::Report;
pub use reporter::{Builder, Output, Reporter, init};
