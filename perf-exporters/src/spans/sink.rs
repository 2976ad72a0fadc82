//! Probes as spans.

use std::cell::{Cell, RefCell};
use std::sync::{OnceLock, PoisonError, RwLock};

use perf_core::spans::{self, SpanOf, SpanSink, TaskSpan};
use tracing::Span;
use tracing::span::EnteredSpan;
use tracing_core::callsite::{self, Callsite, Identifier};
use tracing_core::field::{Field, FieldSet, Value};
use tracing_core::metadata::Kind;
use tracing_core::{Interest, Level, Metadata, dispatcher};

use super::MARK;

/// Lets every call of a probe open a span of this level: `app::db::query` opens a span named `query` with target
/// `app::db`. The program's subscribers and filters decide whether it is recorded. Of a sampled probe, the calls that
/// are timed open spans. False where it was called before with another level.
///
/// A span costs a hundred times what a probe does: this is for development, or for a few probes and a filter. [`close`]
/// ends it.
///
/// ```
/// perf_exporters::spans::open(tracing::Level::DEBUG);
/// perf_core::perf_block!("shop::checkout", {
///     tracing::info!("inside of the span `checkout`");
/// });
/// perf_exporters::spans::close();
/// ```
pub fn open(level: Level) -> bool {
    static CHOSEN: OnceLock<Level> = OnceLock::new();
    let chosen = *CHOSEN.get_or_init(|| level);
    if chosen == level && !spans::install(Box::new(Sink { level, sites: RwLock::default() })) {
        spans::switch(true);
    }
    chosen == level
}

/// Lets probes open no more spans. Those that are open end where their calls do.
pub fn close() {
    spans::switch(false);
}

struct Sink {
    level: Level,
    /// The callsites, by the probe's number.
    sites: RwLock<Vec<Option<&'static Site>>>,
}

/// A callsite of `tracing`; they live for ever.
struct Site {
    metadata: OnceLock<Metadata<'static>>,
}

impl Callsite for Site {
    /// The interest is not stored: whether a span is wanted is asked each time.
    fn set_interest(&self, _interest: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        self.metadata.get().expect("set before it is shared")
    }
}

impl Site {
    fn make(probe: SpanOf, level: Level) -> &'static Self {
        let site: &'static Self = Box::leak(Box::new(Self { metadata: OnceLock::new() }));
        let (target, name) = probe.name.rsplit_once("::").unwrap_or((probe.name, probe.name));
        let metadata = Metadata::new(
            name,
            target,
            level,
            Some(probe.file),
            Some(probe.line),
            None,
            FieldSet::new(&[MARK], Identifier(site)),
            Kind::SPAN,
        );
        let _ = site.metadata.set(metadata);
        callsite::register(site);
        site
    }

    /// A span, where a subscriber is interested in one.
    fn span(&'static self) -> Option<Span> {
        let metadata = self.metadata.get()?;
        let wanted = dispatcher::get_default(|subscriber| subscriber.enabled(metadata));
        let nothing: [(&Field, Option<&dyn Value>); 0] = [];
        wanted.then(|| Span::new(metadata, &metadata.fields().value_set(&nothing)))
    }
}

impl Sink {
    fn site(&self, probe: SpanOf) -> &'static Site {
        let place = probe.id as usize;
        let known = self.sites.read().unwrap_or_else(PoisonError::into_inner).get(place).copied().flatten();
        known.unwrap_or_else(|| {
            let mut sites = self.sites.write().unwrap_or_else(PoisonError::into_inner);
            if sites.len() <= place {
                sites.resize(place + 1, None);
            }
            *sites[place].get_or_insert_with(|| Site::make(probe, self.level))
        })
    }
}

thread_local! {
    /// Whether a subscriber is running for a probe here. Its work may be measured, but opens no span.
    static BUSY: Cell<bool> = const { Cell::new(false) };
    /// Spans of running calls on this thread, and their tokens.
    static OPEN: RefCell<Vec<(u64, EnteredSpan)>> = const { RefCell::new(Vec::new()) };
}

/// Calls a subscriber, unless this thread is in one already.
fn alone<R>(call: impl FnOnce() -> R) -> Option<R> {
    struct Over;
    impl Drop for Over {
        fn drop(&mut self) {
            BUSY.set(false);
        }
    }
    if BUSY.replace(true) {
        return None;
    }
    let _over = Over;
    Some(call())
}

impl SpanSink for Sink {
    fn enter(&self, probe: SpanOf) -> u64 {
        let Some(entered) = alone(|| Some(self.site(probe).span()?.entered())).flatten() else {
            return 0;
        };
        let push = |open: &RefCell<Vec<(u64, EnteredSpan)>>| {
            let mut open = open.borrow_mut();
            let token = open.last().map_or(0, |span| span.0) + 1;
            open.push((token, entered));
            token
        };
        OPEN.try_with(push).unwrap_or(0)
    }

    fn exit(&self, token: u64) {
        let ended = OPEN.try_with(|open| {
            let mut open = open.borrow_mut();
            let place = open.iter().rposition(|span| span.0 == token)?;
            Some(open.remove(place))
        });
        alone(|| drop(ended));
    }

    fn begin(&self, probe: SpanOf) -> Option<Box<dyn TaskSpan>> {
        let span = alone(|| self.site(probe).span()).flatten()?;
        Some(Box::new(Task(span)))
    }
}

/// The span of a future.
#[derive(Debug)]
struct Task(Span);

impl TaskSpan for Task {
    fn enter(&self) {
        alone(|| self.0.with_subscriber(|(id, subscriber)| subscriber.enter(id)));
    }

    fn exit(&self) {
        alone(|| self.0.with_subscriber(|(id, subscriber)| subscriber.exit(id)));
    }
}
