//! Advice on the figures that moved: one line per piece.

use super::{Change, Level, Metric, RegressionReport, show};

impl RegressionReport {
    /// Advice on the figures that moved, the most urgent first; empty where there is nothing to do.
    #[must_use]
    pub fn recommendations(&self) -> Vec<String> {
        let mut lines = Vec::new();
        lines.extend(self.broken_counts());
        lines.extend(self.where_the_time_goes());
        if self.disturbed {
            let slower = show::change(self.kernels);
            lines.push(format!(
                "fixed work takes {slower} longer here than when the baseline was recorded: wait for a quiet machine, or compare both sides in turn with `cargo perf compare`"
            ));
        }
        lines.extend(self.unproven());
        lines.extend(self.other_machine());
        if !self.gone.is_empty() {
            lines.push(format!(
                "not seen any more: {}; run what calls them, or take them out of the baseline",
                show::names(&self.gone)
            ));
        }
        if !self.new.is_empty() {
            lines.push(format!("no baseline yet: {}; `--update` records them", show::names(&self.new)));
        }
        if self.nothing_regressed() && self.count(Level::Improved) > 0 {
            lines.push("only improvements: `--update` keeps the gain".to_owned());
        }
        lines
    }

    fn broken_counts(&self) -> Vec<String> {
        let failed = |metric: Metric| {
            let failed = move |change: &&Change| change.gates && change.metric == metric && change.level == Level::Fail;
            let probes: Vec<String> = self.changes.iter().filter(failed).map(|change| change.probe.clone()).collect();
            (!probes.is_empty()).then(|| show::names(&probes))
        };
        let mut lines = Vec::new();
        if let Some(probes) = failed(Metric::Calls) {
            lines.push(format!(
                "called more often: {probes}; if the work is the same, look for a call that moved into a loop (the call tree names the callers)"
            ));
        }
        if let Some(probes) = failed(Metric::Allocs) {
            lines.push(format!(
                "more allocations: {probes}; look for a clone, a format!, or a collection that grows without with_capacity"
            ));
        }
        if let Some(probes) = failed(Metric::Instructions) {
            lines.push(format!(
                "more instructions: {probes}; `valgrind --tool=callgrind` and `callgrind_annotate` name the functions that take them"
            ));
        }
        if let Some(probes) = failed(Metric::Errors) {
            lines.push(format!("more errors: {probes}; the times of failed calls are in the figures too"));
        }
        lines
    }

    /// Advice to look at the slower probe whose own time grew most.
    fn where_the_time_goes(&self) -> Option<String> {
        let slower = |change: &&Change| {
            change.metric.is_time()
                && change.gates
                && change.is_worse()
                && matches!(change.level, Level::Fail | Level::Warn)
        };
        let own = |change: &Change| self.change(&change.probe, Metric::SelfNs);
        let calls = |change: &Change| self.change(&change.probe, Metric::Calls).map_or(1.0, |calls| calls.new);
        let growth = |change: &&Change| (change.new - change.old) * calls(change);
        let most = self
            .changes
            .iter()
            .filter(slower)
            .filter_map(own)
            .filter(|own| own.new > own.old)
            .max_by(|a, b| growth(a).total_cmp(&growth(b)))?;
        Some(format!(
            "look first at {}: its own time per call went from {} to {}, the largest growth in all",
            most.probe,
            Metric::SelfNs.figure(most.old),
            Metric::SelfNs.figure(most.new),
        ))
    }

    fn unproven(&self) -> Option<String> {
        let unproven: Vec<&Change> =
            self.moved().into_iter().filter(|change| change.level == Level::Unproven).collect();
        let few = unproven.iter().any(|change| change.old_runs < 5 || change.new_runs < 5);
        match unproven.len() {
            0 => None,
            n if few => Some(format!(
                "{n} unproven: record five runs of each side (`cargo perf run --runs 5 --save DIR`), or alternate both with `cargo perf compare`"
            )),
            n => Some(format!(
                "{n} unproven although there are runs enough: they scatter; alternate both with `cargo perf compare`"
            )),
        }
    }

    fn other_machine(&self) -> Option<String> {
        if self.differences.is_empty() {
            return None;
        }
        let differences: Vec<String> = self.differences.iter().map(ToString::to_string).collect();
        let scale = self.scale.map_or_else(String::new, |scale| {
            format!(" (old times brought to this machine's scale, {})", show::change(Some(scale)))
        });
        Some(format!(
            "measured on another footing, {}: times are advisory{scale}, counts gate; `--update` here records times for this class too",
            differences.join(", ")
        ))
    }
}
