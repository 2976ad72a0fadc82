//! Infrastructure checks of a table store: lookup growth, caches, column indexes, streaming, memory per row, measured by this
//! library alone.
//!
//! ```text
//! lines  →  parse  →  Table (segments of columns, key map, column index)  →  Queries (answers kept)
//!           Pool of batches
//! ```
//!
//! | module | content |
//! |---|---|
//! | [`table`] | rows in columns, found by key, by symbol, or by a scan |
//! | [`queries`] | totals of a symbol, kept until its rows change |
//! | [`stream`] | lines of text to rows, in batches from a pool |
//! | [`inject`] | faults on purpose, which the budgets must find |
//! | [`measure`] | the checks of the program, as one report |
//! | [`pair`] | the same data as a map in each row, and in columns |
//! | [`beside`] | the same run counted by dhat, or by jemalloc |

#[cfg(any(feature = "dhat", feature = "jemalloc"))]
pub mod beside;
pub mod inject;
pub mod measure;
pub mod pair;
pub mod queries;
pub mod stream;
pub mod table;

pub use inject::Injection;
pub use queries::{Queries, Total};
pub use table::{Refused, Row, Table};
