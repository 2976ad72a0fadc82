//! A transaction and a commit for each message, against one for a hundred.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use market::ingest::{Counts, Step};
use market::log::{Consumer, Log, Options};
use market::produce::Producer;
use market::sql::Store;
use market::symbols::Symbols;
use perf_core::perf_probe;

use super::{MESSAGES, SYMBOLS, Work, messages};
use crate::commands::world::FORMAT;

pub(super) struct Batching {
    folder: PathBuf,
    log: Arc<Log>,
    runs: u32,
}

impl Batching {
    pub(super) fn open(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let log = Arc::new(Log::open(folder.join("log"), Options { partitions: 1, ..Options::default() })?);
        Producer::new(&*log, FORMAT).send_all(&messages()?)?;
        Ok(Self { folder: folder.to_owned(), log, runs: 0 })
    }
}

impl Work for Batching {
    fn run(&mut self, after: bool) -> Result<(), Box<dyn Error>> {
        self.runs += 1;
        // A store passes over what it has already, so each run has one of its own.
        let store = Store::open(&self.folder.join(format!("{}.sqlite", self.runs)), &Symbols::first(SYMBOLS))?;
        let mut step = Step::new(store, FORMAT, Arc::new(Counts::default()), &self.folder);
        let mut consumer = Consumer::new(Arc::clone(&self.log), 0, &format!("run-{}", self.runs));
        consume(&mut consumer, &mut step, if after { 100 } else { 1 })
    }
}

#[perf_probe(name = "pair::batching", items = MESSAGES as u64, errors)]
fn consume(consumer: &mut Consumer, step: &mut Step<Store>, most: usize) -> Result<(), Box<dyn Error>> {
    while step.run(consumer, most, &AtomicBool::new(false))? > 0 {}
    Ok(())
}
