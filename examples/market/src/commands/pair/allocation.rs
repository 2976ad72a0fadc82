//! JSON with texts and a buffer for each message, against borrowed texts and one buffer.

use std::error::Error;
use std::hint::black_box;

use market::Tick;
use market::codec::json;
use perf_core::perf_probe;

use super::{Work, messages};

pub(super) struct Allocation(Vec<Tick>);

impl Allocation {
    pub(super) fn open() -> Result<Self, Box<dyn Error>> {
        Ok(Self(messages()?))
    }
}

impl Work for Allocation {
    fn run(&mut self, after: bool) -> Result<(), Box<dyn Error>> {
        if after { borrowed_texts(&self.0, &mut Vec::with_capacity(256)) } else { texts_of_their_own(&self.0) }
    }
}

#[perf_probe(name = "pair::allocation", items = ticks.len() as u64, errors)]
fn texts_of_their_own(ticks: &[Tick]) -> Result<(), Box<dyn Error>> {
    for tick in ticks {
        let message = json::encode_owned(tick);
        black_box(json::decode_owned(&message)?);
    }
    Ok(())
}

#[perf_probe(name = "pair::allocation", items = ticks.len() as u64, errors)]
fn borrowed_texts(ticks: &[Tick], buffer: &mut Vec<u8>) -> Result<(), Box<dyn Error>> {
    for tick in ticks {
        buffer.clear();
        json::encode(tick, buffer);
        black_box(json::decode(buffer)?);
    }
    Ok(())
}
