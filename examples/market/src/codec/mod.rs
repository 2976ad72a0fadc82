//! Codecs: a tick as bytes, in four formats.
//!
//! | format | bytes | decoding |
//! |---|---|---|
//! | [`json`] | text that any program reads | parses names and numbers; prices are text, so that no digit is lost |
//! | [`raw`] | the line as the feed sent it | parses the line |
//! | [`schema`] | an identifier of the schema, then its fields as variable-length integers | the smallest; the reader needs the schema |
//! | [`wire`] | a fixed layout | none: fields are read where they lie |
//!
//! Bytes that are no tick are [`Poison`], never a panic.

pub mod json;
pub mod raw;
pub mod schema;
pub mod wire;

use std::fmt;

use crate::Tick;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON text.
    Json,
    /// The line of the feed.
    Raw,
    /// Binary, by schema.
    Schema,
    /// Fixed layout.
    Wire,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Json, Self::Raw, Self::Schema, Self::Wire];

    /// Appends a tick.
    pub fn encode(self, tick: &Tick, out: &mut Vec<u8>) {
        match self {
            Self::Json => json::encode(tick, out),
            Self::Raw => raw::encode(tick, out),
            Self::Schema => schema::encode(tick, out),
            Self::Wire => wire::encode(tick, out),
        }
    }

    /// Reads a tick.
    ///
    /// # Errors
    /// Bytes that are none.
    pub fn decode(self, bytes: &[u8]) -> Result<Tick, Poison> {
        match self {
            Self::Json => json::decode(bytes),
            Self::Raw => raw::decode(bytes),
            Self::Schema => schema::decode(bytes),
            Self::Wire => wire::decode(bytes),
        }
    }
}

/// A message that cannot be read, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poison(pub &'static str);

impl fmt::Display for Poison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a message that cannot be read: {}", self.0)
    }
}

impl std::error::Error for Poison {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tick::ticks;

    #[test]
    fn every_format_returns_what_it_was_given() {
        for tick in ticks(7, 1_000, 2_000).unwrap() {
            for format in Format::ALL {
                let mut bytes = Vec::new();
                format.encode(&tick, &mut bytes);
                assert_eq!(format.decode(&bytes), Ok(tick), "{format:?}");
            }
        }
    }

    /// Cut off anywhere, or with any byte changed: an error or another tick, and no panic.
    #[test]
    fn no_bytes_make_a_panic() {
        for tick in ticks(8, 30, 20).unwrap() {
            for format in Format::ALL {
                let mut bytes = Vec::new();
                format.encode(&tick, &mut bytes);
                for cut in 0..bytes.len() {
                    assert!(format.decode(&bytes[..cut]).is_err() || format == Format::Raw, "{format:?} cut at {cut}");
                    for value in [0, 0x7f, 0xff] {
                        let mut broken = bytes.clone();
                        broken[cut] = value;
                        let _ = format.decode(&broken);
                    }
                }
            }
        }
    }
}
