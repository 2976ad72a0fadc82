//! Contents of one file, and the reasons for which there are none. A file is looked at before it is loaded: eight
//! kilobytes tell whether it is binary, so an archive of a gigabyte costs no more than its beginning.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use perf_core::{Probe, perf_probe};
use serde::Serialize;

/// As much of a file as decides whether it is text: a zero byte in it means binary, as git and grep have it.
pub const HEAD: u64 = 8 * 1024;

/// Why a file was not analysed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipKind {
    /// A zero byte near the beginning.
    Binary,
    /// No zero byte, but not UTF-8 either.
    NotUtf8,
    /// More bytes than the limit.
    TooLarge,
    /// The system refused.
    PermissionDenied,
    /// Gone between the walk and the reading, or a dangling link that was to be followed.
    NotFound,
    /// A symbolic link that leads back to one of its own parents.
    Loop,
    /// A symbolic link, and links are not followed.
    Symlink,
    /// A pipe, socket or device.
    Special,
    /// Any other failure of the system.
    Io,
}

impl SkipKind {
    /// The kind that stands for a failure of the system.
    #[must_use]
    pub fn of(error: io::ErrorKind) -> Self {
        match error {
            io::ErrorKind::PermissionDenied => Self::PermissionDenied,
            io::ErrorKind::NotFound => Self::NotFound,
            _ => Self::Io,
        }
    }
}

impl fmt::Display for SkipKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Binary => "binary",
            Self::NotUtf8 => "not UTF-8",
            Self::TooLarge => "too large",
            Self::PermissionDenied => "permission denied",
            Self::NotFound => "not found",
            Self::Loop => "symlink loop",
            Self::Symlink => "symlink not followed",
            Self::Special => "not a regular file",
            Self::Io => "read error",
        })
    }
}

/// Why one file has no contents.
#[derive(Debug)]
pub struct Unread {
    /// The reason, for counting.
    pub kind: SkipKind,
    /// The system's own words, empty where the kind says it all.
    pub detail: String,
}

impl From<SkipKind> for Unread {
    fn from(kind: SkipKind) -> Self {
        Self { kind, detail: String::new() }
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Self { kind: SkipKind::of(error.kind()), detail: error.to_string() }
    }
}

/// A file, or something in a file's place, that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Where it is, as far as known.
    pub path: PathBuf,
    /// The reason, for counting.
    pub kind: SkipKind,
    /// The system's own words, empty where the kind says it all.
    pub detail: String,
}

/// Reads a text file of at most `limit` bytes.
///
/// The one probe that is written by hand: `bytes = …` of the attribute is for what is known when the function begins,
/// and how much could be read is known when it ends.
///
/// # Errors
/// A file that cannot be read, is larger, or is no text.
pub fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, Unread> {
    static PROBE: Probe = Probe::new("codescan::read::read_file");
    let guard = PROBE.start();
    let contents = read_text(path, limit);
    match &contents {
        Ok(bytes) => guard.bytes(bytes.len() as u64),
        Err(_) => guard.fail(),
    }
    contents
}

fn read_text(path: &Path, limit: u64) -> Result<Vec<u8>, Unread> {
    let mut file = File::open(path)?;
    let mut bytes = Vec::with_capacity(capacity(file.metadata()?.len(), limit));
    file.by_ref().take(HEAD).read_to_end(&mut bytes)?;
    check_head(&bytes)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    check_size(&bytes, limit)?;
    Ok(bytes)
}

/// Room for the whole file and the one byte more that `read_to_end` wants to see its end.
pub(crate) fn capacity(len: u64, limit: u64) -> usize {
    usize::try_from(len.min(limit)).map_or(0, |len| len + 1)
}

pub(crate) fn check_head(head: &[u8]) -> Result<(), Unread> {
    if head.contains(&0) { Err(SkipKind::Binary.into()) } else { Ok(()) }
}

pub(crate) fn check_size(bytes: &[u8], limit: u64) -> Result<(), Unread> {
    if bytes.len() as u64 > limit { Err(SkipKind::TooLarge.into()) } else { Ok(()) }
}

/// The text of a file's bytes, without a byte order mark.
///
/// # Errors
/// Bytes that are no text.
#[perf_probe(bytes = bytes.len())]
pub fn decode(bytes: &[u8]) -> Result<&str, Unread> {
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => Err(Unread { kind: SkipKind::NotUtf8, detail: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(contents: &[u8], limit: u64) -> Result<usize, SkipKind> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), contents).unwrap();
        read_file(file.path(), limit).map(|bytes| bytes.len()).map_err(|unread| unread.kind)
    }

    #[test]
    fn the_limit_is_inclusive() {
        assert_eq!(kind(b"12345", 5), Ok(5));
        assert_eq!(kind(b"123456", 5), Err(SkipKind::TooLarge));
        let large = vec![b'x'; 3 * 8192];
        assert_eq!(kind(&large, 3 * 8192), Ok(3 * 8192));
        assert_eq!(kind(&large, 3 * 8192 - 1), Err(SkipKind::TooLarge));
    }

    #[test]
    fn a_zero_byte_near_the_beginning_is_binary() {
        assert_eq!(kind(b"abc\0def", 100), Err(SkipKind::Binary));
        assert_eq!(kind(b"", 100), Ok(0));
    }

    #[test]
    fn a_missing_file_is_not_found() {
        let unread = read_file(Path::new("/nonexistent/file"), 1).unwrap_err();
        assert_eq!(unread.kind, SkipKind::NotFound);
    }

    #[test]
    fn decoding_drops_the_mark_and_names_the_place() {
        assert_eq!(decode("\u{feff}x".as_bytes()).unwrap(), "x");
        let unread = decode(b"caf\xe9").unwrap_err();
        assert_eq!(unread.kind, SkipKind::NotUtf8);
        assert!(unread.detail.contains("index 3"), "{}", unread.detail);
    }
}
