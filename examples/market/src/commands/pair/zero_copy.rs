//! Messages copied and decoded, against fields read where they lie in the log.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use market::Notional;
use market::codec::{Format, wire};
use market::log::{Consumer, Log, Options};
use market::produce::Producer;
use perf_core::perf_probe;

use super::{MESSAGES, Work, messages};

pub(super) struct ZeroCopy {
    log: Arc<Log>,
    runs: u32,
}

impl ZeroCopy {
    pub(super) fn open(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let log = Arc::new(Log::open(folder.join("log"), Options { partitions: 1, ..Options::default() })?);
        Producer::new(&*log, Format::Wire).send_all(&messages()?)?;
        Ok(Self { log, runs: 0 })
    }
}

impl Work for ZeroCopy {
    fn run(&mut self, after: bool) -> Result<(), Box<dyn Error>> {
        self.runs += 1;
        let mut consumer = Consumer::new(Arc::clone(&self.log), 0, &format!("run-{}", self.runs));
        black_box(if after { in_place(&mut consumer) } else { copied(&mut consumer) }?);
        Ok(())
    }
}

#[perf_probe(name = "pair::zero_copy", items = MESSAGES as u64, errors)]
fn copied(consumer: &mut Consumer) -> Result<Notional, Box<dyn Error>> {
    let messages: Vec<Vec<u8>> = consumer.poll(MESSAGES)?.iter().map(|(_, payload)| payload.to_vec()).collect();
    let ticks = messages.iter().map(|message| wire::decode(message)).collect::<Result<Vec<_>, _>>()?;
    Ok(ticks.iter().map(|tick| tick.price.times(tick.size)).sum())
}

#[perf_probe(name = "pair::zero_copy", items = MESSAGES as u64, errors)]
fn in_place(consumer: &mut Consumer) -> Result<Notional, Box<dyn Error>> {
    let batch = consumer.poll(MESSAGES)?;
    let notional = |(_, payload)| wire::Wire::view(payload).map(|wire| wire.price().times(wire.size()));
    Ok(batch.iter().map(notional).sum::<Result<Notional, _>>()?)
}
