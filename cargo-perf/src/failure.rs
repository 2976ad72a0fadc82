//! Why a command could not do its work: one message for people, with file, place and remedy.

use std::fmt::{self, Display};
use std::io;
use std::path::Path;

/// Bad input, or something that could not be done.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    broken_pipe: bool,
}

/// The result of every fallible function here.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// The exit code of bad input; clap uses the same for bad arguments.
    pub(crate) const CODE: u8 = 2;

    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), broken_pipe: false }
    }

    pub(crate) fn io(action: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(format!("{}: {action}: {error}", path.display()))
    }

    /// Standard output could not be written to.
    pub(crate) fn output(error: &io::Error) -> Self {
        let broken_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Self { message: format!("cannot write to standard output: {error}"), broken_pipe }
    }

    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(feature = "load")]
impl From<perf_load::Error> for Failure {
    fn from(error: perf_load::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<perf_exporters::Error> for Failure {
    fn from(error: perf_exporters::Error) -> Self {
        Self::new(error.to_string())
    }
}
