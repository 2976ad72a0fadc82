//! Names of probes, each of them once.

use std::collections::HashMap;

use serde::{Serialize, Serializer};

use crate::label;

/// A list of names as they are shown, and where in it each one is.
#[derive(Default)]
pub(super) struct Names<'a> {
    places: HashMap<&'a str, u64>,
    list: Vec<String>,
}

impl<'a> Names<'a> {
    pub(super) fn place(&mut self, name: &'a str) -> u64 {
        *self.places.entry(name).or_insert_with(|| {
            self.list.push(label::shown(name));
            self.list.len() as u64 - 1
        })
    }
}

impl Serialize for Names<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}
