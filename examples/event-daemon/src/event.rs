//! Events, and how they lie in memory, on the wire and in the journal: the same bytes in all three.
//!
//! ```text
//! number u64 | service u16 | kind u8 | checksum u64 | payload
//! ```
//!
//! So what a socket received is what the journal appends, without a second encoding.

use perf_core::perf_probe;

use crate::{Inject, Refused};

/// Bytes before the payload.
pub const HEADER: usize = 8 + 2 + 1 + 8;
/// A longer event is refused before memory is taken for it.
pub const MOST: usize = 1 << 20;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file changed.
    Filesystem,
    /// A row changed.
    Database,
    /// Something outside called.
    External,
    /// A tool was called.
    Tool,
    /// One service tells another.
    Service,
    /// The machine tells.
    System,
}

impl Kind {
    /// Every kind, with its name and its share of a mixed load in per cent.
    pub const ALL: [(Self, &'static str, f64); 6] = [
        (Self::Filesystem, "filesystem", 30.0),
        (Self::Database, "database", 25.0),
        (Self::External, "external", 20.0),
        (Self::Tool, "tool", 10.0),
        (Self::Service, "service", 10.0),
        (Self::System, "system", 5.0),
    ];

    /// One kind after the other.
    #[must_use]
    pub fn nth(number: u64) -> Self {
        let at = usize::try_from(number % Self::ALL.len() as u64).unwrap_or(0);
        Self::ALL[at].0
    }

    fn of(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte)).map(|(kind, _, _)| *kind)
    }
}

/// An event that was read: the payload is borrowed from the bytes that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Unique: what was sent twice has the same number.
    pub number: u64,
    /// The service that it comes from.
    pub service: u16,
    /// What it is about.
    pub kind: Kind,
    /// Its content.
    pub payload: &'a [u8],
}

impl Event<'_> {
    /// The service that is told of it: another one than its own, wherever there are two.
    #[must_use]
    pub fn target(&self, services: u16) -> u16 {
        let away = 1 + self.kind as u16 % services.saturating_sub(1).max(1);
        (self.service % services + away) % services
    }

    /// Its bytes.
    #[perf_probe(name = "event::encode")]
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.payload.len());
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(&self.service.to_le_bytes());
        bytes.push(self.kind as u8);
        bytes.extend_from_slice(&checksum(self.payload).to_le_bytes());
        bytes.extend_from_slice(self.payload);
        bytes
    }

    /// Bytes that no coordinator takes: the checksum is wrong, as of an event that was damaged on its way.
    #[must_use]
    pub fn poisoned(&self) -> Vec<u8> {
        let mut bytes = self.encode();
        bytes[HEADER - 1] ^= 0xff;
        bytes
    }
}

/// Reads an event, and checks that it is whole.
///
/// # Errors
/// [`Refused::Poison`] where it is not.
#[perf_probe(name = "event::decode")]
pub fn decode(bytes: &[u8], inject: Option<Inject>) -> Result<Event<'_>, Refused> {
    let (header, payload) = bytes.split_at_checked(HEADER).ok_or(Refused::Poison)?;
    let number = u64::from_le_bytes(header[..8].try_into().map_err(|_| Refused::Poison)?);
    let service = u16::from_le_bytes([header[8], header[9]]);
    let kind = Kind::of(header[10]).ok_or(Refused::Poison)?;
    let told = u64::from_le_bytes(header[11..HEADER].try_into().map_err(|_| Refused::Poison)?);
    let found = match inject {
        // The injected regression: a copy to compute a sum of.
        Some(Inject::Clone) => checksum(&std::hint::black_box(payload.to_vec())),
        Some(Inject::SlowCodec) => checksum_by_bytes(payload),
        _ => checksum(payload),
    };
    if told == found { Ok(Event { number, service, kind, payload }) } else { Err(Refused::Poison) }
}

/// Mixes a word into a sum: a multiplication spreads each bit, a rotation brings the high ones down again.
fn mixed(sum: u64, word: u64) -> u64 {
    (sum ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
}

/// A sum over the payload, eight bytes at a time. It finds damage; it is no protection from an attacker.
#[must_use]
pub fn checksum(payload: &[u8]) -> u64 {
    let (words, rest) = payload.as_chunks::<8>();
    let sum = words.iter().fold(payload.len() as u64, |sum, word| mixed(sum, u64::from_le_bytes(*word)));
    rest.iter().fold(sum, |sum, byte| mixed(sum, u64::from(*byte)))
}

/// The same sum as a slower codec computes it: each byte is looked at alone.
fn checksum_by_bytes(payload: &[u8]) -> u64 {
    let (words, rest) = payload.as_chunks::<8>();
    let word = |bytes: &[u8; 8]| {
        bytes.iter().rev().fold(0_u64, |word, byte| std::hint::black_box((word << 8) | u64::from(*byte)))
    };
    let sum = words.iter().fold(payload.len() as u64, |sum, bytes| mixed(sum, word(bytes)));
    rest.iter().fold(sum, |sum, byte| mixed(sum, u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(payload: &[u8]) -> Event<'_> {
        Event { number: 7, service: 3, kind: Kind::Tool, payload }
    }

    #[test]
    fn an_event_comes_back_and_damage_is_found() {
        for length in [0, 1, 7, 8, 9, 511, 4096] {
            let payload: Vec<u8> = (0..=250).cycle().take(length).collect();
            let bytes = event(&payload).encode();
            for inject in [None, Some(Inject::Clone), Some(Inject::SlowCodec)] {
                assert_eq!(decode(&bytes, inject), Ok(event(&payload)));
            }
            assert_eq!(decode(&event(&payload).poisoned(), None), Err(Refused::Poison));
            assert_eq!(decode(&bytes[..bytes.len() - 1], None), Err(Refused::Poison), "cut off at {length}");
        }
        assert_eq!(decode(&[1, 2, 3], None), Err(Refused::Poison));
        let mut unknown = event(b"x").encode();
        unknown[10] = 200;
        assert_eq!(decode(&unknown, None), Err(Refused::Poison));
    }

    #[test]
    fn the_target_is_another_service() {
        for services in [2_u16, 3, 10, 50] {
            for (kind, _, _) in Kind::ALL {
                for service in 0..services {
                    let target = Event { number: 0, service, kind, payload: &[] }.target(services);
                    assert!(target < services && target != service, "{kind:?} {service} of {services}: {target}");
                }
            }
        }
        assert_eq!(event(&[]).target(1), 0);
    }
}
