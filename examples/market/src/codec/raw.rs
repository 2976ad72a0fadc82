//! The line as the feed sent it: `T,nanoseconds,symbol,price,size,B or S` or `Q,nanoseconds,symbol,bid,size,ask,size`.

use std::io::Write;

use perf_core::perf_probe;

use super::Poison;
use crate::{Decimal, Kind, Tick};

/// Appends a tick.
#[allow(clippy::missing_panics_doc, reason = "memory can be written into")]
#[perf_probe(name = "codec::raw::encode", sample = 64)]
pub fn encode(tick: &Tick, out: &mut Vec<u8>) {
    let Tick { at_ns, symbol, kind, price, size, ask, ask_size } = tick;
    let written = match kind {
        Kind::Buy => write!(out, "T,{at_ns},{symbol},{price},{size},B"),
        Kind::Sell => write!(out, "T,{at_ns},{symbol},{price},{size},S"),
        Kind::Quote => write!(out, "Q,{at_ns},{symbol},{price},{size},{ask},{ask_size}"),
    };
    written.expect("memory can be written into");
}

/// Reads a tick.
///
/// # Errors
/// What is no such line.
#[perf_probe(name = "codec::raw::decode", sample = 64)]
pub fn decode(bytes: &[u8]) -> Result<Tick, Poison> {
    let line = std::str::from_utf8(bytes).map_err(|_| Poison("no text"))?;
    let mut fields = line.split(',');
    let mut next = || fields.next().ok_or(Poison("a field is missing"));
    let form = next()?;
    let (at_ns, symbol, price, size) = (number(next()?)?, number(next()?)?, decimal(next()?)?, number(next()?)?);
    let (kind, ask, ask_size) = match form {
        "T" => (side(next()?)?, Decimal::default(), 0),
        "Q" => (Kind::Quote, decimal(next()?)?, number(next()?)?),
        _ => return Err(Poison("neither trade nor quote")),
    };
    if fields.next().is_some() {
        return Err(Poison("more fields than there are"));
    }
    Ok(Tick { at_ns, symbol, kind, price, size, ask, ask_size })
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, Poison> {
    text.parse().map_err(|_| Poison("no number"))
}

fn decimal(text: &str) -> Result<Decimal, Poison> {
    text.parse().map_err(|_| Poison("no decimal"))
}

fn side(text: &str) -> Result<Kind, Poison> {
    match text {
        "B" => Ok(Kind::Buy),
        "S" => Ok(Kind::Sell),
        _ => Err(Poison("no side")),
    }
}
