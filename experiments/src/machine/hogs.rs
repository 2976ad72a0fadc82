//! Processes that take the processor, memory, the page cache, or the system's time for as long as they live.

use std::hint::black_box;
use std::io::{self, Seek as _, Write as _};
use std::os::unix::process::parent_id;
use std::process::{Child, Command};
use std::time::Duration;

/// The argument that makes this program a hog.
const HOG: &str = "hog";

/// What is taken, and by how many processes.
pub(crate) const KINDS: [(&str, &str, u32); 6] = [
    ("nobody", "", 0),
    ("2 processor hogs", "processor", 2),
    ("4 memory hogs", "memory", 4),
    ("a page cache hog", "page-cache", 1),
    ("a forking hog", "forks", 1),
    ("a hog of each kind", "each", 4),
];

/// Processes, ended with this value.
pub(crate) struct Hogs(Vec<Child>);

impl Hogs {
    pub(crate) fn start(kind: &str, number: u32) -> io::Result<Self> {
        let this = std::env::current_exe()?;
        let each = ["processor", "memory", "page-cache", "forks"];
        let one = |at: u32| {
            let kind = if kind == "each" { each[at as usize % each.len()] } else { kind };
            Command::new(&this).args([HOG, kind]).spawn()
        };
        (0..number).map(one).collect::<Result<_, _>>().map(Self)
    }
}

impl Drop for Hogs {
    fn drop(&mut self) {
        for hog in &mut self.0 {
            // One that has ended already needs no more.
            let _ = hog.kill();
            let _ = hog.wait();
        }
    }
}

/// Becomes a hog where the arguments ask for it, until its parent ends it.
pub(crate) fn become_one() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|argument| argument == HOG) {
        std::thread::spawn(end_with_the_parent);
        let failed = match arguments.get(2).map(String::as_str) {
            Some("memory") => memory(),
            Some("page-cache") => page_cache(),
            Some("forks") => forks(),
            _ => processor(),
        };
        eprintln!("a hog ended: {failed}");
        std::process::exit(1);
    }
}

/// A parent that was killed ends no hog.
fn end_with_the_parent() {
    let parent = parent_id();
    while parent_id() == parent {
        std::thread::sleep(Duration::from_millis(500));
    }
    std::process::exit(0);
}

fn processor() -> io::Error {
    loop {
        black_box((0..1_000_000_u64).fold(1, |state: u64, step| state.wrapping_mul(31) ^ step));
    }
}

fn memory() -> io::Error {
    let mut memory = vec![1_u64; 8 << 20];
    loop {
        for line in memory.chunks_mut(8) {
            line[0] = line[0].wrapping_add(1);
        }
        black_box(&memory);
    }
}

/// Writes a file of 64 MiB and reads it back, again and again. The file has no name, so it goes with this process, however that ends.
fn page_cache() -> io::Error {
    let block = vec![7_u8; 1 << 20];
    let turn = || -> io::Result<()> {
        let mut file = tempfile::tempfile()?;
        (0..64).try_for_each(|_| file.write_all(&block))?;
        file.rewind()?;
        io::copy(&mut file, &mut io::sink()).map(drop)
    };
    loop {
        if let Err(error) = turn() {
            return error;
        }
    }
}

fn forks() -> io::Error {
    loop {
        if let Err(error) = Command::new("true").status() {
            return error;
        }
    }
}
