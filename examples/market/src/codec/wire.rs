//! A fixed layout, read in place: a [`Wire`] is a view of the bytes of the log, and takes no copy.

use perf_core::perf_probe;
use zerocopy::little_endian::{I64, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::Poison;
use crate::{Decimal, Kind, Tick};

/// A tick as it lies in the log: 40 bytes, least byte first, at any address.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Wire {
    version: u8,
    kind: u8,
    reserved: [u8; 2],
    symbol: U32,
    at_ns: U64,
    price: I64,
    ask: I64,
    size: U32,
    ask_size: U32,
}

const VERSION: u8 = 1;

impl Wire {
    /// The view of a message.
    ///
    /// # Errors
    /// Another size, version or kind.
    #[inline]
    pub fn view(bytes: &[u8]) -> Result<&Self, Poison> {
        let wire = Self::ref_from_bytes(bytes).map_err(|_| Poison("another size"))?;
        if wire.version != VERSION {
            return Err(Poison("another version"));
        }
        Kind::from_number(wire.kind).map(|_| wire).ok_or(Poison("no such kind"))
    }

    /// The symbol's rank.
    #[must_use]
    pub fn symbol(&self) -> u32 {
        self.symbol.get()
    }

    /// Price of a trade; bid of a quote.
    #[must_use]
    pub fn price(&self) -> Decimal {
        Decimal::from_units(self.price.get())
    }

    /// Shares traded; shares wanted at the bid.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.size.get()
    }
}

/// Appends a tick.
#[perf_probe(name = "codec::wire::encode", sample = 64)]
pub fn encode(tick: &Tick, out: &mut Vec<u8>) {
    let wire = Wire {
        version: VERSION,
        kind: tick.kind as u8,
        reserved: [0; 2],
        symbol: tick.symbol.into(),
        at_ns: tick.at_ns.into(),
        price: tick.price.units().into(),
        ask: tick.ask.units().into(),
        size: tick.size.into(),
        ask_size: tick.ask_size.into(),
    };
    out.extend_from_slice(wire.as_bytes());
}

/// Reads a tick that is wanted as a value.
///
/// # Errors
/// As [`Wire::view`].
#[perf_probe(name = "codec::wire::decode", sample = 64)]
pub fn decode(bytes: &[u8]) -> Result<Tick, Poison> {
    let wire = Wire::view(bytes)?;
    Ok(Tick {
        at_ns: wire.at_ns.get(),
        symbol: wire.symbol(),
        kind: Kind::from_number(wire.kind).ok_or(Poison("no such kind"))?,
        price: wire.price(),
        size: wire.size(),
        ask: Decimal::from_units(wire.ask.get()),
        ask_size: wire.ask_size.get(),
    })
}
