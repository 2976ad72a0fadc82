//! Leaks are told from warm-ups.
#![cfg(feature = "gate")]
#![allow(
    clippy::await_holding_lock,
    reason = "each test has a runtime of its own, and waits for nobody who waits for it"
)]

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use perf_core::{PerfAlloc, perf_probe};
use perf_exporters::gate::{LeakCheck, Reason, Verdict, current_session, leak_check, leak_check_async};

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);

/// A leak shows in the live bytes of the process, which the other tests here move by more than it does: one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[perf_probe(name = "leaks::remember")]
fn remember(kept: &mut Vec<Vec<u8>>) {
    kept.push(vec![0; 20_000]);
}

#[perf_probe(name = "leaks::forget")]
fn forget() {
    drop(vec![0_u8; 1_000_000]);
}

#[test]
fn a_leak_is_found_and_named() {
    if !perf_core::is_enabled() {
        return;
    }
    let _alone = alone();
    let mut kept = Vec::with_capacity(1_000);
    let checked = leak_check(20, || {
        remember(&mut kept);
        forget();
    });
    expect_remembered(&checked);
}

fn expect_remembered(checked: &LeakCheck) {
    assert!(checked.verdict.is_fail(), "{checked}");
    assert_eq!(checked.growing[0].0, "leaks::remember");
    assert_eq!(checked.growing.len(), 1);
    assert!((checked.judged.slope - 20_000.0).abs() < 1.0, "{checked}");
    assert!(checked.to_string().contains("leaks::remember leaves 19.5 KiB behind per batch"), "{checked}");
    assert!(std::panic::catch_unwind(|| checked.assert()).is_err());
}

