//! The one error type of the crate.

use std::error::Error as StdError;
use std::fmt;

/// Why a load could not be driven: the fault and the remedy. Operations that fail are no errors, but counts of the
/// [`Outcome`](crate::Outcome).
///
/// ```
/// use perf_load::Arrivals;
/// use std::time::Duration;
///
/// let error = Arrivals::constant(f64::NAN, Duration::from_secs(1)).unwrap_err();
/// assert_eq!(error.key(), Some("rate"));
/// assert!(error.to_string().starts_with("rate: "));
/// ```
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    /// The key of a plan, the flag, the host or the file.
    key: Option<String>,
    problem: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// A value that cannot be used: the key of a plan (or a host, a file) and what is wrong with it, with the remedy.
    #[cold]
    #[must_use]
    pub fn invalid(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { inner: Box::new(Inner { key: Some(key.into()), problem: problem.into(), source: None }) }
    }

    /// Anything else that kept a drive from being carried out.
    #[cold]
    #[must_use]
    pub fn failed(problem: impl Into<String>) -> Self {
        Self { inner: Box::new(Inner { key: None, problem: problem.into(), source: None }) }
    }

    /// With the error that caused it.
    #[cold]
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// The error under another key: that of the stage or the operation of a plan.
    #[cold]
    #[must_use]
    pub fn under(mut self, key: impl Into<String>) -> Self {
        let outer = key.into();
        self.inner.key = Some(match self.inner.key.take() {
            Some(inner) => format!("{outer}.{inner}"),
            None => outer,
        });
        self
    }

    /// The key of the plan, the host or the file that was wrong, where it was one.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.inner.key.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = &self.inner.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.inner.problem)?;
        if let Some(source) = &self.inner.source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}
