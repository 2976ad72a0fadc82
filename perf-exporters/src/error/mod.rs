//! The one error type of the crate: what went wrong, where, and what to do about it. What can be wrong with a baseline is
//! listed in [`baseline`](crate::baseline).

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use serde_json::error::Category;

use crate::schema;

#[cfg(feature = "baseline")]
mod problem;

#[cfg(feature = "baseline")]
pub(crate) use problem::Problem;

/// Why a report, a baseline or a log could not be read or written, or a setting not be understood.
///
/// The message names the file, the place in it (`line:column`, or the line) where there is one, and the remedy. The kinds
/// are asked for with the `is_…` methods, so that new ones can come without breaking anyone.
///
/// ```
/// use perf_exporters::Report;
///
/// let error = Report::from_json(r#"{"schema": "perf.report/1", "probes": ["#).unwrap_err();
/// assert!(error.is_truncated());
/// assert_eq!(error.place(), Some((1, 39)));
/// ```
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    path: Option<PathBuf>,
    line: Option<usize>,
    kind: Kind,
}

enum Kind {
    Io {
        action: &'static str,
        source: io::Error,
    },
    Malformed {
        what: &'static str,
        truncated: bool,
        source: serde_json::Error,
    },
    Encoded {
        how: &'static str,
        remedy: &'static str,
    },
    UnknownSchema {
        found: Option<String>,
        known: &'static str,
    },
    NewerSchema {
        found: String,
        known: &'static str,
    },
    #[cfg(feature = "baseline")]
    Baseline(Problem),
    Setting {
        variable: &'static str,
        value: String,
        problem: String,
        valid: Cow<'static, str>,
    },
}

impl Error {
    #[cold]
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::from(Kind::Io { action, source }).at(path)
    }

    #[cold]
    pub(crate) fn json(what: &'static str, source: serde_json::Error, json: &[u8]) -> Self {
        let truncated = match source.classify() {
            Category::Eof => true,
            Category::Syntax => ends_in_a_number(&source, json),
            Category::Io | Category::Data => false,
        };
        Self::from(Kind::Malformed { what, truncated, source })
    }

    #[cold]
    pub(crate) fn encoded(how: &'static str, remedy: &'static str) -> Self {
        Self::from(Kind::Encoded { how, remedy })
    }

    #[cold]
    fn unknown_schema(found: Option<String>, known: &'static str) -> Self {
        Self::from(Kind::UnknownSchema { found, known })
    }

    #[cold]
    pub(crate) fn newer_schema(found: String, known: &'static str) -> Self {
        Self::from(Kind::NewerSchema { found, known })
    }

    /// Nothing where a file is of the schema that this version knows.
    pub(crate) fn unless_schema(known: &'static str, found: Option<Value>) -> Result<(), Self> {
        match found {
            Some(Value::String(found)) if found == known => Ok(()),
            Some(Value::String(found)) if schema::is_newer(&found, known) => Err(Self::newer_schema(found, known)),
            Some(Value::String(found)) => Err(Self::unknown_schema(Some(found), known)),
            Some(other) => Err(Self::unknown_schema(Some(other.to_string()), known)),
            None => Err(Self::unknown_schema(None, known)),
        }
    }

    /// Of a baseline, in this line.
    #[cfg(feature = "baseline")]
    #[cold]
    pub(crate) fn baseline(problem: Problem, line: Option<usize>) -> Self {
        Self::from(Kind::Baseline(problem)).in_line(line)
    }

    /// The same error, of this line.
    #[cfg(feature = "baseline")]
    pub(crate) fn in_line(mut self, line: Option<usize>) -> Self {
        self.inner.line = line;
        self
    }

    #[cold]
    pub(crate) fn setting(
        variable: &'static str,
        value: &str,
        problem: String,
        valid: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::from(Kind::Setting { variable, value: value.to_owned(), problem, valid: valid.into() })
    }

    /// The same error, of this file.
    pub(crate) fn at(mut self, path: &Path) -> Self {
        self.inner.path = Some(path.to_owned());
        self
    }

    /// The file it is about.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.inner.path.as_deref()
    }

    /// Line and column (both from 1; an empty file has column 0) where a file could not be understood.
    #[must_use]
    pub fn place(&self) -> Option<(usize, usize)> {
        match &self.inner.kind {
            Kind::Malformed { source, .. } => Some((source.line(), source.column())),
            _ => None,
        }
    }

    /// The line in the file, from 1, where it is known.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.inner.line.or_else(|| self.place().map(|(line, _)| line))
    }

    /// A file or stream could not be read or written.
    #[must_use]
    pub fn is_io(&self) -> bool {
        matches!(self.inner.kind, Kind::Io { .. })
    }

    /// The file is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(&self.inner.kind, Kind::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// The file is not of the form that it should have (it may be compressed, or not UTF-8), ends too early, or holds values
    /// that cannot be.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        match &self.inner.kind {
            Kind::Malformed { .. } | Kind::Encoded { .. } => true,
            #[cfg(feature = "baseline")]
            Kind::Baseline(problem) => problem.is_malformed(),
            _ => false,
        }
    }

    /// The file ends before what it holds does.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        match &self.inner.kind {
            Kind::Malformed { truncated, .. } => *truncated,
            #[cfg(feature = "baseline")]
            Kind::Baseline(problem) => matches!(problem, Problem::Truncated),
            _ => false,
        }
    }

    /// A baseline holds the markers of a merge that was not finished.
    #[cfg(feature = "baseline")]
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self.inner.kind, Kind::Baseline(Problem::Conflict))
    }

    /// A section of a baseline is not what was written.
    #[cfg(feature = "baseline")]
    #[must_use]
    pub fn is_checksum(&self) -> bool {
        matches!(self.inner.kind, Kind::Baseline(Problem::Checksum { .. }))
    }

    /// The file is JSON or TOML, but no report (no log, no baseline): its `schema` is missing or of another program.
    #[must_use]
    pub fn is_unknown_schema(&self) -> bool {
        match &self.inner.kind {
            Kind::UnknownSchema { .. } => true,
            #[cfg(feature = "baseline")]
            Kind::Baseline(problem) => matches!(problem, Problem::NoSchema),
            _ => false,
        }
    }

    /// The file was written by a newer version of this crate, in a form that this one does not know.
    #[must_use]
    pub fn is_newer_schema(&self) -> bool {
        matches!(self.inner.kind, Kind::NewerSchema { .. })
    }

    /// An environment variable or a setting could not be understood.
    #[must_use]
    pub fn is_setting(&self) -> bool {
        matches!(self.inner.kind, Kind::Setting { .. })
    }
}

