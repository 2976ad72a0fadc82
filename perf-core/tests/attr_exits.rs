//! Ways out of a measured body: what each of them is counted as, also while the thread unwinds already.
#![cfg(feature = "enabled")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use perf_core::{Session, perf_block, perf_probe};

/// Calls, errors and panics of a probe.
fn counted(session: &Session, name: &str) -> (u64, u64, u64) {
    let snapshot = session.snapshot();
    snapshot.get(name).map_or((0, 0, 0), |probe| (probe.calls(), probe.errors(), probe.panics()))
}

/// Runs what it has when it is dropped.
struct AtDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for AtDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Runs `body` in a destructor, while the thread unwinds.
fn while_unwinding(body: impl FnMut()) {
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _at_drop = AtDrop(body);
        quiet_panic();
    }));
    assert!(unwound.is_err());
}

fn quiet_panic() {
    std::panic::resume_unwind(Box::new("expected"));
}

#[perf_probe(name = "exits::panics")]
fn panics() {
    quiet_panic();
}

#[perf_probe(name = "exits::panics, sampled", sample = 1000)]
fn panics_sampled() {
    quiet_panic();
}

#[perf_probe(name = "exits::calm")]
fn calm(x: u64) -> u64 {
    x.wrapping_mul(3)
}

#[perf_probe(name = "exits::question")]
fn question(x: Option<u64>) -> Option<u64> {
    let x = x?;
    Some(x + 1)
}

#[perf_probe(name = "exits::failing")]
fn failing(x: Result<u64, u64>) -> Result<u64, u64> {
    Ok(x? + 1)
}

#[perf_probe(name = "exits::error at the end")]
fn error_at_the_end(x: u64) -> Result<u64, u64> {
    if x > 1 { Err(x) } else { Ok(x) }
}

#[perf_probe(name = "exits::in a closure")]
fn in_a_closure(x: u64) -> u64 {
    let one = |x: u64| {
        if x > 1 {
            return 1;
        }
        std::panic::resume_unwind(Box::new("expected"));
    };
    one(x)
}

macro_rules! leave {
    ($value:expr) => {
        return $value
    };
}

#[perf_probe(name = "exits::by a macro")]
fn by_a_macro(x: u64) -> u64 {
    if x > 1 {
        leave!(x);
    }
    1
}

/// Named like a macro that never leaves.
macro_rules! info {
    ($value:expr) => {
        if $value > 1 {
            return $value;
        }
    };
}

#[perf_probe(name = "exits::by a macro of a known name")]
fn by_a_macro_of_a_known_name(x: u64) -> u64 {
    info!(x);
    1
}

#[test]
fn a_panic_in_a_destructor_is_one_of_its_call() {
    let session = Session::new();
    session.run(|| {
        while_unwinding(|| {
            for _ in 0..5 {
                assert!(catch_unwind(panics).is_err());
                assert!(catch_unwind(|| in_a_closure(0)).is_err());
                assert!(catch_unwind(panics_sampled).is_err());
            }
        });
        assert!(catch_unwind(panics).is_err());
    });
    assert_eq!(counted(&session, "exits::panics"), (6, 0, 6));
    assert_eq!(counted(&session, "exits::in a closure"), (5, 0, 5));
    assert_eq!(counted(&session, "exits::panics, sampled"), (5, 0, 5));
}

#[test]
fn a_call_that_returns_while_its_thread_unwinds_has_not_panicked() {
    let session = Session::new();
    session.run(|| {
        while_unwinding(|| {
            for x in 0..100 {
                calm(x);
                question(None);
                question(Some(x));
                assert!(failing(Err(x)).is_err());
                assert!(failing(Ok(x)).is_ok());
                assert_eq!(error_at_the_end(x).is_err(), x > 1);
                in_a_closure(2);
                by_a_macro(x);
            }
        });
    });
    for (name, wanted) in [
        ("exits::calm", (100, 0, 0)),
        ("exits::question", (200, 0, 0)),
        ("exits::failing", (200, 100, 0)),
        ("exits::error at the end", (100, 98, 0)),
        ("exits::in a closure", (100, 0, 0)),
        ("exits::by a macro", (100, 0, 0)),
    ] {
        assert_eq!(counted(&session, name), wanted, "{name}");
    }
}

#[test]
fn leaving_early_is_no_panic() {
    let session = Session::new();
    session.run(|| {
        for x in 0..10 {
            question(None);
            assert!(failing(Err(x)).is_err());
            by_a_macro(x);
            by_a_macro_of_a_known_name(x);
        }
    });
    assert_eq!(counted(&session, "exits::question"), (10, 0, 0));
    assert_eq!(counted(&session, "exits::failing"), (10, 10, 0));
    assert_eq!(counted(&session, "exits::by a macro"), (10, 0, 0));
    assert_eq!(counted(&session, "exits::by a macro of a known name"), (10, 0, 0));
}

fn through_blocks(rounds: u64) -> u64 {
    for round in 0..rounds {
        perf_block!("exits::block", {
            if round == 1 {
                continue;
            }
            if round == 4 {
                break;
            }
            if round == 6 {
                quiet_panic();
            }
            if rounds == 3 {
                return round;
            }
        });
    }
    rounds
}

#[test]
fn blocks_end_on_every_way_through_them() {
    let session = Session::new();
    session.run(|| {
        // Left by `return`, by `continue` and `break`.
        assert_eq!((through_blocks(3), through_blocks(9)), (0, 9));
        while_unwinding(|| assert_eq!(through_blocks(9), 9));
    });
    assert_eq!(counted(&session, "exits::block"), (1 + 5 + 5, 0, 0));
    let panicked = session.run(|| {
        catch_unwind(|| {
            perf_block!("exits::block that panics", { quiet_panic() });
        })
    });
    assert!(panicked.is_err());
    assert_eq!(counted(&session, "exits::block that panics"), (1, 0, 1));
}
