//! Budgets kept in a file: `perf-budgets.toml`.
//!
//! A table per probe, or per pattern of probes; a key per figure; a limit that fails, and a target that warns, each.
//! [`read`] reads them to values, [`judge`] holds reports against them, [`mod@show`] prints.

mod judge;
mod read;
mod show;
mod units;

use perf_exporters::judge::{Quantity, Reason, Verdict};
use serde::{Serialize, Serializer};
use wildmatch::WildMatchPattern;

#[cfg(feature = "load")]
pub(crate) use show::lines;
pub(crate) use show::show;

/// The name that is looked for where none is given.
pub(crate) const FILE: &str = "perf-budgets.toml";

/// The rules of a file, in its order.
#[derive(Debug, Default)]
pub(crate) struct Budgets {
    rules: Vec<Rule>,
}

/// One key of one table.
#[derive(Clone, Debug, PartialEq)]
struct Rule {
    /// The probe, with `*` for anything; none for the whole process.
    probe: Option<String>,
    figure: Figure,
    limit: Option<Bound>,
    target: Option<Bound>,
}

/// The figure that is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    /// Something of a probe.
    Of(Quantity),
    /// Live heap bytes of the process in the end.
    LiveBytes,
    /// Something that the monitor saw of the process.
    Seen(Seen),
}

/// Figures of a process that was watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// The greatest resident set.
    Rss,
    /// The greatest live heap.
    PeakLive,
    /// The share of the processors that it kept busy, on average.
    Cpu,
    /// The most threads.
    Threads,
    /// The most file descriptors.
    Descriptors,
}

/// A bound in the unit of its figure, and as it was written.
#[derive(Clone, Debug, PartialEq)]
struct Bound {
    value: f64,
    text: String,
}

/// Every budget with what became of it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Held {
    pub(crate) rows: Vec<Row>,
}

/// One bound of one probe.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// The probe, or `process`.
    pub(crate) probe: String,
    /// The key, as in the file.
    pub(crate) figure: String,
    /// Whether it is the target, which warns, or the limit, which fails.
    pub(crate) target: bool,
    /// The bound as it was written.
    pub(crate) bound: String,
    /// The measured value with its unit; none where there is none.
    pub(crate) actual: Option<String>,
    /// Measured ÷ bound; above 1 is too much, or too little for a throughput.
    pub(crate) used: Option<f64>,
    /// Calls that this rests on.
    pub(crate) calls: u64,
    #[serde(serialize_with = "in_words")]
    pub(crate) verdict: Verdict,
}

fn in_words<S: Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(verdict)
}

impl Held {
    /// All limits together; a target that was missed warns and passes.
    pub(crate) fn verdict(&self) -> Verdict {
        if self.rows.is_empty() {
            return Verdict::Inconclusive(Reason::Invalid("the budgets file limits nothing".into()));
        }
        let limits = self.rows.iter().filter(|row| !row.target);
        limits.map(|row| row.verdict.clone()).fold(Verdict::Pass, Verdict::and)
    }

    /// Targets that were missed.
    pub(crate) fn missed_targets(&self) -> usize {
        self.rows.iter().filter(|row| row.target && row.verdict.is_fail()).count()
    }
}

/// Whether a name fits a pattern in which `*` stands for anything, also for nothing.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    // No name has a zero in it, so that no character stands for any one.
    WildMatchPattern::<'*', '\0'>::new(pattern).matches(name)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, name) in [
            ("a::b", "a::b"),
            ("a::*", "a::b"),
            ("*", ""),
            ("*::b", "a::b"),
            ("a*b*c", "a--b--b-c"),
            ("*µ*", "1µs"),
            ("a?*", "a?b"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("a::b", "a::bc"), ("a::*", "b::a::"), ("a*b*c", "a-c-b"), ("", "a"), ("a?b", "axb")] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }
}
