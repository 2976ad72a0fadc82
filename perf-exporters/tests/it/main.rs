//! Reports as values: tests that need no process of their own. One program, since each is linked with everything.

#[path = "../support/mod.rs"]
mod support;

mod baseline;
mod deep_tree;
mod diagnose;
mod errors_unseen;
mod exports;
mod json;
mod merge;
#[cfg(feature = "prometheus")]
mod prometheus;
mod table;
