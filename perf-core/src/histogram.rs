//! The histogram as a value.

use std::fmt;

use crate::buckets;

/// How often values of which size occurred, in log-linear buckets: 64 equal steps for each power of two.
///
/// Values are nanoseconds in this crate, but any `u64` has a bucket. Values below 128 have one each; above, a bucket is
/// at most 1/64 of its lower edge wide, so a quantile, given as the middle of its bucket, is within 0.79 % of the exact
/// order statistic.
///
/// ```
/// use perf_core::Histogram;
///
/// let waits: Histogram = [3, 5, 1_000, 1_003].into_iter().collect();
/// assert_eq!(waits.count(), 4);
/// assert_eq!(waits.quantile(0.5), Some(5));
/// let lossless = Histogram::from_pairs(waits.to_pairs())?;
/// assert_eq!(lossless, waits);
/// # Ok::<(), perf_core::HistogramError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram(Vec<(u16, u64)>);

/// One bucket that is not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Least value that falls into it.
    pub low: u64,
    /// Greatest value that falls into it.
    pub high: u64,
    /// Values in it.
    pub count: u64,
}

/// Why a list of pairs is not a histogram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistogramError {
    index: u16,
    reason: &'static str,
}

impl fmt::Display for HistogramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "histogram bucket {}: {}", self.index, self.reason)
    }
}

impl std::error::Error for HistogramError {}

impl Histogram {
    pub(crate) fn from_sorted(pairs: Vec<(u16, u64)>) -> Self {
        Self(pairs)
    }

    /// Number of values; stops at the greatest number there is.
    ///
    /// ```
    /// use perf_core::Histogram;
    ///
    /// let waits: Histogram = [3, 5, 1_000].into_iter().collect();
    /// assert_eq!(waits.count(), 3);
    /// ```
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.iter().fold(0, |sum, &(_, count)| sum.saturating_add(count))
    }

    /// The buckets that are not empty, ascending.
    ///
    /// ```
    /// use perf_core::Histogram;
    ///
    /// let waits: Histogram = [3, 5, 1_000].into_iter().collect();
    /// let last = waits.buckets().last().unwrap();
    /// assert!(last.low <= 1_000 && 1_000 <= last.high && last.count == 1);
    /// ```
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        self.0.iter().map(|&(index, count)| {
            let (low, high) = buckets::bounds(index.into());
            Bucket { low, high, count }
        })
    }

    /// The value at rank `⌈q·n⌉` of `n`, as the middle of its bucket; `q` is clamped to `0..=1`. `None` if empty.
    ///
    /// ```
    /// use perf_core::Histogram;
    ///
    /// let waits: Histogram = [3, 5, 1_000].into_iter().collect();
    /// assert_eq!(waits.quantile(0.5), Some(5));
    /// assert_eq!(Histogram::default().quantile(0.5), None);
    /// ```
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<u64> {
        buckets::quantile(&self.0, q)
    }

    /// Bucket number and count of every bucket that is not empty, ascending: the whole histogram in short.
    ///
    /// Bucket `i < 128` holds the value `i`; bucket `64·(k+1) + s` with `k ≥ 0` and `s < 64` begins at
    /// `(64 + s)·2^k`.
    #[must_use]
    pub fn to_pairs(&self) -> Vec<(u16, u64)> {
        self.0.clone()
    }

    /// The number of the bucket that holds a value, as in [`Self::to_pairs`]: for callers that count in cells of their
    /// own.
    ///
    /// ```
    /// # use perf_core::Histogram;
    /// assert_eq!(Histogram::bucket_of(127), 127);
    /// assert_eq!(Histogram::from_iter([4_711]).to_pairs(), [(Histogram::bucket_of(4_711), 1)]);
    /// ```
    #[must_use]
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "bucket numbers are below 3776")]
    pub fn bucket_of(value: u64) -> u16 {
        buckets::bucket_of(value) as u16
    }

    /// The inverse of [`Self::to_pairs`].
    ///
    /// # Errors
    /// Where a bucket number is not greater than the one before or not below 3776, or a count is 0.
    ///
    /// ```
    /// use perf_core::Histogram;
    ///
    /// let waits: Histogram = [3, 5, 1_000].into_iter().collect();
    /// assert_eq!(Histogram::from_pairs(waits.to_pairs()), Ok(waits));
    /// assert!(Histogram::from_pairs([(7, 1), (3, 1)]).is_err()); // not ascending
    /// ```
    pub fn from_pairs(pairs: impl IntoIterator<Item = (u16, u64)>) -> Result<Self, HistogramError> {
        let mut kept: Vec<(u16, u64)> = Vec::new();
        for (index, count) in pairs {
            let error = |reason| Err(HistogramError { index, reason });
            if usize::from(index) >= buckets::BUCKETS {
                return error("there are 3776 buckets");
            }
            if kept.last().is_some_and(|last| last.0 >= index) {
                return error("not in ascending order");
            }
            if count == 0 {
                return error("an empty bucket is left out");
            }
            kept.push((index, count));
        }
        Ok(Self(kept))
    }

    /// Adds the values of another histogram. Lossless, associative and commutative.
    ///
    /// ```
    /// use perf_core::Histogram;
    ///
    /// let waits: Histogram = [3, 5, 1_000].into_iter().collect();
    /// let mut all = waits.clone();
    /// all.merge(&waits);
    /// assert_eq!(all.count(), 6);
    /// ```
    pub fn merge(&mut self, other: &Self) {
        self.0 = buckets::join(&self.0, &other.0, u64::saturating_add);
    }
}

impl Extend<u64> for Histogram {
    fn extend<T: IntoIterator<Item = u64>>(&mut self, values: T) {
        for value in values {
            let bucket = Self::bucket_of(value);
            match self.0.binary_search_by_key(&bucket, |pair| pair.0) {
                Ok(place) => self.0[place].1 = self.0[place].1.saturating_add(1),
                Err(place) => self.0.insert(place, (bucket, 1)),
            }
        }
    }
}

impl FromIterator<u64> for Histogram {
    fn from_iter<T: IntoIterator<Item = u64>>(values: T) -> Self {
        let mut histogram = Self::default();
        histogram.extend(values);
        histogram
    }
}
