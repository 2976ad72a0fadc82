//! The report's JSON form: writing, reading, and reporting the fault of a file.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Report, SCHEMA};
use crate::{Error, schema, write};

impl Report {
    /// The report as one line of JSON with a line end.
    ///
    /// ```
    /// # use perf_exporters::Report;
    /// assert!(Report::default().to_json().starts_with(r#"{"schema":"perf.report/1","#));
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        // Only a writer can fail, or a map key that is no string; there are neither.
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// A report from its JSON form.
    ///
    /// # Errors
    /// The fault and its place: a text that is broken or cut short ([`Error::is_malformed`]), of another schema
    /// ([`Error::is_unknown_schema`]), or of a later one ([`Error::is_newer_schema`]).
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, Error> {
        let json = plain(json.as_ref())?;
        // The schema is read first: it decides what the rest may be.
        let malformed = |error| Error::json("the report", error, json);
        Error::unless_schema(SCHEMA, schema::of(json).map_err(malformed)?)?;
        serde_json::from_slice(json).map_err(malformed)
    }

    /// Writes the JSON form to a file: whole or not at all.
    ///
    /// The text goes to a temporary file beside it, reaches the disk, and then takes the name. Missing folders are
    /// made. A device, a pipe or `/dev/stdout` is written to directly.
    ///
    /// # Errors
    /// A file that cannot be written ([`Error::is_io`]).
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        write::atomically(path.as_ref(), self.to_json().as_bytes())
    }

    /// Reads a report from a file; an error names the file as well.
    ///
    /// # Errors
    /// A file that cannot be read ([`Error::is_io`]), and those of [`Report::from_json`].
    ///
    /// ```no_run
    /// let report = perf_exporters::Report::read("perf.json")?;
    /// println!("{} probes", report.probes.len());
    /// # Ok::<(), perf_exporters::Error>(())
    /// ```
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let json = fs::read(path).map_err(|source| Error::io("cannot read the report", path, source))?;
        Self::from_json(json).map_err(|error| error.at(path))
    }
}

/// The text, without the mark that some editors put in front of UTF-8; compressed text or another encoding is named
/// in the error, with the way to undo it.
fn plain(bytes: &[u8]) -> Result<&[u8], Error> {
    match bytes {
        [0xef, 0xbb, 0xbf, text @ ..] => Ok(text),
        [0x1f, 0x8b, ..] => Err(Error::encoded("compressed with gzip", "unpack it first, with `gunzip` or `gzip -dc`")),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Err(Error::encoded("compressed with zstd", "unpack it first, with `zstd -d`")),
        // Any report in UTF-16 begins with an ASCII character.
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [1..=255, 0, ..] | [0, 1..=255, ..] => Err(Error::encoded(
            "UTF-16",
            "save it as UTF-8; in PowerShell, `PERF_REPORT=json=PATH` writes it so, and `>` does not",
        )),
        _ => Ok(bytes),
    }
}

/// The schema: written as [`SCHEMA`], and read from nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Schema;

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(SCHEMA)
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = String::deserialize(deserializer)?;
        if found == SCHEMA {
            return Ok(Self);
        }
        Err(de::Error::invalid_value(de::Unexpected::Str(&found), &SCHEMA))
    }
}
