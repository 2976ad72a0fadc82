//! What can go wrong, in few kinds: by them failures are counted, retried and answered.

use std::borrow::Cow;
use std::fmt;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use perf_load::Class;
use rusqlite::ErrorCode;

use crate::state::Forbidden;

/// Why a request was not served.
#[derive(Debug)]
pub enum Error {
    /// There is no such thing, or it belongs to another tenant.
    NotFound,
    /// The request makes no sense.
    Invalid(&'static str),
    /// The state machine knows no such step.
    Forbidden(Forbidden),
    /// Another writer held the database for longer than retries last.
    Locked,
    /// The disk took no more.
    DiskFull,
    /// A subscriber of the bus is so slow that there is no room for another event.
    Overloaded,
    /// Anything else that the database says.
    Database(rusqlite::Error),
    /// The server is shutting down.
    Stopped,
}

/// A result with this crate's error.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The kind, in the words by which failures are counted.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::Invalid(_) => "invalid",
            Self::Forbidden(_) => "forbidden step",
            Self::Locked => "database locked",
            Self::DiskFull => "disk full",
            Self::Overloaded => "overloaded",
            Self::Database(_) => "database",
            Self::Stopped => "stopped",
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound,
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Locked,
                ErrorCode::DiskFull => Self::DiskFull,
                // A file that may not grow any more: a full quota looks like this, and not like a full disk.
                _ if failure.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE => Self::DiskFull,
                _ => Self::Database(error),
            },
            _ => Self::Database(error),
        }
    }
}

impl From<Forbidden> for Error {
    fn from(forbidden: Forbidden) -> Self {
        Self::Forbidden(forbidden)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(why) => write!(f, "invalid: {why}"),
            Self::Forbidden(forbidden) => write!(f, "{forbidden}"),
            Self::Database(error) => write!(f, "database: {error}"),
            _ => f.write_str(self.kind()),
        }
    }
}

impl std::error::Error for Error {}

impl Class for Error {
    fn class(&self) -> Cow<'static, str> {
        Cow::Borrowed(self.kind())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) => StatusCode::CONFLICT,
            // The caller may come again: nothing of the request was kept.
            Self::Locked | Self::Overloaded | Self::Stopped => StatusCode::SERVICE_UNAVAILABLE,
            Self::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, self.to_string()).into_response()
    }
}
