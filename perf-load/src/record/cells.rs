//! A histogram under construction.

use perf_core::Histogram;

/// Buckets of one power of two, and how many such blocks there are.
const BLOCK: usize = 64;
const BLOCKS: usize = 59;

/// The buckets of a [`Histogram`] as plain numbers, in blocks that are allocated when first used, with the exact sum, least
/// and greatest beside them.
#[derive(Clone, Debug)]
pub(crate) struct Cells {
    blocks: Box<[Option<Box<[u64; BLOCK]>>; BLOCKS]>,
    spread: Spread,
}

/// Exact figures of the values in a histogram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spread {
    pub(crate) count: u64,
    pub(crate) sum: u64,
    /// Least and greatest, where there is any value.
    pub(crate) extremes: Option<(u64, u64)>,
}

/// A histogram and the exact figures of its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Distribution {
    pub(crate) histogram: Histogram,
    pub(crate) spread: Spread,
}

impl Distribution {
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.spread.count == 0 {
            return;
        }
        self.histogram.merge(&other.histogram);
        let spread = &mut self.spread;
        spread.count = spread.count.saturating_add(other.spread.count);
        spread.sum = spread.sum.saturating_add(other.spread.sum);
        spread.extremes = match (spread.extremes, other.spread.extremes) {
            (Some((low, high)), Some((least, greatest))) => Some((low.min(least), high.max(greatest))),
            (one, other) => one.or(other),
        };
    }
}

impl Cells {
    pub(crate) fn new() -> Self {
        Self { blocks: Box::new([const { None }; BLOCKS]), spread: Spread::default() }
    }

    #[inline]
    pub(crate) fn record(&mut self, value: u64) {
        let bucket = usize::from(Histogram::bucket_of(value));
        // There are 3776 = 59 · 64 buckets.
        let block = self.blocks[bucket / BLOCK].get_or_insert_with(|| Box::new([0; BLOCK]));
        block[bucket % BLOCK] += 1;
        self.spread.count += 1;
        self.spread.sum = self.spread.sum.saturating_add(value);
        let (low, high) = self.spread.extremes.unwrap_or((value, value));
        self.spread.extremes = Some((low.min(value), high.max(value)));
    }

    /// Takes the counts; begins anew with the allocated blocks.
    pub(crate) fn take(&mut self) -> Distribution {
        let mut pairs = Vec::new();
        for (at, block) in self.blocks.iter_mut().enumerate() {
            for (step, count) in block.iter_mut().flat_map(|block| block.iter_mut().enumerate()) {
                if *count > 0 {
                    // The index is below 3776.
                    pairs.push((u16::try_from(at * BLOCK + step).unwrap_or(u16::MAX), std::mem::take(count)));
                }
            }
        }
        let histogram = Histogram::from_pairs(pairs).unwrap_or_default();
        Distribution { histogram, spread: std::mem::take(&mut self.spread) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_the_histogram_and_begin_anew() {
        let values = [0, 1, 127, 128, 4_711, 4_711, 1 << 40, u64::MAX];
        let mut cells = Cells::new();
        for _ in 0..2 {
            for value in values {
                cells.record(value);
            }
            let taken = cells.take();
            assert_eq!(taken.histogram, values.into_iter().collect());
            assert_eq!(taken.spread, Spread { count: 8, sum: u64::MAX, extremes: Some((0, u64::MAX)) });
        }
        assert_eq!(cells.take(), Distribution::default());
    }
}
