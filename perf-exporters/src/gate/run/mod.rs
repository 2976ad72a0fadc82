//! Runs a test until its budget is decided: warm-up, counters, calls, epochs.
//!
//! This is the one part of [`gate`](super) that runs code, reads clocks and sleeps. It hands its measurements to the pure parts.

mod absolute;
mod advice;
mod again;
mod caches;
mod declared;
mod emptied;
mod engine;
mod growth;
mod instructions;
mod ladder;
#[cfg(feature = "baseline")]
mod lock;
#[cfg(feature = "baseline")]
mod locked_instructions;
mod observe;
#[cfg(feature = "baseline")]
mod processes;
mod relative;
mod subject;
mod touched;
mod turn;

use std::time::Duration;

use perf_core::budget::{BudgetSpec, Clock};
use perf_core::{Session, Snapshot};

use super::confirm::Rules;
use super::scope::{Scope, within};
use crate::clock::Stopwatch;
use crate::judge::verdict::Unit;
use crate::judge::{Findings, Row};
use engine::Engine;
pub use instructions::{CountedTest, instructions_of_test};
use subject::Plain;
pub(super) use subject::{Eventual, at_once};
pub(super) use turn::take as take_turn;

/// What a plain run that is no comparison is given.
pub(super) const NO_REFERENCE: Option<&mut dyn FnMut(usize)> = None;

/// Small enough for the nearest cache of any processor.
const KERNEL_BYTES: usize = 4 << 10;

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pace {
    /// The time of sampling in one epoch, where the budget says nothing else.
    pub max_time: Duration,
    /// A FAIL is not believed before an epoch has sampled for so long.
    pub least_epoch: Duration,
    /// A slot of a comparison lasts about as long.
    pub slot: Duration,
    /// How often a FAIL must come, and how far apart.
    pub rules: Rules,
    /// Bytes that the reference kernel works on, rounded up to a power of two; after a first FAIL another one works on 1 MiB.
    pub kernel_bytes: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            max_time: Duration::from_secs(2),
            least_epoch: Duration::from_millis(100),
            slot: Duration::from_millis(5),
            rules: Rules::default(),
            kernel_bytes: KERNEL_BYTES,
        }
    }
}

/// A budget about to be checked against code.
///
/// `#[perf_budget]` on a test makes one and asserts; by hand the verdict is a value.
///
/// ```
/// use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
/// use perf_exporters::gate::Run;
/// use std::time::Duration;
///
/// const SPEC: BudgetSpec = BudgetSpec {
///     limits: &[Limit { metric: Metric::P95, bound: Bound::Time(Duration::from_secs(1)) }],
///     ..BudgetSpec::EMPTY
/// };
/// let finished = Run::new(&SPEC).test(|| (0..100_u32).sum::<u32>());
/// assert!(finished.findings.verdict().is_pass());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub(super) spec: &'static BudgetSpec,
    pub(super) name: &'static str,
    /// The test harness's name for it, where it is a test.
    pub(super) test: Option<&'static str>,
    pub(super) place: (&'static str, u32),
    pub(super) debug_build: bool,
    pub(super) pace: Pace,
    pub(super) only_measure: Option<Duration>,
    #[cfg(feature = "baseline")]
    pub(super) baselined: bool,
}

impl Run {
    /// A run for this budget, in an optimised build.
    #[must_use]
    #[track_caller]
    pub const fn new(spec: &'static BudgetSpec) -> Self {
        let here = std::panic::Location::caller();
        Self {
            spec,
            name: match spec.name {
                Some(name) => name,
                None => "budget",
            },
            test: None,
            place: (here.file(), here.line()),
            debug_build: false,
            pace: Pace {
                max_time: Duration::from_secs(2),
                least_epoch: Duration::from_millis(100),
                slot: Duration::from_millis(5),
                rules: Rules { failures: 3, disturbed: 5, pause: Duration::from_secs(1) },
                kernel_bytes: KERNEL_BYTES,
            },
            only_measure: None,
            #[cfg(feature = "baseline")]
            baselined: false,
        }
    }

