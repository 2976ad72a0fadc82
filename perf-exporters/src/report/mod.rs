//! The report: the measurements of a run, as a plain value.
//!
//! Here live the value, its conversion from a snapshot, the merge and difference of two, and its JSON form. Nothing here prints,
//! and nothing here knows how a report is shown.
//!
//! # The JSON form
//!
//! `"schema"` says `perf.report/1`. Times are whole nanoseconds in fields named `…_ns`, sizes are bytes, the date is
//! RFC 3339 in UTC. A histogram is a list of `[bucket, count]`, ascending and without the empty ones: bucket `i < 128`
//! has the value `i`, and bucket `64·(k+1) + s` (`s < 64`) begins at `(64 + s)·2^k`. The call tree is a list in which
//! every node names the index of its parent, so that it can be deeper than a JSON parser's stack.
//!
//! Fields that a reader does not know are passed over, and fields that are missing are zero, so that fields can be
//! added under the same schema. A change of meaning gets a new number, and a reader that does not know the number
//! returns an error.

mod budgets;
mod driven;
mod effect;
mod exemplar;
mod from;
mod here;
mod in_words;
mod json;
mod machine;
mod merge;
mod meta;
mod pairs;
mod place;
mod probe;
mod reading;
mod repeated;
mod since;
mod summary;
mod time;
mod track;
mod tree;

use serde::{Deserialize, Serialize};

use crate::schema;

pub use budgets::{BudgetReport, BudgetVerdict};
pub use driven::Driven;
pub use exemplar::{CalleeTime, Cause, Exemplar, Tail};
pub use machine::Machine;
pub use meta::Meta;
pub use perf_core::{Bucket, Histogram};
pub use place::Place;
pub use probe::{ProbeReport, Quantiles};
pub use reading::{Figure, Kind, Reading, Unit};
pub use repeated::Repeated;
pub use summary::Summary;
pub(crate) use time::nanos;
pub use track::{Absent, Limits, Moment, PressureOf, ThreadTime, Track};
pub use tree::{CallTree, TreeNode};

/// The schema that this version writes.
pub const SCHEMA: &str = schema::REPORT;

/// The measurement of a run.
///
/// ```
/// use perf_exporters::report::{ProbeReport, Report};
///
/// let mut report = Report::default();
/// let mut probe = ProbeReport::new("index::insert");
/// probe.calls = 3;
/// probe.self_ns = 1_500;
/// report.probes.push(probe);
///
/// let same = Report::from_json(&report.to_json())?;
/// assert_eq!(same.probe("index::insert").unwrap().calls, 3);
/// assert_eq!(same, report);
/// # Ok::<(), perf_exporters::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    schema: json::Schema,
    /// Where, when and how it was measured.
    #[serde(default)]
    pub meta: Meta,
    /// One entry per probe, ordered by name.
    #[serde(default)]
    pub probes: Vec<ProbeReport>,
    /// Callers and callees; empty where it was not recorded.
    #[serde(default)]
    pub tree: CallTree,
    /// Budgets that the program declares, checked against the measurements; left out where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<BudgetReport>,
    /// The system's figures meanwhile, a track for each process that was watched; left out where none was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub monitor: Vec<Track>,
}

impl Report {
    /// The first probe of that name.
    #[must_use]
    pub fn probe(&self, name: &str) -> Option<&ProbeReport> {
        self.probes.iter().find(|probe| probe.name == name)
    }

    /// Time measured by all probes, each moment counted once per thread: the sum of the self times.
    ///
    /// ```
    /// use perf_exporters::report::{ProbeReport, Report};
    ///
    /// let mut report = Report::default();
    /// for (name, self_ns) in [("outer", 10), ("inner", 30)] {
    ///     let mut probe = ProbeReport::new(name);
    ///     probe.self_ns = self_ns;
    ///     report.probes.push(probe);
    /// }
    /// assert_eq!(report.measured_ns(), 40);
    /// ```
    #[must_use]
    pub fn measured_ns(&self) -> u64 {
        self.probes.iter().fold(0, |sum, probe| sum.saturating_add(probe.self_ns))
    }

    /// The same without known waiting time: the whole of which shares are taken.
    #[must_use]
    pub fn working_ns(&self) -> u64 {
        self.probes.iter().fold(0, |sum, probe| sum.saturating_add(probe.working_ns()))
    }

    /// Times that a probe was timed: once a call, or once a poll.
    pub(crate) fn entries(&self) -> u64 {
        self.probes.iter().map(ProbeReport::entries).fold(0, u64::saturating_add)
    }
}
