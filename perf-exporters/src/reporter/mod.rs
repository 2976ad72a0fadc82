//! The skin: reads the environment, and writes a report when the program ends.
//!
//! Everything here is about when and where. What is written is made by [`crate::report`] and [`crate::table`]. The
//! program that is measured comes first: nothing here panics, and what cannot be written costs one line on standard
//! error, not the program's exit.

mod background;
mod builder;
mod output;
#[cfg(all(unix, feature = "signals"))]
mod signals;
mod sink;
mod timeline;

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use background::Background;
pub use builder::Builder;
use sink::Sink;

use crate::complain::complain;
use crate::{Error, Report};

/// Starts reporting as `PERF_REPORT` says: when the returned value goes out of scope, the report is written.
///
/// Not set, the table goes to standard error. A value that cannot be understood is named there at once, and the table
/// is written all the same. See the [crate](crate)'s table of values.
///
/// ```
/// let _reporter = perf_exporters::init(); // at the beginning of `main`
/// ```
pub fn init() -> Reporter {
    Reporter::builder().build()
}

/// Writes the report when it is dropped, also while a panic unwinds.
///
/// It reports on the whole process, and there may be any number of them.
///
/// # How a program can end
///
/// | end | report |
/// |---|---|
/// | `main` returns, a panic unwinds out of it | written when the reporter is dropped |
/// | Ctrl-C, `SIGTERM`, `SIGHUP` | with the feature `signals` written, then the program ends by that signal; without it, none |
/// | [`std::process::exit`], [`std::process::abort`], `panic = "abort"` | none: call [`Reporter::flush`] before |
/// | `SIGQUIT`, `SIGKILL`, a crash | none |
///
/// With `signals` (on Unix), handlers of the program keep running, and how it ends is then theirs to say; files are
/// brought up to date when such a signal comes. `PERF_SIGNALS=off` or `Builder::signals(false)` leaves signals alone.
///
/// The child of a `fork` has a copy of the reporter. What it writes is the child's own report, and goes to files with `%p` in
/// their paths only: all other outputs are the parent's. Endpoint, exporter and monitor stay with the parent.
#[must_use = "the report is written when the reporter is dropped: keep it with `let _reporter = …`"]
pub struct Reporter {
    sink: Arc<Sink>,
}

impl Reporter {
    /// Settings for a reporter, where the environment's are not enough.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The report as it is now.
    ///
    /// ```
    /// let reporter = perf_exporters::Reporter::builder().ignore_env().program("demo").build();
    /// assert_eq!(reporter.report().meta.program, "demo");
    /// ```
    #[must_use]
    pub fn report(&self) -> Report {
        self.sink.report()
    }

    /// Writes the report now; it is written again, with later figures, when the reporter is dropped.
    ///
    /// All outputs are tried; the first error is returned.
    ///
    /// # Errors
    /// An output that could not be written ([`Error::is_io`]).
    ///
    /// ```
    /// let reporter = perf_exporters::Reporter::builder().ignore_env().build();
    /// reporter.flush()?; // before `std::process::exit`
    /// # Ok::<(), perf_exporters::Error>(())
    /// ```
    pub fn flush(&self) -> Result<(), Error> {
        self.sink.write(|_| true).into_iter().next().map_or(Ok(()), Err)
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        #[cfg(feature = "gate")]
        crate::instructions::finish();
        // A panic while another one unwinds would abort the program.
        match panic::catch_unwind(AssertUnwindSafe(|| self.sink.write(|_| true))) {
            Ok(errors) => errors.iter().for_each(|error| complain(error)),
            Err(_) => complain(&"the report could not be made (this is a bug in perf-exporters)"),
        }
    }
}
