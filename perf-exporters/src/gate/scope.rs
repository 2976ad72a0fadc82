//! What a test reports to its runner while it runs: which part counts, how many items it worked on.
//!
//! A [`Scope`] belongs to one measured run. It is reached through a thread-local pointer, which the runner sets around
//! every call (around every poll of an asynchronous one) and which [`Carrier`] takes to other threads and tasks.

use std::cell::RefCell;
use std::future::poll_fn;
use std::hint::black_box;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use perf_core::{Guard, Probe, ProbeStats, Session, SessionGuard, SessionHandle, Snapshot};

use super::interruptions::Reading;
use crate::clock::Stopwatch;
use crate::instructions::{Counting, counted as counted_instructions, counted_async};

/// Allocations inside a measured body, or inside the part of it that counts.
pub(super) static BODY: Probe = Probe::new(BODY_NAME);
/// The same on the threads and in the tasks that the test has carried its session to.
static CARRIED: Probe = Probe::new(CARRIED_NAME);

pub(super) const BODY_NAME: &str = "(the test itself)";
const CARRIED_NAME: &str = "(carried by the test)";

thread_local! {
    static HERE: RefCell<Option<Arc<Scope>>> = const { RefCell::new(None) };
}

/// One measured run, as the code inside it sees it. The counters are sums of the current call.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) watch: Stopwatch,
    /// Nanoseconds in narrowed parts, and how many of them there were.
    narrow_ns: AtomicU64,
    narrow_parts: AtomicU64,
    /// Of that time, nanoseconds in which other processes had the processor; only where these are looked for.
    by_others: AtomicU64,
    looks_for_others: AtomicBool,
    items: AtomicU64,
    /// Narrowed parts that are running.
    open_parts: AtomicU64,
    /// Which instructions are counted.
    instructions: AtomicU8,
    sessions: Mutex<Sessions>,
}

#[derive(Debug, Default)]
struct Sessions {
    /// The session that counts now, for code that carries it further.
    current: Option<SessionHandle>,
    /// The session in which narrowed parts count, while counters are measured.
    narrow: Option<SessionHandle>,
}

/// The values that one call reported.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said {
    /// Time in the narrowed parts, if there were any.
    pub(super) narrow_ns: Option<u64>,
    /// Of these, nanoseconds in which other processes had the processor.
    pub(super) by_others: u64,
    pub(super) items: u64,
}

impl Scope {
    pub(super) fn new(watch: Stopwatch) -> Arc<Self> {
        Arc::new(Self {
            watch,
            narrow_ns: AtomicU64::new(0),
            narrow_parts: AtomicU64::new(0),
            by_others: AtomicU64::new(0),
            looks_for_others: AtomicBool::new(false),
            items: AtomicU64::new(0),
            open_parts: AtomicU64::new(0),
            instructions: AtomicU8::new(NONE),
            sessions: Mutex::new(Sessions::default()),
        })
    }

    /// Makes this the scope of the thread until the guard is dropped.
    pub(super) fn enter(self: &Arc<Self>) -> Entered {
        Entered { before: HERE.replace(Some(Arc::clone(self))) }
    }

    /// Sets the sessions in which the following calls count.
    pub(super) fn count_into(&self, current: &Session, narrow: Option<&Session>) {
        *self.sessions() = Sessions { current: Some(current.handle()), narrow: narrow.map(Session::handle) };
    }

    /// The values of the call that has just ended; begins a new one.
    pub(super) fn take(&self) -> Said {
        let (time, parts) = (self.narrow_ns.swap(0, Relaxed), self.narrow_parts.swap(0, Relaxed));
        let by_others = self.by_others.swap(0, Relaxed);
        Said { narrow_ns: (parts > 0).then_some(time), by_others, items: self.items.swap(0, Relaxed) }
    }

    /// Sets whether narrowed parts tell in which time other processes had the processor, which takes some readings of clocks.
    pub(super) fn look_for_others(&self, looks: bool) {
        self.looks_for_others.store(looks, Relaxed);
    }

