//! When did a history of results change?
//!
//! E-divisive (Matteson and James, *JASA* 109, 2014): of all places where a history can be cut in two, take the one with the
//! greatest energy distance between the parts,
//! `q = mn ÷ (m+n) × (2 E|X−Y| − E|X−X′| − E|Y−Y′|)`; believe it if shuffling the values within their segments hardly ever
//! gives as much; go on with the parts until none is believed. Where neighbours depend on each other, as runs in one state of a
//! machine do, it is their innovations that are shuffled (`dependence`). Each change is named: the level, by ranks; the spread
//! alone; or neither at one place, where a slope explains the values better than a step does ([`Kind::Drift`]). No distribution is assumed; a single outlier makes no
//! segment, since a segment has at least five values. Segments whose medians differ by less than the least change that matters are joined
//! again, the least different first.
//!
//! Cuts say little of what has no place, or leaves the level as it is. So a history without any is asked for a slope, and for a step of the distances
//! between neighbours, which is a change of its scatter (`shape`).

use std::collections::BTreeMap;

use fastrand::Rng;

use super::dependence::Dependent;
use super::order::{doubled_ranks, median};
use super::shape::{self, Shape};
use super::states::States;

/// The parameters of a search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Fewest values in a segment, at least 2; default 5.
    pub least_length: usize,
    /// Least change between neighbouring medians, as a share of the earlier one; default 0.05.
    pub least_change: f64,
    /// A cut is believed at this significance; default 0.01.
    pub level: f64,
    /// Shuffles per cut; more than 2 ÷ `level`, default 499.
    pub shuffles: u32,
    /// Seed of the shuffles: the same seed gives the same answer.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { least_length: 5, least_change: 0.05, level: 0.01, shuffles: 499, seed: 0x5eed }
    }
}

/// A change of the scatter needs so many times the fewest values of a segment to either side: five or ten of them, partly in one state of
/// the machine and partly in the other, or of neighbours that depend on each other, scatter differently by chance.
const OF_SPREAD: usize = 3;

/// Fewer times more are no change of the scatter where nothing else changed.
const MORE_SCATTER: f64 = 1.5;

/// A drift that no cut shows needs so many times the fewest values of a segment.
const OF_DRIFT: usize = 3;

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The level, from one value to the next.
    Level,
    /// The level, slowly: the place is the middle of it.
    Drift,
    /// How far values scatter, and not the level.
    Spread,
}

/// A change in a history.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ChangePoint {
    /// Index of the first value after the change.
    pub index: usize,
    /// Median of the segment before.
    pub before: f64,
    /// Median of the segment after.
    pub after: f64,
    /// The kind of the change.
    pub kind: Kind,
    /// Share of shuffles with as great a distance, between 1 ÷ (shuffles + 1) and the level.
    pub p: f64,
}

impl ChangePoint {
    /// after ÷ before: 1.1 is a rise of 10 %. NaN for 0 ÷ 0.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.after / self.before
    }

    /// |after − before| ÷ |before|.
    fn size(&self) -> f64 {
        if self.after.total_cmp(&self.before).is_eq() {
            return 0.0;
        }
        ((self.after - self.before) / self.before).abs()
    }
}

/// The changes in a history, in the order of time; empty for a history of fewer than two segments' length.
///
/// Values that are not finite are taken as zero. Work grows with n² × shuffles; a history of some hundred values takes
/// milliseconds.
///
/// ```
/// # use perf_exporters::stats::changepoint::{find, Options};
/// let noise = [0.3, -0.2, 0.1, -0.4, 0.2, 0.0, -0.1, 0.4];
/// let history: Vec<f64> = (0..24).map(|i| if i < 12 { 10.0 } else { 12.0 } + noise[i % 8]).collect();
/// let found = find(&history, &Options::default());
/// assert_eq!(found.len(), 1);
/// assert_eq!(found[0].index, 12);
/// ```
#[must_use]
pub fn find(history: &[f64], options: &Options) -> Vec<ChangePoint> {
    let values: Vec<f64> = history.iter().map(|v| if v.is_finite() { *v } else { 0.0 }).collect();
    let shortest = options.least_length.max(2);
    let mut rng = Rng::with_seed(options.seed);
    // Segment ends, the last one being the end of history, and the p-value of the cut at each.
    let mut ends = vec![(values.len(), 0.0)];
    let mut kinds = BTreeMap::new();
    // The segment in which each cut was found.
    let mut around = BTreeMap::new();
    while let Some((at, q)) = best_of_all(&values, &ends, shortest) {
        let Some((p, level)) = believed(&values, &ends, (at, q), options, &mut rng) else { break };
        let kind = match level <= options.level {
            _ if is_slope(&values, &ends, at) => Kind::Drift,
            true => Kind::Level,
            false => Kind::Spread,
        };
        kinds.insert(at, kind);
        around.extend(segments(&ends).find(|(from, to)| (*from..*to).contains(&at)).map(|segment| (at, segment)));
        ends.push((at, p));
        ends.sort_unstable_by_key(|e| e.0);
        if kind == Kind::Drift {
            // A drifting history has no places where it changes.
            break;
        }
    }
    for (beside, at) in neighbours(&ends) {
        if kinds.get(&at) == Some(&Kind::Spread)
            && around.get(&at) != Some(&beside)
            && is_level(&values, beside, at, options, &mut rng)
        {
            kinds.insert(at, Kind::Level);
        }
    }
    let found = join_small(&values, ends, &kinds, options);
    if !found.is_empty() {
        return found;
    }
    let Some((at, p, kind)) = without_a_step(&values, options, &mut rng) else { return found };
    join_small(&values, vec![(at, p), (values.len(), 0.0)], &BTreeMap::from([(at, kind)]), options)
}

