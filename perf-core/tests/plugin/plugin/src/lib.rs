//! A plugin with probes.

use shared::Probe;
use shared::budget::{Bound, BudgetSpec, Limit, Metric};

static SPEC: BudgetSpec = BudgetSpec {
    name: Some("plugin::budget"),
    limits: &[Limit { metric: Metric::Allocs, bound: Bound::Count(3) }],
    ..BudgetSpec::EMPTY
};
static WORK: Probe = Probe::new("plugin::work").budget(&SPEC);
static INNER: Probe = Probe::new("plugin::inner");

/// Does so many calls.
#[unsafe(no_mangle)]
pub extern "C" fn work(times: u64) {
    for _ in 0..times {
        let _call = WORK.start();
        drop(INNER.start());
    }
}
