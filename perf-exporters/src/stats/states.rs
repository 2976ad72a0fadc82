//! Does a history go to and fro between two levels?
//!
//! A machine has states (clocks, neighbours, places in memory), and a history of runs on it goes from one level to another and back,
//! several times: that is no change of the code, and a search for changes finds one wherever the state lasts. So the values are
//! divided into two levels, and each belongs to the one by which the whole history is likeliest (a hidden Markov chain,
//! decoded by Viterbi's algorithm 1967): to change the level costs as much as the logarithm of the length, so that noise of
//! single values does not look like a return. A history that leaves its level twice or more, always for the other one of
//! the same two, is in *two states*. Once is a step. Twice is a change that was taken back, or one state that came once: nothing
//! tells these apart, and in the end it is where it began, so each of its three stays has to last, and then it counts as states.

use fastrand::Rng;

use super::order::{median, sorted};

/// Fewest changes between the two levels: there and back.
const TURNS: usize = 2;

/// Where there are no more turns than that, each of the three stays has so many values at least: a step with an outlier or two before
/// it is a step.
const LAST: usize = 3;

/// Levels that lie closer together, in standard deviations of the noise, are none: the halves of normal noise are 2.3 apart, measured
/// by their own scatter.
const APART: f64 = 2.5;

/// The noise is taken for at least this share of the distance of the levels.
const LEAST_SCATTER: f64 = 0.05;

/// A value farther from a level counts as so many standard deviations away: an outlier belongs to neither, and in some fifty values or
/// more one alone does not pay for a return.
const MOST_AWAY: f64 = 4.0;

/// A stay is at one of the levels if its median is no farther away than this share of their distance.
const NEAR: f64 = 0.25;

/// A history is back at its level if the medians of the first and of the last stay differ by at most so many standard deviations of
/// such a difference.
const BACK: f64 = 3.0;

/// The standard deviation of a median by that of a mean, of normal values.
const MEDIAN: f64 = 1.253;

/// Rounds of decoding and estimating in turn.
const ROUNDS: usize = 10;

/// Two levels between which a history goes to and fro.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct States {
    /// The median of the values at the lower level.
    pub low: f64,
    /// The median of those at the higher one.
    pub high: f64,
    /// How often the level changed: twice or more.
    pub turns: usize,
    /// For each value whether it is at the higher level.
    pub at_high: Vec<bool>,
}

impl States {
    /// The two states of a history, if it has them; `shortest` is the fewest values at either level, and the length from which
    /// a stay has to be at one of the two.
    ///
    /// ```
    /// # use perf_exporters::stats::states::States;
    /// let noise = [0.3, -0.2, 0.1, -0.4, 0.2, 0.0, -0.1];
    /// let history = |levels: [f64; 4]| (0..40).map(|at| levels[at / 10] + noise[at % 7]).collect::<Vec<f64>>();
    /// let states = States::of(&history([10.0, 12.0, 10.0, 12.0]), 5).unwrap();
    /// assert_eq!(states.turns, 3);
    /// assert!(states.at_high[39] && !states.at_high[29]);
    /// assert_eq!(States::of(&history([10.0, 10.0, 12.0, 12.0]), 5), None, "a step");
    /// assert_eq!(States::of(&history([10.0, 12.0, 10.0, 14.0]), 5), None, "three levels");
    /// ```
    #[must_use]
    pub fn of(history: &[f64], shortest: usize) -> Option<Self> {
        let mut at_high = divided(history, shortest)?;
        for _ in 0..ROUNDS {
            let (levels, scatter) = estimated(history, &at_high, shortest)?;
            let decoded = likeliest(history, levels, scatter);
            if decoded == at_high {
                break;
            }
            at_high = decoded;
        }
        let (levels, scatter) = estimated(history, &at_high, shortest)?;
        let distance = levels[1] - levels[0];
        let turns = at_high.windows(2).filter(|two| two[0] != two[1]).count();
        let states = Self { low: levels[0], high: levels[1], turns, at_high };
        let two = |stay: &[f64], high: bool| {
            let middle = median(stay).unwrap_or(0.0);
            stay.len() < shortest || (middle - levels[usize::from(high)]).abs() <= NEAR * distance
        };
        let all = states.stays().all(|(from, to)| two(&history[from..to], states.at_high[from]));
        let back = turns > TURNS || states.is_back(history);
        (turns >= TURNS && distance >= APART * scatter && all && back).then_some(states)
    }