    /// Sets the name that reports show.
    #[must_use]
    pub const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// Sets the place that reports show.
    #[must_use]
    pub const fn at(self, file: &'static str, line: u32) -> Self {
        Self { place: (file, line), ..self }
    }

    /// Sets whether the code was built without optimisation: a missed limit on time is then INCONCLUSIVE.
    #[must_use]
    pub const fn debug_build(self, debug_build: bool) -> Self {
        Self { debug_build, ..self }
    }

    /// Sets how long things may take.
    #[must_use]
    pub const fn pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Measures for so long, regardless of the budget, and judges nothing: the findings are a call's time, its allocations and
    /// its calls of probes.
    #[must_use]
    pub const fn only_measure(self, lasting: Duration) -> Self {
        Self { only_measure: Some(lasting), ..self }
    }

    /// Compares the measurements with the baseline of this name in [`default_path`](crate::baseline::default_path) too, or
    /// records them there where [`PERF_UPDATE`](crate::baseline::update_asked) asks for it, as `#[perf_budget]` does on a
    /// test.
    #[cfg(feature = "baseline")]
    #[must_use]
    pub const fn baselined(self) -> Self {
        Self { baselined: true, ..self }
    }

    /// Sets the test harness's name for it, with which this program can be called to run it alone: `NAME --exact`. Instructions are
    /// counted so, and what differs between processes is learnt so.
    #[must_use]
    pub const fn test_named(self, test: &'static str) -> Self {
        Self { test: Some(test), ..self }
    }

    /// Runs `body` until the budget is decided.
    pub fn test<R>(self, body: impl FnMut() -> R) -> Finished<R> {
        let mut body = body;
        self.drive(&mut |_| body(), NO_REFERENCE, &|_| false)
    }

    /// The same for a function that returns a future, on the runtime that polls this one.
    pub async fn test_async<F: Future>(self, body: impl FnMut() -> F) -> Finished<F::Output> {
        let mut body = body;
        self.drive_async(Eventual(move |_| body()), None::<Eventual<fn(usize) -> std::future::Ready<()>>>, &|_| false)
            .await
    }

    /// Runs `body` and `reference` in turns until the budget is decided.
    pub fn versus<R, Q>(self, body: impl FnMut() -> R, reference: impl FnMut() -> Q) -> Finished<R> {
        let (mut body, mut reference) = (body, reference);
        self.drive(&mut |_| body(), Some(&mut |_| reference()), &|_| false)
    }

    /// Runs `body` at the sizes of the budget's growth until that is decided.
    pub fn growth<R>(self, body: impl FnMut(usize) -> R) -> Finished<R> {
        let mut body = body;
        self.drive(&mut body, NO_REFERENCE, &|_| false)
    }

    pub(super) fn drive<R, Q>(
        self,
        body: &mut dyn FnMut(usize) -> R,
        reference: Option<&mut dyn FnMut(usize) -> Q>,
        failed: &dyn Fn(&R) -> bool,
    ) -> Finished<R> {
        let session = Session::new();
        let Some((watch, budget)) = self.prepare() else {
            return self.without_clock(&session, body(self.least_size()));
        };
        let scope = Scope::new(watch);
        scope.count_into(&session, None);
        let _inside = session.enter();
        at_once(Engine::new(self, budget, &session, scope, Plain(body), failed).run(reference.map(Plain)))
    }

    pub(super) async fn drive_async<R, Q, F, G, A, B>(
        self,
        mut body: Eventual<F>,
        reference: Option<Eventual<G>>,
        failed: &dyn Fn(&R) -> bool,
    ) -> Finished<R>
    where
        F: FnMut(usize) -> A,
        G: FnMut(usize) -> B,
        A: Future<Output = R>,
        B: Future<Output = Q>,
    {
        let session = Session::new();
        let Some((watch, budget)) = self.prepare() else {
            let output = (body.0)(self.least_size()).await;
            return self.without_clock(&session, output);
        };
        let scope = Scope::new(watch);
        scope.count_into(&session, None);
        let engine = Engine::new(self, budget, &session, scope.clone(), body, failed);
        within(scope, session.wrap(engine.run(reference))).await
    }

