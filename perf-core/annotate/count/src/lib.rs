//! Counts the calls of annotated functions by one shared atomic each, and writes these counts and the probes' at the end of the process,
//! into a file of its own in the folder that `COUNT_OUT` names.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, Once};

/// One function's count.
pub struct Site {
    name: &'static str,
    file: &'static str,
    line: u32,
    calls: AtomicU64,
    listed: Once,
}

static SITES: Mutex<Vec<&'static Site>> = Mutex::new(Vec::new());
static AT_EXIT: Once = Once::new();

impl Site {
    #[must_use]
    pub const fn new(name: &'static str, file: &'static str, line: u32) -> Self {
        Self { name, file, line, calls: AtomicU64::new(0), listed: Once::new() }
    }

    pub fn count(&'static self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.listed.call_once(|| {
            SITES.lock().unwrap().push(self);
            AT_EXIT.call_once(|| {
                // SAFETY: `write` may be called at any time, from any thread, and does not unwind.
                unsafe { atexit(write) };
            });
        });
    }
}

extern "C" {
    fn atexit(callback: extern "C" fn()) -> i32;
}

extern "C" fn write() {
    let Some(folder) = std::env::var_os("COUNT_OUT") else { return };
    let mut text = String::new();
    let snapshot = perf_core::snapshot();
    for probe in snapshot.probes() {
        let _ = writeln!(text, "probe\t{}\t{}\t{}\t{}", probe.name(), probe.file(), probe.line(), probe.calls());
    }
    let _ = writeln!(text, "lost\t{}", snapshot.meta().lost);
    let Ok(sites) = SITES.lock() else { return };
    for site in sites.iter() {
        let calls = site.calls.load(Ordering::Relaxed);
        let _ = writeln!(text, "site\t{}\t{}\t{}\t{calls}", site.name, site.file, site.line);
    }
    let path = std::path::Path::new(&folder).join(format!("{}.txt", std::process::id()));
    if let Err(problem) = std::fs::write(&path, text) {
        eprintln!("{}: {problem}", path.display());
    }
}
