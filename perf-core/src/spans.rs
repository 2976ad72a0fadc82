//! Spans of another system, opened by probes: for programs whose traces are to show the measured calls as well.
//! `perf-exporters` does it for `tracing`.
//!
//! This is expensive compared with a probe, and off until [`install`] is called. Of a sampled probe, only the calls
//! that are timed open spans.

#[cfg(feature = "enabled")]
use crate::live::{self, entry};

/// The probe that a span belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpanOf {
    /// Number of the probe's name, counted from 0.
    pub id: u32,
    /// The probe's name.
    pub name: &'static str,
    /// Source file of the callsite.
    pub file: &'static str,
    /// Line in it.
    pub line: u32,
}

/// The sink that opens spans. Its work is part of the program, and may itself call probes: it must not open a span
/// then.
pub trait SpanSink: Send + Sync {
    /// A call begins on this thread. The token that is returned ends it; 0 if no span was opened.
    fn enter(&self, probe: SpanOf) -> u64;

    /// The call ends, on the same thread, normally the latest that has not ended. A panic here stays here: the program goes
    /// on behind the call.
    fn exit(&self, token: u64);

    /// A future is about to be polled for the first time.
    fn begin(&self, probe: SpanOf) -> Option<Box<dyn TaskSpan>>;
}

/// The span of a future. Dropping it closes the span.
pub trait TaskSpan: Send + Sync + std::fmt::Debug {
    /// A poll begins on this thread.
    fn enter(&self);

    /// The poll ends.
    fn exit(&self);
}

/// Sets the sink of spans, and switches spans on. This works once in a program: later calls return false and change
/// nothing.
///
/// ```
/// use perf_core::spans::{self, SpanOf, SpanSink, TaskSpan};
///
/// struct Print;
///
/// impl SpanSink for Print {
///     fn enter(&self, probe: SpanOf) -> u64 {
///         println!("{} begins", probe.name);
///         1
///     }
///     fn exit(&self, _token: u64) {
///         println!("it ends");
///     }
///     fn begin(&self, _probe: SpanOf) -> Option<Box<dyn TaskSpan>> {
///         None
///     }
/// }
///
/// spans::install(Box::new(Print));
/// perf_core::perf_block!("work", {});
/// spans::switch(false);
/// ```
#[cfg_attr(not(feature = "enabled"), allow(unused_variables, clippy::needless_pass_by_value))]
#[allow(clippy::must_use_candidate, reason = "what it does is the point")]
pub fn install(sink: Box<dyn SpanSink>) -> bool {
    #[cfg(feature = "enabled")]
    let installed = {
        entry::prepared();
        let installed = live::spans::install(sink);
        if installed {
            live::spans::switch(true);
        }
        installed
    };
    #[cfg(not(feature = "enabled"))]
    let installed = false;
    installed
}

/// Switches spans off and on again. Open calls end the spans that they have opened.
#[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
pub fn switch(on: bool) {
    #[cfg(feature = "enabled")]
    live::spans::switch(on);
}
