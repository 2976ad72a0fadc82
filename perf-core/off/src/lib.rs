//! Functions in pairs, one annotated and one not. `tests/machine_code.rs` compares what the compiler makes of them.
//!
//! Every pair has the same body, and symbols that differ in their prefix only.

use perf_core::{Probe, perf_block, perf_budget, perf_probe};

/// What both members of a pair do.
macro_rules! pair {
    ($plain:ident, $probed:ident, #[$attribute:meta], ($($arg:ident: $type:ty),*) -> $out:ty, $body:block) => {
        #[doc = "The plain one."]
        #[unsafe(no_mangle)]
        #[inline(never)]
        pub fn $plain($($arg: $type),*) -> $out $body

        #[doc = "The annotated one."]
        #[$attribute]
        #[unsafe(no_mangle)]
        #[inline(never)]
        pub fn $probed($($arg: $type),*) -> $out $body
    };
}

pair!(plain_arithmetic, probed_arithmetic, #[perf_probe], (x: u64) -> u64, {
    let x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x ^ (x >> 29)).rotate_left(17).wrapping_add(x)
});

pair!(plain_result, probed_result, #[perf_probe(errors, items = text.len(), name = "parse")], (text: &str) -> Result<u32, std::num::ParseIntError>, {
    let number: u32 = text.trim().parse()?;
    Ok(number + 1)
});

pair!(plain_loop, probed_loop, #[perf_probe(sample = 10, bytes = 8 * list.len())], (list: &[u64]) -> u64, {
    let mut sum = 0u64;
    for item in list {
        if *item == 7 {
            return sum;
        }
        sum = sum.wrapping_add(*item);
    }
    sum
});

pair!(plain_drops, probed_drops, #[perf_budget(p99 = "5ms", allocs = 1, target(p99 = "1ms"))], (words: &[&str]) -> String, {
    let mut text = String::new();
    for word in words {
        text.push_str(word);
    }
    text
});

/// By hand: a probe, a guard, everything a guard can do.
#[unsafe(no_mangle)]
#[inline(never)]
pub fn probed_by_hand(x: u64) -> u64 {
    static PROBE: Probe = Probe::new("by_hand").sample(3).overhead(10_000);
    let guard = PROBE.start();
    guard.items(x);
    guard.bytes(x);
    if x > 10 {
        guard.fail();
    }
    perf_block!("inner", { x.wrapping_mul(3) })
}

/// The same without.
#[unsafe(no_mangle)]
#[inline(never)]
pub fn plain_by_hand(x: u64) -> u64 {
    x.wrapping_mul(3)
}
