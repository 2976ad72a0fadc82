//! What users write down: one load, its schedule or its workers, its bounds.

mod builder;
mod run;
mod settings;

pub use builder::Load;
pub(crate) use settings::{Settings, window};
