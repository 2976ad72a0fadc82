//! `codescan` counts, indexes and fingerprints the text files of a directory.
//!
//! It is a small useful tool, and it shows how a program is instrumented with `perf-core`: the functions a user would
//! ask about carry `#[perf_probe]`, and nothing else in the program knows about measuring.
//!
//! | module | what lives there |
//! |---|---|
//! | [`cli`] | the command line |
//! | [`walk`] | which files there are |
//! | [`read`], [`async_read`] | their contents, by threads or by tokio |
//! | [`language`], [`lines`], [`token`] | what a text consists of |
//! | [`index`], [`digest`] | what is kept of it: words, fingerprint, compressed size |
//! | [`worker`], [`scan`] | who does it: the threads and the channels between them |
//! | [`summary`], [`render`], [`progress`] | what is shown |
//!
//! Everything up to [`summary::Summary`] is a value; only [`render`] and [`progress`] write.
#![forbid(unsafe_code)]

pub mod async_read;
pub mod cli;
pub mod digest;
pub mod index;
#[rustfmt::skip]
mod keywords;
pub mod language;
mod languages;
pub mod lines;
pub mod progress;
pub mod read;
pub mod render;
pub mod scan;
pub mod summary;
pub mod token;
pub mod walk;
pub mod worker;
