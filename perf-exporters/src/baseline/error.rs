//! What can be wrong with a baseline file.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::judge::{Reason, Verdict};

/// What is wrong with a baseline file: which file, where in it, and what to do.
///
/// A file that cannot be trusted decides nothing: [`Error::verdict`] is INCONCLUSIVE, and nothing writes over the file.
///
/// ```
/// use perf_exporters::baseline::Baseline;
///
/// let error = Baseline::parse("<<<<<<< HEAD\nschema = \"perf.lock/1\"\n").unwrap_err();
/// assert!(error.is_conflict());
/// assert_eq!(error.line(), Some(1));
/// assert!(error.to_string().contains("merge conflict"));
/// ```
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    path: Option<PathBuf>,
    line: Option<usize>,
    kind: Kind,
}

pub(super) enum Kind {
    Io { action: &'static str, source: io::Error },
    NotUtf8,
    Conflict,
    Truncated,
    NoSchema,
    NewerSchema { found: String },
    Syntax { message: String },
    Value { key: String, problem: String },
    Checksum { section: String },
}

impl Error {
    #[cold]
    pub(super) fn new(kind: Kind, line: Option<usize>) -> Self {
        Self { inner: Box::new(Inner { path: None, line, kind }) }
    }

    #[cold]
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::new(Kind::Io { action, source }, None).at(path)
    }

    /// The same error, of this file.
    pub(super) fn at(mut self, path: &Path) -> Self {
        self.inner.path = Some(path.to_owned());
        self
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.inner.path.as_deref()
    }

    /// The line in it, from 1.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.inner.line
    }

    /// There is no such file.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(&self.inner.kind, Kind::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// It could not be read or written.
    #[must_use]
    pub fn is_io(&self) -> bool {
        matches!(self.inner.kind, Kind::Io { .. })
    }

    /// It holds the markers of a merge that was not finished.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self.inner.kind, Kind::Conflict)
    }

    /// Its end is missing.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        matches!(self.inner.kind, Kind::Truncated)
    }

    /// A newer version wrote it.
    #[must_use]
    pub fn is_newer_schema(&self) -> bool {
        matches!(self.inner.kind, Kind::NewerSchema { .. })
    }

    /// A section is not what was written.
    #[must_use]
    pub fn is_checksum(&self) -> bool {
        matches!(self.inner.kind, Kind::Checksum { .. })
    }

    /// It is not TOML, or not a baseline, or a value in it is none.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        matches!(self.inner.kind, Kind::NotUtf8 | Kind::NoSchema | Kind::Syntax { .. } | Kind::Value { .. })
    }

    /// What a judgement by this file comes to: INCONCLUSIVE, with the message as its reason.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::Inconclusive(Reason::Invalid(self.to_string().into()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.inner.path, self.inner.line) {
            (Some(path), Some(line)) => write!(f, "{}:{line}: ", path.display())?,
            (Some(path), None) => write!(f, "{}: ", path.display())?,
            (None, Some(line)) => write!(f, "line {line}: ")?,
            (None, None) => {}
        }
        fmt::Display::fmt(&self.inner.kind, f)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                f.write_str("there is no baseline yet; `PERF_UPDATE=1` (or `cargo perf gate --update`) records one")
            }
            Self::Io { action, source } => write!(f, "{action}: {source}"),
            Self::NotUtf8 => f.write_str("not text; restore the file from version control"),
            Self::Conflict => f.write_str(
                "merge conflict: take either side of each section, whole, remove the markers, and record again with `PERF_UPDATE=1`",
            ),
            Self::Truncated => f.write_str(
                "the file is cut short: its last line, `# end of perf.lock`, is missing; restore it from version control, or delete it and record anew with `PERF_UPDATE=1`",
            ),
            Self::NoSchema => write!(
                f,
                "not a baseline, or cut short: there is no `schema = {:?}`; restore the file from version control",
                super::SCHEMA
            ),
            Self::NewerSchema { found } => write!(
                f,
                "the file has schema {found:?}, newer than {:?} which this version reads; update perf-exporters and cargo-perf",
                super::SCHEMA
            ),
            Self::Syntax { message } => {
                write!(f, "not valid TOML: {message}; correct the line, or restore the file from version control")
            }
            Self::Value { key, problem } => {
                write!(f, "{key}: {problem}; delete that section and record it again with `PERF_UPDATE=1`")
            }
            Self::Checksum { section } => write!(
                f,
                "[{section}] is not what was written (edited, merged or torn); restore it from version control, or delete the section and record it again with `PERF_UPDATE=1`"
            ),
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
            _ => None,
        }
    }
}
