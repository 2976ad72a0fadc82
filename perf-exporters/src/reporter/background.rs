//! Threads beside the program that the environment asks for: the endpoint (`PERF_SERVE`), the exporter to a
//! collector (`PERF_OTLP`) and the monitor (`PERF_MONITOR`). All reporters of a process share one of each.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::complain::complain;
use crate::env::{self, Choice, Variable};
use crate::process::Process;

/// Ends with the last reporter.
pub(super) struct Background {
    #[cfg(feature = "serve")]
    _server: Option<crate::serve::Server>,
    #[cfg(feature = "otlp")]
    exporter: Option<crate::otlp::Exporter>,
    #[cfg(feature = "monitor")]
    _monitor: Option<crate::monitor::Monitor>,
    process: Process,
}

static RUNNING: Mutex<Weak<Background>> = Mutex::new(Weak::new());

impl Background {
    /// The threads that run already, or those that the environment asks for. Failures are printed on standard error.
    pub(super) fn shared(program: Option<&str>) -> Arc<Self> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        // In the child of a fork the parent's threads are not there.
        running.upgrade().filter(|shared| shared.process.is_current()).unwrap_or_else(|| {
            let started = Arc::new(Self::start(program));
            *running = Arc::downgrade(&started);
            started
        })
    }

    /// Sends what still waits for a collector, within the time that a shutdown may take.
    #[cfg(all(unix, feature = "signals"))]
    #[cfg_attr(not(feature = "otlp"), allow(clippy::unused_self, reason = "there is no collector"))]
    pub(super) fn send_rest(&self) {
        #[cfg(feature = "otlp")]
        if let Some(exporter) = &self.exporter {
            exporter.finish();
        }
    }

    #[cfg_attr(
        not(any(feature = "serve", feature = "otlp")),
        allow(unused_variables, reason = "only endpoint and push read it")
    )]
    fn start(program: Option<&str>) -> Self {
        let serve = wanted(&env::SERVE, cfg!(feature = "serve"));
        let otlp = wanted(&env::OTLP, cfg!(feature = "otlp"));
        #[cfg(not(feature = "serve"))]
        let _ = serve;
        #[cfg(not(feature = "otlp"))]
        let _ = otlp;
        let monitor = wanted(&env::MONITOR, cfg!(feature = "monitor"));
        #[cfg(not(feature = "monitor"))]
        let _ = monitor;
        Self {
            #[cfg(feature = "serve")]
            _server: serve.then(|| crate::serve::from_env_for(program)).flatten().and_then(told),
            #[cfg(feature = "otlp")]
            exporter: otlp.then(|| crate::otlp::from_env_for(program)).flatten().and_then(told),
            #[cfg(feature = "monitor")]
            _monitor: monitor.then(crate::monitor::from_env).flatten().and_then(told),
            process: Process::current(),
        }
    }
}

/// The started thread; a failure to start it is printed.
#[cfg(any(feature = "serve", feature = "otlp", feature = "monitor"))]
fn told<T, E: std::fmt::Display>(started: Result<T, E>) -> Option<T> {
    started.inspect_err(|error| complain(error)).ok()
}

/// Whether a variable asks for something that this program can do. A value that is not understood is told where it is used.
fn wanted<T>(variable: &Variable<Choice<T>>, built: bool) -> bool {
    if matches!(variable.read(), Ok(None | Some(Choice::Off))) {
        return false;
    }
    let (name, feature) = (variable.name(), variable.declaration().feature().unwrap_or_default());
    if !built {
        complain(&format_args!("{name} is set, but perf-exporters was built without its feature `{feature}`"));
    } else if !perf_core::is_enabled() {
        complain(&format_args!(
            "{name} is set, but this program was built without probes; build it with the feature `enabled` of \
             perf-core or perf-exporters"
        ));
    }
    built && perf_core::is_enabled()
}
