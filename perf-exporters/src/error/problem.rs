//! Faults of a baseline file, as [`Error`](crate::Error) tells it.
//!
//! A file that cannot be trusted decides nothing: [`Error::verdict`](crate::Error::verdict) is INCONCLUSIVE, and nothing writes
//! over the file.

use std::fmt;

use crate::schema;

pub(crate) enum Problem {
    NotUtf8,
    Conflict,
    Truncated,
    NoSchema,
    Syntax { message: String },
    Value { key: String, problem: String },
    Checksum { section: String },
}

impl Problem {
    /// It is not TOML, or not a baseline, or ends too early, or a value in it is none.
    pub(crate) fn is_malformed(&self) -> bool {
        !matches!(self, Self::Conflict | Self::Checksum { .. })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
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
                schema::LOCK
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
