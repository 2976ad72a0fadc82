//! `#[perf_budget(at = …)]` on tests, as a user writes them. Limits are a thousand times the time of the bodies: no machine
//! breaks them. Those that must fail are run by hand.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use perf_core::perf_budget;

#[perf_budget(p50 = "500ms", max = "60s", at = "500/s", max_time = "300ms")]
#[test]
fn a_plain_test() {
    std::hint::black_box((0..100_u64).sum::<u64>());
}

#[perf_budget(p50 = "500ms", throughput = "100/s", at = "500/s", max_time = "300ms", debug = true)]
#[test]
fn a_test_that_returns_a_result() -> Result<(), Box<dyn Error + Send + Sync>> {
    let number: u64 = "17".parse()?;
    assert_eq!(number, 17);
    Ok(())
}

#[perf_budget(errors = "40%", at = "2000/s", max_time = "300ms", debug = true)]
#[test]
fn errors_are_a_matter_of_the_budget() -> Result<(), String> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    if CALLS.fetch_add(1, Ordering::Relaxed) % 10 == 3 { Err("every tenth".to_owned()) } else { Ok(()) }
}

#[cfg(feature = "tokio")]
#[perf_budget(p50 = "500ms", at = "500/s", max_time = "300ms")]
#[tokio::test]
async fn an_asynchronous_test() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

mod by_hand {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
    use perf_load::gate::expansion::{Declared, test};

    use super::*;

    const fn declared(spec: &'static BudgetSpec) -> Declared {
        Declared { spec, name: "capacity::by_hand", file: "capacity.rs", line: 1, debug_build: false }
    }

    const SOON: BudgetSpec = BudgetSpec {
        limits: &[Limit { metric: Metric::P50, bound: Bound::Time(Duration::from_secs(20)) }],
        max_time: Some(Duration::from_millis(200)),
        ..BudgetSpec::EMPTY
    };

    const THROUGHPUT: BudgetSpec = BudgetSpec {
        // A generator is late by a tenth of the limit only on a machine that hardly runs.
        limits: &[
            Limit { metric: Metric::Throughput, bound: Bound::PerThousandSeconds(100_000_000) },
            Limit { metric: Metric::Max, bound: Bound::Time(Duration::from_secs(1_000)) },
        ],
        max_time: Some(Duration::from_millis(100)),
        ..BudgetSpec::EMPTY
    };

    fn text(panic: &(dyn std::any::Any + Send)) -> &str {
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied()).unwrap()
    }

    #[test]
    fn the_failure_of_the_body_is_that_of_the_test() {
        let calls = AtomicU64::new(0);
        let failing = || if calls.fetch_add(1, Ordering::Relaxed) == 20 { Err("the twenty-first") } else { Ok(()) };
        assert_eq!(test(declared(&SOON), failing, Result::is_err, 1_000_000), Err("the twenty-first"));
        assert!(calls.load(Ordering::Relaxed) < 200, "the drive ended there");
        let calls = AtomicU64::new(0);
        let panicking = || assert_ne!(calls.fetch_add(1, Ordering::Relaxed), 20, "on purpose");
        let panic = catch_unwind(AssertUnwindSafe(|| test(declared(&SOON), panicking, |()| false, 1_000_000)));
        assert!(text(&*panic.unwrap_err()).contains("on purpose"));
    }

    #[test]
    fn a_rate_that_is_not_served_fails() {
        // The budget promises a hundred thousand a second, but only a thousand arrive.
        let missed = catch_unwind(AssertUnwindSafe(|| test(declared(&THROUGHPUT), || (), |()| false, 1_000_000)));
        let panic = missed.unwrap_err();
        let text = text(&*panic);
        assert!(text.contains("performance budget of capacity::by_hand"), "{text}");
        assert!(text.contains("throughput ≥ 100K/s") && text.contains("FAIL"), "{text}");
    }
}
