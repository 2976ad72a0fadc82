//! How runs are compared.

use std::collections::{BTreeMap, BTreeSet};

use super::{Kernels, Metric};
use crate::judge::diff::Thresholds;

/// How runs are compared.
///
/// ```
/// use perf_exporters::baseline::{Metric, Options};
/// use perf_exporters::judge::diff::Thresholds;
///
/// let mut options = Options::default();
/// options.thresholds.insert(Metric::MeanNs, Thresholds { warn: 0.02, fail: 0.05 });
/// options.gating.remove(&Metric::Calls);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Thresholds other than [`Metric::thresholds`].
    pub thresholds: BTreeMap<Metric, Thresholds>,
    /// Which metrics decide; the others are shown.
    pub gating: BTreeSet<Metric>,
    /// How fast the machine of the new runs is now, where that was measured.
    pub kernels: Option<Kernels>,
    /// Where the kernels of one machine take so much longer than they took for the baseline, times prove nothing. 0.1 is
    /// 10 %.
    pub disturbance: f64,
    /// Times are the same where the mean call changed by less than this many nanoseconds: the placement of code alone
    /// does as much.
    pub least_ns: f64,
    /// Whether one side was run as a whole before the other: the machine may have been in another state meanwhile. A time then fails
    /// only where its best new run takes twice as long as the worst old one, or by as much longer as fails if that is more, and the
    /// median call moved with it; of one run its range counts.
    pub one_after_the_other: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            thresholds: BTreeMap::new(),
            gating: Metric::ALL.into_iter().filter(|metric| metric.gates()).collect(),
            kernels: None,
            disturbance: 0.1,
            least_ns: 3.0,
            one_after_the_other: false,
        }
    }
}

impl Options {
    /// The thresholds of this metric.
    #[must_use]
    pub fn thresholds(&self, metric: Metric) -> Thresholds {
        self.thresholds.get(&metric).copied().unwrap_or_else(|| metric.thresholds())
    }
}
