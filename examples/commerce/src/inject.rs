//! Regressions that can be switched on, to see whether the budgets catch them.
//!
//! Each is a mistake of the kind that a review lets pass. `--inject NAME` of the program, and `COMMERCE_INJECT=NAME` of the tests,
//! switch one on; `tests/budgets/injections.rs` shows that its budget fails, and no other.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use clap::ValueEnum;

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Injection {
    /// The list of orders asks for the lines of each order by a query of its own.
    NPlusOne,
    /// A hit of the tenant cache copies the tenant instead of sharing it.
    ExtraAllocation,
    /// The pool has a single connection for readers.
    LockContention,
    /// Search looks at every product, since its condition cannot use the index.
    OnLookup,
    /// The bus keeps the events that every subscriber has had.
    Leak,
}

/// A bit for each that is on.
static ON: AtomicU32 = AtomicU32::new(0);

impl Injection {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::NPlusOne, Self::ExtraAllocation, Self::LockContention, Self::OnLookup, Self::Leak];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Whether it is on.
    #[must_use]
    pub fn is_on(self) -> bool {
        ON.load(Relaxed) & (1 << self as u32) != 0
    }
}

/// Switches exactly these on. Stores that are open already keep their number of connections.
pub fn set(these: impl IntoIterator<Item = Injection>) {
    let bits = these.into_iter().fold(0, |bits, injection| bits | 1 << injection as u32);
    ON.store(bits, Relaxed);
}

/// Switches on the one that `COMMERCE_INJECT` names, if it names one.
///
/// # Panics
/// Where the name is not known: a test that was to see a regression shall not pass without one.
pub fn from_env() {
    let Ok(name) = std::env::var("COMMERCE_INJECT") else { return };
    set([Injection::from_str(&name, true).expect("COMMERCE_INJECT names an injection")]);
}
