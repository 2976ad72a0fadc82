//! What `budget_machine` measures, what disturbs it, and what its counts say.

pub(crate) mod bodies;
pub(crate) mod hogs;
pub(crate) mod rate;
pub(crate) mod saved;
pub(crate) mod speed;
pub(crate) mod subject;
pub(crate) mod table;
mod usage;
#[path = "../work.rs"]
mod work;
