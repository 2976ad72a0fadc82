//! The arithmetic of the log-linear histogram: the bucket of a value, the values of a bucket, and quantiles and joins
//! of ascending lists of buckets that are not empty.
//!
//! There is one *octave* per power of two, with [`STEPS`] equal steps. Values below `2 * STEPS` have a bucket each;
//! above, a bucket spans `1/STEPS` of its octave's lower edge, so the middle of a bucket is within `1/(2 * STEPS)` =
//! 0.79 % of every value in it.
//!
//! An octave is numbered by the highest bit of its values, from 0 for all values under 128: the hot path gets it from one
//! instruction, and the position in it from one shift, without a mask. The lowest octave is therefore twice as long as the
//! others.

/// Steps of an octave. A model explores every order of its loads, so there are few to load.
pub(crate) const STEPS: usize = if cfg!(loom) { 2 } else { 64 };
/// Octaves that 64-bit values can fall into.
pub(crate) const OCTAVES: usize = 64 - LOWEST_BIT as usize;
/// The highest bit of the values `STEPS..2 * STEPS`.
pub(crate) const LOWEST_BIT: u32 = STEPS.ilog2();
/// Buckets in all.
pub(crate) const BUCKETS: usize = (OCTAVES + 1) * STEPS;

/// The octave of a value: 0 for `0..2 * STEPS`, and one more with every doubling.
#[inline(always)]
pub(crate) fn octave(value: u64) -> usize {
    ((value | STEPS as u64).ilog2() as usize).wrapping_sub(LOWEST_BIT as usize)
}

/// The greatest value of an octave.
#[allow(clippy::cast_possible_truncation, reason = "there are fewer than 64")]
pub(crate) fn last_value(octave: usize) -> u64 {
    u64::MAX.wrapping_shr(u64::BITS - 1 - LOWEST_BIT - octave as u32)
}

/// The position of a value in its octave: `64..128`, or `0..128` in the lowest.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "below 2 * STEPS")]
pub(crate) fn position(value: u64, octave: usize) -> usize {
    (value >> octave) as usize
}

/// First position that an octave uses.
pub(crate) const fn first_position(octave: usize) -> usize {
    if octave == 0 { 0 } else { STEPS }
}

/// Cells that an octave uses.
pub(crate) const fn cells(octave: usize) -> usize {
    2 * STEPS - first_position(octave)
}

/// Positions that an octave uses.
pub(crate) const fn positions(octave: usize) -> std::ops::Range<usize> {
    first_position(octave)..2 * STEPS
}

/// The bucket of a position: ascending with the value, `0..BUCKETS`.
pub(crate) const fn bucket(octave: usize, position: usize) -> usize {
    octave * STEPS + position
}

/// The bucket of a value.
pub(crate) fn bucket_of(value: u64) -> usize {
    let octave = octave(value);
    bucket(octave, position(value, octave))
}

/// Least and greatest value of a bucket, both inside it.
pub(crate) const fn bounds(bucket: usize) -> (u64, u64) {
    let shift = (bucket / STEPS).saturating_sub(1);
    let position = (bucket - shift * STEPS) as u64;
    let low = position << shift;
    (low, low + ((1 << shift) - 1))
}

/// The middle of the bucket that holds rank `⌈q·n⌉` (at least 1, at most n).
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank in 1..=n")]
pub(crate) fn quantile(pairs: &[(u16, u64)], q: f64) -> Option<u64> {
    let total = pairs.iter().fold(0, |sum: u64, &(_, count)| sum.saturating_add(count));
    if total == 0 {
        return None;
    }
    let rank = ((q.clamp(0.0, 1.0) * total as f64).ceil() as u64).clamp(1, total);
    let mut seen = 0u64;
    let holder = pairs.iter().find(|&&(_, count)| {
        seen = seen.saturating_add(count);
        seen >= rank
    })?;
    let (low, high) = bounds(holder.0.into());
    Some(low + (high - low) / 2)
}

/// Joins two ascending lists of buckets; a bucket that one lacks is 0 there.
pub(crate) fn join(left: &[(u16, u64)], right: &[(u16, u64)], both: impl Fn(u64, u64) -> u64) -> Vec<(u16, u64)> {
    let mut joined = Vec::with_capacity(left.len().max(right.len()));
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (Some(l), Some(r)) => l.0.cmp(&r.0),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => return joined,
        };
        let l = left.next_if(|_| order.is_le());
        let r = right.next_if(|_| order.is_ge());
        let count = |side: Option<&(u16, u64)>| side.map_or(0, |pair| pair.1);
        if let Some(&(bucket, _)) = l.or(r) {
            joined.push((bucket, both(count(l), count(r))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_adjacent_and_cover_everything() {
        let mut next = 0;
        for index in 0..BUCKETS {
            let (low, high) = bounds(index);
            assert_eq!(low, next, "bucket {index}");
            assert!(high >= low);
            for value in [low, high] {
                assert_eq!(bucket_of(value), index, "value {value}");
                let octave = octave(value);
                let position = position(value, octave);
                assert!(position >= first_position(octave) && position < 2 * STEPS);
                assert!(value <= last_value(octave) && (octave == 0 || value > last_value(octave - 1)));
            }
            next = high.wrapping_add(1);
        }
        assert_eq!(next, 0, "the last bucket ends at u64::MAX");
    }

    #[test]
    fn the_middle_is_within_the_stated_error() {
        for index in 128..BUCKETS {
            let (low, high) = bounds(index);
            let middle = low + (high - low) / 2;
            assert!((high - middle) as f64 / low as f64 <= 1.0 / 128.0);
        }
    }
}
