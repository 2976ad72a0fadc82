//! Which files there are. One thread walks in the order of names, so a file's number is the same in every run; what
//! makes a scan slow is what happens to the files afterwards.

use std::io;
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};
use perf_core::perf_probe;

use crate::read::{SkipKind, Skipped};

/// What to leave out of a walk.
#[derive(Clone, Copy, Debug)]
pub struct WalkOptions {
    /// Follow symbolic links; a loop is reported as [`SkipKind::Loop`].
    pub follow: bool,
    /// Include names that start with a dot.
    pub hidden: bool,
    /// Respect `.gitignore` and its relatives, inside a git repository or not.
    pub ignore_files: bool,
}

/// A regular file that the walk came across.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Position in the walk; the order of all output.
    pub id: u32,
    /// Where it is, beginning with the root as it was given.
    pub path: PathBuf,
}

/// A walk under way.
pub struct Walk {
    entries: ignore::Walk,
    next_id: u32,
}

impl Walk {
    /// Begins at `root`, which should be a directory.
    #[must_use]
    pub fn new(root: &Path, options: WalkOptions) -> Self {
        let entries = WalkBuilder::new(root)
            .standard_filters(options.ignore_files)
            .require_git(false)
            .hidden(!options.hidden)
            .follow_links(options.follow)
            .filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git")
            .sort_by_file_name(Ord::cmp)
            .build();
        Self { entries, next_id: 0 }
    }

    /// The next file, or `None` at the end. What cannot be scanned is an error of this one step, and the walk goes on
    /// after it.
    ///
    /// # Errors
    /// An entry that cannot be scanned.
    #[perf_probe]
    pub fn advance(&mut self) -> Result<Option<Found>, Skipped> {
        for entry in self.entries.by_ref() {
            let entry = entry.map_err(|error| skipped(&error))?;
            match special_kind(&entry) {
                Special::Directory => {}
                Special::No => {
                    let id = self.next_id;
                    self.next_id += 1;
                    return Ok(Some(Found { id, path: entry.into_path() }));
                }
                Special::Yes(kind) => return Err(Skipped { path: entry.into_path(), kind, detail: String::new() }),
            }
        }
        Ok(None)
    }
}

enum Special {
    No,
    Directory,
    Yes(SkipKind),
}

fn special_kind(entry: &DirEntry) -> Special {
    match entry.file_type() {
        Some(kind) if kind.is_dir() => Special::Directory,
        Some(kind) if kind.is_file() => Special::No,
        Some(kind) if kind.is_symlink() => Special::Yes(SkipKind::Symlink),
        _ => Special::Yes(SkipKind::Special),
    }
}

fn skipped(error: &ignore::Error) -> Skipped {
    let path = path_of(error).map_or_else(PathBuf::new, Path::to_path_buf);
    let kind = if is_loop(error) {
        SkipKind::Loop
    } else {
        SkipKind::of(error.io_error().map_or(io::ErrorKind::Other, io::Error::kind))
    };
    Skipped { path, kind, detail: error.to_string() }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

fn is_loop(error: &ignore::Error) -> bool {
    match error {
        ignore::Error::Loop { .. } => true,
        ignore::Error::WithPath { err, .. }
        | ignore::Error::WithDepth { err, .. }
        | ignore::Error::WithLineNumber { err, .. } => is_loop(err),
        _ => false,
    }
}
