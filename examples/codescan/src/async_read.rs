//! The same reading on tokio. Tasks read ahead of the workers, never more than [`IN_FLIGHT`] files at a time: a file's
//! permit travels with its contents and is given back when a worker has finished with it.

use std::path::Path;
use std::sync::Arc;

use crossbeam_channel::Sender;
use perf_core::perf_probe;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::sync::{Semaphore, mpsc};

use crate::read::{HEAD, Unread, capacity, check_head, check_size};
use crate::walk::Found;
use crate::worker::{Job, Source};

/// Files that are being read or wait for a worker.
pub const IN_FLIGHT: usize = 64;

/// Reads a text file of at most `limit` bytes. The report shows how it differs from [`crate::read::read_file`]: the
/// time from the first poll to the contents is long, the time it keeps a thread busy is short.
///
/// # Errors
/// A file that cannot be read, is larger, or is no text.
#[perf_probe]
pub async fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, Unread> {
    let mut file = File::open(path).await?;
    let mut bytes = Vec::with_capacity(capacity(file.metadata().await?.len(), limit));
    (&mut file).take(HEAD).read_to_end(&mut bytes).await?;
    check_head(&bytes)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).await?;
    check_size(&bytes, limit)?;
    Ok(bytes)
}

/// Reads every file that arrives and hands its contents to the workers. Returns when `found` has ended and all tasks
/// are done, or when no worker is left to hand anything to.
pub async fn feed(mut found: mpsc::Receiver<Found>, jobs: Sender<Job>, limit: u64) {
    let permits = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut tasks = tokio::task::JoinSet::new();
    while let Some(file) = found.recv().await {
        // The semaphore is never closed, so an error cannot come; without a permit there is nothing to do but stop.
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { break };
        let jobs = jobs.clone();
        tasks.spawn(async move {
            let contents = read_file(&file.path, limit).await;
            // Fails only if all workers have panicked, and then the scan is ending anyway.
            let _ = jobs.send(Job { file, source: Source::Loaded { contents, permit } });
        });
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
}