/// The change in a history in which no step was found: a drift, or a change of its scatter. Each has half of the level.
fn without_a_step(values: &[f64], options: &Options, rng: &mut Rng) -> Option<(usize, f64, Kind)> {
    let drift = drifts(values, options, rng).map(|(at, p)| (at, p, Kind::Drift));
    drift.or_else(|| scatters(values, options, rng).map(|(at, p)| (at, p, Kind::Spread)))
}

/// The middle of a history, and how improbable its slope is, if it moves slowly. Two states, or a step that explains more, are no drift.
fn drifts(values: &[f64], options: &Options, rng: &mut Rng) -> Option<(usize, f64)> {
    let shortest = options.least_length.max(2);
    let (step, _) = best_cut(values, shortest).filter(|_| values.len() >= OF_DRIFT * shortest)?;
    if !is_slope(values, &[(values.len(), 0.0)], step) || States::of(values, shortest).is_some() {
        return None;
    }
    shape::believed(values, Shape::Line, options.level / 2.0, options.shuffles, rng)
}

/// Where the scatter changes, by the distances of neighbours: a level that wanders is in none of them.
fn scatters(values: &[f64], options: &Options, rng: &mut Rng) -> Option<(usize, f64)> {
    let distances: Vec<f64> = values.windows(2).map(|two| (two[1] - two[0]).abs()).collect();
    let shortest = OF_SPREAD * options.least_length.max(2);
    if distances.len() < 2 * shortest {
        return None;
    }
    let shape = Shape::Step { shortest };
    let (at, p) = shape::believed(&distances, shape, options.level / 2.0, options.shuffles, rng)?;
    let [before, after] = [&distances[..at], &distances[at..]].map(|part| median(part).unwrap_or(0.0));
    let matters = before.max(after) >= MORE_SCATTER * before.min(after);
    matters.then_some((at + 1, p))
}

/// Each cut, after the beginning of the segment before it and the end of the one behind it.
fn neighbours(ends: &[(usize, f64)]) -> Vec<((usize, usize), usize)> {
    let all: Vec<(usize, usize)> = segments(ends).collect();
    all.windows(2).map(|pair| ((pair[0].0, pair[1].1), pair[0].1)).collect()
}

/// Whether the levels beside a cut differ by ranks. A level that rises and falls again within one segment looks like a wider
/// scatter there, until the segment is cut once more.
fn is_level(values: &[f64], (from, to): (usize, usize), at: usize, options: &Options, rng: &mut Rng) -> bool {
    let (mut drawn, whole) = (values[from..to].to_vec(), [(to - from, 0.0)]);
    let seen = difference(&drawn, &whole, at - from) * (1.0 - 1e-9);
    let mut reached = 1_u32;
    for _ in 0..options.shuffles {
        rng.shuffle(&mut drawn);
        reached += u32::from(difference(&drawn, &whole, at - from) >= seen);
    }
    f64::from(reached) / (f64::from(options.shuffles) + 1.0) <= options.level
}

