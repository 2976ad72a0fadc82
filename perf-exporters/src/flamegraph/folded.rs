//! Folded stacks: a line per stack, `outer;inner weight`.

use std::fmt::Write;

use crate::Weight;
use crate::stack::Stacks;
use crate::{Report, label};

/// Folded stacks, the text that flame graph tools read: `outer;middle;inner 1234` a line, in nanoseconds, allocations
/// or bytes.
///
/// The form has no way to quote. In names `;` becomes `:`, control characters are written as in Rust (`\n`), and where
/// a reader could take the end of a name for a second weight or its beginning for a comment, a blank becomes `_`.
///
/// ```
/// use perf_exporters::Weight;
/// use perf_exporters::flamegraph::folded;
/// use perf_exporters::report::{Report, TreeNode};
///
/// let mut report = Report::default();
/// let mut nodes = [TreeNode::new("", 0), TreeNode::new("main", 0), TreeNode::new("parse<[u8; 4]>", 1)];
/// (nodes[1].self_ns, nodes[2].self_ns) = (150, 2_000);
/// report.tree = nodes.into_iter().collect();
/// assert_eq!(folded(&report, Weight::Time), "main 150\nmain;parse<[u8: 4]> 2000\n");
/// ```
#[must_use]
pub fn folded(report: &Report, weight: Weight) -> String {
    let mut text = String::new();
    for (names, own) in Stacks::of(report).iter() {
        let value = own.get(weight);
        if value > 0 {
            let names: Vec<_> = names.into_iter().map(frame).collect();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{} {value}", names.join(";"));
        }
    }
    text
}

/// A name that no reader of the form takes for anything else.
pub(super) fn frame(name: &str) -> String {
    let mut frame = label::shown(name).trim().replace(';', ":");
    if let Some((head, tail)) = frame.rsplit_once(' ')
        && tail.chars().all(|c| c.is_ascii_digit() || c == '.')
    {
        frame = format!("{head}_{tail}");
    }
    if frame.starts_with('#') {
        frame.insert(0, '_');
    }
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_like_something_else_are_told_apart() {
        for (name, shown) in [
            ("a::b", "a::b"),
            ("read file", "read file"),
            ("read file 2", "read file_2"),
            ("a;b\nc 7\t", "a:b\\nc 7\\t"),
            ("# a comment", "_# a comment"),
            ("", "(unnamed)"),
            ("  ", "(unnamed)"),
            (" x ", "x"),
        ] {
            assert_eq!(frame(name), shown, "{name:?}");
        }
    }
}
