//! Instructions that a thread executes in a part of a program, counted beside it.
//!
//! Two sources tell them: a counter of the processor, where the kernel gives one ([`kernel`]), and callgrind, where `valgrind` is on
//! the path ([`callgrind`]). For both the test's program runs once more with one test alone, since another process has
//! other hash seeds and other addresses. There [`Meter`] counts what [`counted`] encloses, and leaves the counts in a file.
//!
//! Not here: which parts of a test count, how often it is called, and what follows of the counts.

mod callgrind;
mod kernel;
mod probe;
mod request;

pub use probe::{Of, counting, instructions_of_probe};
pub(crate) use probe::{finish, start_asked};

use std::cell::Cell;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

/// Where counts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A counter of the processor.
    Kernel,
    /// callgrind.
    Valgrind,
}

/// What to do where no source is to be had.
pub(crate) const REMEDY: &str = "neither this kernel nor valgrind counts instructions: `apt-get install valgrind`";

impl Source {
    /// The source of this machine; `None` where there is none.
    pub(crate) fn of_this_machine() -> Option<Self> {
        static FOUND: OnceLock<Option<Source>> = OnceLock::new();
        *FOUND.get_or_init(|| {
            let valgrind = || request::is_possible() && callgrind::is_installed();
            kernel::counts().then_some(Self::Kernel).or_else(|| valgrind().then_some(Self::Valgrind))
        })
    }

    /// Its name in files.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Kernel => "processor",
            Self::Valgrind => "callgrind",
        }
    }

    /// A command that runs a program, whose counts come to `path`.
    pub(crate) fn command(self, program: &Path, path: &Path) -> Command {
        match self {
            Self::Kernel => Command::new(program),
            Self::Valgrind => callgrind::command(program, path),
        }
    }

    /// The counts in a file, by their names, in the order in which they were taken.
    pub(crate) fn read(self, path: &Path) -> Vec<(String, u64)> {
        // A file that is not there, or not text, has no counts.
        let text = std::fs::read(path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let counts = match self {
            Self::Kernel => listed(&text),
            Self::Valgrind => callgrind::parts(&text),
        };
        without_empty(&counts)
    }
}

/// The name of the counts of nothing.
const EMPTY: &str = "empty";

/// How often nothing is counted.
const EMPTY_COUNTS: usize = 3;

const OFF: u8 = 0;
const BY_REQUESTS: u8 = 1;
const BY_KERNEL: u8 = 2;

/// How this process counts.
static MODE: AtomicU8 = AtomicU8::new(OFF);

/// Counted parts since the last name.
static PARTS: AtomicU64 = AtomicU64::new(0);

/// Instructions since the last name, as the kernel counts them.
static TOTAL: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Counted parts that this thread is in.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Counts instructions in this process, under names, and leaves them in a file.
#[derive(Debug)]
pub(crate) struct Meter {
    path: PathBuf,
    text: String,
}

impl Meter {
    /// Begins to count; `None` where this process is not run by a source.
    pub(crate) fn start(path: PathBuf) -> Option<Self> {
        let mode = if request::is_on_valgrind() {
            request::start_instrumentation();
            BY_REQUESTS
        } else if kernel::counts() {
            BY_KERNEL
        } else {
            return None;
        };
        MODE.store(mode, Relaxed);
        let mut meter = Self { path, text: String::new() };
        for _ in 0..EMPTY_COUNTS {
            counted(|| ());
            meter.name(EMPTY);
        }
        Some(meter)
    }

    /// Gives a name to the instructions since the last one.
    pub(crate) fn name(&mut self, name: &str) {
        let parts = PARTS.swap(0, Relaxed);
        let name = format!("{name} {parts}");
        if MODE.load(Relaxed) == BY_REQUESTS {
            request::dump(&name);
        } else {
            let _ = writeln!(self.text, "{name}\t{}", TOTAL.swap(0, Relaxed));
        }
    }

