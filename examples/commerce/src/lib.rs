//! A multi-tenant shop service in small: tenant cache, event bus, state machines and HTTP APIs over a database, measured by this
//! library alone.
//!
//! ```text
//! http → shop → tenant cache
//!             → store (SQLite) ← state machines
//!             → bus → subscribers
//! ```
//!
//! [`measure`] puts it under load, [`faults`] breaks what it stands on, [`inject`] makes it worse, `tests/budgets` says what it may cost.

#![forbid(unsafe_code)]

pub mod bus;
pub mod error;
pub mod faults;
pub mod http;
pub mod inject;
pub mod measure;
pub mod shop;
pub mod state;
pub mod store;
pub mod tenant;

pub use error::{Error, Result};
pub use shop::Shop;
