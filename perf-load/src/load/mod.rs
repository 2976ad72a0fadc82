//! The load that users describe: its schedule or its workers, and its bounds.

mod builder;
mod preset;
mod run;
#[cfg(feature = "tokio")]
mod tasks;

pub use builder::Load;
pub use preset::Preset;
