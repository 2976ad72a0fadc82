//! How the crate tells of a problem that it has no other way to report: a thread of its own, a drop.

use std::fmt::Display;
use std::io::{self, Write};

/// One line on standard error; if that is closed, none.
pub(crate) fn complain(problem: &dyn Display) {
    let _ = writeln!(io::stderr(), "perf: {problem}");
}
