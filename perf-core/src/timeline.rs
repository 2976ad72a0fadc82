//! The timeline as a value.

use std::time::{Duration, SystemTime};

#[cfg(feature = "enabled")]
use crate::{live::ring, ticks::Scale};

/// The last calls of every thread: those that ended, newest `N` of each thread.
///
/// ```
/// use perf_core::{perf_probe, set_timeline, timeline};
///
/// #[perf_probe(name = "step")]
/// fn step() {}
///
/// set_timeline(1_000); // events of each thread
/// step();
/// for event in timeline().events() {
///     println!("{} on thread {} took {:?}", event.name, event.thread, event.duration);
/// }
/// # assert_eq!(timeline().events().len(), usize::from(perf_core::is_enabled()));
/// # set_timeline(0);
/// ```
#[derive(Clone, Debug)]
pub struct Timeline {
    events: Vec<TimelineEvent>,
    threads: Vec<(u32, String)>,
    origin: SystemTime,
    overwritten: u64,
}

/// A call of a probe, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimelineEvent {
    /// Its kind.
    pub kind: EventKind,
    /// Name of the probe.
    pub name: &'static str,
    /// Number of the thread that it ended on, from 1.
    pub thread: u32,
    /// When it began, after [`Timeline::origin`].
    pub start: Duration,
    /// How long it took.
    pub duration: Duration,
}

/// The kind of an event of a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// A call.
    Call,
    /// A poll of a future, which is a part of its call.
    Poll,
    /// All of a future, from its first poll to its end. It may overlap with any event, and is on no thread in
    /// particular.
    Future,
}

/// The content of the rings, as it was read.
#[cfg(feature = "enabled")]
pub(crate) struct Raw {
    pub(crate) events: Vec<ring::Event>,
    pub(crate) threads: Vec<(u32, String)>,
    pub(crate) overwritten: u64,
    /// Names by probe id.
    pub(crate) names: Vec<&'static str>,
    /// One moment by both clocks.
    pub(crate) now: (u64, SystemTime),
}

#[cfg(feature = "enabled")]
impl Default for Raw {
    fn default() -> Self {
        let now = (0, SystemTime::UNIX_EPOCH);
        Self { events: Vec::new(), threads: Vec::new(), overwritten: 0, names: Vec::new(), now }
    }
}

impl Timeline {
    #[cfg(feature = "enabled")]
    pub(crate) fn new(raw: Raw, scale: Scale) -> Self {
        let (now, wall) = raw.now;
        let first = raw.events.iter().map(|event| event.start).min().unwrap_or(now);
        let origin = wall.checked_sub(scale.duration(now.saturating_sub(first))).unwrap_or(SystemTime::UNIX_EPOCH);
        let mut events: Vec<TimelineEvent> =
            raw.events.iter().map(|event| at(event, first, &raw.names, scale)).collect();
        // Events that began together are nested, the longest outermost.
        events.sort_by_key(|event| (event.thread, event.start, std::cmp::Reverse(event.duration)));
        let mut threads = raw.threads;
        threads.sort();
        Self { events, threads, origin, overwritten: raw.overwritten }
    }

    /// An empty timeline: the library is off.
    #[cfg(not(feature = "enabled"))]
    pub(crate) fn empty() -> Self {
        Self { events: Vec::new(), threads: Vec::new(), origin: SystemTime::UNIX_EPOCH, overwritten: 0 }
    }

    /// The events, by thread and start.
    #[must_use]
    pub fn events(&self) -> &[TimelineEvent] {
        &self.events
    }

    /// Numbers and names of threads; the name is empty where the thread has none.
    #[must_use]
    pub fn threads(&self) -> &[(u32, String)] {
        &self.threads
    }

    /// When the first event began.
    #[must_use]
    pub fn origin(&self) -> SystemTime {
        self.origin
    }

    /// Older events that have made room for these.
    #[must_use]
    pub fn overwritten(&self) -> u64 {
        self.overwritten
    }
}

/// Both ends are rounded alike, so that events nested in ticks are nested in nanoseconds.
#[cfg(feature = "enabled")]
fn at(event: &ring::Event, first: u64, names: &[&'static str], scale: Scale) -> TimelineEvent {
    let start = scale.nanos(event.start.saturating_sub(first));
    let end = scale.nanos(event.start.saturating_add(event.ticks).saturating_sub(first));
    TimelineEvent {
        kind: match event.kind {
            ring::Kind::Call => EventKind::Call,
            ring::Kind::Poll => EventKind::Poll,
            ring::Kind::Task => EventKind::Future,
        },
        name: names.get(event.id as usize).copied().unwrap_or_default(),
        thread: event.thread,
        start: Duration::from_nanos(start),
        duration: Duration::from_nanos(end.saturating_sub(start)),
    }
}
