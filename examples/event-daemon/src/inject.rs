//! Regressions that can be put in on purpose, to see whether the budgets find them.

use clap::ValueEnum;

/// A regression to put in: `--inject NAME`, or the variable `EVENT_DAEMON_INJECT` for the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Inject {
    /// The payload is copied once more for each event that is read.
    Clone,
    /// The checksum is computed byte by byte.
    SlowCodec,
    /// The journal is written in three calls for each event in place of one.
    SmallWrites,
    /// A note of 64 bytes is kept of each event that should be forgotten.
    Leak,
    /// They are looked up in a list.
    LinearLookup,
    /// One lock is held over all that is done for an event.
    Lock,
}

impl Inject {
    /// The variable that the tests read.
    pub const VARIABLE: &'static str = "EVENT_DAEMON_INJECT";

    /// What the variable asks for; an unknown name is an error of the user who runs the tests.
    ///
    /// # Panics
    /// Where the name is not known.
    #[must_use]
    pub fn from_env() -> Option<Self> {
        let name = std::env::var(Self::VARIABLE).ok()?;
        Some(Self::from_str(&name, false).unwrap_or_else(|why| panic!("{}: {why}", Self::VARIABLE)))
    }

    /// Its name, as `--inject` takes it.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}
