//! Binary by schema: an identifier of the schema, then its fields in their order as variable-length integers. A quote's ask is
//! stored as its distance from the bid, which is a byte or two.

use perf_core::perf_probe;

use super::Poison;
use crate::inject::{self, Inject};
use crate::{Decimal, Kind, Tick};

/// The only schema so far; a reader refuses others.
const SCHEMA: [u8; 2] = [0x4d, 1];
/// Readings that [`Inject::SlowerCodec`] wastes on each message.
const WASTED: usize = 50;

/// Appends a tick.
#[perf_probe(name = "codec::schema::encode", sample = 64)]
pub fn encode(tick: &Tick, out: &mut Vec<u8>) {
    if inject::is(Inject::ExtraAllocation) {
        let mut own = Vec::with_capacity(64);
        write(tick, &mut own);
        out.extend_from_slice(&own);
    } else {
        write(tick, out);
    }
}

fn write(tick: &Tick, out: &mut Vec<u8>) {
    out.extend_from_slice(&SCHEMA);
    out.push(tick.kind as u8);
    number(tick.symbol.into(), out);
    number(tick.at_ns, out);
    number(zigzag(tick.price.units()), out);
    number(tick.size.into(), out);
    if tick.kind == Kind::Quote {
        number(zigzag(tick.ask.units().wrapping_sub(tick.price.units())), out);
        number(tick.ask_size.into(), out);
    }
}

/// Reads a tick.
///
/// # Errors
/// Another schema, or a message that ends too soon or too late.
#[perf_probe(name = "codec::schema::decode", sample = 64)]
pub fn decode(bytes: &[u8]) -> Result<Tick, Poison> {
    if inject::is(Inject::SlowerCodec) {
        for _ in 0..WASTED {
            std::hint::black_box(read(std::hint::black_box(bytes)))?;
        }
    }
    read(bytes)
}

/// A probe of its own, so that a budget counts how often a message is read.
#[perf_probe(name = "codec::schema::read", sample = 64)]
fn read(bytes: &[u8]) -> Result<Tick, Poison> {
    let mut rest = bytes.strip_prefix(&SCHEMA).ok_or(Poison("another schema"))?;
    let kind = rest.split_off_first().and_then(|kind| Kind::from_number(*kind)).ok_or(Poison("no such kind"))?;
    let symbol = small(take(&mut rest)?)?;
    let at_ns = take(&mut rest)?;
    let price = unzigzag(take(&mut rest)?);
    let size = small(take(&mut rest)?)?;
    let (ask, ask_size) = match kind {
        Kind::Quote => (price.wrapping_add(unzigzag(take(&mut rest)?)), small(take(&mut rest)?)?),
        Kind::Buy | Kind::Sell => (0, 0),
    };
    if !rest.is_empty() {
        return Err(Poison("more bytes than there are fields"));
    }
    Ok(Tick { at_ns, symbol, kind, price: Decimal::from_units(price), size, ask: Decimal::from_units(ask), ask_size })
}

/// Seven bits a byte, the least first; the highest bit says that more follow.
fn number(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

fn take(rest: &mut &[u8]) -> Result<u64, Poison> {
    let mut value = 0_u64;
    for place in 0..10 {
        let byte = *rest.split_off_first().ok_or(Poison("it ends too soon"))?;
        let bits = u64::from(byte & 0x7f);
        if place == 9 && bits > 1 {
            break;
        }
        value |= bits << (7 * place);
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Poison("a number of more than 64 bits"))
}

fn small(value: u64) -> Result<u32, Poison> {
    u32::try_from(value).map_err(|_| Poison("a number of more than 32 bits"))
}

/// Small numbers of either sign become small numbers.
const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}
