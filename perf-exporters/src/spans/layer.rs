//! Spans as probes.

use std::fmt;
use std::sync::OnceLock;

use perf_core::{Probe, SplitCall};
use tracing_core::span::{Attributes, Id};
use tracing_core::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::MARK;

/// Lists that callsites are found in.
const CHAINS: usize = 256;

/// Counts every span as a call of a probe named `target::name`.
///
/// A span is a call as a future is one: it lasts from its first entry to its close, is busy while it is entered, and its
/// entries count as polls. So a span around a future (`#[instrument]` on an `async fn`) shows how long it ran and how much
/// of that it worked, on any threads. Fields are not read.
///
/// The probe of a callsite is made at its first span, and found by the callsite's address from then on: nothing is locked
/// and no name is compared.
pub struct PerfLayer {
    chains: [Chain; CHAINS],
}

type Chain = OnceLock<&'static Site>;

/// The probe of a callsite of `tracing`; it lives as long as that.
struct Site {
    metadata: &'static Metadata<'static>,
    /// `None` for spans that a probe has opened.
    probe: Option<&'static Probe>,
    next: Chain,
}

impl PerfLayer {
    /// A layer that has seen no span.
    #[must_use]
    pub fn new() -> Self {
        Self { chains: [const { OnceLock::new() }; CHAINS] }
    }

    fn probe(&self, metadata: &'static Metadata<'static>) -> Option<&'static Probe> {
        // Callsites are statics of some hundred bytes: their low bits say little.
        let mut chain = &self.chains[(std::ptr::from_ref(metadata).addr() >> 5) % CHAINS];
        loop {
            let site = chain.get_or_init(|| Box::leak(Box::new(Site::new(metadata))));
            if std::ptr::eq(site.metadata, metadata) {
                return site.probe;
            }
            chain = &site.next;
        }
    }
}

impl Site {
    #[cold]
    fn new(metadata: &'static Metadata<'static>) -> Self {
        let probe = metadata.fields().field(MARK).is_none().then(|| {
            let name = String::leak(format!("{}::{}", metadata.target(), metadata.name()));
            &*Box::leak(Box::new(Probe::at(name, metadata.file().unwrap_or(""), metadata.line().unwrap_or(0))))
        });
        Self { metadata, probe, next: OnceLock::new() }
    }
}

impl Default for PerfLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for PerfLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerfLayer").finish_non_exhaustive()
    }
}

/// The extension of a span.
struct Call(SplitCall);

impl<S> Layer<S> for PerfLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(probe) = self.probe(attributes.metadata())
            && let Some(span) = context.span(id)
        {
            span.extensions_mut().insert(Call(probe.split()));
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(call) = span.extensions_mut().get_mut::<Call>()
        {
            call.0.enter();
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(call) = span.extensions_mut().get_mut::<Call>()
        {
            call.0.exit();
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = context.span(&id) {
            // The call ends where this is dropped.
            span.extensions_mut().remove::<Call>();
        }
    }
}
