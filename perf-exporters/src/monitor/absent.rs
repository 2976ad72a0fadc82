//! Why figures are missing.

use std::collections::BTreeMap;

use crate::report::Absent;

/// For each source that could not be read, the reason that was found last.
#[derive(Debug, Default)]
pub(super) struct Reasons(BTreeMap<&'static str, String>);

impl Reasons {
    /// Notes whether a source could be read.
    pub(super) fn note(&mut self, source: &'static str, read: Result<(), String>) {
        match read {
            Ok(()) => drop(self.0.remove(source)),
            Err(reason) => drop(self.0.insert(source, reason)),
        }
    }

    /// The same for a figure whose source has its name.
    pub(super) fn note_known(&mut self, source: &'static str, known: bool, reason: &str) {
        self.note(source, if known { Ok(()) } else { Err(reason.to_owned()) });
    }

    pub(super) fn list(&self) -> Vec<Absent> {
        let absent =
            |(source, reason): (&&str, &String)| Absent { source: (*source).to_owned(), reason: reason.clone() };
        self.0.iter().map(absent).collect()
    }
}
