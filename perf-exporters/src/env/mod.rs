//! The environment: every variable that this crate or `cargo perf` reads, declared once.
//!
//! [`declared`](self) holds name, values, default and effect of each; `docs/environment.md` is made of the same declarations.
//! No other module reads a variable whose name begins with `PERF_`. Not here: what a value does, and the variables that other
//! projects define (`OTEL_…`, `NO_COLOR`, `COLUMNS`, cargo's own).
//!
//! # How values are read
//!
//! `on`, `1`, `true`, `yes` and `off`, `0`, `false`, `no` mean the same for every switch, in capitals or not. An empty value is
//! no value. A value that cannot be understood is told once on standard error, with the valid ones and the nearest of them,
//! and the default holds; so is the name of a variable that is nearly one of these.

mod declared;
mod markdown;
mod names;
#[cfg(test)]
mod tests;
mod values;

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Display;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::Error;

pub use declared::{
    ALL, GATE_DETAIL, GATE_LOG, GATE_MEASURE, INSTRUCTIONS, INSTRUCTIONS_OF, LOCK, MONITOR, OTLP, OVERHEAD, REPORT,
    SAMPLE, SERVE, SERVE_HOSTS, SERVE_REMOTE, SIGNALS, STRICT, TIMELINE, TOP, UPDATE,
};
pub use markdown::documentation;
pub use values::Choice;

/// A variable: what it is called, and how its value is read.
///
/// ```
/// use perf_exporters::env;
///
/// assert_eq!(env::STRICT.name(), "PERF_STRICT");
/// assert_eq!(env::STRICT.parse("off")?, false);
/// assert!(env::STRICT.parse("onn").unwrap_err().to_string().contains("did you mean `on`?"));
/// # Ok::<(), perf_exporters::Error>(())
/// ```
#[derive(Debug)]
pub struct Variable<T> {
    declaration: Declaration,
    parse: fn(&str) -> Result<T, String>,
}

/// The declaration of a variable.
#[derive(Debug)]
pub struct Declaration {
    name: &'static str,
    values: fn() -> Cow<'static, str>,
    default: &'static str,
    effect: &'static str,
    read_by: ReadBy,
    feature: Option<&'static str>,
    cargo_perf: Option<&'static str>,
}

/// The reader of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReadBy {
    Reporter,
    BudgetTests,
}

impl Declaration {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The values that it takes, as Markdown.
    #[must_use]
    pub fn values(&self) -> Cow<'static, str> {
        (self.values)()
    }

    /// The effect where it is not set.
    #[must_use]
    pub const fn default(&self) -> &'static str {
        self.default
    }

    /// Its effect, in a sentence.
    #[must_use]
    pub const fn effect(&self) -> &'static str {
        self.effect
    }

    /// The feature of this crate without which it has no effect.
    #[must_use]
    pub const fn feature(&self) -> Option<&'static str> {
        self.feature
    }
}

impl<T> Variable<T> {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.declaration.name
    }

    /// Its declaration.
    #[must_use]
    pub const fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    /// A value of it.
    ///
    /// # Errors
    /// A value that it does not take ([`Error::is_setting`]).
    pub fn parse(&self, value: &str) -> Result<T, Error> {
        (self.parse)(value.trim()).map_err(|problem| self.error(value, problem))
    }

    /// Its value in the environment; nothing where it is not set, or set to nothing.
    ///
    /// # Errors
    /// A value that it does not take, or that is no text ([`Error::is_setting`]).
    pub fn read(&self) -> Result<Option<T>, Error> {
        let Some(value) = std::env::var_os(self.name()) else { return Ok(None) };
        match value.to_str() {
            Some(text) if text.trim().is_empty() => Ok(None),
            Some(text) => self.parse(text).map(Some),
            None => Err(self.not_text(&value)),
        }
    }

    /// The same, where a value that cannot be understood is told once, and counts as none.
    pub(crate) fn get(&self) -> Option<T> {
        names::check();
        self.read().unwrap_or_else(|error| {
            tell_once(self.name(), &error);
            None
        })
    }

    /// The error of a value that is not taken.
    #[cold]
    pub(crate) fn error(&self, value: &str, problem: String) -> Error {
        Error::setting(self.name(), value, problem, self.declaration.values())
    }

    #[cold]
    fn not_text(&self, value: &OsStr) -> Error {
        self.error(&value.to_string_lossy(), "not valid UTF-8".to_owned())
    }
}

impl Variable<bool> {
    /// Whether it is on; where it is not set, or not understood, it is not.
    #[cfg(any(feature = "baseline", feature = "gate", feature = "serve"))]
    pub(crate) fn is_on(&self) -> bool {
        self.get().unwrap_or(false)
    }

    /// The same, where a value that is not understood counts as *on*: of a switch that makes a check stricter, a slip must not
    /// make it laxer.
    #[cfg(feature = "gate")]
    pub(crate) fn is_on_or_unclear(&self) -> bool {
        names::check();
        let unclear = |error| {
            tell_once(self.name(), &error);
            Some(true)
        };
        self.read().unwrap_or_else(unclear).unwrap_or(false)
    }
}

impl Variable<PathBuf> {
    /// The path, which need not be text.
    #[cfg(any(feature = "baseline", feature = "gate"))]
    pub(crate) fn path(&self) -> Option<PathBuf> {
        names::check();
        let path = std::env::var_os(self.name()).filter(|path| !path.is_empty())?;
        match path.to_str() {
            Some(_) => self.get(),
            None => Some(path.into()),
        }
    }
}

/// One line on standard error for this variable in the life of the process; where standard error is closed, none.
fn tell_once(name: &'static str, problem: &dyn Display) {
    static TOLD: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if !told.contains(&name) {
        told.push(name);
        let _ = writeln!(std::io::stderr(), "perf: {problem}");
    }
}
