//! Figures and changes in words, for every rendering.

use super::{Change, Level, Metric, Proof, RegressionReport};
use crate::human;
use crate::judge::Unit;
use crate::stats::order::floor;

impl Metric {
    /// A value of this metric with its unit, for people.
    ///
    /// ```
    /// # use perf_exporters::baseline::Metric;
    /// assert_eq!(Metric::MeanNs.figure(12.34), "12.3 ns");
    /// assert_eq!(Metric::Allocs.figure(1.5), "1.500");
    /// ```
    #[must_use]
    pub fn figure(self, value: f64) -> String {
        let whole = floor(value.round()) as u64;
        match self.unit() {
            Unit::Nanoseconds if value < 100.0 => format!("{value:.1} ns"),
            Unit::Nanoseconds => human::duration(whole).to_string(),
            Unit::Bytes => human::bytes(whole).to_string(),
            Unit::PerSecond if self == Self::BytesPerSecond => format!("{}/s", human::bytes(whole)),
            Unit::PerSecond => format!("{}/s", human::count(whole)),
            Unit::Instructions => human::thousands(whole),
            // Exact things are shown exactly; shares per call are not whole.
            _ if value.fract() == 0.0 => format!("{value:.0}"),
            _ => format!("{value:.3}"),
        }
    }
}

/// A quotient as a change: `+12.5 %`, `×4.00`, `from 0`.
pub(crate) fn change(ratio: Option<f64>) -> String {
    match ratio {
        None => "from 0".to_owned(),
        Some(ratio) if ratio >= 3.0 => format!("×{ratio:.2}"),
        Some(ratio) => percent(100.0 * (ratio - 1.0)),
    }
}

fn percent(value: f64) -> String {
    percent_with(1, value)
}

/// A quotient of counted instructions: `+0.62 %`.
pub(crate) fn fine_change(ratio: f64) -> String {
    percent_with(2, 100.0 * (ratio - 1.0))
}

fn percent_with(digits: usize, value: f64) -> String {
    format!("{} %", human::signed(value, digits))
}

/// A change in words: how many more or fewer where that is known exactly, a share elsewhere.
pub(crate) fn moved(found: &Change) -> String {
    if found.proof != Proof::Exact {
        return in_digits(found)(found.ratio);
    }
    difference(found.metric, found.new - found.old)
}

/// The words for a quotient of this figure.
fn in_digits(found: &Change) -> fn(Option<f64>) -> String {
    match found.metric {
        Metric::Instructions => |ratio| ratio.map_or_else(|| change(None), fine_change),
        _ => change,
    }
}

/// `+4`, `−1.00 KiB`, `±0`.
pub(crate) fn difference(metric: Metric, by: f64) -> String {
    let sign = match by {
        by if by > 0.0 => "+",
        by if by < 0.0 => "−",
        _ => "±",
    };
    format!("{sign}{}", metric.figure(by.abs()))
}

/// The bounds between which the change surely lies.
pub(crate) fn surely(found: &Change) -> String {
    let change = in_digits(found);
    match (found.proof, found.low, found.high) {
        (Proof::Exact, ..) => "exactly".to_owned(),
        // A quotient cannot be below zero: that is no bound.
        (_, None | Some(0.0), None) => "no bounds".to_owned(),
        (_, None | Some(0.0), Some(high)) => format!("at most {}", change(Some(high))),
        (_, Some(low), None) => format!("at least {}", change(Some(low))),
        (_, Some(low), Some(high)) => format!("{} … {}", change(Some(low)), change(Some(high))),
    }
}

/// The evidence behind the change.
pub(crate) fn basis(found: &Change) -> String {
    match found.proof {
        Proof::Exact => "counts".to_owned(),
        Proof::Runs => format!("{}+{} runs", found.old_runs, found.new_runs),
        Proof::Ranges if found.metric == Metric::Instructions => {
            format!("{}+{} processes", found.old_runs, found.new_runs)
        }
        Proof::Ranges => {
            format!("{}+{} run{}", found.old_runs, found.new_runs, if found.new_runs == 1 { "" } else { "s" })
        }
    }
}

/// `2 FAIL, 1 warn, 3 better of 40 figures`.
pub(crate) fn summary(found: &RegressionReport) -> String {
    let levels = [Level::Fail, Level::Warn, Level::Unproven, Level::Improved];
    let counted = levels.map(|level| (found.count(level), level));
    let parts: Vec<String> =
        counted.iter().filter(|(count, _)| *count > 0).map(|(count, level)| format!("{count} {level}")).collect();
    let gating = found.changes.iter().filter(|change| change.gates).count();
    let what = if parts.is_empty() { "nothing moved".to_owned() } else { parts.join(", ") };
    format!("{what}, of {gating} figures that gate")
}

/// A list of names, cut after some.
pub(crate) fn names(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_read_as_people_say_them() {
        for (ratio, text) in [(1.125, "+12.5 %"), (0.9, "−10.0 %"), (1.0, "±0.0 %"), (0.9999, "±0.0 %"), (3.5, "×3.50")]
        {
            assert_eq!(change(Some(ratio)), text);
        }
        assert_eq!(change(None), "from 0");
    }

    #[test]
    fn counts_differ_by_numbers() {
        let texts = [4.0, -1.0, 0.0].map(|by| difference(Metric::Allocs, by));
        assert_eq!(texts, ["+4", "−1", "±0"]);
        assert_eq!(difference(Metric::PeakBytes, 4096.0), "+4.00 KiB");
    }

    #[test]
    fn exact_values_are_shown_exactly() {
        assert_eq!(Metric::Allocs.figure(1_234_567.0), "1234567");
        assert_eq!(Metric::Allocs.figure(1.5), "1.500");
        assert_eq!(Metric::MeanNs.figure(12.34), "12.3 ns");
        assert_eq!(Metric::MeanNs.figure(12_345.0), "12.3 µs");
        assert_eq!(Metric::BytesPerSecond.figure(1_048_576.0), "1.00 MiB/s");
        assert_eq!(Metric::ItemsPerSecond.figure(5000.0), "5.00 K/s");
    }
}
