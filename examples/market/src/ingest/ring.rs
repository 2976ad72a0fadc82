//! A ring of buffers between a reader, which polls and decodes, and a writer, which stores: both work at the same time, and no
//! buffer is made after the first round.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use super::{IDLE, IngestError, Sink, Step};
use crate::log::Consumer;
use crate::sql::Entry;

/// Buffers in the ring.
const BUFFERS: usize = 4;

/// A batch on its way: which consumer it came from, and where it ends.
struct Filled {
    consumer: usize,
    partition: usize,
    end: u64,
    entries: Vec<Entry>,
}

/// A batch on its way back, and whether it was stored.
struct Returned {
    consumer: usize,
    entries: Vec<Entry>,
    stored: bool,
}

/// The calling thread reads, another one stores. A consumer commits when its batch comes back, and does not poll before, so that a
/// commit never passes over what is not stored.
pub(super) fn run<S: Sink + Send>(
    mut consumers: Vec<Consumer>,
    work: Step<S>,
    most: usize,
    stop: &AtomicBool,
) -> Result<(), IngestError> {
    let Step { mut decoder, mut storer, .. } = work;
    let (fill, filled) = mpsc::sync_channel::<Filled>(BUFFERS);
    let (give_back, returned) = mpsc::channel::<Result<Returned, IngestError>>();
    let mut spare: Vec<Vec<Entry>> = (0..BUFFERS).map(|_| Vec::with_capacity(most)).collect();
    let mut under_way = vec![false; consumers.len()];
    // The closure owns its end of the channel: when it returns, the other thread ends.
    thread::scope(move |scope| {
        scope.spawn(move || {
            for Filled { consumer, partition, end, entries } in filled {
                let stored = storer.store(partition, &entries, end, stop);
                if give_back.send(stored.map(|stored| Returned { consumer, entries, stored })).is_err() {
                    break;
                }
            }
        });
        loop {
            let stopping = stop.load(Ordering::Relaxed);
            if stopping && spare.len() == BUFFERS {
                return Ok(());
            }
            let mut polled = 0;
            for (number, consumer) in consumers.iter_mut().enumerate() {
                if stopping || under_way[number] {
                    continue;
                }
                let Some(mut entries) = spare.pop() else { break };
                let batch = consumer.poll(most)?;
                if batch.is_empty() {
                    spare.push(entries);
                    continue;
                }
                decoder.decode(&batch, &mut entries)?;
                let (partition, end) = (batch.partition, batch.end());
                polled += batch.len();
                under_way[number] = fill.send(Filled { consumer: number, partition, end, entries }).is_ok();
            }
            match returned.recv_timeout(if polled == 0 { IDLE } else { IDLE / 50 }) {
                Ok(back) => {
                    let Returned { consumer, entries, stored } = back?;
                    spare.push(entries);
                    under_way[consumer] = false;
                    if stored {
                        consumers[consumer].commit()?;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(IngestError::Panicked),
            }
        }
    })
}
