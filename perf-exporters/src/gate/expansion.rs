//! Functions that the expansion of `#[perf_budget]` on a test calls. Not for anything else: they change with every version.

use perf_core::budget::BudgetSpec;

use super::conclude;
use super::run::{Eventual, Finished, NO_REFERENCE, Run};

/// A test with a budget, as its attribute saw it.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// The promises.
    pub spec: &'static BudgetSpec,
    /// `module::test`.
    pub name: &'static str,
    /// The file of the test.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
    /// Whether the test's crate was built without optimisation.
    pub debug_build: bool,
}

impl Declared {
    pub(super) fn run(self) -> Run {
        let run = Run::new(self.spec)
            .named(self.spec.name.unwrap_or(self.name))
            .test_named(self.name.split_once("::").map_or(self.name, |(_, test)| test))
            .at(self.file, self.line)
            .debug_build(self.debug_build);
        #[cfg(feature = "baseline")]
        let run = run.baselined();
        match conclude::only_measure() {
            Some(lasting) => run.only_measure(lasting),
            None => run,
        }
    }
}

type NoFuture = fn(usize) -> std::future::Ready<()>;

/// A plain test.
#[track_caller]
pub fn test<R>(declared: Declared, mut body: impl FnMut() -> R, failed: impl Fn(&R) -> bool) -> R {
    conclude(declared.run().drive(&mut |_| body(), NO_REFERENCE, &failed))
}

/// A plain test beside its reference.
#[track_caller]
pub fn versus<R>(
    declared: Declared,
    mut body: impl FnMut() -> R,
    failed: impl Fn(&R) -> bool,
    mut reference: impl FnMut() -> R,
) -> R {
    conclude(declared.run().drive(&mut |_| body(), Some(&mut |_| reference()), &failed))
}

/// A plain test of a size.
#[track_caller]
pub fn growth<R>(declared: Declared, mut body: impl FnMut(usize) -> R, failed: impl Fn(&R) -> bool) -> R {
    conclude(declared.run().drive(&mut body, NO_REFERENCE, &failed))
}

/// An asynchronous test.
pub async fn test_async<F: Future>(
    declared: Declared,
    mut body: impl FnMut() -> F,
    failed: impl Fn(&F::Output) -> bool,
) -> Finished<F::Output> {
    declared.run().drive_async(Eventual(move |_| body()), None::<Eventual<NoFuture>>, &failed).await
}

/// An asynchronous test beside its reference.
pub async fn versus_async<F: Future, G: Future<Output = F::Output>>(
    declared: Declared,
    mut body: impl FnMut() -> F,
    failed: impl Fn(&F::Output) -> bool,
    mut reference: impl FnMut() -> G,
) -> Finished<F::Output> {
    let reference = Eventual(move |_| reference());
    declared.run().drive_async(Eventual(move |_| body()), Some(reference), &failed).await
}

/// An asynchronous test of a size.
pub async fn growth_async<F: Future>(
    declared: Declared,
    body: impl FnMut(usize) -> F,
    failed: impl Fn(&F::Output) -> bool,
) -> Finished<F::Output> {
    declared.run().drive_async(Eventual(body), None::<Eventual<NoFuture>>, &failed).await
}

/// The test's return value: the error that ended it, or, if it has not failed its budget, the result of its last good call.
///
/// For an asynchronous run the expansion itself calls it: only there the caller is the test.
#[track_caller]
pub fn conclude<R>(mut finished: Finished<R>) -> R {
    if let Some(failure) = finished.failure.take() {
        return failure;
    }
    conclude::test(&finished);
    match finished.output.take() {
        Some(output) => output,
        None => unreachable!("a run that did not end with a failure has called the body"),
    }
}
