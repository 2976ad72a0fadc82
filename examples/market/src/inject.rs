//! Regressions on purpose: each slows or bloats one part, so that the budgets can be seen to find it and nothing else.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// The variable that injects into tests, which have no command line.
pub const VARIABLE: &str = "MARKET_INJECT";

/// A regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Inject {
    /// The binary codec writes into a buffer of its own and copies it.
    ExtraAllocation = 1,
    /// The binary codec reads each message as often as a careless loop would.
    SlowerCodec,
    /// The stream–table join becomes a query for each row.
    NPlusOne,
    /// Batches that were applied are kept.
    Leak,
    /// Symbols are looked for one after the other.
    LinearLookup,
}

impl Inject {
    /// All of them, with the names on the command line.
    pub const ALL: [(&'static str, Self); 5] = [
        ("extra-allocation", Self::ExtraAllocation),
        ("slower-codec", Self::SlowerCodec),
        ("n-plus-one", Self::NPlusOne),
        ("leak", Self::Leak),
        ("linear-lookup", Self::LinearLookup),
    ];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }

    /// Injects it from now on, into the whole process.
    pub fn activate(self) {
        ACTIVE.store(self as u8, Relaxed);
    }
}

/// The number of the active one, 0 for none. The variable is read at the first look.
static ACTIVE: LazyLock<AtomicU8> = LazyLock::new(|| {
    let named = std::env::var(VARIABLE).ok().and_then(|name| name.parse::<Inject>().ok());
    AtomicU8::new(named.map_or(0, |inject| inject as u8))
});

/// Whether this one is active.
#[must_use]
pub fn is(inject: Inject) -> bool {
    ACTIVE.load(Relaxed) == inject as u8
}

/// A name that is none of a regression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown(String);

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Inject::ALL.map(|(name, _)| name).join(", ");
        write!(f, "there is no regression `{}`; take one of {names}", self.0)
    }
}

impl std::error::Error for Unknown {}

impl FromStr for Inject {
    type Err = Unknown;

    fn from_str(name: &str) -> Result<Self, Unknown> {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, inject)| inject).ok_or_else(|| Unknown(name.to_owned()))
    }
}
