//! The flame graph as a picture, drawn by inferno.

use inferno::flamegraph::color::{BasicPalette, Palette};
use inferno::flamegraph::{self, Options};

use super::folded::frame;
use crate::Report;
use crate::Weight;
use crate::stack::{Stacks, title};

/// The greatest sum of one picture; more could not be told apart, and less than the most that 64 bits hold.
const MOST: u64 = i64::MAX as u64;

/// An interactive flame graph: SVG with a script of its own that zooms and searches, and nothing from elsewhere.
///
/// The same report always gives the same bytes.
///
/// ```
/// use perf_exporters::Weight;
/// use perf_exporters::flamegraph::svg;
/// use perf_exporters::report::{Report, TreeNode};
///
/// let mut report = Report::default();
/// let mut nodes = [TreeNode::new("", 0), TreeNode::new("parse<T>", 0)];
/// nodes[1].self_ns = 2_000;
/// report.tree = nodes.into_iter().collect();
/// assert!(svg(&report, Weight::Time).contains("parse&lt;T&gt;"));
/// ```
#[must_use]
pub fn svg(report: &Report, weight: Weight) -> String {
    let mut lines = lines(report, weight);
    if lines.is_empty() {
        lines.push(format!("({}) 1", nothing(report, weight)));
    }
    let mut options = options(report, weight);
    let mut bytes = Vec::new();
    // There are lines, each with a weight, and the writer is memory: nothing is left that could fail.
    let drawn = flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), &mut bytes);
    debug_assert!(drawn.is_ok(), "{drawn:?}");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Folded stacks whose sum 64 bits hold.
fn lines(report: &Report, weight: Weight) -> Vec<String> {
    let mut left = MOST;
    let mut lines = Vec::new();
    for (names, own) in Stacks::of(report).iter() {
        let value = own.get(weight).min(left);
        left -= value;
        if value > 0 {
            let names: Vec<_> = names.into_iter().map(frame).collect();
            lines.push(format!("{} {value}", names.join(";")));
        }
    }
    lines
}

fn options(report: &Report, weight: Weight) -> Options<'static> {
    let mut options = Options::default();
    let (what, unit, palette) = match weight {
        Weight::Time => ("self time", "ns", BasicPalette::Hot),
        Weight::Allocs => ("allocations", "allocations", BasicPalette::Mem),
        Weight::Bytes => ("bytes allocated", "bytes", BasicPalette::Mem),
    };
    options.title = format!("{} · {what}", title(report));
    unit.clone_into(&mut options.count_name);
    "Probe:".clone_into(&mut options.name_type);
    options.colors = Palette::Basic(palette);
    // Colours by name instead of by chance.
    options.hash = true;
    options
}

fn nothing(report: &Report, weight: Weight) -> &'static str {
    match weight {
        Weight::Allocs | Weight::Bytes if !report.meta.alloc_tracking => "allocations were not counted",
        _ => "nothing was measured",
    }
}
