//! How cost grows: symbols are looked up at the edge of the API, so a lookup must not look at all of them.

use std::hint::black_box;

use market::symbols::Symbols;
use perf_core::perf_budget;
use perf_exporters::gate;

#[perf_budget(growth = "log n", sizes = [16, 64, 256, 1024, 4096, 16384], max_time = "300ms")]
#[test]
fn a_symbol_is_found_at_once(n: usize) {
    let symbols = Symbols::first(u32::try_from(n).unwrap());
    let names: Vec<&str> =
        (0..16_u32).filter_map(|turn| symbols.name(turn * 7919 % u32::try_from(n).unwrap())).collect();
    gate::measure(|| assert!(names.iter().all(|name| black_box(symbols.find(name)).is_some())));
}
