//! Futures in a real runtime: wall time and busy time, outcomes, migration between threads.

use std::time::Duration;

use perf_core::{Probe, Session, snapshot};

static SLEEPS: Probe = Probe::new("futures::sleeps");
static CANCELLED: Probe = Probe::new("futures::cancelled");
static FAILS: Probe = Probe::new("futures::fails");
static PANICS: Probe = Probe::new("futures::panics");
static OUTER: Probe = Probe::new("futures::outer");
static INNER: Probe = Probe::new("futures::inner");
static SPREAD: Probe = Probe::new("futures::spread");
static DEEP: Probe = Probe::new("futures::deep");
static HANDED: Probe = Probe::new("futures::handed");

const NAP: Duration = Duration::from_millis(20);

#[tokio::test]
async fn waiting_is_wall_time() {
    let session = Session::new();
    // The nap begins at the first poll, as the call does.
    session.wrap(SLEEPS.wrap(async { tokio::time::sleep(NAP).await })).await;
    let snapshot = session.snapshot();
    let sleeps = snapshot.get("futures::sleeps").unwrap();
    assert_eq!((sleeps.calls(), sleeps.polls()), (1, 2));
    assert!(sleeps.total() >= NAP && sleeps.min() >= NAP, "{:?}", sleeps.total());
    // Its thread may be kept from a processor within a poll, but not between them.
    assert!(sleeps.busy() < sleeps.total() && sleeps.self_time() <= sleeps.busy(), "{sleeps:?}");
}

#[tokio::test]
async fn every_outcome() {
    let session = Session::new();
    session
        .wrap(async {
            let late = tokio::time::timeout(NAP / 10, CANCELLED.wrap(tokio::time::sleep(NAP * 100))).await;
            assert!(late.is_err());
            for result in [Ok(()), Err(()), Err(())] {
                let outcome = FAILS.wrap(async move { result }).items(2).bytes(10).errors_when(Result::is_err).await;
                assert_eq!(outcome, result);
            }
            let panicked = tokio::spawn(session.wrap(PANICS.wrap(async { std::panic::resume_unwind(Box::new(())) })));
            assert!(panicked.await.unwrap_err().is_panic());
        })
        .await;
    let snapshot = session.snapshot();
    let cancelled = snapshot.get("futures::cancelled").unwrap();
    assert_eq!((cancelled.calls(), cancelled.cancelled(), cancelled.errors()), (1, 1, 0));
    let fails = snapshot.get("futures::fails").unwrap();
    assert_eq!((fails.calls(), fails.errors(), fails.items(), fails.bytes()), (3, 2, 6, 30));
    let panics = snapshot.get("futures::panics").unwrap();
    assert_eq!((panics.calls(), panics.panics(), panics.cancelled()), (1, 1, 0));
}

#[tokio::test]
async fn callees_take_their_part_of_each_poll() {
    let session = Session::new();
    let work = async {
        let spin = || {
            let start = std::time::Instant::now();
            while start.elapsed() < NAP / 4 {
                std::hint::spin_loop();
            }
        };
        spin();
        INNER
            .wrap(async {
                spin();
                tokio::task::yield_now().await;
                spin();
            })
            .await;
    };
    session.wrap(OUTER.wrap(work)).await;
    let snapshot = session.snapshot();
    let (outer, inner) = (snapshot.get("futures::outer").unwrap(), snapshot.get("futures::inner").unwrap());
    assert_eq!((outer.polls(), inner.polls()), (2, 2));
    assert!(outer.busy() >= NAP / 4 * 3 && inner.busy() >= NAP / 2);
    let gap = (outer.busy().saturating_sub(inner.busy())).abs_diff(outer.self_time());
    assert!(gap < NAP / 10, "what the callee took is not the caller's own: {gap:?}");
}

/// Tasks move between threads at every `yield_now`; no call, poll or outcome gets lost on the way.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_migrate() {
    const TASKS: u64 = 200;
    const YIELDS: u64 = 20;
    let before = snapshot().get("futures::spread").map_or(0, perf_core::ProbeStats::calls);
    let session = Session::new();
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let work = async {
                for _ in 0..YIELDS {
                    tokio::task::yield_now().await;
                }
            };
            tokio::spawn(session.wrap(SPREAD.wrap(work)))
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let seen = session.snapshot();
    let spread = seen.get("futures::spread").unwrap();
    assert_eq!((spread.calls(), spread.polls()), (TASKS, TASKS * (YIELDS + 1)));
    assert!(spread.busy() <= spread.total());
    assert_eq!(snapshot().get("futures::spread").unwrap().calls() - before, TASKS);
}

/// More than a thread keeps places for.
// Miri takes time by the square of the depth.
const MANY: u64 = if cfg!(miri) { 40 } else { 100 };

/// A future in a future, and so on; the innermost one panics, or waits once.
fn deep(levels: u64, panics: bool) -> std::pin::Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(DEEP.wrap(async move {
        match levels {
            0 if panics => std::panic::resume_unwind(Box::new(())),
            0 => tokio::task::yield_now().await,
            _ => return deep(levels - 1, panics).await + 1,
        }
        1
    }))
}

#[tokio::test]
async fn polls_nest_deeper_than_a_thread_keeps_places_for() {
    let session = Session::new();
    for _ in 0..2 {
        assert_eq!(session.wrap(deep(MANY - 1, false)).await, MANY);
        let panicked = tokio::spawn(session.wrap(deep(MANY - 1, true)));
        assert!(panicked.await.unwrap_err().is_panic());
    }
    let snapshot = session.snapshot();
    let deep = snapshot.get("futures::deep").unwrap();
    assert_eq!((deep.calls(), deep.polls(), deep.panics(), deep.cancelled()), (4 * MANY, 6 * MANY, 2 * MANY, 0));
}

#[test]
fn futures_are_dropped_on_another_thread_than_they_began_on() {
    let session = Session::new();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for _ in 0..3 {
        let mut begun: Vec<_> = (0..MANY).map(|_| Box::pin(HANDED.wrap(std::future::pending::<()>()))).collect();
        session.run(|| assert!(begun.iter_mut().all(|future| future.as_mut().poll(&mut context).is_pending())));
        let handle = session.handle();
        std::thread::spawn(move || {
            let _entered = handle.enter();
            drop(begun);
        })
        .join()
        .unwrap();
    }
    let snapshot = session.snapshot();
    let handed = snapshot.get("futures::handed").unwrap();
    assert_eq!((handed.calls(), handed.polls(), handed.cancelled()), (3 * MANY, 3 * MANY, 3 * MANY));
}