/// The cut with the greatest distance within any segment.
fn best_of_all(values: &[f64], ends: &[(usize, f64)], shortest: usize) -> Option<(usize, f64)> {
    segments(ends)
        .filter_map(|(from, to)| best_cut(&values[from..to], shortest).map(|(at, q)| (from + at, q)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

fn segments(ends: &[(usize, f64)]) -> impl Iterator<Item = (usize, usize)> + '_ {
    let begins = std::iter::once(0).chain(ends.iter().map(|e| e.0));
    begins.zip(ends.iter().map(|e| e.0))
}

/// The cut of one segment with the greatest energy distance.
///
/// Going from left to right one value crosses the cut at a time; only its distances change sides.
pub(super) fn best_cut(segment: &[f64], shortest: usize) -> Option<(usize, f64)> {
    let n = segment.len();
    if n < 2 * shortest {
        return None;
    }
    let distances = |value: f64, part: &[f64]| part.iter().map(|v| (v - value).abs()).sum::<f64>();
    let (mut left, mut right) = (0.0, 0.0);
    for (i, &value) in segment.iter().enumerate() {
        right += distances(value, &segment[i + 1..]);
    }
    let mut across = 0.0;
    let mut best = None;
    for at in 1..=n - shortest {
        let value = segment[at - 1];
        let before = distances(value, &segment[..at - 1]);
        let after = distances(value, &segment[at..]);
        left += before;
        right -= after;
        across += after - before;
        if at >= shortest {
            let (m, k) = (at as f64, (n - at) as f64);
            let between = 2.0 * across / (m * k);
            let within = 2.0 * left / (m * (m - 1.0)) + 2.0 * right / (k * (k - 1.0));
            let q = m * k / (m + k) * (between - within);
            if best.is_none_or(|(_, most)| q > most) {
                best = Some((at, q));
            }
        }
    }
    best
}

/// The p-values of the greatest distance `q` among histories without a change, if it is significant, and of the greatest
/// difference in level there.
fn believed(
    values: &[f64],
    ends: &[(usize, f64)],
    (at, q): (usize, f64),
    options: &Options,
    rng: &mut Rng,
) -> Option<(f64, f64)> {
    let shortest = options.least_length.max(2);
    let mut drawn = values.to_vec();
    let mut kinds: Vec<Dependent> =
        segments(ends).map(|(from, to)| Dependent::of(&values[from..to], shortest)).collect();
    let total = f64::from(options.shuffles) + 1.0;
    // The history itself counts as one of its draws; as soon as too many reach q, the rest cannot help.
    let (mut reached, mut level) = (1_u32, 1_u32);
    // Sums in another order differ in the last digits: ties must count as reached.
    let nearly = q * (1.0 - 1e-9);
    let difference = difference(values, ends, at) * (1.0 - 1e-9);
    for _ in 0..options.shuffles {
        for ((from, to), kind) in segments(ends).zip(&mut kinds) {
            kind.draw(&mut drawn[from..to], rng);
        }
        if let Some((at, most)) = best_of_all(&drawn, ends, shortest) {
            reached += u32::from(most >= nearly);
            level += u32::from(self::difference(&drawn, ends, at) >= difference);
        }
        if f64::from(reached) / total > options.level {
            return None;
        }
    }
    Some((f64::from(reached) / total, f64::from(level) / total))
}

/// How far the ranks on both sides of a cut are apart, within its segment: the difference in level alone.
fn difference(values: &[f64], ends: &[(usize, f64)], at: usize) -> f64 {
    let Some((from, to)) = segments(ends).find(|(from, to)| (*from..*to).contains(&at)) else { return 0.0 };
    let (m, n) = ((at - from) as f64, (to - from) as f64);
    let ranks = doubled_ranks(&values[from..to]);
    let sum: usize = ranks[..at - from].iter().sum();
    (sum as f64 - m * (n + 1.0)).abs() / (m * (n - m) * (n + 1.0) / 3.0).sqrt()
}

/// Whether a slope explains the segment better than a step at that place does, by absolute deviations.
fn is_slope(values: &[f64], ends: &[(usize, f64)], at: usize) -> bool {
    let Some((from, to)) = segments(ends).find(|(from, to)| (*from..*to).contains(&at)) else { return false };
    let away = |part: &[f64]| {
        let middle = median(part).unwrap_or(0.0);
        part.iter().map(|value| (value - middle).abs()).sum::<f64>()
    };
    let part = &values[from..to];
    let step = away(&part[..at - from]) + away(&part[at - from..]);
    // Theil and Sen's slope, and the residuals of the values.
    let pairs = (0..part.len()).flat_map(|j| (0..j).map(move |i| (i, j)));
    let slope = median(&pairs.map(|(i, j)| (part[j] - part[i]) / (j - i) as f64).collect::<Vec<_>>()).unwrap_or(0.0);
    let level: Vec<f64> = part.iter().enumerate().map(|(at, value)| value - slope * at as f64).collect();
    away(&level) < step
}

/// Removes cuts between medians that hardly differ, the least different first, and changes of the scatter beside too few values.
fn join_small(
    values: &[f64],
    mut ends: Vec<(usize, f64)>,
    kinds: &BTreeMap<usize, Kind>,
    options: &Options,
) -> Vec<ChangePoint> {
    let (least, scattering) = (options.least_change, OF_SPREAD * options.least_length.max(2));
    loop {
        let short = neighbours(&ends).into_iter().position(|((from, to), at)| {
            kinds.get(&at) == Some(&Kind::Spread) && (at - from).min(to - at) < scattering
        });
        if let Some(index) = short {
            ends.remove(index);
            continue;
        }
        let medians: Vec<f64> = segments(&ends).map(|(from, to)| median(&values[from..to]).unwrap_or(0.0)).collect();
        let changes: Vec<ChangePoint> = medians
            .windows(2)
            .zip(&ends)
            .map(|(pair, &(index, p))| {
                let kind = kinds.get(&index).copied().unwrap_or(Kind::Level);
                ChangePoint { index, before: pair[0], after: pair[1], p, kind }
            })
            .collect();
        let levels = changes.iter().enumerate().filter(|(_, change)| change.kind != Kind::Spread);
        let smallest = levels.min_by(|a, b| a.1.size().total_cmp(&b.1.size()));
        match smallest {
            Some((index, change)) if change.size() < least => {
                ends.remove(index);
            }
            _ => return changes,
        }
    }
}

#[cfg(test)]
#[path = "changepoint_tests.rs"]
mod tests;
