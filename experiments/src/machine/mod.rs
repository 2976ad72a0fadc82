//! What `budget_machine` measures, and what disturbs it.

pub(crate) mod bodies;
pub(crate) mod hogs;