    /// Ends, and writes the file.
    pub(crate) fn finish(self) {
        let mode = MODE.swap(OFF, Relaxed);
        if mode == BY_KERNEL {
            // The process that asked finds no file, and says so.
            let _ = std::fs::write(self.path, self.text);
        }
    }
}

/// Counts what `work` executes on this thread, where this process counts. Counted parts inside it count once.
#[inline(always)]
pub(crate) fn counted<R>(work: impl FnOnce() -> R) -> R {
    let counting = Counting::begin();
    let output = work();
    drop(counting);
    output
}

/// Counts what the polls of a future execute.
pub(crate) async fn counted_async<F: Future>(work: F) -> F::Output {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| counted(|| work.as_mut().poll(context))).await
}

/// Counts the instructions of its thread until it is dropped.
#[derive(Debug)]
pub(crate) struct Counting(());

impl Counting {
    #[inline(always)]
    pub(crate) fn begin() -> Self {
        let depth = DEPTH.get();
        DEPTH.set(depth + 1);
        if depth == 0 {
            PARTS.fetch_add(1, Relaxed);
            match MODE.load(Relaxed) {
                BY_REQUESTS => request::toggle_collect(),
                BY_KERNEL => kernel::begin(),
                _ => {}
            }
        }
        Self(())
    }

    /// Ends what begun and was forgotten.
    fn end() {
        drop(Self(()));
    }
}

impl Drop for Counting {
    #[inline(always)]
    fn drop(&mut self) {
        let depth = DEPTH.get();
        if depth == 1 {
            match MODE.load(Relaxed) {
                BY_REQUESTS => request::toggle_collect(),
                BY_KERNEL => _ = TOTAL.fetch_add(kernel::end(), Relaxed),
                _ => {}
            }
        }
        DEPTH.set(depth - 1);
    }
}

/// Counts that [`Meter`] wrote.
fn listed(text: &str) -> Vec<(String, u64)> {
    let of = |line: &str| {
        let (name, count) = line.split_once('\t')?;
        Some((name.to_owned(), count.parse().ok()?))
    };
    text.lines().filter_map(of).collect()
}

/// The counts less what counting costs by itself, under their names without the number of counted parts.
fn without_empty(counts: &[(String, u64)]) -> Vec<(String, u64)> {
    let named = counts.iter().filter_map(|(name, count)| {
        let (name, parts) = name.rsplit_once(' ')?;
        Some((name, parts.parse::<u64>().ok()?, *count))
    });
    let named: Vec<(&str, u64, u64)> = named.collect();
    let empty = named.iter().filter(|(name, ..)| *name == EMPTY).map(|(.., count)| *count).min().unwrap_or(0);
    let own = named.into_iter().filter(|(name, ..)| *name != EMPTY);
    own.map(|(name, parts, count)| (name.to_owned(), count.saturating_sub(parts * empty))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_of_counting_is_taken_off_for_each_part() {
        let counts = listed("empty 1\t12\nempty 1\t10\nbody 0 3\t1030\nnonsense\nbody 0 1\t5\nbody x\t7\n");
        assert_eq!(without_empty(&counts), [("body 0".to_owned(), 1_000), ("body 0".to_owned(), 0)]);
    }

    #[test]
    fn parts_inside_parts_count_once() {
        let before = PARTS.load(Relaxed);
        assert_eq!(counted(|| counted(|| counted(|| 7))), 7);
        assert_eq!((PARTS.load(Relaxed) - before, DEPTH.get()), (1, 0));
        let panicked = std::panic::catch_unwind(|| counted(|| panic!("on purpose")));
        assert!(panicked.is_err());
        assert_eq!(DEPTH.get(), 0, "a panic ends the part as well");
    }

    #[test]
    fn a_process_of_no_source_does_not_count() {
        if !kernel::counts() {
            assert!(Meter::start(PathBuf::new()).is_none());
        }
    }
}
