//! What one worker thread does with one file after the other. It owns everything it writes to; nothing is shared until
//! the tallies are merged.

use std::path::{Path, PathBuf};

use crossbeam_channel::Receiver;
use perf_core::perf_probe;
use tokio::sync::OwnedSemaphorePermit;

use crate::digest::{Compressor, Digest, hash};
use crate::index::Index;
use crate::language::{Language, classify};
use crate::lines::LineCounts;
use crate::progress::Progress;
use crate::read::{Skipped, Unread, decode, read_file};
use crate::token::tokenize;
use crate::walk::Found;

/// A file to analyse.
#[derive(Debug)]
pub struct Job {
    /// Which file.
    pub file: Found,
    /// Where its contents come from.
    pub source: Source,
}

/// Where the contents of a file come from.
#[derive(Debug)]
pub enum Source {
    /// The worker reads it.
    Disk,
    /// A task has read it, or tried to.
    Loaded {
        /// What came of it.
        contents: Result<Vec<u8>, Unread>,
        /// Lets the next file be read when it is dropped.
        permit: OwnedSemaphorePermit,
    },
}

/// What is kept of a file.
#[derive(Debug)]
pub struct FileRecord {
    /// Its number in the walk.
    pub id: u32,
    /// Where it is.
    pub path: PathBuf,
    /// What it is written in.
    pub language: &'static Language,
    /// Its lines by kind.
    pub lines: LineCounts,
    /// Words, numbers and signs in it.
    pub tokens: u64,
    /// Its size.
    pub bytes: u64,
    /// Its size after compression.
    pub compressed: u64,
    /// Equal for equal contents.
    pub digest: Digest,
}

/// What came of a part of the scan.
#[derive(Debug, Default)]
pub struct Tally {
    /// The files analysed, in no particular order.
    pub files: Vec<FileRecord>,
    /// The files left out, in no particular order.
    pub skipped: Vec<Skipped>,
    /// The words of the files.
    pub index: Index,
}

impl Tally {
    /// Adds what another part found.
    pub fn merge(&mut self, other: Self) {
        self.files.extend(other.files);
        self.skipped.extend(other.skipped);
        self.index.merge(other.index);
    }
}

/// One worker: its tally so far and the buffers that it uses again for every file.
#[derive(Debug)]
pub struct Worker {
    tally: Tally,
    compressor: Compressor,
    limit: u64,
}

impl Worker {
    /// A worker that reads files of at most `limit` bytes.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self { tally: Tally::default(), compressor: Compressor::new(), limit }
    }

    /// Works until no more jobs can come.
    #[must_use]
    pub fn run(mut self, jobs: &Receiver<Job>, progress: &Progress) -> Tally {
        for Job { file, source } in jobs {
            let Found { id, path } = file;
            if let Err(Unread { kind, detail }) = self.process(id, &path, source) {
                self.tally.skipped.push(Skipped { path, kind, detail });
            }
            progress.done();
        }
        self.tally
    }

    /// Everything that happens to one file. The parts below it are measured too, so its own time is what they
    /// leave: bookkeeping, and giving memory back.
    #[perf_probe]
    fn process(&mut self, id: u32, path: &Path, source: Source) -> Result<(), Unread> {
        let (contents, _permit) = match source {
            Source::Disk => (read_file(path, self.limit), None),
            Source::Loaded { contents, permit } => (contents, Some(permit)),
        };
        let bytes = contents?;
        let text = decode(&bytes)?;

        let language = classify(path, text);
        let parsed = tokenize(text, language);
        self.tally.index.insert(id, &parsed.words, language);
        self.tally.files.push(FileRecord {
            id,
            path: path.to_path_buf(),
            language,
            lines: parsed.lines,
            tokens: parsed.tokens,
            bytes: bytes.len() as u64,
            compressed: self.compressor.compressed_len(&bytes),
            digest: hash(&bytes),
        });
        Ok(())
    }
}
