//! Settings of a reporter, from the program and from the environment.

use std::sync::{Arc, Mutex};

use super::sink::Sink;
use super::{Background, Reporter, timeline};
use crate::Output;
use crate::complain::complain;
use crate::env::{self, Choice};
use crate::host::Began;
use crate::process::Process;
use crate::table::Options;

/// The message, printed once, where a report is asked for that cannot be.
const NOT_ENABLED: &str = "PERF_REPORT is set, but this program was built without probes; \
     build it with the feature `enabled` of perf-core or perf-exporters";

/// The cap where one is wanted and no share is said: 1 %.
const USUAL_CAP: u32 = 10_000;

/// Settings of a [`Reporter`].
///
/// The environment goes before the program: `PERF_REPORT` replaces the outputs given here, since the user who runs the
/// program knows best what to see.
///
/// ```
/// use perf_exporters::{Output, Reporter};
///
/// // Without PERF_REPORT, nothing but a file.
/// let reporter = Reporter::builder()
///     .output(Output::Json(std::env::temp_dir().join("perf-builder-doc.json")))
///     .call_tree(false)
///     .build();
/// # drop(reporter);
/// # let _ = std::fs::remove_file(std::env::temp_dir().join("perf-builder-doc.json"));
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is reported before `build`"]
pub struct Builder {
    outputs: Vec<Output>,
    program: Option<String>,
    allocator: Option<String>,
    top: Option<usize>,
    call_tree: Option<bool>,
    timeline: Option<usize>,
    overhead: u32,
    signals: bool,
    env: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            outputs: Vec::new(),
            program: None,
            allocator: None,
            top: Some(Options::TOP),
            call_tree: None,
            timeline: None,
            overhead: 0,
            signals: cfg!(feature = "signals"),
            env: true,
        }
    }
}

impl Builder {
    /// Adds an output for when `PERF_REPORT` is not set. Without any, that is the table.
    pub fn output(mut self, output: Output) -> Self {
        self.outputs.push(output);
        self
    }

    /// The program's name; by default the name of the executable.
    pub fn program(mut self, name: impl Into<String>) -> Self {
        self.program = Some(name.into());
        self
    }

    /// The name of the allocator, for the machine's fingerprint: no program can ask for it.
    pub fn allocator(mut self, name: impl Into<String>) -> Self {
        self.allocator = Some(name.into());
        self
    }

    /// How many probes the table shows, unless `PERF_TOP` says; `None` for all.
    pub fn top(mut self, probes: Option<usize>) -> Self {
        self.top = probes;
        self
    }

    /// Whether to record who called whom. On by default, unless there is a cap on the [`overhead`](Self::overhead): it makes
    /// every call a little dearer, and calls that are not timed nearly as dear as others.
    pub fn call_tree(mut self, on: bool) -> Self {
        self.call_tree = Some(on);
        self
    }

    /// A cap on what probes cost the program, all together, unless `PERF_OVERHEAD` says: so many millionths of its measured
    /// time, 10,000 being 1 %; 0, the default, is no cap. See [`perf_core::set_overhead`].
    ///
    /// ```
    /// use perf_exporters::Reporter;
    ///
    /// let reporter = Reporter::builder().ignore_env().overhead(10_000).build();
    /// # drop(reporter);
    /// ```
    pub fn overhead(mut self, ppm: u32) -> Self {
        self.overhead = ppm;
        self
    }

    /// How many of its last calls every thread remembers, unless `PERF_TIMELINE` says; 0 for none. By default none, but
    /// where a trace is among the outputs. What is remembered also names what the slowest calls waited for.
    pub fn timeline(mut self, events: usize) -> Self {
        self.timeline = Some(events);
        self
    }

    /// Whether the report is written when Ctrl-C, `SIGTERM` or `SIGHUP` ends the program, unless `PERF_SIGNALS` says. On by
    /// default where the feature `signals` is; on Unix only. See [`Reporter`].
    #[cfg(feature = "signals")]
    pub fn signals(mut self, on: bool) -> Self {
        self.signals = on;
        self
    }

