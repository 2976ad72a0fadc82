//! A ring of buffers between a reader, which polls and decodes, and a writer, which stores: both work at the same time, and no
//! buffer is made after the first round.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use super::{IDLE, IngestError, Sink, Step, step};
use crate::source::Source;
use crate::sql::Entry;

/// Buffers in the ring.
const BUFFERS: usize = 4;

/// A batch on its way: which source it came from, and where it ends.
struct Filled {
    source: usize,
    partition: usize,
    end: u64,
    entries: Vec<Entry>,
}

/// A batch on its way back, and whether it was stored.
struct Returned {
    source: usize,
    entries: Vec<Entry>,
    stored: bool,
}

/// The calling thread reads, another one stores. A source commits when its batch comes back, and does not poll before, so that a
/// commit never passes over what is not stored.
pub(super) fn run<S: Sink + Send>(
    mut sources: Vec<Box<dyn Source>>,
    work: Step<S>,
    most: usize,
    stop: &AtomicBool,
) -> Result<(), IngestError> {
    let Step { mut decoder, mut storer, .. } = work;
    let (fill, filled) = mpsc::sync_channel::<Filled>(BUFFERS);
    let (give_back, returned) = mpsc::channel::<Result<Returned, IngestError>>();
    let mut spare: Vec<Vec<Entry>> = (0..BUFFERS).map(|_| Vec::with_capacity(most)).collect();
    let mut under_way = vec![false; sources.len()];
    // The closure owns its end of the channel: when it returns, the other thread ends.
    thread::scope(move |scope| {
        scope.spawn(move || {
            for Filled { source, partition, end, entries } in filled {
                let stored = storer.store(partition, &entries, end, stop);
                if give_back.send(stored.map(|stored| Returned { source, entries, stored })).is_err() {
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
            for (number, source) in sources.iter_mut().enumerate() {
                if stopping || under_way[number] {
                    continue;
                }
                let Some(mut entries) = spare.pop() else { break };
                let batch = source.poll(most)?;
                if batch.is_empty() {
                    spare.push(entries);
                    continue;
                }
                decoder.decode(&batch, &mut entries)?;
                let (partition, end) = (batch.partition, batch.end());
                polled += batch.len();
                under_way[number] = fill.send(Filled { source: number, partition, end, entries }).is_ok();
            }
            match returned.recv_timeout(if polled == 0 { IDLE } else { IDLE / 50 }) {
                Ok(back) => {
                    let Returned { source, entries, stored } = back?;
                    spare.push(entries);
                    under_way[source] = false;
                    if stored {
                        step::commit(sources[source].as_mut(), &decoder.counts, stop)?;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(IngestError::Panicked),
            }
        }
    })
}
