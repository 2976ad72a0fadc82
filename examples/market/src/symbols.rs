//! The table of symbols: their names, and the sector that the stream–table join wants.

use std::collections::HashMap;

use perf_core::perf_probe;
use perf_load::data::Symbol;

use crate::inject::{self, Inject};

const SECTORS: [&str; 5] = ["energy", "finance", "health", "industry", "technology"];

/// All symbols, by rank and by name.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    names: Vec<String>,
    ranks: HashMap<String, u32>,
}

impl Symbols {
    /// The first symbols: `AAAA`, `AAAB`, …
    #[must_use]
    pub fn first(number: u32) -> Self {
        let names: Vec<String> = (0..number).map(|rank| Symbol(rank).to_string()).collect();
        let ranks = names.iter().cloned().zip(0..).collect();
        Self { names, ranks }
    }

    /// The rank of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<u32> {
        if inject::is(Inject::LinearLookup) {
            return self.names.iter().position(|known| same(known, name)).and_then(|rank| u32::try_from(rank).ok());
        }
        self.ranks.get_key_value(name).filter(|(known, _)| same(known, name)).map(|(_, rank)| *rank)
    }

    /// The name of a rank.
    #[must_use]
    pub fn name(&self, rank: u32) -> Option<&str> {
        self.names.get(rank as usize).map(String::as_str)
    }

    /// Each name with its rank and sector.
    pub fn rows(&self) -> impl Iterator<Item = (u32, &str, &'static str)> {
        self.names.iter().zip(0..).map(|(name, rank)| (rank, name.as_str(), sector(rank)))
    }
}

/// One comparison of names: what a lookup costs, counted.
#[perf_probe(name = "symbols::compare", sample = 64)]
fn same(known: &str, name: &str) -> bool {
    known == name
}

/// The sector of a symbol.
#[must_use]
pub const fn sector(rank: u32) -> &'static str {
    SECTORS[rank as usize % SECTORS.len()]
}
