//! A call tree as deep as a program has probes passes through every form on a small stack.

use std::thread;

use perf_exporters::Report;
use perf_exporters::report::{ProbeReport, TreeNode};
use perf_exporters::table::{self, Options};

const DEEP: usize = 10_000;

/// Ten thousand probes, each called by the one before.
fn deep() -> Report {
    let mut report = Report::default();
    let name = |level: usize| format!("deep::level{level:05}");
    report.probes = (0..DEEP)
        .map(|level| {
            let mut probe = ProbeReport::new(name(level));
            (probe.calls, probe.self_ns, probe.histogram) = (1, 100, [100].into_iter().collect());
            probe
        })
        .collect();
    let nodes = (0..DEEP).map(|level| {
        let mut node = TreeNode::new(name(level), level);
        (node.calls, node.self_ns, node.total_ns) = (1, 100, 100 * (DEEP - level) as u64);
        (node.self_allocs, node.self_alloc_bytes) = (1, 64);
        node
    });
    report.tree = std::iter::once(TreeNode::new("", 0)).chain(nodes).collect();
    report
}

/// On a stack that no recursion over the tree would fit on.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    on_a_stack(256 << 10, work);
}

fn on_a_stack(bytes: usize, work: impl FnOnce() + Send + 'static) {
    thread::Builder::new().stack_size(bytes).spawn(work).unwrap().join().unwrap();
}

#[test]
fn it_is_read_written_merged_and_dropped() {
    on_a_small_stack(|| {
        let report = deep();
        let mut read = Report::from_json(report.to_json()).unwrap();
        assert_eq!(read, report);
        read.merge(&report);
        assert_eq!(read.tree.nodes().len(), DEEP + 1);
        assert_eq!(read.tree.nodes()[DEEP].calls, 2);
        assert_eq!(read.tree.nodes()[DEEP].parent, DEEP - 1);
        let shown = table::render(&read, &Options::default());
        assert!(shown.contains("level00001"), "{shown}");
    });
}

#[cfg(feature = "flamegraph")]
#[test]
fn it_is_drawn_and_folded() {
    use perf_exporters::Weight;
    use perf_exporters::flamegraph::{folded, svg};

    on_a_small_stack(|| {
        let report = deep();
        for weight in Weight::ALL {
            assert!(folded(&report, weight).lines().count() > 200);
            assert!(svg(&report, weight).contains("level00001"));
        }
    });
}

#[cfg(feature = "html")]
#[test]
fn it_is_a_page() {
    on_a_small_stack(|| {
        let page = perf_exporters::html::render(&deep(), &perf_exporters::html::Options::default());
        assert!(page.contains("level00001"));
    });
}

#[cfg(feature = "markdown")]
#[test]
fn it_is_a_summary() {
    on_a_small_stack(|| {
        let summary = perf_exporters::markdown::render(&deep(), &perf_exporters::markdown::Options::default());
        assert!(summary.contains("level0"));
    });
}

#[cfg(feature = "pprof")]
#[test]
fn it_is_a_profile() {
    // Without optimisation the compressor alone makes its tables, 300 KiB, on the stack: whatever the tree.
    on_a_stack(768 << 10, || assert!(!perf_exporters::pprof::render(&deep()).is_empty()));
}

#[cfg(feature = "speedscope")]
#[test]
fn it_is_a_speedscope_profile() {
    on_a_small_stack(|| assert!(perf_exporters::speedscope::render(&deep()).contains("level00001")));
}
