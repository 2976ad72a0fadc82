//! One operation: its context, and how it ended.

use std::borrow::Cow;
use std::time::Duration;

use crate::record::Done;

/// The context of an operation: the arrival that it is for.
#[derive(Clone, Copy, Debug)]
pub struct Ctx {
    pub(crate) number: u64,
    pub(crate) due: Duration,
    pub(crate) seed: u64,
    pub(crate) size: u64,
    pub(crate) injected: bool,
}

impl Ctx {
    /// The arrival's number, from 0.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its intended start, since the beginning of the drive.
    #[must_use]
    pub fn due(&self) -> Duration {
        self.due
    }

    /// A seed of its own, that depends on the load's seed and on its number only: the same data with any worker.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The size drawn for it, where its operation has [`sizes`](crate::Operation::sizes); else 0.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether this operation counts as failed regardless of its result, by [`failures`](crate::Operation::failures): so it can
    /// send a broken request, or none.
    #[must_use]
    pub fn injected(&self) -> bool {
        self.injected
    }
}

/// The return value of an operation: nothing, or a result whose error gives its class.
pub trait Ends {
    /// The class of the failure, if it is one.
    fn failure(self) -> Option<Cow<'static, str>>;
}

impl Ends for () {
    fn failure(self) -> Option<Cow<'static, str>> {
        None
    }
}

impl<T, E: Class> Ends for Result<T, E> {
    fn failure(self) -> Option<Cow<'static, str>> {
        self.err().map(|error| error.class())
    }
}

/// The kind of failure of an error: few words, since failures are counted by it. Beyond 32 classes the rest is `other`.
///
/// ```
/// use perf_load::Class;
/// use std::borrow::Cow;
///
/// enum Refused { Full, Closed(u64) }
///
/// impl Class for Refused {
///     fn class(&self) -> Cow<'static, str> {
///         match self {
///             Refused::Full => "full".into(),
///             Refused::Closed(_) => "closed".into(), // without the number
///         }
///     }
/// }
/// ```
pub trait Class {
    /// Its class, such as `timeout` or `503`.
    fn class(&self) -> Cow<'static, str>;
}

impl Class for &'static str {
    fn class(&self) -> Cow<'static, str> {
        Cow::Borrowed(self)
    }
}

impl Class for String {
    fn class(&self) -> Cow<'static, str> {
        Cow::Owned(self.clone())
    }
}

impl Class for Cow<'static, str> {
    fn class(&self) -> Cow<'static, str> {
        self.clone()
    }
}

impl Class for () {
    fn class(&self) -> Cow<'static, str> {
        Cow::Borrowed("error")
    }
}

impl Class for std::convert::Infallible {
    fn class(&self) -> Cow<'static, str> {
        match *self {}
    }
}

impl Class for std::io::Error {
    fn class(&self) -> Cow<'static, str> {
        Cow::Owned(self.kind().to_string())
    }
}

impl Class for std::fmt::Error {
    fn class(&self) -> Cow<'static, str> {
        Cow::Borrowed("formatting")
    }
}

/// All errors in a box are one class: their type is not known.
impl Class for Box<dyn std::error::Error> {
    fn class(&self) -> Cow<'static, str> {
        Cow::Borrowed("error")
    }
}

impl Class for Box<dyn std::error::Error + Send + Sync> {
    fn class(&self) -> Cow<'static, str> {
        Cow::Borrowed("error")
    }
}

impl Done {
    pub(crate) fn of(ended: impl Ends, ctx: &Ctx) -> Self {
        match ended.failure() {
            Some(class) => Self::Failed(class),
            None if ctx.injected => Self::Failed(Cow::Borrowed("injected")),
            None => Self::Ok,
        }
    }
}
