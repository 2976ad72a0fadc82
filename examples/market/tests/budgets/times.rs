//! Targets and limits on time. In a build without optimisation a limit that is missed is INCONCLUSIVE.

use std::sync::LazyLock;

use market::codec::Format;
use market::log::{Log, LogError, Options};
use market::produce;
use perf_core::perf_budget;
use perf_exporters::gate;

use crate::{Filled, TICKS};

#[perf_budget(p95 = "10ms", max_time = "300ms")]
#[test]
fn a_window_is_ready_in_time() {
    static FILLED: LazyLock<Filled> = LazyLock::new(Filled::new);
    let reader = FILLED.reader();
    gate::measure(|| reader.windows(0, 100)).unwrap();
}

/// Driven at a rate, and judged from the intended start.
#[perf_budget(p99 = "100ms", errors = "1%", target(p99 = "10ms"), at = "1000/s", max_time = "500ms")]
#[test]
fn producers_are_acknowledged_in_time() -> Result<(), LogError> {
    static LOG: LazyLock<(tempfile::TempDir, Log)> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(folder.path(), Options::default()).unwrap();
        (folder, log)
    });
    produce::send(&LOG.1, Format::Wire, &TICKS[0]).map(drop)
}
