//! What users write down: one load, its schedule or its workers, its bounds.

mod builder;
mod preset;
mod run;
#[cfg(feature = "tokio")]
mod tasks;

pub use builder::Load;
pub use preset::Preset;