#[tokio::test]
async fn a_leak_between_polls_is_found_and_named() {
    let _alone = alone();
    let mut kept = Vec::with_capacity(1_000);
    let checked = leak_check_async(20, async || {
        tokio::task::yield_now().await;
        remember(&mut kept);
        forget();
    });
    let checked = checked.await;
    if perf_core::is_enabled() {
        expect_remembered(&checked);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leak_in_a_task_on_another_thread_is_found() {
    let _alone = alone();
    let kept = std::sync::Arc::new(Mutex::new(Vec::with_capacity(1_000)));
    let checked = leak_check_async(20, async || {
        let (kept, carrier) = (kept.clone(), current_session());
        let task = async move {
            tokio::task::yield_now().await;
            remember(&mut kept.lock().unwrap());
        };
        tokio::spawn(carrier.wrap(task)).await.unwrap();
    });
    let checked = checked.await;
    if perf_core::is_enabled() {
        assert!(checked.verdict.is_fail(), "{checked}");
        assert_eq!(checked.growing[0].0, "leaks::remember");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_frees_what_it_takes_is_no_leak() {
    let _alone = alone();
    let checked = leak_check_async(20, async || {
        let task = current_session().wrap(async { vec![0_u8; 100_000].len() });
        assert_eq!(tokio::spawn(task).await.unwrap(), 100_000);
    });
    let checked = checked.await;
    if perf_core::is_enabled() {
        assert!(checked.verdict.is_pass(), "{checked}");
    }
}

#[test]
fn what_another_thread_frees_is_no_leak() {
    let _alone = alone();
    let (sender, receiver) = std::sync::mpsc::sync_channel::<Vec<u8>>(0);
    let other = std::thread::spawn(move || receiver.iter().map(|given| given.len()).sum::<usize>());
    let checked = leak_check(20, || sender.send(vec![0; 50_000]).unwrap());
    drop(sender);
    assert!(other.join().unwrap() > 0);
    assert!(!checked.verdict.is_fail(), "{checked}");
}

#[test]
fn what_is_freed_again_is_no_leak() {
    let _alone = alone();
    let mut turn = 0_usize;
    let mut held = Vec::new();
    let checked = leak_check(20, || {
        turn += 1;
        held = vec![0_u8; 100_000 + 50_000 * (turn % 3)];
        forget();
    });
    if perf_core::is_enabled() {
        assert!(checked.verdict.is_pass(), "{checked}");
    }
    checked.assert();
}

#[test]
fn a_cache_that_fills_is_no_leak() {
    let _alone = alone();
    let mut cache: HashMap<u32, Vec<u8>> = HashMap::new();
    let mut state = 1_u32;
    let checked = leak_check(20, || {
        for _ in 0..100 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            cache.entry((state >> 16) % 400).or_insert_with(|| vec![0; 5_000]);
        }
    });
    assert!(!checked.verdict.is_fail(), "{checked}");
}

#[test]
fn too_few_batches_say_so() {
    if !perf_core::is_enabled() {
        return;
    }
    let checked = leak_check(5, forget);
    assert_eq!(checked.verdict, Verdict::Inconclusive(Reason::TooFewSamples { have: 5, need: 10 }));
}

#[test]
fn what_has_a_bound_is_full_in_the_end() {
    let _alone = alone();
    // A cache that holds 60 batches.
    let mut lru = std::collections::VecDeque::with_capacity(64);
    let least_used = leak_check(20, || {
        lru.push_back(vec![0_u8; 20_000]);
        if lru.len() > 60 {
            lru.pop_front();
        }
    });
    // A pool that is cleared every 50.
    let (mut pool, mut batch) = (Vec::with_capacity(64), 0);
    let pooled = leak_check(20, || {
        batch += 1;
        if batch % 50 == 0 {
            pool.clear();
        }
        pool.push(vec![0_u8; 20_000]);
    });
    // Keys of which there are 400.
    let mut keys: HashMap<u32, Vec<u8>> = HashMap::new();
    let mut state = 1_u32;
    let bounded = leak_check(20, || {
        for _ in 0..10 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            keys.entry((state >> 16) % 400).or_insert_with(|| vec![0; 5_000]);
        }
    });
    for checked in [least_used, pooled, bounded] {
        assert!(!checked.verdict.is_fail(), "{checked}");
        assert!(checked.verdict.is_pass() || !perf_core::is_enabled(), "{checked}");
    }
}

#[test]
fn what_grows_in_steps_leaks() {
    if !perf_core::is_enabled() {
        return;
    }
    // Beyond what counts as noise beside the live memory of all other tests of this process.
    let _alone = alone();
    let (mut map, mut list, mut blocks, mut batch) = (HashMap::new(), Vec::new(), Vec::new(), 0_u64);
    let in_a_map = leak_check(20, || {
        for _ in 0..3_000 {
            map.insert(map.len() as u64, [0_u8; 24]);
        }
    });
    let in_a_list = leak_check(20, || list.extend(std::iter::repeat_n(0_u64, 7_000)));
    let in_blocks = leak_check(20, || {
        batch += 1;
        if batch.is_multiple_of(10) {
            blocks.push(vec![0_u8; 524_288]);
        }
    });
    for checked in [in_a_map, in_a_list, in_blocks] {
        assert!(checked.verdict.is_fail(), "{checked}");
    }
}

#[test]
fn a_leak_of_a_thread_that_does_not_carry_the_session_is_no_pass() {
    if !perf_core::is_enabled() {
        return;
    }
    let _alone = alone();
    let (sender, receiver) = std::sync::mpsc::sync_channel::<()>(0);
    let (done, is_done) = std::sync::mpsc::sync_channel::<()>(0);
    let other = std::thread::spawn(move || {
        let mut kept = Vec::with_capacity(1_000);
        for () in receiver {
            kept.push(vec![0_u8; 20_000]);
            done.send(()).unwrap();
        }
        kept.len()
    });
    let checked = leak_check(20, || {
        sender.send(()).unwrap();
        is_done.recv().unwrap();
    });
    drop(sender);
    assert_eq!(other.join().unwrap(), 240);
    assert!(!checked.verdict.is_pass() && !checked.verdict.is_fail(), "{checked}");
    assert!(checked.to_string().contains("current_session"), "{checked}");
}
