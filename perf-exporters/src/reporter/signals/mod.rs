//! The end by a signal: Ctrl-C, `SIGTERM`, a terminal that closes. Such a program drops nothing, so the report is
//! written before it ends.
//!
//! The handler only says that a signal came; a thread of its own writes. Then the program ends by that very signal, with
//! the exit status it would have had. Where the program handles the signal itself, its handler decides how the program
//! ends; files are brought up to date all the same, since many a handler ends in `process::exit`.

#![allow(unsafe_code, reason = "signal handlers; the rest of the crate forbids it")]

mod handler;

use std::io::{self, Read};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::{process, thread};

use super::sink::Sink;
use crate::Output;
use crate::complain::complain;

/// The reporters that write when a signal comes.
static WATCHED: Mutex<Watched> = Mutex::new(Watched { sinks: Vec::new(), process: 0 });

struct Watched {
    sinks: Vec<Weak<Sink>>,
    /// The process that has the thread: a fork has none until it begins to report itself.
    process: u32,
}

fn watched() -> std::sync::MutexGuard<'static, Watched> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has this reporter write when a signal ends the program.
pub(super) fn watch(sink: &Arc<Sink>) {
    let mut watched = watched();
    watched.sinks.retain(|known| known.strong_count() > 0);
    watched.sinks.push(Arc::downgrade(sink));
    if watched.process != process::id() {
        watched.process = process::id();
        if let Err(error) = start() {
            complain(&format_args!("a report will not be written on signals: {error}"));
        }
    }
}

fn start() -> io::Result<()> {
    let (reader, writer) = io::pipe()?;
    thread::Builder::new().name("perf-signals".to_owned()).spawn(move || write_on_signals(reader))?;
    handler::install(writer)
}

fn write_on_signals(mut signals: io::PipeReader) {
    let mut signal = [0];
    while signals.read_exact(&mut signal).is_ok() {
        let signal = signal[0].into();
        // A program that goes on, or ends as it likes, writes the table when it does.
        let is_last = handler::is_last(signal);
        let sinks: Vec<_> = watched().sinks.iter().filter_map(Weak::upgrade).collect();
        for sink in sinks {
            match panic::catch_unwind(AssertUnwindSafe(|| sink.write(|output| is_last || Output::is_replaced(output))))
            {
                Ok(errors) => errors.iter().for_each(|error| complain(error)),
                Err(_) => complain(&"the report could not be made (this is a bug in perf-exporters)"),
            }
            if is_last {
                sink.send_rest();
            }
        }
        handler::settle(signal);
    }
}
