//! The code under *after* in `docs/migrating.md`, and that of `docs/guide.md`: budgets in it hold.

include!(concat!(env!("OUT_DIR"), "/after.rs"));
