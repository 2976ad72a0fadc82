//! The threads of a scan and the channels between them.
//!
//! Plain threads around one channel rather than rayon: the number of files is not known before the walk ends, the walk
//! and the analysis should overlap, a full channel holds the walk back, each worker keeps buffers and a private index
//! for its lifetime, and the same workers serve both readers. A work-stealing pool would need a bridge for each of these.
//!
//! ```text
//! sync:   walk ── bounded channel ──▶ workers (read, analyse) ──▶ tallies ──▶ merge
//! async:  walk ── bounded channel ──▶ tokio tasks (read) ── permits ──▶ workers (analyse) ──▶ tallies ──▶ merge
//! ```

use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::{fmt, fs, io, panic};

use crossbeam_channel::Receiver;
use perf_core::perf_block;

use crate::async_read;
use crate::cli::Reader;
use crate::progress::Progress;
use crate::read::Skipped;
use crate::walk::{Found, Walk, WalkOptions};
use crate::worker::{Job, Source, Tally, Worker};

/// Files that were found and not yet taken; a path each, so memory stays small while a slow disk is bridged.
const QUEUE: usize = 4096;

/// What to scan and how.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// The directory.
    pub root: PathBuf,
    /// Worker threads, at least one.
    pub threads: usize,
    /// Who reads the files.
    pub reader: Reader,
    /// Files with more bytes are skipped.
    pub limit: u64,
    /// What the walk leaves out.
    pub walk: WalkOptions,
}

/// Why there was no scan at all. What goes wrong with single files is in [`Tally::skipped`].
#[derive(Debug)]
pub struct ScanError(Kind);

#[derive(Debug)]
enum Kind {
    Root(PathBuf, io::Error),
    NotADirectory(PathBuf),
    Runtime(io::Error),
}

impl ScanError {
    /// Whether the caller named a directory that cannot be scanned.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self.0, Kind::Root(..) | Kind::NotADirectory(_))
    }
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Root(path, error) if error.kind() == io::ErrorKind::NotFound => {
                write!(f, "no such directory: '{}'", path.display())
            }
            Kind::Root(path, error) => write!(f, "cannot scan '{}': {error}", path.display()),
            Kind::NotADirectory(path) => write!(f, "not a directory: '{}'", path.display()),
            Kind::Runtime(error) => write!(f, "cannot start the async runtime: {error}"),
        }
    }
}

impl StdError for ScanError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Kind::Root(_, error) | Kind::Runtime(error) => Some(error),
            Kind::NotADirectory(_) => None,
        }
    }
}

/// Scans a directory.
///
/// # Errors
/// A root that is no directory or cannot be read, and a runtime that cannot be started.
pub fn scan(options: &ScanOptions, progress: &Progress) -> Result<Tally, ScanError> {
    check_root(&options.root)?;
    match options.reader {
        Reader::Sync => Ok(scan_sync(options, progress)),
        Reader::Async => scan_async(options, progress),
    }
}

fn check_root(root: &Path) -> Result<(), ScanError> {
    match fs::metadata(root) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(ScanError(Kind::NotADirectory(root.to_path_buf()))),
        Err(error) => Err(ScanError(Kind::Root(root.to_path_buf(), error))),
    }
}

fn scan_sync(options: &ScanOptions, progress: &Progress) -> Tally {
    let (sender, jobs) = crossbeam_channel::bounded(QUEUE);
    thread::scope(|scope| {
        let workers = start_workers(scope, options, progress, jobs);
        let skipped = walk(options, progress, |file| sender.send(Job { file, source: Source::Disk }).is_ok());
        drop(sender);
        collect(skipped, workers)
    })
}

fn scan_async(options: &ScanOptions, progress: &Progress) -> Result<Tally, ScanError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(options.threads.max(4))
        .build()
        .map_err(|error| ScanError(Kind::Runtime(error)))?;
    // Not bounded: the permits of the reader bound it, and a task must not block.
    let (sender, jobs) = crossbeam_channel::unbounded();
    let (found, files) = tokio::sync::mpsc::channel(QUEUE);
    Ok(thread::scope(|scope| {
        let workers = start_workers(scope, options, progress, jobs);
        let walker = scope.spawn(move || walk(options, progress, |file| found.blocking_send(file).is_ok()));
        runtime.block_on(async_read::feed(files, sender, options.limit));
        collect(join(walker), workers)
    }))
}

fn start_workers<'scope>(
    scope: &'scope Scope<'scope, '_>,
    options: &'scope ScanOptions,
    progress: &'scope Progress,
    jobs: Receiver<Job>,
) -> Vec<ScopedJoinHandle<'scope, Tally>> {
    let start = |jobs: Receiver<Job>| scope.spawn(move || Worker::new(options.limit).run(&jobs, progress));
    let mut workers: Vec<_> = (1..options.threads).map(|_| start(jobs.clone())).collect();
    // The last one takes the receiver itself: when all workers are gone, so is the channel, and the walk ends.
    workers.push(start(jobs));
    workers
}

/// Walks to the end, or until `hand_over` says that no worker takes files any more.
fn walk(options: &ScanOptions, progress: &Progress, mut hand_over: impl FnMut(Found) -> bool) -> Vec<Skipped> {
    let mut walk = Walk::new(&options.root, options.walk);
    let mut skipped = Vec::new();
    loop {
        match walk.advance() {
            Ok(Some(file)) => {
                progress.found();
                if !hand_over(file) {
                    return skipped;
                }
            }
            Ok(None) => return skipped,
            Err(skip) => skipped.push(skip),
        }
    }
}

fn collect(skipped: Vec<Skipped>, workers: Vec<ScopedJoinHandle<'_, Tally>>) -> Tally {
    let tallies: Vec<Tally> = workers.into_iter().map(join).collect();
    perf_block!("codescan::collect", {
        let mut sum = Tally { skipped, ..Tally::default() };
        for tally in tallies {
            sum.merge(tally);
        }
        sum
    })
}

fn join<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| panic::resume_unwind(panic))
}
