//! JSON: prices are text, since a JSON number is a float to most readers.

use perf_core::perf_probe;
use serde::{Deserialize, Serialize};

use super::Poison;
use crate::{Decimal, Kind, Tick};

/// Borrows its texts from the message; a decimal has no escapes.
#[derive(Serialize, Deserialize)]
struct Message<'a> {
    at: u64,
    symbol: u32,
    kind: u8,
    price: &'a str,
    size: u32,
    ask: &'a str,
    ask_size: u32,
}

/// As a first version has it: texts of its own.
#[derive(Serialize, Deserialize)]
struct Owned {
    at: u64,
    symbol: u32,
    kind: u8,
    price: String,
    size: u32,
    ask: String,
    ask_size: u32,
}

/// Appends a tick.
#[allow(clippy::missing_panics_doc, reason = "numbers and text can be written into memory")]
#[perf_probe(name = "codec::json::encode", sample = 64)]
pub fn encode(tick: &Tick, out: &mut Vec<u8>) {
    // Two decimals of at most 21 characters, on the stack.
    let (mut price, mut ask) = (Digits::default(), Digits::default());
    let message = Message {
        at: tick.at_ns,
        symbol: tick.symbol,
        kind: tick.kind as u8,
        price: price.write(tick.price),
        size: tick.size,
        ask: ask.write(tick.ask),
        ask_size: tick.ask_size,
    };
    serde_json::to_writer(out, &message).expect("numbers and text can be written into memory");
}

/// Reads a tick.
///
/// # Errors
/// What is no such message.
#[perf_probe(name = "codec::json::decode", sample = 64)]
pub fn decode(bytes: &[u8]) -> Result<Tick, Poison> {
    let message: Message<'_> = serde_json::from_slice(bytes).map_err(|_| Poison("no JSON of a tick"))?;
    let Message { at, symbol, kind, price, size, ask, ask_size } = message;
    tick(at, symbol, kind, price, size, ask, ask_size)
}

/// As a first version encodes: texts and a buffer for each message. What the pair `allocation` compares with.
#[allow(clippy::missing_panics_doc, reason = "numbers and text can be written into memory")]
#[must_use]
pub fn encode_owned(tick: &Tick) -> Vec<u8> {
    let message = Owned {
        at: tick.at_ns,
        symbol: tick.symbol,
        kind: tick.kind as u8,
        price: tick.price.to_string(),
        size: tick.size,
        ask: tick.ask.to_string(),
        ask_size: tick.ask_size,
    };
    serde_json::to_vec(&message).expect("numbers and text can be written into memory")
}

/// As a first version decodes.
///
/// # Errors
/// What is no such message.
pub fn decode_owned(bytes: &[u8]) -> Result<Tick, Poison> {
    let message: Owned = serde_json::from_slice(bytes).map_err(|_| Poison("no JSON of a tick"))?;
    let Owned { at, symbol, kind, price, size, ask, ask_size } = message;
    tick(at, symbol, kind, &price, size, &ask, ask_size)
}

fn tick(at_ns: u64, symbol: u32, kind: u8, price: &str, size: u32, ask: &str, ask_size: u32) -> Result<Tick, Poison> {
    let decimal = |text: &str| text.parse::<Decimal>().map_err(|_| Poison("no decimal"));
    let kind = Kind::from_number(kind).ok_or(Poison("no such kind"))?;
    Ok(Tick { at_ns, symbol, kind, price: decimal(price)?, size, ask: decimal(ask)?, ask_size })
}

/// Room for the text of a decimal.
#[derive(Default)]
struct Digits {
    text: [u8; 24],
    length: usize,
}

impl Digits {
    fn write(&mut self, value: Decimal) -> &str {
        use std::io::Write;
        let mut room = &mut self.text[..];
        write!(room, "{value}").expect("a decimal has 21 characters at most");
        self.length = 24 - room.len();
        std::str::from_utf8(&self.text[..self.length]).expect("digits")
    }
}
