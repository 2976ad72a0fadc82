//! The place of a probe's name in the source: one, or several that count together.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ProbeReport;

/// The most places that are kept of one name, the first by file and line.
const MOST: usize = 16;
/// The most places in a summary.
const TOLD: usize = 4;

/// A callsite.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Place {
    /// Source file.
    pub file: String,
    /// Line in it, from 1.
    pub line: u32,
}

impl Place {
    /// The place at this line of this file.
    #[must_use]
    pub fn new(file: impl Into<String>, line: u32) -> Self {
        Self { file: file.into(), line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// All of these, in order; none where there are not several.
pub(super) fn several(places: impl Iterator<Item = Place>) -> Vec<Place> {
    let mut places: Vec<Place> = places.filter(|place| !place.file.is_empty()).collect();
    places.sort();
    places.dedup();
    places.truncate(MOST);
    if places.len() > 1 { places } else { Vec::new() }
}

impl ProbeReport {
    /// The places that are known of it, one or several.
    pub(super) fn known_places(&self) -> impl Iterator<Item = Place> + '_ {
        let single = self.places.is_empty().then(|| Place::new(self.file.clone(), self.line));
        self.places.iter().cloned().chain(single)
    }

    /// The places in one line, where several count together: the first four, and how many more there are.
    ///
    /// ```
    /// use perf_exporters::report::{Place, ProbeReport};
    ///
    /// let mut probe = ProbeReport::new("get");
    /// assert_eq!(probe.place_summary(), None);
    /// probe.places = vec![Place::new("src/map.rs", 7), Place::new("src/set.rs", 9)];
    /// assert_eq!(probe.place_summary().as_deref(), Some("src/map.rs:7, src/set.rs:9"));
    /// ```
    #[must_use]
    pub fn place_summary(&self) -> Option<String> {
        let mut told: Vec<String> = self.places.iter().take(TOLD).map(ToString::to_string).collect();
        if self.places.len() > told.len() {
            told.push(format!("{} more", self.places.len() - told.len()));
        }
        (!told.is_empty()).then(|| told.join(", "))
    }
}