    /// Whether the history of two turns ends where it began, and each of its stays lasts.
    fn is_back(&self, history: &[f64]) -> bool {
        let stays: Vec<&[f64]> = self.stays().map(|(from, to)| &history[from..to]).collect();
        let [first, away, last] = stays[..] else { return false };
        let middles = [first, away, last].map(|stay| median(stay).unwrap_or(0.0));
        let deviations = [first, away, last].into_iter().zip(middles);
        let deviations = deviations.flat_map(|(stay, middle)| stay.iter().map(move |value| (value - middle).abs()));
        let scatter = 1.4826 * median(&deviations.collect::<Vec<f64>>()).unwrap_or(0.0);
        let scatter = scatter.max(LEAST_SCATTER * (self.high - self.low));
        let of_medians = MEDIAN * scatter * ((first.len() as f64).recip() + (last.len() as f64).recip()).sqrt();
        stays.iter().all(|stay| stay.len() >= LAST) && (middles[2] - middles[0]).abs() <= BACK * of_medians
    }

    /// The index of the first value of each stay at a level, and that of the first value after it.
    pub fn stays(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let turns = || (1..self.at_high.len()).filter(|at| self.at_high[*at] != self.at_high[at - 1]);
        std::iter::once(0).chain(turns()).zip(turns().chain([self.at_high.len()]))
    }

    /// Another history that is in the same states for as long each, in another order.
    pub(super) fn draw(&self, history: &[f64], into: &mut [f64], rng: &mut Rng) {
        let mut stays = [Vec::new(), Vec::new()];
        for (from, to) in self.stays() {
            stays[usize::from(self.at_high[from])].push((from, to));
        }
        for stays in &mut stays {
            rng.shuffle(stays);
        }
        // They alternate, so the level of which there are more comes first.
        let mut high = match stays[1].len().cmp(&stays[0].len()) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => usize::from(rng.bool()),
            std::cmp::Ordering::Greater => 1,
        };
        let mut at = 0;
        while let Some((from, to)) = stays[high].pop() {
            into[at..at + to - from].copy_from_slice(&history[from..to]);
            at += to - from;
            high = 1 - high;
        }
    }
}

/// Values above the place where two parts deviate least from their own medians.
fn divided(history: &[f64], shortest: usize) -> Option<Vec<bool>> {
    let ascending = sorted(history);
    let away = |part: &[f64]| {
        let middle = part.get(part.len() / 2).copied().unwrap_or(0.0);
        part.iter().map(|value| (value - middle).abs()).sum::<f64>()
    };
    let places = shortest..(ascending.len() + 1).saturating_sub(shortest);
    let deviations = places.map(|at| (away(&ascending[..at]) + away(&ascending[at..]), ascending[at - 1]));
    let (_, below) = deviations.min_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(history.iter().map(|value| *value > below).collect())
}

/// The medians of both levels, and the standard deviation of the values around theirs, robustly; `None` where a level has too few.
fn estimated(history: &[f64], at_high: &[bool], shortest: usize) -> Option<([f64; 2], f64)> {
    let of = |high: bool| {
        let own: Vec<f64> =
            history.iter().zip(at_high).filter(|(_, is)| **is == high).map(|(value, _)| *value).collect();
        median(&own).filter(|_| own.len() >= shortest)
    };
    let levels = [of(false)?, of(true)?];
    let away = history.iter().zip(at_high).map(|(value, high)| (value - levels[usize::from(*high)]).abs());
    let scatter = 1.4826 * median(&away.collect::<Vec<f64>>())?;
    let distance = levels[1] - levels[0];
    (distance > 0.0).then_some((levels, scatter.max(LEAST_SCATTER * distance)))
}

/// The likeliest level of each value.
fn likeliest(history: &[f64], levels: [f64; 2], scatter: f64) -> Vec<bool> {
    let turn = (history.len().max(2) as f64).ln();
    let (mut costs, mut from) = ([0.0_f64; 2], Vec::with_capacity(history.len()));
    for value in history {
        // Whether the cheapest way to either level comes from the higher one.
        let came = [costs[1] + turn < costs[0], costs[1] <= costs[0] + turn];
        let to = |high: usize| {
            let way = if came[high] { costs[1] } else { costs[0] };
            let turns = if came[high] == (high == 1) { 0.0 } else { turn };
            let away = ((value - levels[high]).abs() / scatter).min(MOST_AWAY);
            way + turns + away * away / 2.0
        };
        costs = [to(0), to(1)];
        from.push(came);
    }
    let mut high = costs[1] < costs[0];
    let mut path = vec![false; history.len()];
    for (at, came) in from.iter().enumerate().rev() {
        path[at] = high;
        high = came[usize::from(high)];
    }
    path
}

