//! Leaks are told from warm-ups.
#![cfg(feature = "gate")]

use std::collections::HashMap;

use perf_core::{PerfAlloc, perf_probe};
use perf_exporters::gate::{Reason, Verdict, leak_check};

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);

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
    let mut kept = Vec::with_capacity(1_000);
    let checked = leak_check(20, || {
        remember(&mut kept);
        forget();
    });
    assert!(checked.verdict.is_fail(), "{checked}");
    assert_eq!(checked.growing[0].0, "leaks::remember");
    assert_eq!(checked.growing.len(), 1);
    assert!((checked.judged.slope - 20_000.0).abs() < 1.0);
    assert!(checked.to_string().contains("leaks::remember leaves 19.5 KiB behind per batch"), "{checked}");
    assert!(std::panic::catch_unwind(|| checked.assert()).is_err());
}

#[test]
fn what_is_freed_again_is_no_leak() {
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
