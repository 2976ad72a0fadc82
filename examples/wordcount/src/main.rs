//! Counts the words in the text files of a folder, on two threads, and reports what that cost.
//!
//! ```text
//! cargo run --release -p wordcount -- FOLDER
//! cargo run --release -p wordcount --features profiling -- FOLDER
//! PERF_REPORT=table,html=words.html cargo run --release -p wordcount --features profiling -- FOLDER
//! ```

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io, thread};

use perf_core::{PerfAlloc, perf_block, perf_probe};

/// Counts allocations for the probes. Without the feature `profiling` it only forwards.
#[global_allocator]
static ALLOCATOR: PerfAlloc = PerfAlloc::new(std::alloc::System);

type Counts = HashMap<String, usize>;

const THREADS: usize = 2;
const SHOWN: usize = 5;

fn main() -> io::Result<()> {
    let _reporter = perf_exporters::init();
    let folder = env::args_os().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let mut files = Vec::new();
    list(&folder, &mut files)?;
    let counted: Vec<Counts> = thread::scope(|scope| {
        let share = files.len().div_ceil(THREADS).max(1);
        let workers: Vec<_> = files.chunks(share).map(|files| scope.spawn(|| count_all(files))).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).collect()
    });
    let mut words: Vec<_> = merge(counted).into_iter().collect();
    words.sort_by(|(a, times), (b, others)| others.cmp(times).then_with(|| a.cmp(b)));
    println!("{} files, {} different words; the most frequent:", files.len(), words.len());
    for (word, times) in words.iter().take(SHOWN) {
        println!("{times:8} {word}");
    }
    Ok(())
}

/// The files of a folder and of the folders in it, without hidden ones and caches such as Cargo's `target`.
#[perf_probe]
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let kind = entry.file_type()?;
        if kind.is_dir() && !hidden && !path.join("CACHEDIR.TAG").exists() {
            list(&path, files)?;
        } else if kind.is_file() && !hidden {
            files.push(path);
        }
    }
    Ok(())
}

fn count_all(files: &[PathBuf]) -> Counts {
    let mut counts = Counts::new();
    for path in files {
        count_file(path, &mut counts);
    }
    counts
}

#[perf_probe]
fn count_file(path: &Path, counts: &mut Counts) {
    if let Ok(text) = read(path) {
        for line in text.lines() {
            count_line(line, counts);
        }
    }
}

/// A file that is no text is an error, which the probe counts.
#[perf_probe(errors)]
fn read(path: &Path) -> io::Result<String> {
    fs::read_to_string(path)
}

#[perf_probe(bytes = line.len())]
fn count_line(line: &str, counts: &mut Counts) {
    let words = perf_block!("wordcount::split", { split(line) });
    for word in words {
        *counts.entry(word.to_owned()).or_default() += 1;
    }
}

fn split(line: &str) -> Vec<&str> {
    line.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

#[perf_probe(items = all.len())]
fn merge(all: Vec<Counts>) -> Counts {
    all.into_iter().fold(Counts::new(), |mut sum, counts| {
        for (word, times) in counts {
            *sum.entry(word).or_default() += times;
        }
        sum
    })
}
