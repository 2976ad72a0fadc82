//! Whether a figure that fails is borne out by the figures around it.
//!
//! Where calls are of two kinds, a quantile that lies between them goes from the one to the other with a few more calls of the
//! slow kind, and a single stalled call moves a mean of some hundred as far as a regression does. Neither says that the code
//! takes longer, and neither moves the figures around it.

use super::{Figure, Metric, Options, Section};
use crate::judge::diff;

/// The times of one probe in both baselines.
pub(super) struct Neighbours<'a> {
    pub before: &'a Section,
    pub after: &'a Section,
    /// Old times are multiplied by this.
    pub scale: f64,
    pub options: &'a Options,
}

impl Neighbours<'_> {
    /// Why a FAIL of the metric does not count; none where it does.
    ///
    /// *Mean, total and throughput* need the median or a p95 that counts, moved by half of what fails.
    ///
    /// *A p95* needs the p90, moved by half of what fails, or it lies beyond the old p99 by as much. Some five calls in a hundred are slow, for
    /// example, that are the first ones after the processor was lost, and a program that is slower elsewhere loses it more often per call.
    ///
    /// *A p50* needs the p90 or the mean, moved by half of what fails, and by half of what it moved itself (in logarithms): a median
    /// that goes from one kind to the other moves by the whole distance between them, and takes a little of the mean with it.
    pub(super) fn objection(&self, metric: Metric) -> Option<&'static str> {
        match metric {
            Metric::P50Ns if !self.median() => Some(HALF),
            Metric::P95Ns if !self.tail() => Some(BETWEEN),
            metric if matches!(metric.as_diff(), diff::Metric::Quantile(_)) => None,
            metric => (!self.mean(metric)).then_some(RARE),
        }
    }

    fn median(&self) -> bool {
        let own = self.before.get(Metric::P50Ns).zip(self.after.get(Metric::P50Ns));
        let own = own.map_or(1.0, |(old, new)| new.value() / (old.value() * self.scale));
        let by = self.enough(Metric::P50Ns).max(own.sqrt());
        any([self.moved(Metric::P90Ns, by), self.moved(Metric::MeanNs, by)])
    }

    fn tail(&self) -> bool {
        let by = self.enough(Metric::P95Ns);
        // A baseline without a p90 has its median for a neighbour.
        let below = self.moved(Metric::P90Ns, by).or_else(|| self.moved(Metric::P50Ns, by));
        any([below, self.beyond((Metric::P99Ns, Metric::P95Ns), by)])
    }

    fn mean(&self, metric: Metric) -> bool {
        let by = self.enough(metric);
        any([self.moved(Metric::P50Ns, by), self.moved(Metric::P95Ns, by).map(|moved| moved && self.tail())])
    }

    fn enough(&self, metric: Metric) -> f64 {
        1.0 + self.options.thresholds(metric).fail / 2.0
    }

    fn moved(&self, metric: Metric, by: f64) -> Option<bool> {
        self.beyond((metric, metric), by)
    }

    /// Whether the new figure is so many times the old one; none where one of them is missing.
    fn beyond(&self, (old, new): (Metric, Metric), by: f64) -> Option<bool> {
        let value = |section: &Section, metric| section.get(metric).map(Figure::value);
        value(self.before, old).zip(value(self.after, new)).map(|(old, new)| new >= old * self.scale * by)
    }
}

/// Where there are no neighbours, the figure decides alone.
fn any(known: [Option<bool>; 2]) -> bool {
    known == [None, None] || known.contains(&Some(true))
}

const RARE: &str =
    "neither the median nor the 95 % quantile moved with it: rare slow calls, of the program or of the machine";

const BETWEEN: &str = "the 90 % quantile did not move with it, and it is within the old 99 %: about one call in twenty is of a slow kind, and \
    a few more of them are";

const HALF: &str = "neither the 90 % quantile nor the mean moved by half as much: about half of the calls are of a slow kind, and a few more of them are";
