//! How cost grows with the size of the input: the test takes the size, and sizes span a factor of 1,024 or more.
//!
//! Counters are judged first, and time by its slope over the sizes, so neither the machine nor the build matters.

use std::hint::black_box;

use perf_core::perf_budget;
use perf_exporters::gate;
use shop::{Shop, total};

use crate::orders;

#[perf_budget(growth = "log n", sizes = [16, 64, 256, 1024, 4096, 16384], max_time = "1s")]
#[test]
fn finding_takes_a_few_steps(n: usize) {
    let shop = Shop::with_customers(n);
    let names: Vec<String> = (0..64).map(|turn| format!("customer {}", turn * 7919 % n)).collect();
    gate::measure(|| names.iter().for_each(|name| _ = black_box(shop.find(name))));
}

#[perf_budget(growth = "n", sizes = [64, 256, 1024, 4096, 16384, 65536], max_time = "1s")]
#[test]
fn a_total_looks_once_at_each_order(n: usize) {
    let orders = orders(n, n);
    gate::measure(|| black_box(total(&orders)));
}

/// A customer for each order, and these in order: it sorts.
#[perf_budget(growth = "n log n", sizes = [16, 64, 256, 1024, 4096, 16384], max_time = "1s")]
#[test]
fn accounts_sort(n: usize) {
    let (shop, orders) = (Shop::with_customers(n), orders(n, n));
    gate::measure(|| black_box(shop.accounts(&orders)));
}
