//! Instructions of one probe in a whole program: of all its calls, with what they call, or without the probes among that.
//!
//! The program runs once more for each probe, and begins and ends to count where the probe does: [`Sink`] is told of every call. What it
//! does itself is not counted; what a probe inside costs is learnt at the start, and taken off.

use std::cell::RefCell;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use perf_core::Probe;
use perf_core::spans::{self, SpanOf, SpanSink, TaskSpan};

use super::{Counting, Meter, REMEDY, Source};
use crate::env;

/// Which instructions of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Of {
    /// All of its calls.
    Whole,
    /// Those outside of other probes.
    Own,
}

impl Of {
    const fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Own => "own",
        }
    }
}

/// What a program is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    of: Of,
    probe: String,
}

impl Asked {
    /// `whole NAME` or `own NAME`.
    fn parse(text: &str) -> Option<Self> {
        let (word, probe) = text.split_once(' ')?;
        let of = [Of::Whole, Of::Own].into_iter().find(|of| of.word() == word)?;
        Some(Self { of, probe: probe.trim().to_owned() })
    }
}

/// Names of counts: of a probe that is called inside and does nothing, and of what was asked for.
const NESTED: &str = "nested";
const PROBE: &str = "probe";

/// Nothing is called so often, to learn what a probe inside costs.
const NESTED_CALLS: usize = 3;

static METER: Mutex<Option<Meter>> = Mutex::new(None);

/// Probes that were called inside.
static INSIDE: AtomicU64 = AtomicU64::new(0);

/// Begins to count, where the environment asks for it.
pub(crate) fn start_asked() {
    static EMPTY: Probe = Probe::new("(counting)");
    let asked = env::INSTRUCTIONS_OF.get().and_then(|text| Asked::parse(&text));
    let Some((asked, path)) = asked.zip(env::INSTRUCTIONS.path()) else { return };
    let Some(mut meter) = Meter::start(path) else { return };
    let of = asked.of;
    if !spans::install(Box::new(Sink(asked))) {
        return;
    }
    drop(EMPTY.start());
    for _ in 0..NESTED_CALLS {
        open(of, true);
        drop(EMPTY.start());
        close(of);
        meter.name(NESTED);
    }
    INSIDE.store(0, Relaxed);
    *METER.lock().unwrap_or_else(PoisonError::into_inner) = Some(meter);
}

/// Leaves the counts, where they were asked for.
pub(crate) fn finish() {
    let meter = METER.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(mut meter) = meter {
        spans::switch(false);
        meter.name(&format!("{PROBE} {}", INSIDE.load(Relaxed)));
        meter.finish();
    }
}

/// Instructions of a probe in a run of a program, in all its calls together; it runs once for that. `before` may set folder and variables.
///
/// # Errors
/// Why nothing was counted: the machine has no source of counts, the program did not run to its end, or its version of this library
/// does not count.
pub fn instructions_of_probe(
    program: &Path,
    probe: &str,
    of: Of,
    before: impl FnOnce(&mut Command),
) -> Result<u64, String> {
    let source = Source::of_this_machine().ok_or(REMEDY)?;
    let folder = tempfile::tempdir().map_err(|error| format!("cannot make a temporary folder: {error}"))?;
    let path = folder.path().join("counts");
    let mut command = source.command(program, &path);
    before(&mut command);
    command.env(env::INSTRUCTIONS.name(), &path).env(env::INSTRUCTIONS_OF.name(), format!("{} {probe}", of.word()));
    command.env(env::REPORT.name(), "off").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().map_err(|error| format!("the program does not start: {error}"))?;
    let counts = source.read(&path);
    let nested = counts.iter().filter(|(name, _)| name == NESTED).map(|(_, count)| *count).min().unwrap_or(0);
    let count = counts.iter().find_map(|(name, count)| {
        let inside: u64 = name.strip_prefix(PROBE)?.trim().parse().ok()?;
        Some(count.saturating_sub(inside * nested))
    });
    count.ok_or_else(|| {
        format!(
            "the program ended with {status} and without counts: it needs `let _reporter = perf_exporters::init();`, and the feature \
             `gate` of perf-exporters"
        )
    })
}

/// A source of counts, by name; what to do where there is none.
///
/// # Errors
/// The remedy.
pub fn counting() -> Result<&'static str, &'static str> {
    Source::of_this_machine().map(Source::name).ok_or(REMEDY)
}

struct Sink(Asked);

thread_local! {
    /// Of each call that runs inside of one that counts, and of that, whether it is one of the probe's.
    static CALLS: RefCell<Vec<bool>> = const { RefCell::new(Vec::new()) };
}

/// Whether such calls are counted now.
fn counts(of: Of, calls: &[bool]) -> bool {
    match of {
        Of::Whole => !calls.is_empty(),
        Of::Own => calls.last() == Some(&true),
    }
}

/// A call begins; whether it is inside of one that counts, or is one.
fn open(of: Of, of_probe: bool) -> bool {
    CALLS.with_borrow_mut(|calls| {
        if calls.is_empty() && !of_probe {
            return false;
        }
        // What happens here is not counted.
        if counts(of, calls) {
            Counting::end();
        }
        if !calls.is_empty() {
            INSIDE.fetch_add(1, Relaxed);
        }
        calls.push(of_probe);
        if counts(of, calls) {
            std::mem::forget(Counting::begin());
        }
        true
    })
}

/// The last one ends.
fn close(of: Of) {
    CALLS.with_borrow_mut(|calls| {
        if counts(of, calls) {
            Counting::end();
        }
        calls.pop();
        if counts(of, calls) {
            std::mem::forget(Counting::begin());
        }
    });
}

impl SpanSink for Sink {
    fn enter(&self, probe: SpanOf) -> u64 {
        u64::from(open(self.0.of, probe.name == self.0.probe))
    }

    fn exit(&self, _token: u64) {
        close(self.0.of);
    }

    fn begin(&self, probe: SpanOf) -> Option<Box<dyn TaskSpan>> {
        Some(Box::new(Poll { of: self.0.of, of_probe: probe.name == self.0.probe }))
    }
}

/// A future: its polls are calls.
#[derive(Debug)]
struct Poll {
    of: Of,
    of_probe: bool,
}

thread_local! {
    /// Of each poll that runs, whether it was opened.
    static POLLS: RefCell<Vec<bool>> = const { RefCell::new(Vec::new()) };
}

impl TaskSpan for Poll {
    fn enter(&self) {
        let opened = open(self.of, self.of_probe);
        POLLS.with_borrow_mut(|polls| polls.push(opened));
    }

    fn exit(&self) {
        if POLLS.with_borrow_mut(Vec::pop) == Some(true) {
            close(self.of);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read() {
        assert_eq!(Asked::parse("own a::b c"), Some(Asked { of: Of::Own, probe: "a::b c".to_owned() }));
        assert!(Asked::parse("half a").is_none() && Asked::parse("whole").is_none());
    }

    #[test]
    fn own_instructions_are_those_of_the_innermost_probe() {
        for (calls, whole, own) in [
            (&[][..], false, false),
            (&[true], true, true),
            (&[true, false], true, false),
            (&[true, false, true], true, true),
        ] {
            assert_eq!((counts(Of::Whole, calls), counts(Of::Own, calls)), (whole, own), "{calls:?}");
        }
    }
}