    /// Counts instructions until the guard is dropped: of narrowed parts, or of the whole call.
    pub(super) fn count_instructions(&self, narrow: bool) -> impl Drop {
        self.instructions.store(if narrow { PARTS } else { WHOLE }, Relaxed);
        CountsInstructions(&self.instructions)
    }

    /// Whether instructions of what runs now on other threads, carried there, are counted.
    fn counts_carried(&self) -> bool {
        match self.instructions.load(Relaxed) {
            WHOLE => true,
            PARTS => self.open_parts.load(Relaxed) > 0,
            _ => false,
        }
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn narrow(&self) -> Option<SessionHandle> {
        self.sessions().narrow.clone()
    }

    /// The session in which code that runs now counts.
    fn current(&self) -> Option<SessionHandle> {
        let sessions = self.sessions();
        let narrow = sessions.narrow.as_ref().filter(|_| self.open_parts.load(Relaxed) > 0);
        narrow.or(sessions.current.as_ref()).cloned()
    }

    fn add(&self, ns: u64) {
        self.narrow_ns.fetch_add(ns, Relaxed);
        self.narrow_parts.fetch_add(1, Relaxed);
    }

    /// Marks a narrowed part as running until the guard is dropped.
    fn open_part(&self) -> OpenPart<'_> {
        self.open_parts.fetch_add(1, Relaxed);
        OpenPart(&self.open_parts)
    }
}

/// Values of [`Scope::instructions`].
const NONE: u8 = 0;
const WHOLE: u8 = 1;
const PARTS: u8 = 2;

struct CountsInstructions<'a>(&'a AtomicU8);

impl Drop for CountsInstructions<'_> {
    fn drop(&mut self) {
        self.0.store(NONE, Relaxed);
    }
}

struct OpenPart<'a>(&'a AtomicU64);

impl Drop for OpenPart<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Restores the previous scope.
pub(super) struct Entered {
    before: Option<Arc<Scope>>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        HERE.replace(self.before.take());
    }
}

/// The statistics of the probes that count for the test itself.
pub(super) fn counted(snapshot: &Snapshot) -> impl Iterator<Item = &ProbeStats> {
    [BODY_NAME, CARRIED_NAME].into_iter().filter_map(|name| snapshot.get(name))
}

/// The statistics of the probes that ran inside the test, without its own.
pub(crate) fn inside(snapshot: &Snapshot) -> impl Iterator<Item = &ProbeStats> {
    snapshot.probes().filter(|probe| ![BODY_NAME, CARRIED_NAME].contains(&probe.name()))
}

/// Is this code the body of a budget test?
pub(super) fn is_measured() -> bool {
    here().is_some()
}

fn here() -> Option<Arc<Scope>> {
    HERE.with_borrow(Clone::clone)
}

/// Polls a future inside a scope.
pub(super) async fn within<F: Future>(scope: Arc<Scope>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let _entered = scope.enter();
        future.as_mut().poll(context)
    })
    .await
}

/// Narrows what a budget test counts: as soon as a call of the test has measured a part, nothing else of it counts.
/// Several parts add up. Outside of a budget test it only calls `work`.
///
/// ```
/// use perf_exporters::gate;
///
/// // Under `#[perf_budget(p99 = "1ms", allocs = 0)] #[test]`:
/// fn looks_up() {
///     let table: Vec<u32> = (0..1000).collect(); // not counted
///     let found = gate::measure(|| table.binary_search(&700));
///     assert_eq!(found, Ok(700)); // not counted
/// }
/// looks_up();
/// ```
pub fn measure<R>(work: impl FnOnce() -> R) -> R {
    let Some(scope) = here() else {
        return work();
    };
    if let Some(narrow) = scope.narrow() {
        let _open = scope.open_part();
        let _inside = narrow.enter();
        let part = BODY.start();
        let output = black_box(work());
        drop(part);
        scope.add(0);
        return output;
    }
    if scope.instructions.load(Relaxed) == PARTS {
        let _open = scope.open_part();
        let output = counted_instructions(|| black_box(work()));
        scope.add(0);
        return output;
    }
    let watch = scope.watch;
    let before = if scope.looks_for_others.load(Relaxed) { Reading::now() } else { None };
    let start = watch.now();
    let output = black_box(work());
    let ns = watch.since(start);
    if let Some(before) = before {
        scope.by_others.fetch_add(before.absence().by_others, Relaxed);
    }
    scope.add(ns);
    output
}

