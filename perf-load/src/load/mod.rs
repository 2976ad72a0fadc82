//! What users write down: one load, its schedule or its workers, its bounds.

mod builder;
mod preset;
mod run;
mod settings;
#[cfg(feature = "tokio")]
mod tasks;

pub use builder::Load;
pub use preset::Preset;
pub(crate) use settings::{Settings, window};
