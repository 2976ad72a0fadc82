//! Variables that are nearly ours: a slip in a name, which would otherwise do nothing and say nothing.

use std::ffi::OsString;
use std::io::Write;
use std::sync::Once;

use super::declared::ALL;
use crate::nearest::nearest;

const PREFIX: &str = "PERF_";

/// Tells of them, once in the life of the process.
pub(super) fn check() {
    static CHECKED: Once = Once::new();
    CHECKED.call_once(|| {
        for line in misspelt(std::env::vars_os().map(|(name, _)| name)) {
            let _ = writeln!(std::io::stderr(), "perf: {line}");
        }
    });
}

/// A line for each. Names that are near none of these belong to other programs, such as Linux's `perf`.
fn misspelt(names: impl Iterator<Item = OsString>) -> Vec<String> {
    let known = || ALL.iter().map(|declaration| declaration.name());
    let line = |name: OsString| {
        let name = name.to_str()?;
        if !name.starts_with(PREFIX) || known().any(|ours| ours == name) {
            return None;
        }
        // The beginning that all have in common makes nothing nearer.
        let meant = nearest(&name[PREFIX.len()..], known().map(|ours| &ours[PREFIX.len()..]))?;
        Some(format!("{name} is set, but no variable has that name (did you mean `{PREFIX}{meant}`?)"))
    };
    let mut lines: Vec<String> = names.filter_map(line).collect();
    lines.sort();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_name_is_told_and_names_of_others_are_not() {
        let of = |names: &[&str]| misspelt(names.iter().map(OsString::from));
        let ours: Vec<&str> = ALL.iter().map(|declaration| declaration.name()).collect();
        assert_eq!(of(&ours), Vec::<String>::new());
        // Those of Linux's `perf`, of these tests, and of a program.
        let others =
            ["PERF_CONFIG", "PERF_PAGER", "PERF_BUILDID_DIR", "PERF_EXEC_PATH", "PERF_TEST_CHILD", "PERF_", "TOP"];
        assert_eq!(of(&others), Vec::<String>::new());
        assert_eq!(
            of(&["PERF_STRCT", "PERF_REPROT"]),
            [
                "PERF_REPROT is set, but no variable has that name (did you mean `PERF_REPORT`?)",
                "PERF_STRCT is set, but no variable has that name (did you mean `PERF_STRICT`?)",
            ]
        );
    }
}
