//! dhat counts what we count. One test, since dhat has one profiler and one count for the process.

use tables::beside::Workload;
use tables::beside::dhat::{Both, compare};

#[global_allocator]
static ALLOC: Both = Both::new();

#[test]
fn the_same_run_has_the_same_counts() {
    for figure in compare(Workload::Blocks) {
        assert_eq!(figure.theirs, figure.ours, "{figure}");
        assert!(figure.ours > 0, "{figure}");
    }
    let rows = compare(Workload::Rows);
    for figure in &rows[..3] {
        assert_eq!(figure.theirs, figure.ours, "{figure}");
    }
    assert!(rows[3].theirs > rows[3].ours, "{}", rows[3]);
}
