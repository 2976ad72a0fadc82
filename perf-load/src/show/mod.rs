//! An outcome as text for people: for a terminal, and as Markdown for a pull request. The module does not
//! print.

mod facts;

use std::fmt::Write as _;

use perf_exporters::human;

use crate::Outcome;
use facts::{Times, facts, times};

/// The text for a terminal: the settings, the result, and the distributions.
///
/// ```
/// use perf_load::{Load, show};
/// use std::time::Duration;
///
/// let outcome = Load::new("noop").rate(500.0).duration(Duration::from_millis(20)).run(|_| ())?;
/// let text = show::text(&outcome);
/// assert!(text.starts_with("noop: open loop"));
/// assert!(text.contains("response") && text.contains("lateness"));
/// # Ok::<(), perf_load::Error>(())
/// ```
#[must_use]
pub fn text(outcome: &Outcome) -> String {
    let mut text = String::new();
    for (at, line) in facts(outcome).iter().enumerate() {
        let _ = writeln!(text, "{}{line}", if at == 0 { "" } else { "  " });
    }
    let rows = times(outcome);
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(8);
    let _ = writeln!(text, "\n  {:width$}  {:>9}  {}", "", "calls", heads().map(|head| format!("{head:>8}")).join(" "));
    for Times { name, calls, values } in &rows {
        let values = values.map(|value| format!("{:>8}", shown(value))).join(" ");
        let _ = writeln!(text, "  {name:width$}  {:>9}  {values}", human::count(*calls).to_string());
    }
    text
}

/// The outcome as Markdown.
///
/// ```
/// # use perf_load::{Load, show};
/// # use std::time::Duration;
/// # let outcome = Load::new("noop").rate(500.0).duration(Duration::from_millis(20)).run(|_| ())?;
/// assert!(show::markdown(&outcome).contains("| response | 10 |"));
/// # Ok::<(), perf_load::Error>(())
/// ```
#[must_use]
pub fn markdown(outcome: &Outcome) -> String {
    let mut text = String::new();
    for (at, line) in facts(outcome).iter().enumerate() {
        let _ = if at == 0 { writeln!(text, "### {}\n", escaped(line)) } else { writeln!(text, "- {}", escaped(line)) };
    }
    let _ = writeln!(text, "\n| | calls | {} |", heads().join(" | "));
    let _ = writeln!(text, "|---|--:|{}", "--:|".repeat(heads().len()));
    for Times { name, calls, values } in &times(outcome) {
        let values = values.map(shown).join(" | ");
        let _ = writeln!(text, "| {} | {} | {values} |", escaped(name), human::count(*calls));
    }
    text
}

fn heads() -> [&'static str; 6] {
    ["p50", "p90", "p95", "p99", "p99.9", "greatest"]
}

fn shown(nanoseconds: Option<u64>) -> String {
    nanoseconds.map_or_else(|| "–".to_owned(), |value| human::duration(value).to_string())
}

/// Names come from users and errors from servers: no mention, link or markup comes from them.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '(' | ')' | '#' | '!' | '|' | '~' | '@'
            | '&' => {
                escaped.extend(['\\', c]);
            }
            '\n' | '\r' => escaped.push(' '),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Model, Validity};

    fn outcome(model: Model) -> Outcome {
        let mut outcome = Outcome::new("shop|<b>", model);
        (outcome.scheduled, outcome.elapsed) = (Duration::from_secs(10), Duration::from_secs(10));
        outcome.counts = crate::Counts { due: 20_000, started: 19_990, completed: 19_990, failed: 7, dropped: 10 };
        outcome.response = [1_000_000, 2_000_000].into_iter().collect();
        outcome.service = [900_000, 900_000].into_iter().collect();
        outcome.classes = vec![("503".to_owned(), 4), ("@timeout".to_owned(), 3)];
        outcome
    }

    #[test]
    fn all_that_matters_is_said() {
        let mut open = outcome(Model::open(8));
        open.lateness = [5_000].into_iter().collect();
        open.seed = Some(7);
        let text = text(&open);
        for fact in [
            "shop|<b>: open loop, up to 8 at a time, seed 7",
            "offered 2000/s, achieved 1999/s over 10.0 s",
            "20000 due, 19990 started, 19990 completed, 10 dropped (0.05 %), 7 failed (0.04 %)",
            "failures: 4 × 503, 3 × @timeout",
        ] {
            assert!(text.contains(fact), "{fact}\n{text}");
        }
        assert!(!text.contains("INVALID") && !text.contains("interrupted"), "{text}");
        assert!(text.contains("lateness") && !text.contains("to finish what was accepted"), "{text}");
    }

    #[test]
    fn the_work_that_was_left_counts() {
        let text = text(&outcome(Model::open(8)).drained_in(Duration::from_secs(10)));
        let fact = "offered 2000/s, achieved 1000/s over 20.0 s, 10.0 s of them to finish what was accepted";
        assert!(text.contains(fact), "{text}");
    }

    #[test]
    fn a_closed_loop_says_what_it_cannot_know() {
        let mut closed = outcome(Model::closed(4, Duration::from_millis(10)));
        (closed.interrupted, closed.validity) = (true, Validity::invalid("no operation completed"));
        let text = text(&closed);
        assert!(text.starts_with("shop|<b>: closed loop, 4 workers, 10.0 ms of thinking"), "{text}");
        assert!(text.contains("a slow system is asked less often"), "{text}");
        assert!(text.contains("INVALID: no operation completed"), "{text}");
        assert!(text.contains("interrupted"), "{text}");
        assert!(!text.contains("lateness") && !text.contains("offered"), "{text}");
    }

    #[test]
    fn markup_of_names_is_text() {
        let text = markdown(&outcome(Model::open(8)));
        assert!(text.contains("shop\\|\\<b\\>") && text.contains("3 × \\@timeout"), "{text}");
        assert!(text.lines().filter(|line| line.starts_with('|')).all(|line| line.matches('|').count() == 9), "{text}");
    }
}