/// Whether the trouble is a number, begun at the very end of the text: it would go on in the whole one.
fn ends_in_a_number(source: &serde_json::Error, json: &[u8]) -> bool {
    let last_line = json.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    source.column() >= last_line.len() && matches!(last_line, [.., b'.' | b'-' | b'+' | b'e' | b'E'])
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self { inner: Box::new(Inner { path: None, line: None, kind }) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.inner.path, self.place(), self.inner.line) {
            (Some(path), Some((line, column)), _) => write!(f, "{}:{line}:{column}: ", path.display())?,
            (Some(path), None, Some(line)) => write!(f, "{}:{line}: ", path.display())?,
            (Some(path), None, None) => write!(f, "{}: ", path.display())?,
            (None, _, Some(line)) => write!(f, "line {line}: ")?,
            (None, _, None) => {}
        }
        fmt::Display::fmt(&self.inner.kind, f)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { action, source } => write!(f, "{action}: {source}"),
            Self::Malformed { what, truncated: true, source } => {
                write!(f, "{what} is cut short ({source}); record it again, or restore the whole file")
            }
            Self::Malformed { what, truncated: false, source } => {
                let what = what.strip_prefix("the ").unwrap_or(what);
                write!(f, "not a valid {what}: {source}; record it again, or correct the file at that place")
            }
            Self::Encoded { how, remedy } => write!(f, "the report is {how}: {remedy}"),
            Self::UnknownSchema { found, known } => {
                match found {
                    None => write!(f, "there is no \"schema\" in it, which should be {known:?}")?,
                    Some(found) => write!(f, "its schema is {found:?}, and should be {known:?}")?,
                }
                if *known == schema::REPORT {
                    f.write_str("; pass a file that `PERF_REPORT=json=PATH` wrote")
                } else {
                    Ok(())
                }
            }
            Self::NewerSchema { found, known } => write!(
                f,
                "it has schema {found:?}, newer than {known:?} which this version reads; update perf-exporters and cargo-perf"
            ),
            #[cfg(feature = "baseline")]
            Self::Baseline(problem) => fmt::Display::fmt(problem, f),
            Self::Setting { variable, value, problem, valid } => {
                write!(f, "{variable}={value:?}: {problem}; valid: {valid}")
            }
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?})", self.to_string())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.inner.kind {
            Kind::Io { source, .. } => Some(source),
            Kind::Malformed { source, .. } => Some(source),
            _ => None,
        }
    }
}
