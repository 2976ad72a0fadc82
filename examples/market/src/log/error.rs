//! What can go wrong with a log, in the classes by which failures are counted.

use std::borrow::Cow;
use std::{fmt, io};

use perf_load::Class;

/// A failure of the log.
#[derive(Debug)]
#[non_exhaustive]
pub enum LogError {
    /// The log takes no messages at the moment.
    Stopped,
    /// The slowest group of consumers is as far behind as it may be.
    BackPressure,
    /// No room on the disk, or none left of a quota or of the limit on the size of files.
    DiskFull(io::Error),
    /// What is in a file is not what was written there.
    Corrupt(String),
    /// Any other failure of a file.
    Io(io::Error),
    /// Any other failure of a broker that is another process.
    Broker(String),
}

impl Class for LogError {
    fn class(&self) -> Cow<'static, str> {
        match self {
            Self::Stopped => "log stopped".into(),
            Self::BackPressure => "back-pressure".into(),
            Self::DiskFull(_) => "disk full".into(),
            Self::Corrupt(_) => "corrupt log".into(),
            Self::Io(error) => error.class(),
            Self::Broker(_) => "broker".into(),
        }
    }
}

impl From<io::Error> for LogError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::DiskFull(error)
            }
            _ => Self::Io(error),
        }
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("the log is stopped; try again when it has been started"),
            Self::BackPressure => f.write_str("the consumers are too far behind; try again when they have caught up"),
            Self::DiskFull(error) => write!(f, "the disk is full: {error}; make room, then try again"),
            Self::Corrupt(problem) => write!(f, "the log is corrupt: {problem}"),
            Self::Io(error) => write!(f, "the log's files: {error}"),
            Self::Broker(problem) => write!(f, "the broker: {problem}"),
        }
    }
}

impl std::error::Error for LogError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::DiskFull(error) | Self::Io(error) => Some(error),
            _ => None,
        }
    }
}
