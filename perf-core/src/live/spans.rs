//! Spans that another system opens for calls.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use super::callsite::Callsite;
use super::local::Local;
use super::registry::{self, REGISTRY};
use crate::spans::{SpanOf, SpanSink, TaskSpan};

/// The sink that opens spans: one for the life of the program, so that every call ends in the sink it began in.
static SINK: OnceLock<Box<dyn SpanSink>> = OnceLock::new();

/// Installs the sink; false if there is one already.
pub(crate) fn install(sink: Box<dyn SpanSink>) -> bool {
    SINK.set(sink).is_ok()
}

pub(crate) fn switch(on: bool) {
    let on = on && SINK.get().is_some();
    Local::here().in_library_uncounted(|_| REGISTRY.lock().set_spans(on));
}

fn sink() -> Option<&'static dyn SpanSink> {
    if registry::spans_are_on() { SINK.get().map(AsRef::as_ref) } else { None }
}

/// The description of a probe for a sink.
fn of(site: &'static Callsite) -> SpanOf {
    // This thread may see an id that another thread has set before it sees the site.
    let site = site.site().or_else(|| {
        drop(REGISTRY.lock());
        site.site()
    });
    site.map_or(SpanOf { id: 0, name: "", file: "", line: 0 }, |site| {
        let (file, line) = site.place;
        SpanOf { id: site.id - 1, name: site.name, file, line }
    })
}

/// Opens a span on this thread, where spans are on; 0 where none was opened.
#[inline]
pub(crate) fn enter(site: &'static Callsite) -> u64 {
    sink().map_or(0, |sink| sink.enter(of(site)))
}

/// Ends a span, also where spans have been switched off meanwhile. A panic of the sink, which the panic hook has reported,
/// ends here: a call may end because its thread unwinds, and a second panic would abort the program.
#[cold]
pub(crate) fn exit(token: u64) {
    if let Some(sink) = SINK.get() {
        let _ = catch_unwind(AssertUnwindSafe(|| sink.exit(token)));
    }
}

/// Opens the span of a future, where spans are on.
#[inline]
pub(crate) fn begin(site: &'static Callsite) -> Option<Box<dyn TaskSpan>> {
    sink()?.begin(of(site))
}