#[cfg(test)]
mod tests {
    use super::super::noise::normal;
    use super::*;

    /// A history at the levels of these stays, noise in per cent of the level.
    fn history(stays: &[(f64, usize)], noise: f64, rng: &mut Rng) -> Vec<f64> {
        let values = stays.iter().flat_map(|(level, runs)| std::iter::repeat_n(*level, *runs));
        values.map(|level| level * (1.0 + noise * normal(rng))).collect()
    }

    #[test]
    fn returns_are_counted_through_noise() {
        let mut rng = Rng::with_seed(1);
        let stays = [(100.0, 12), (115.0, 9), (100.0, 14), (115.0, 2), (100.0, 23)];
        for noise in [0.0, 0.01, 0.02, 0.03] {
            let states = States::of(&history(&stays, noise, &mut rng), 5).unwrap();
            assert_eq!(states.turns, 4, "{noise}");
            assert!((states.low - 100.0).abs() < 2.0 && (states.high - 115.0).abs() < 3.0, "{states:?}");
        }
    }

    /// Levels of 10 % with noise of 3 % are hardly more than three deviations apart, and their estimates scatter around that.
    #[test]
    fn levels_three_deviations_apart_are_mostly_found() {
        let mut rng = Rng::with_seed(4);
        let stays = [(100.0, 12), (110.0, 13), (100.0, 11), (110.0, 12), (100.0, 12)];
        let found = (0..200).filter(|_| States::of(&history(&stays, 0.03, &mut rng), 5).is_some()).count();
        assert!(found >= 160, "{found} of 200");
    }

    #[test]
    fn a_step_noise_and_three_levels_are_not_two_states() {
        let mut rng = Rng::with_seed(2);
        let mut count = |stays: &[(f64, usize)], noise| {
            (0..200).filter(|_| States::of(&history(stays, noise, &mut rng), 5).is_some()).count()
        };
        let found = [
            count(&[(100.0, 30), (110.0, 30)], 0.03),
            count(&[(115.0, 2), (100.0, 28), (115.0, 30)], 0.02),
            count(&[(100.0, 20), (130.0, 20), (110.0, 20)], 0.02),
            count(&[(100.0, 60)], 0.05),
            count(&[(100.0, 15), (130.0, 15), (100.0, 15), (160.0, 15)], 0.02),
        ];
        // Of plain noise some three in a hundred look so: two turns take no more than that.
        assert!(found.iter().all(|found| *found <= 8), "{found:?}");
        assert_eq!(States::of(&[1.0; 40], 5), None);
        assert_eq!(States::of(&[1.0, 2.0, 1.0, 2.0], 5), None);
    }

    #[test]
    fn a_level_that_was_left_once_and_came_back_is_two_states() {
        let mut rng = Rng::with_seed(5);
        for _ in 0..50 {
            let states = States::of(&history(&[(100.0, 20), (115.0, 15), (100.0, 25)], 0.02, &mut rng), 5).unwrap();
            assert_eq!(states.stays().collect::<Vec<_>>(), [(0, 20), (20, 35), (35, 60)]);
        }
    }

    #[test]
    fn stays_are_drawn_in_another_order_and_alternate() {
        let mut rng = Rng::with_seed(3);
        for stays in [
            &[(10.0, 6), (20.0, 7), (10.0, 8), (20.0, 9)][..],
            &[(10.0, 6), (20.0, 7), (10.0, 8), (20.0, 9), (10.0, 10)],
        ] {
            let own = history(stays, 0.01, &mut rng);
            let states = States::of(&own, 5).unwrap();
            let mut orders = std::collections::BTreeSet::new();
            for _ in 0..50 {
                let mut drawn = vec![0.0; own.len()];
                states.draw(&own, &mut drawn, &mut rng);
                assert_eq!(sorted(&drawn), sorted(&own));
                assert_eq!(States::of(&drawn, 5).unwrap().turns, stays.len() - 1);
                orders.insert(drawn.iter().map(|value| *value > 15.0).collect::<Vec<bool>>());
            }
            assert!(orders.len() > 2, "{}", orders.len());
        }
    }
}
