//! One figure: its value in every run, and the range that it is surely in.

use crate::stats::order::{median_of_sorted, sorted};

/// One figure: its value in every run, and the range that it is surely in.
///
/// Never empty, never negative, never NaN; `low <= runs <= high`, and `high` may be infinite. Figures are equal whatever the order of
/// their runs.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Ascending.
    runs: Vec<f64>,
    /// The same in the order of the runs.
    in_turn: Vec<f64>,
    low: f64,
    high: f64,
}

impl Figure {
    /// A figure without doubt: a count.
    #[must_use]
    pub fn exact(value: u64) -> Self {
        let value = value as f64;
        Self { runs: vec![value], in_turn: vec![value], low: value, high: value }
    }

    /// A figure from its parts, the runs in their order; `None` where they are no figure.
    ///
    /// ```
    /// # use perf_exporters::baseline::Figure;
    /// let figure = Figure::new(&[3.0, 1.0, 2.0], 0.5, f64::INFINITY).unwrap();
    /// assert_eq!(figure.value(), 2.0);
    /// assert_eq!(Figure::new(&[3.0], 4.0, 5.0), None);
    /// ```
    #[must_use]
    pub fn new(runs: &[f64], low: f64, high: f64) -> Option<Self> {
        let in_turn = runs.to_vec();
        let runs = sorted(runs);
        let (least, greatest) = (*runs.first()?, *runs.last()?);
        let ordered = 0.0 <= low && low <= least && greatest <= high;
        (ordered && greatest.is_finite()).then_some(Self { runs, in_turn, low, high })
    }

    /// The figure of all these runs; `None` of none.
    #[must_use]
    pub fn join(figures: impl IntoIterator<Item = Self>) -> Option<Self> {
        let figures: Vec<Self> = figures.into_iter().collect();
        let runs: Vec<f64> = figures.iter().flat_map(|figure| figure.in_turn.iter().copied()).collect();
        let low = figures.iter().map(|figure| figure.low).fold(f64::INFINITY, f64::min);
        let high = figures.iter().map(|figure| figure.high).fold(0.0, f64::max);
        Self::new(&runs, low, high)
    }

    /// The same with five significant digits, as a file keeps a time.
    #[must_use]
    pub(super) fn rounded(&self) -> Self {
        self.with(five_digits)
    }

    /// The same in another unit.
    #[must_use]
    pub(super) fn scaled(&self, factor: f64) -> Self {
        self.with(|value| value * factor)
    }

    /// The same with other values, in the same order of size.
    fn with(&self, change: impl Fn(f64) -> f64) -> Self {
        let of = |runs: &[f64]| runs.iter().copied().map(&change).collect();
        Self { runs: of(&self.runs), in_turn: of(&self.in_turn), low: change(self.low), high: change(self.high) }
    }

    /// The median over the runs.
    #[must_use]
    pub fn value(&self) -> f64 {
        median_of_sorted(&self.runs).unwrap_or(0.0)
    }

    /// The value of each run, ascending.
    #[must_use]
    pub fn runs(&self) -> &[f64] {
        &self.runs
    }

    /// The value of each run, in the order of the runs.
    #[must_use]
    pub fn in_turn(&self) -> &[f64] {
        &self.in_turn
    }

    /// The figure is surely not below this.
    #[must_use]
    pub const fn low(&self) -> f64 {
        self.low
    }

    /// The figure is surely not above this; may be infinite.
    #[must_use]
    pub const fn high(&self) -> f64 {
        self.high
    }

    /// The value that all runs agree on, where there is no doubt about it.
    #[must_use]
    pub fn agreed(&self) -> Option<f64> {
        let value = self.runs[0];
        let same = |other: f64| other.total_cmp(&value).is_eq();
        (same(self.low) && same(self.high)).then_some(value)
    }
}

impl PartialEq for Figure {
    fn eq(&self, other: &Self) -> bool {
        (&self.runs, self.low, self.high) == (&other.runs, other.low, other.high)
    }
}

/// Rounds to five significant digits. The rounding is monotonic, so that ordered values stay in order.
fn five_digits(value: f64) -> f64 {
    format!("{value:.4e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_join_to_the_widest_range() {
        let one = Figure::new(&[10.0], 9.0, 12.0).unwrap();
        let two = Figure::new(&[8.0], 7.0, 9.0).unwrap();
        let both = Figure::join([one, two]).unwrap();
        assert_eq!((both.runs(), both.low(), both.high()), (&[8.0, 10.0][..], 7.0, 12.0));
        assert_eq!(Figure::join([]), None);
    }

    #[test]
    fn counts_agree_or_do_not() {
        assert_eq!(Figure::exact(7).agreed(), Some(7.0));
        assert_eq!(Figure::join([Figure::exact(7), Figure::exact(7)]).unwrap().agreed(), Some(7.0));
        assert_eq!(Figure::join([Figure::exact(7), Figure::exact(8)]).unwrap().agreed(), None);
    }

    #[test]
    fn rounding_keeps_five_digits_and_infinity() {
        let figure = Figure::new(&[123_456.7], 0.123_456_7, f64::INFINITY).unwrap().rounded();
        assert_eq!((figure.value(), figure.low(), figure.high()), (123_460.0, 0.123_46, f64::INFINITY));
    }

    #[test]
    fn nonsense_is_no_figure() {
        for (runs, low, high) in [
            (&[][..], 0.0, 1.0),
            (&[f64::NAN][..], 0.0, 1.0),
            (&[1.0][..], f64::NAN, 1.0),
            (&[1.0][..], -1.0, 1.0),
            (&[f64::INFINITY][..], 0.0, f64::INFINITY),
            (&[2.0][..], 0.0, 1.0),
        ] {
            assert_eq!(Figure::new(runs, low, high), None, "{runs:?} {low} {high}");
        }
    }
}
