//! A market-data platform in small, on real engines, measured by this library alone.
//!
//! ```text
//! generator → codec → partitioned log → consumers in batches → SQL (SQLite) → query API (HTTP)
//!                                                            ↘ Parquet → SQL (DataFusion, by its feature)
//! ```
//!
//! Each part is a module with probes on what matters, and no timing of its own: how fast, how often and how much is what the
//! probes, the load drives and the budget tests say.

#![forbid(unsafe_code)]

pub mod api;
pub mod archive;
pub mod broker;
pub mod codec;
pub mod decimal;
pub mod ingest;
pub mod inject;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod log;
pub mod produce;
pub mod source;
pub mod sql;
pub mod symbols;
pub mod tick;

pub use decimal::{Decimal, Notional};
pub use inject::Inject;
pub use tick::{Kind, Tick};
