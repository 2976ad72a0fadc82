//! What `budget_machine` measures, what disturbs it, and what its counts say.

pub(crate) mod bodies;
pub(crate) mod hogs;
pub(crate) mod rate;
#[path = "../work.rs"]
mod work;