    fn prepare(self) -> Option<(Stopwatch, crate::judge::Budget<'static>)> {
        // A process that counts instructions times nothing.
        let clock = if self.counted().is_some() { Clock::Wall } else { self.spec.clock };
        let watch = Stopwatch::new(clock)?;
        Some((watch, crate::judge::Budget::new(self.spec).debug_build(self.debug_build)))
    }

    /// The result of one call; nothing is judged.
    fn without_clock<R>(self, session: &Session, output: R) -> Finished<R> {
        let row = Row::new("clock", Unit::Nanoseconds, f64::NAN);
        Finished {
            findings: [row.invalid("this platform does not tell a thread's processor time")].into_iter().collect(),
            output: Some(output),
            ..Finished::empty(self, session)
        }
    }

    fn least_size(&self) -> usize {
        self.spec.growth.and_then(|growth| growth.sizes.first().copied()).unwrap_or(0)
    }

    fn greatest_size(&self) -> usize {
        self.spec.growth.and_then(|growth| growth.sizes.last().copied()).unwrap_or(0)
    }

    /// How long one epoch may sample.
    fn max_time(&self) -> Duration {
        self.spec.max_time.unwrap_or(self.pace.max_time)
    }

    /// The file in which this process is to leave its measurements, judging nothing.
    #[cfg(feature = "baseline")]
    fn sampled(&self) -> Option<std::path::PathBuf> {
        self.baselined.then(|| crate::env::SAMPLE.path()).flatten()
    }

    /// The file in which this process is to leave counted instructions, judging nothing.
    fn counted(&self) -> Option<std::path::PathBuf> {
        self.test.and_then(|_| crate::env::INSTRUCTIONS.path())
    }

    /// Whether the budget counts instructions, by whichever key.
    #[cfg(feature = "baseline")]
    fn counts_instructions(&self) -> bool {
        use perf_core::budget::Figure;
        use perf_core::budget::Metric::Instructions;
        let spec = self.spec;
        let by = |figure: Option<Figure>| figure == Some(Figure::Instructions);
        let bounds = [spec.limit(Instructions), spec.target(Instructions)];
        bounds.iter().any(Option::is_some)
            || by(spec.relative.map(|relative| relative.by))
            || by(spec.growth.map(|growth| growth.by))
    }

    fn counts_errors(&self) -> bool {
        use perf_core::budget::Metric::Errors;
        self.spec.limit(Errors).is_some() || self.spec.target(Errors).is_some()
    }

    fn needs_items(&self) -> bool {
        use perf_core::budget::Metric::Throughput;
        self.spec.limit(Throughput).is_some() || self.spec.target(Throughput).is_some()
    }

    fn is_cpu(&self) -> bool {
        self.spec.clock == Clock::Cpu
    }
}

/// A run that has ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finished<R> {
    /// The run.
    pub run: Run,
    /// Every promise with what was measured.
    pub findings: Findings,
    /// Durations of the calls of the last epoch in nanoseconds, in the order in which they were made.
    pub times: Vec<f64>,
    /// Time at each size in nanoseconds, where growth was judged.
    pub curve: Vec<(u64, f64)>,
    /// Epochs that were needed.
    pub epochs: u32,
    /// Everything that the probes inside saw.
    pub snapshot: Snapshot,
    /// The advice that would lead to a decision, where something is undecided.
    pub advice: Option<String>,
    /// Further notes for the report, about the baseline.
    pub notes: Vec<String>,
    /// The result of the last call that did not fail.
    pub output: Option<R>,
    /// The result of the first failing call, where errors are not budgeted; the run ended there.
    pub failure: Option<R>,
}

impl<R> Finished<R> {
    fn empty(run: Run, session: &Session) -> Self {
        Self {
            run,
            findings: Findings::default(),
            times: Vec::new(),
            curve: Vec::new(),
            epochs: 0,
            snapshot: session.snapshot(),
            advice: None,
            notes: Vec::new(),
            output: None,
            failure: None,
        }
    }
}