    /// Leaves `PERF_REPORT`, `PERF_TOP`, `PERF_TIMELINE`, `PERF_OVERHEAD`, `PERF_SIGNALS`, `PERF_SERVE`, `PERF_OTLP`, `PERF_MONITOR` unread.
    /// Without an output, only [`Reporter::report`] is then of use.
    pub fn ignore_env(mut self) -> Self {
        self.env = false;
        self
    }

    /// Starts reporting.
    pub fn build(self) -> Reporter {
        let outputs = if perf_core::is_enabled() { self.chosen_outputs() } else { self.without_probes() };
        let overhead = self.chosen_overhead();
        if overhead > 0 {
            perf_core::set_overhead(overhead);
        }
        // Where the environment wants no report, the tree would be recorded in vain.
        if self.call_tree.unwrap_or(overhead == 0) && !(self.env && outputs.is_empty()) {
            perf_core::set_call_tree(true);
        }
        let events = timeline::chosen(self.env, self.timeline, &outputs);
        if events > 0 {
            perf_core::set_timeline(events);
        }
        #[cfg(feature = "gate")]
        if self.env {
            crate::instructions::start_asked();
        }
        let on_signals = !outputs.is_empty() && self.wants_signals();
        let sink = Arc::new(Sink {
            top: if outputs.is_empty() { self.top } else { self.chosen_top() },
            outputs: outputs.into_iter().map(Output::anchored).collect(),
            background: self.env.then(|| Background::shared(self.program.as_deref())),
            program: self.program,
            allocator: self.allocator,
            started: Began::now(),
            process: Process::current(),
            writing: Mutex::new(()),
        });
        #[cfg(all(unix, feature = "signals"))]
        if on_signals {
            super::signals::watch(&sink);
        }
        #[cfg(not(all(unix, feature = "signals")))]
        let _ = on_signals;
        Reporter { sink }
    }

    /// Whether signals are to be waited for; a wish that cannot be had is told.
    fn wants_signals(&self) -> bool {
        let asked = if self.env { env::SIGNALS.get() } else { None };
        if asked == Some(true) && !cfg!(feature = "signals") {
            complain(&"PERF_SIGNALS is set, but perf-exporters was built without its feature `signals`");
        } else if asked == Some(true) && !cfg!(unix) {
            complain(&"PERF_SIGNALS is set, but signals are known on Unix only");
        }
        asked.unwrap_or(self.signals) && cfg!(all(unix, feature = "signals"))
    }

    fn chosen_outputs(&self) -> Vec<Output> {
        let given = || self.outputs.clone();
        if !self.env {
            return given();
        }
        let or_table = |outputs: Vec<Output>| {
            if outputs.is_empty() { vec![Output::Table] } else { outputs }
        };
        match env::REPORT.read() {
            Ok(None) => or_table(given()),
            Ok(Some(Choice::Off)) => Vec::new(),
            Ok(Some(Choice::On)) => vec![Output::Table],
            Ok(Some(Choice::Value(value))) => {
                let (mut outputs, error) = Output::parse(&value);
                if let Some(error) = error {
                    complain(&error);
                    if !outputs.contains(&Output::Table) {
                        outputs.push(Output::Table);
                    }
                }
                if outputs.is_empty() { or_table(given()) } else { outputs }
            }
            Err(error) => {
                complain(&error);
                vec![Output::Table]
            }
        }
    }

    /// Nothing is measured, so nothing is written; a wish for it is answered by the reason.
    fn without_probes(&self) -> Vec<Output> {
        if self.env && !matches!(env::REPORT.read(), Ok(None | Some(Choice::Off))) {
            complain(&NOT_ENABLED);
        }
        Vec::new()
    }

    /// In parts per million; 0 is no cap.
    fn chosen_overhead(&self) -> u32 {
        let asked = if self.env { env::OVERHEAD.get() } else { None };
        asked.map_or(self.overhead, |choice| match choice {
            Choice::Off => 0,
            Choice::On => USUAL_CAP,
            Choice::Value(ppm) => ppm,
        })
    }

    fn chosen_top(&self) -> Option<usize> {
        let asked = if self.env { env::TOP.get() } else { None };
        asked.unwrap_or(self.top)
    }
}
