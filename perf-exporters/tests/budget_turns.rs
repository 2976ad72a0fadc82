//! Timed measurements of one process take turns by themselves; counters wait for nobody.
#![cfg(feature = "gate")]

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::time::Duration;

use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
use perf_exporters::gate::{Run, Verdict};

const SECOND: Bound = Bound::Time(Duration::from_secs(1));

static TIMED: BudgetSpec = BudgetSpec { limits: &[Limit { metric: Metric::P95, bound: SECOND }], ..BudgetSpec::EMPTY };

/// Over soon, so that another can run it again and again.
static BRIEF: BudgetSpec = BudgetSpec { max_time: Some(Duration::from_millis(2)), ..TIMED };

static COUNTED: BudgetSpec =
    BudgetSpec { limits: &[Limit { metric: Metric::Allocs, bound: Bound::Count(9) }], ..BudgetSpec::EMPTY };

#[test]
fn tests_beside_each_other_are_timed_one_after_the_other() {
    static INSIDE: AtomicUsize = AtomicUsize::new(0);
    static TOGETHER: AtomicUsize = AtomicUsize::new(0);
    static ENDED: AtomicUsize = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let finished = Run::new(&TIMED).test(|| {
                    if INSIDE.fetch_add(1, SeqCst) > 0 {
                        TOGETHER.fetch_add(1, SeqCst);
                    }
                    std::thread::sleep(Duration::from_micros(100));
                    INSIDE.fetch_sub(1, SeqCst);
                });
                assert!(finished.findings.verdict().is_pass(), "{:?}", finished.findings);
                ENDED.fetch_add(1, SeqCst);
            });
        }
    });
    assert_eq!((ENDED.load(SeqCst), TOGETHER.load(SeqCst)), (6, 0));
}

#[test]
fn waiting_blocks_no_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let verdicts = runtime.block_on(async {
        let timed = || Run::new(&TIMED).test_async(|| tokio::time::sleep(Duration::from_millis(1)));
        let (a, b, c) = tokio::join!(timed(), timed(), timed());
        [a, b, c].map(|finished| finished.findings.verdict())
    });
    assert!(verdicts.iter().all(Verdict::is_pass), "{verdicts:?}");
}

#[test]
fn counters_wait_for_nobody_s_turn() {
    let (ask, asked) = mpsc::channel();
    let (answer, answered) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // While the other has the turn, and holds on to it until this has ended.
            let () = asked.recv().unwrap();
            let finished = Run::new(&COUNTED).test(|| 6 * 7);
            answer.send(finished.epochs).unwrap();
        });
        let mut is_first = true;
        let finished = Run::new(&TIMED).test(move || {
            if std::mem::replace(&mut is_first, false) {
                ask.send(()).unwrap();
                let () = answered.recv_timeout(Duration::from_secs(8)).map(drop).unwrap();
            }
        });
        assert!(finished.findings.verdict().is_pass());
    });
}

#[test]
fn a_run_inside_another_s_body_does_not_wait_for_itself() {
    let outer = Run::new(&TIMED).test(|| {
        let inner = Run::new(&BRIEF).test(|| 6 * 7);
        assert!(!inner.findings.verdict().is_fail());
    });
    assert!(!outer.findings.verdict().is_fail() && outer.epochs == 1, "{:?}", outer.findings);
}
