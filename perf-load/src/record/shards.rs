//! Recorders for tasks, which move from thread to thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::{Apart, Collector, Done, Recorder, Tally, Times};

/// A recorder for each thread of a runtime, and some more. A thread locks its own one after an operation, which is free unless
/// there are more threads than recorders.
#[derive(Debug)]
pub(crate) struct Shards {
    collector: Collector,
    recorders: Vec<Apart<Mutex<Recorder>>>,
    tallies: Vec<Apart<Tally>>,
}

impl Shards {
    /// Recorders for windows of this many nanoseconds, and this many operations of a mix.
    pub(crate) fn new(width: u64, operations: usize, scheduled: bool) -> Self {
        let shards = 2 * thread::available_parallelism().map_or(1, usize::from);
        let recorder = || Apart(Mutex::new(Recorder::new(width, operations, scheduled)));
        Self {
            collector: Collector::new(width),
            recorders: (0..shards).map(|_| recorder()).collect(),
            tallies: (0..shards).map(|_| Apart::default()).collect(),
        }
    }

    pub(crate) fn collector(&self) -> &Collector {
        &self.collector
    }

    pub(crate) fn tallies(&self) -> &[Apart<Tally>] {
        &self.tallies
    }

    pub(crate) fn started(&self) {
        self.tallies[self.mine()].0.started();
    }

    pub(crate) fn ended(&self, times: Times, operation: usize, done: Done) {
        let mine = self.mine();
        self.tallies[mine].0.completed(done != Done::Ok);
        let part = self.lock(mine).ended(times, operation, done);
        if let Some(part) = part {
            self.collector.deliver(part);
        }
    }

    pub(crate) fn dropped(&self, due: u64) {
        let mine = self.mine();
        self.tallies[mine].0.dropped();
        self.lock(mine).dropped(due);
    }

    /// Delivers all shards to the collector, when no task runs any more.
    pub(crate) fn deliver_all(&self) -> &Collector {
        for shard in 0..self.recorders.len() {
            let part = self.lock(shard).take();
            self.collector.deliver(part);
        }
        &self.collector
    }

    fn lock(&self, shard: usize) -> MutexGuard<'_, Recorder> {
        self.recorders[shard].0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The shard of this thread.
    fn mine(&self) -> usize {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local!(static NUMBER: Cell<usize> = Cell::new(THREADS.fetch_add(1, Ordering::Relaxed)));
        NUMBER.get() % self.recorders.len()
    }
}
