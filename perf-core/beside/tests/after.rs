//! The code under *after* in `docs/migrating.md`: budgets in it hold.

include!(concat!(env!("OUT_DIR"), "/after.rs"));