/// [`measure`] for a future: wall time runs from its first poll to its end, processor time in its polls.
///
/// ```
/// # use perf_exporters::gate;
/// async fn answers() {
///     let answer = gate::measure_async(async { 6 * 7 }).await;
///     assert_eq!(answer, 42);
/// }
/// ```
pub async fn measure_async<F: Future>(work: F) -> F::Output {
    let Some(scope) = here() else {
        return work.await;
    };
    if let Some(narrow) = scope.narrow() {
        let _open = scope.open_part();
        let output = narrow.wrap(BODY.wrap(work)).await;
        scope.add(0);
        return black_box(output);
    }
    if scope.instructions.load(Relaxed) == PARTS {
        let _open = scope.open_part();
        let output = counted_async(work).await;
        scope.add(0);
        return black_box(output);
    }
    let (output, ns) = scope.watch.time_async(work).await;
    scope.add(ns);
    black_box(output)
}

/// Reports to a budget test with a `throughput` how many items this call has worked on; a call without a report counts as
/// one.
pub fn items(items: u64) {
    if let Some(scope) = here() {
        scope.items.fetch_add(items, Relaxed);
    }
}

/// The session of the budget test that this code runs in, ready to be carried to threads and tasks that it starts:
/// their work is not counted otherwise.
///
/// Outside of a budget test the carrier carries nothing, and its methods only run the given code.
///
/// ```
/// use perf_exporters::gate;
///
/// // Inside a budget test:
/// let carrier = gate::current_session();
/// let worker = std::thread::spawn(move || {
///     let _counted = carrier.enter();
///     vec![0_u8; 100].len()
/// });
/// assert_eq!(worker.join().unwrap(), 100);
/// ```
#[must_use]
pub fn current_session() -> Carrier {
    let scope = here();
    let session = scope.as_ref().and_then(|scope| scope.current());
    let counts = scope.as_ref().is_some_and(|scope| scope.counts_carried());
    Carrier { scope, session, counts }
}

/// Carries a budget test's session to another thread or task; made by [`current_session`].
#[derive(Clone, Debug, Default)]
pub struct Carrier {
    scope: Option<Arc<Scope>>,
    session: Option<SessionHandle>,
    /// Whether instructions are counted, too.
    counts: bool,
}

impl Carrier {
    /// Counts this thread's work for the test until the guard is dropped.
    pub fn enter(&self) -> Carried {
        let session = self.session.as_ref().map(SessionHandle::enter);
        Carried {
            _part: session.is_some().then(|| CARRIED.start()),
            _session: session,
            _scope: self.scope.as_ref().map(Scope::enter),
            // Last, so that nothing of the above is counted.
            _counting: self.counts.then(Counting::begin),
        }
    }

    /// Counts a future's work for the test, on any thread that polls it.
    pub async fn wrap<F: Future>(self, future: F) -> F::Output {
        match (self.scope, self.session) {
            (Some(scope), Some(session)) if self.counts => {
                within(scope, session.wrap(CARRIED.wrap(counted_async(future)))).await
            }
            (Some(scope), Some(session)) => within(scope, session.wrap(CARRIED.wrap(future))).await,
            _ => future.await,
        }
    }
}

/// Keeps its thread in a budget test's session; made by [`Carrier::enter`].
#[must_use = "the session is left where the guard is dropped: bind it to a name, `let _counted = …`"]
pub struct Carried {
    // The order matters: the call ends inside its session, and counting before both.
    _counting: Option<Counting>,
    _part: Option<Guard>,
    _session: Option<SessionGuard>,
    _scope: Option<Entered>,
}

impl std::fmt::Debug for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Carried").finish_non_exhaustive()
    }
}
