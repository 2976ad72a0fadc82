//! Temporary folders that are removed with their value, and those of a killed process by the next command.
//!
//! A process that uses a folder holds the lock of a file in it, which the system releases however the process ends. The
//! programs that the owner starts there get that file as their standard input (it is empty, so they read its end at once):
//! while one of them outlives a killed owner, the folder is in use. Otherwise it would be removed under a build that goes
//! on, and cargo makes the folders of its files anew.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;

use crate::failure::{Failure, Result};

pub(crate) struct Scratch {
    lock: File,
    /// Removed after the lock is released: some systems remove no open file.
    folder: TempDir,
}

const PREFIX: &str = "cargo-perf-";
const LOCK: &str = "in-use";

impl Scratch {
    pub(crate) fn new() -> Result<Self> {
        let failed = |error| Failure::new(format!("cannot make a temporary folder: {error}"));
        loop {
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir().map_err(failed)?;
            let lock = lock_file(folder.path(), true).map_err(failed)?;
            lock.lock().map_err(failed)?;
            // Another process may have taken it for an abandoned one before it was locked.
            if folder.path().join(LOCK).exists() {
                return Ok(Self { lock, folder });
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The standard input of a program that uses the folder.
    pub(crate) fn stdin(&self) -> Result<Stdio> {
        let file = self.lock.try_clone().map_err(|error| Failure::io("cannot open it twice", self.path(), &error))?;
        Ok(file.into())
    }
}

/// Whether a folder is in use.
pub(crate) enum Use {
    /// By its owner, or by a program that the owner started.
    GoesOn,
    /// No longer; nor will it be while this lock lives.
    Ended(File),
    /// It has no lock, or is gone.
    Unknown,
}

impl Use {
    pub(crate) fn of(folder: &Path) -> Self {
        match lock_file(folder, false).map(|lock| (lock.try_lock(), lock)) {
            Ok((Ok(()), lock)) => Self::Ended(lock),
            Ok((Err(TryLockError::WouldBlock | TryLockError::Error(_)), _)) => Self::GoesOn,
            Err(_) => Self::Unknown,
        }
    }
}

/// Whether a folder, by its name, is one of these.
pub(crate) fn is_ours(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
}

/// Removes the folders that killed processes left; those in use stay.
pub(crate) fn remove_abandoned() {
    let folders = fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten().map(|entry| entry.path());
    for folder in folders.filter(|folder| is_ours(folder)) {
        if let Use::Ended(_lock) = Use::of(&folder) {
            // The next command tries again.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

fn lock_file(folder: &Path, new: bool) -> io::Result<File> {
    File::options().read(true).write(true).create_new(new).open(folder.join(LOCK))
}
