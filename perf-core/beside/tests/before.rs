//! The code under *before* in `docs/migrating.md`, with the crates that it is of.

include!(concat!(env!("OUT_DIR"), "/before.rs"));
