//! The exporter as the program holds it.

use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::worker::{Command, Worker};
use super::{Options, environment, send};
use crate::Error;
use crate::complain::complain;
use crate::env::{self, Choice};
use crate::process::Process;

/// Besides the time that a shutdown may take, what its end may take to be noticed.
const GRACE: Duration = Duration::from_millis(100);

/// Sends metrics to a collector until it is dropped; then it sends what is left, within [`Options::shutdown`].
#[must_use = "the exporter ends when this is dropped: keep it with `let _exporter = …`"]
#[derive(Debug)]
pub struct Exporter {
    commands: Sender<Command>,
    status: Arc<Mutex<Status>>,
    shutdown: Duration,
    process: Process,
}

/// How sending goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// Requests that the collector took.
    pub sent: u64,
    /// Attempts that failed and were, or will be, repeated.
    pub failed: u64,
    /// Requests given up: refused for good, too old, too many, or left at the end.
    pub dropped: u64,
    /// Data points that the collector did not want, of requests that it took.
    pub rejected: u64,
    /// Why the last attempt failed, if it did.
    pub last_error: Option<String>,
}

impl Exporter {
    /// Starts sending. Fails where the endpoint is no URL that this build can use, a header no header, or where the
    /// environment asked for what this exporter has not.
    ///
    /// # Errors
    /// An endpoint that is no URL, or that this build cannot use, and a header that is none ([`Error::is_setting`]); no thread
    /// ([`Error::is_io`]).
    ///
    /// ```
    /// use perf_exporters::otlp::{Exporter, Options};
    ///
    /// let mut options = Options::default();
    /// options.endpoint = "localhost:4318".into();
    /// assert!(Exporter::start(options).unwrap_err().is_setting());
    /// ```
    pub fn start(options: Options) -> Result<Self, Error> {
        let status = Arc::new(Mutex::new(Status::default()));
        let shutdown = options.shutdown;
        if options.disabled {
            // The worker is gone, so there is nothing to wait for.
            return Ok(Self { commands: mpsc::channel().0, status, shutdown, process: Process::current() });
        }
        if let Some(unmet) = &options.unmet {
            return Err(unmet.into());
        }
        let sender = send::Sender::new(&options)?;
        let worker = Worker::new(options, sender, Arc::clone(&status));
        let (commands, received) = mpsc::channel();
        let thread = thread::Builder::new().name("perf-otlp".to_owned());
        thread
            .spawn(move || worker.run(&received))
            .map_err(|source| Error::io("cannot start a thread for OTLP", "perf-otlp".as_ref(), source))?;
        Ok(Self { commands, status, shutdown, process: Process::current() })
    }

    /// How sending goes.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a report now and sends it with everything that waits. Returns when that is done, or after this time.
    /// Whether all of it was sent.
    #[must_use]
    pub fn flush(&self, within: Duration) -> bool {
        let before = self.status();
        let done = self.command(within, |until, done| Command::Flush { until, done });
        let after = self.status();
        done && after.last_error.is_none() && after.dropped == before.dropped
    }

    /// The work of a drop, where the exporter cannot be dropped: the program is about to end.
    #[cfg(all(unix, feature = "signals"))]
    pub(crate) fn finish(&self) {
        let _ = self.flush(self.shutdown);
    }

    fn command(&self, within: Duration, make: impl FnOnce(Instant, Sender<()>) -> Command) -> bool {
        if !self.process.is_current() {
            return false; // the worker is gone
        }
        let (done, finished) = mpsc::channel();
        let sent = self.commands.send(make(Instant::now() + within, done));
        sent.is_ok() && finished.recv_timeout(within + GRACE).is_ok()
    }
}

impl Drop for Exporter {
    /// A thread that does not end in time is left to the end of the process.
    fn drop(&mut self) {
        self.command(self.shutdown, |until, done| Command::Stop { until, done });
    }
}

/// The exporter that `PERF_OTLP` asks for, if it does: the URL of a collector, or `on` for what the variables of
/// [`Options::from_env`] say. Empty or `off` asks for none.
///
/// The [`Reporter`](crate::Reporter) calls this; only programs without one need it.
///
/// # Errors
/// Those of [`Exporter::start`], and a value that is not understood.
#[must_use]
pub fn from_env() -> Option<Result<Exporter, Error>> {
    from_env_for(None)
}

/// The same for a program of this name, unless the environment has another for it.
pub(crate) fn from_env_for(program: Option<&str>) -> Option<Result<Exporter, Error>> {
    let choice = match env::OTLP.read().transpose()? {
        Ok(Choice::Off) => return None,
        Ok(choice) => choice,
        Err(error) => return Some(Err(error)),
    };
    let read = environment::read();
    read.problems.iter().for_each(|problem| complain(problem));
    let mut options = read.options;
    if options.disabled || (choice == Choice::On && !read.wants_otlp) {
        let why = if options.disabled { "OTEL_SDK_DISABLED=true" } else { "OTEL_METRICS_EXPORTER is not `otlp`" };
        complain(&format_args!("{} is set, but nothing is sent, since {why}", env::OTLP.name()));
        return None;
    }
    if let Choice::Value(endpoint) = choice {
        options.endpoint = endpoint;
    }
    let named = options.resource.iter().any(|(key, _)| key == "service.name");
    let name = program.filter(|_| !named).map(|name| ("service.name".to_owned(), name.to_owned()));
    options.resource.extend(name);
    Some(Exporter::start(options))
}
