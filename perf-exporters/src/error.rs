//! The one error type of the crate: what went wrong, where, and what to do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::error::Category;

/// Why a report could not be read or written, or a setting not be understood.
///
/// The message names the file, the place in it (`line:column`) where there is one, and the remedy. The kinds are
/// asked for with the `is_…` methods, so that new ones can come without breaking anyone.
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
    kind: Kind,
}

enum Kind {
    Io { action: &'static str, source: io::Error },
    Malformed { truncated: bool, source: serde_json::Error },
    Encoded { how: &'static str, remedy: &'static str },
    UnknownSchema { found: Option<String>, known: &'static str },
    NewerSchema { found: String, known: &'static str },
    Setting { variable: &'static str, value: String, problem: String, valid: &'static str },
}

impl Error {
    #[cold]
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::from(Kind::Io { action, source }).at(path)
    }

    #[cold]
    pub(crate) fn json(source: serde_json::Error, json: &[u8]) -> Self {
        let truncated = match source.classify() {
            Category::Eof => true,
            Category::Syntax => ends_in_a_number(&source, json),
            Category::Io | Category::Data => false,
        };
        Self::from(Kind::Malformed { truncated, source })
    }

    #[cold]
    pub(crate) fn encoded(how: &'static str, remedy: &'static str) -> Self {
        Self::from(Kind::Encoded { how, remedy })
    }

    #[cold]
    pub(crate) fn unknown_schema(found: Option<String>, known: &'static str) -> Self {
        Self::from(Kind::UnknownSchema { found, known })
    }

    #[cold]
    pub(crate) fn newer_schema(found: String, known: &'static str) -> Self {
        Self::from(Kind::NewerSchema { found, known })
    }

    #[cold]
    pub(crate) fn setting(variable: &'static str, value: &str, problem: String, valid: &'static str) -> Self {
        Self::from(Kind::Setting { variable, value: value.to_owned(), problem, valid })
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

    /// The file is not JSON (it may be compressed, or not UTF-8), ends too early, or holds values that no report has.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        matches!(self.inner.kind, Kind::Malformed { .. } | Kind::Encoded { .. })
    }

    /// The file ends before the report does.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        matches!(self.inner.kind, Kind::Malformed { truncated: true, .. })
    }

    /// The file is JSON, but no report: its `schema` is missing or somebody else's.
    #[must_use]
    pub fn is_unknown_schema(&self) -> bool {
        matches!(self.inner.kind, Kind::UnknownSchema { .. })
    }

    /// The report was written by a newer version of this crate, in a form that this one does not know.
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
        Self { inner: Box::new(Inner { path: None, kind }) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.inner.path {
            write!(f, "{}:", path.display())?;
            if let Some((line, column)) = self.place() {
                write!(f, "{line}:{column}:")?;
            }
            f.write_str(" ")?;
        }
        fmt::Display::fmt(&self.inner.kind, f)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { action, source } => write!(f, "{action}: {source}"),
            Self::Malformed { truncated: true, source } => {
                write!(f, "the report is cut short ({source}); record it again, or restore the whole file")
            }
            Self::Malformed { truncated: false, source } => {
                write!(f, "not a valid report: {source}; record it again, or correct the file at that place")
            }
            Self::Encoded { how, remedy } => write!(f, "the report is {how}: {remedy}"),
            Self::UnknownSchema { found: None, .. } => write!(
                f,
                "JSON, but not a report: it has no \"schema\"; pass a file that `PERF_REPORT=json=PATH` wrote"
            ),
            Self::UnknownSchema { found: Some(found), known } => write!(
                f,
                "not a report: its schema is {found:?}, a report's is {known:?}; pass a file that `PERF_REPORT=json=PATH` wrote"
            ),
            Self::NewerSchema { found, known } => write!(
                f,
                "the report has schema {found:?}, newer than {known:?} which this version reads; update perf-exporters"
            ),
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
