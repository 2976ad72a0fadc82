//! The command line. What it says becomes the plain option structs of the other modules here, and nowhere else.

use std::num::NonZero;
use std::path::PathBuf;
use std::thread;

use clap::{Parser, ValueEnum};

use crate::scan::ScanOptions;
use crate::summary::SummaryOptions;
use crate::walk::WalkOptions;

/// Count, index and fingerprint the text files of a directory.
///
/// Files named by .gitignore and hidden files are left out unless asked for. Files that are binary, unreadable or too
/// large are counted and never stop the scan.
///
/// Exit code: 0 on success, 1 if no text file could be read, 2 if the arguments or the directory are wrong.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line, and independent of the others")]
#[command(version, max_term_width = 100)]
pub struct Args {
    /// Directory to scan.
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Number of worker threads [default: one per core].
    #[arg(short = 'j', long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub threads: Option<u16>,

    /// Who reads the files: the worker threads themselves, or tasks on a tokio runtime that hand the contents to them.
    #[arg(long, value_enum, default_value_t = Reader::Sync)]
    pub reader: Reader,

    /// How many identifiers and groups of duplicates to show.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    pub top: usize,

    /// Show the files that contain this word instead of the tables.
    #[arg(short, long, value_name = "WORD")]
    pub search: Option<String>,

    /// Print the summary as JSON.
    #[arg(long)]
    pub json: bool,

    /// List every file that was skipped, with the reason.
    #[arg(short, long)]
    pub verbose: bool,

    /// Follow symbolic links.
    #[arg(short = 'L', long)]
    pub follow: bool,

    /// Scan hidden files and directories too (never `.git`).
    #[arg(long)]
    pub hidden: bool,

    /// Do not respect .gitignore, .ignore and git's own exclude files.
    #[arg(long)]
    pub no_ignore: bool,

    /// Skip files larger than this many MiB.
    #[arg(long, value_name = "MIB", default_value_t = 32, value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub max_size: u64,
}

/// Who reads the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Reader {
    /// The worker threads, each the file it then analyses.
    Sync,
    /// Tasks on a tokio runtime.
    Async,
}

impl Args {
    /// What [`crate::scan::scan`] needs.
    #[must_use]
    pub fn scan_options(&self) -> ScanOptions {
        ScanOptions {
            root: self.dir.clone(),
            threads: self.threads.map_or_else(cores, usize::from),
            reader: self.reader,
            limit: self.max_size * 1024 * 1024,
            walk: WalkOptions { follow: self.follow, hidden: self.hidden, ignore_files: !self.no_ignore },
        }
    }

    /// What [`crate::summary::Summary::new`] needs.
    #[must_use]
    pub fn summary_options(&self) -> SummaryOptions {
        SummaryOptions {
            root: self.dir.clone(),
            top: self.top,
            search: self.search.clone(),
            list_skipped: self.verbose,
        }
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn defaults() {
        let args = Args::parse_from(["codescan"]);
        assert_eq!(args.dir, PathBuf::from("."));
        assert_eq!((args.reader, args.top), (Reader::Sync, 10));
        assert!(args.scan_options().threads >= 1);
    }

    #[test]
    fn zero_threads_are_refused() {
        assert!(Args::try_parse_from(["codescan", "--threads", "0"]).is_err());
    }
}
