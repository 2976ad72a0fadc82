//! The table inside a page of Markdown, between two markers, so that no cell of it is written by hand.

use std::fs;
use std::path::Path;

use crate::failure::{Failure, Result};

const BEGIN: &str = "<!-- perf status -->";
const END: &str = "<!-- /perf status -->";
/// Columns that are promised; the others are measured, and change from run to run.
const PROMISED: usize = 4;

pub(super) fn read(page: &Path) -> Result<String> {
    fs::read_to_string(page).map_err(|error| Failure::io("cannot read the page", page, &error))
}

pub(super) fn missing(page: &Path) -> Failure {
    Failure::new(format!(
        "{}: there is no place for the table: write {BEGIN} and {END}, each on a line",
        page.display()
    ))
}

/// The text between the markers.
pub(super) fn between(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(BEGIN)?;
    rest.split_once(END).map(|(inside, _)| inside)
}

/// The page with another table.
pub(super) fn replaced(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

/// The first difference between the promises of two tables: the first line that one has and the other has
/// not.
pub(super) fn stale(kept: &str, new: &str) -> Option<String> {
    let (kept, new) = (promises(kept), promises(new));
    let added = new.iter().find(|line| !kept.contains(line)).map(|line| format!("it lacks {}", line.join(" ")));
    added.or_else(|| {
        let gone = kept.iter().find(|line| !new.contains(line))?;
        Some(format!("it still has {}", gone.join(" ")))
    })
}

fn promises(table: &str) -> Vec<Vec<&str>> {
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.trim_start_matches('|').split(" | ").take(PROMISED).map(str::trim).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(limit: &str, current: &str) -> String {
        format!("| `codec::decode` | `p99` | 1ms | {limit} | {current} | +3 % | met |\n")
    }

    #[test]
    fn a_table_is_put_between_the_markers_and_the_rest_stays() {
        let page = format!("# A\n{BEGIN}\nold\n{END}\n# B\n");
        let new = replaced(&page, &row("2ms", "1ms")).unwrap();
        assert!(new.starts_with("# A\n") && new.ends_with("# B\n") && !new.contains("old"));
        assert_eq!(between(&new).unwrap().trim(), row("2ms", "1ms").trim());
        assert_eq!(replaced(&new, &row("2ms", "1ms")).unwrap(), new);
        assert_eq!(replaced("# A", "table"), None);
    }

    #[test]
    fn it_is_stale_when_promises_differ_not_when_figures_do() {
        assert_eq!(stale(&row("2ms", "1ms"), &row("2ms", "9ms")), None);
        assert!(stale(&row("2ms", "1ms"), &row("3ms", "1ms")).unwrap().contains("lacks"));
        assert!(stale(&row("2ms", "1ms"), "").unwrap().contains("still has"));
    }
}
