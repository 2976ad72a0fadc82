//! Faults on purpose: each is a regression that a budget must find, and name.

use std::fmt;

use clap::ValueEnum;

/// A regression to build in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Injection {
    /// A lookup goes through the segments instead of asking the key map: O(n).
    ScanLookup,
    /// Each parsed line makes a `String` that is not needed.
    ExtraAllocation,
    /// Answers that are out of date stay in the query cache.
    Leak,
    /// Totals are computed without the column index.
    NoIndex,
}

/// The variable by which the budget tests are told.
pub const VARIABLE: &str = "TABLES_INJECT";

impl Injection {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ScanLookup, Self::ExtraAllocation, Self::Leak, Self::NoIndex];

    /// The injection that the variable names.
    ///
    /// # Panics
    /// It names none that exists.
    #[must_use]
    pub fn of_variable() -> Option<Self> {
        let name = std::env::var(VARIABLE).ok().filter(|name| !name.is_empty())?;
        let found = Self::from_str(&name, false);
        Some(found.unwrap_or_else(|_| {
            panic!("{VARIABLE}={name}: there are {}", Self::ALL.map(|one| one.to_string()).join(", "))
        }))
    }
}

impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ScanLookup => "scan-lookup",
            Self::ExtraAllocation => "extra-allocation",
            Self::Leak => "leak",
            Self::NoIndex => "no-index",
        })
    }
}
