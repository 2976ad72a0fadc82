//! The log of budget tests: a line of JSON for every measured run, appended to the file that `PERF_GATE_LOG` names.
//!
//! Here is the type of a line, for its writer and its readers. Not here: what decides a verdict (`judge`), and
//! when a line is written (`gate`).
//!
//! # The form
//!
//! `"schema"` says `perf.gate-log/1`. Fields that a reader does not know are passed over, and fields that are missing are empty,
//! so that fields can be added under the same schema; a line without a schema, as older versions wrote it, is read as one of
//! the first. A change of meaning gets a new number, and a reader that does not know the number says so.
//!
//! ```
//! use perf_exporters::gate_log::{self, Run};
//!
//! let line = r#"{"schema":"perf.gate-log/1","budget":"query","verdict":"PASS","epochs":1,"rows":[{"metric":"allocs","actual":2.0}]}"#;
//! let run = Run::from_json(line)?;
//! assert_eq!((run.budget.as_str(), run.rows[0].actual), ("query", Some(2.0)));
//! assert!(Run::from_json(r#"{"schema":"perf.gate-log/9"}"#).unwrap_err().is_newer_schema());
//! assert!(Run::from_json(r#"{"budget":"que"#).unwrap_err().is_truncated());
//! # Ok::<(), perf_exporters::Error>(())
//! ```

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Error, schema};

/// The schema that this version writes.
pub const SCHEMA: &str = schema::GATE_LOG;

/// A line of the log: one measured run of a test with a budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Run {
    /// [`SCHEMA`].
    pub schema: String,
    /// The name of the budget.
    pub budget: String,
    /// The test harness's name for the test; none where the run was no test.
    pub test: Option<String>,
    /// The verdict of all figures together, with its reason where there is one.
    pub verdict: String,
    /// How many times it was measured to confirm a verdict.
    pub epochs: u32,
    /// A figure for every bound; where nothing was judged, one for everything that was measured.
    pub rows: Vec<Figure>,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            budget: String::new(),
            test: None,
            verdict: String::new(),
            epochs: 0,
            rows: Vec::new(),
        }
    }
}

/// A measured value, with the bound that it is held against.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Figure {
    /// The metric that is bounded: `p99`, `allocs`, `calls("db")`.
    pub metric: String,
    /// `limit`, or `target`, which only warns.
    pub kind: String,
    /// The bound, in `unit`; none where it is not finite.
    pub bound: Option<f64>,
    /// The measured value, in `unit`; none where nothing was measured.
    pub actual: Option<f64>,
    /// The unit of both.
    pub unit: String,
    /// How many values the verdict rests on.
    pub samples: u64,
    /// The verdict on the bound.
    pub verdict: String,
}

impl Run {
    /// The line, with its end.
    #[must_use]
    pub fn to_json_line(&self) -> String {
        // What can fail is a writer, and keys of maps that are no strings; there are neither.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }

    /// A line that was read.
    ///
    /// # Errors
    /// A line that is cut short or no such line ([`Error::is_malformed`]), of another schema
    /// ([`Error::is_unknown_schema`]), or of a later one ([`Error::is_newer_schema`]).
    pub fn from_json(line: impl AsRef<[u8]>) -> Result<Self, Error> {
        let line = line.as_ref();
        let malformed = |error| Error::json("the line", error, line);
        match schema::of(line).map_err(malformed)? {
            None => {}
            found => Error::unless_schema(SCHEMA, found)?,
        }
        serde_json::from_slice(line).map_err(malformed)
    }
}

/// The runs in a log, in the order in which they were written.
///
/// # Errors
/// A file that cannot be read ([`Error::is_io`], [`Error::is_not_found`]), or the first line that cannot be.
pub fn read(path: impl AsRef<Path>) -> Result<Vec<Run>, Error> {
    let path = path.as_ref();
    let text = fs::read(path).map_err(|source| Error::io("cannot read the log", path, source))?;
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.map(Run::from_json).collect::<Result<_, _>>().map_err(|error| error.at(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let figure = Figure { metric: "p99".to_owned(), bound: Some(5e6), samples: 3_000, ..Figure::default() };
        let run =
            Run { budget: "a".to_owned(), test: Some("tests::a".to_owned()), rows: vec![figure], ..Run::default() };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        fs::write(&path, run.to_json_line().repeat(2)).unwrap();
        assert_eq!(read(&path).unwrap(), [run.clone(), run]);
        fs::write(&path, "{\"budget\":\"a\"}\n{\"bud").unwrap();
        let error = read(&path).unwrap_err();
        assert!(error.is_truncated() && error.path() == Some(&*path), "{error}");
        assert!(read(folder.path().join("none")).unwrap_err().is_not_found());
    }

    #[test]
    fn lines_of_before_the_schema_and_of_later_are_told_apart() {
        let old =
            r#"{"budget":"a","test":null,"verdict":"PASS","epochs":1,"rows":[{"metric":"p50","actual":null}],"new":1}"#;
        let run = Run::from_json(old).unwrap();
        assert_eq!((run.schema.as_str(), run.test, run.rows[0].actual), (SCHEMA, None, None));
        assert!(Run::from_json(r#"{"schema":"perf.report/1"}"#).unwrap_err().is_unknown_schema());
        let newer = Run::from_json(r#"{"schema":"perf.gate-log/2"}"#).unwrap_err();
        assert!(newer.is_newer_schema() && newer.to_string().contains("perf.gate-log/1"), "{newer}");
    }
}
