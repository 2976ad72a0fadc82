//! What the platform promises about its cost, one module per kind of promise; `perf.lock` has what each test measured when it was
//! last accepted. [`injected`] shows that the promises find regressions.

mod counts;
mod exact;
mod growth;
mod injected;
mod leaks;
mod relative;
mod times;

use std::path::PathBuf;
use std::sync::LazyLock;

use market::codec::Format;
use market::sql::{Reader, Store};
use market::symbols::Symbols;
use market::{Tick, tick::ticks};
use tempfile::TempDir;

/// Counts allocations, per thread; without it budgets of memory cannot be decided, and say so.
#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

/// What is worked on, the same in each run.
static TICKS: LazyLock<Vec<Tick>> = LazyLock::new(|| ticks(42, 50, 1_000).unwrap());

fn encoded(format: Format) -> Vec<Vec<u8>> {
    let encode = |tick: &Tick| {
        let mut bytes = Vec::new();
        format.encode(tick, &mut bytes);
        bytes
    };
    TICKS.iter().map(encode).collect()
}

/// A database with all ticks.
struct Filled {
    _folder: TempDir,
    path: PathBuf,
}

impl Filled {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("market.sqlite");
        Store::with(&path, &Symbols::first(50), &TICKS).unwrap();
        Self { _folder: folder, path }
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.path).unwrap()
    }
}
