//! The iterator over intended starts.
//!
//! Arrivals are points on the axis of the integral: 0, 1, 2, … where evenly spaced, sums of exponential gaps of mean 1 for a
//! Poisson process. The inverse of the integral maps them to times. Points are kept relative to the current piece, so that days
//! of arrivals lose no precision.

use std::iter::FusedIterator;
use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, Exp1};

use super::curve::Curve;
use super::{Arrivals, Source};

/// Intended starts since the beginning, ascending: [`Arrivals::times`].
#[derive(Clone, Debug)]
pub struct Times(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Curve(Box<OnCurve>),
    Replay { times: Arc<[u64]>, next: usize },
}

#[derive(Clone, Debug)]
struct OnCurve {
    curve: Curve,
    /// Where the current piece begins, in nanoseconds since the beginning; no arrival is at or after `end`.
    begins: u64,
    end: u64,
    piece: usize,
    /// The next arrival's point, since the beginning of the current piece: `offset` plus `steps` where evenly spaced.
    offset: f64,
    steps: u64,
    random: Option<Xoshiro256PlusPlus>,
    last: u64,
}

impl Times {
    pub(super) fn new(arrivals: &Arrivals) -> Self {
        Self(match &arrivals.source {
            Source::Curve(curve) => Kind::Curve(Box::new(OnCurve::new(curve, arrivals.duration, arrivals.seed))),
            Source::Replay(times) => Kind::Replay { times: times.clone(), next: 0 },
        })
    }

    /// The same in nanoseconds.
    pub(crate) fn next_nanos(&mut self) -> Option<u64> {
        match &mut self.0 {
            Kind::Curve(curve) => curve.next(),
            Kind::Replay { times, next } => {
                let time = times.get(*next).copied();
                *next += usize::from(time.is_some());
                time
            }
        }
    }
}

impl Iterator for Times {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.next_nanos().map(Duration::from_nanos)
    }
}

impl FusedIterator for Times {}

impl OnCurve {
    fn new(curve: &Curve, duration: Duration, seed: Option<u64>) -> Self {
        let mut random = seed.map(Xoshiro256PlusPlus::seed_from_u64);
        Self {
            curve: curve.clone(),
            begins: 0,
            // Durations were checked: their nanoseconds fit.
            end: u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX),
            piece: 0,
            offset: random.as_mut().map_or(0.0, gap),
            steps: 0,
            random,
            last: 0,
        }
    }

    #[inline]
    fn next(&mut self) -> Option<u64> {
        loop {
            if self.begins >= self.end {
                return None;
            }
            let piece = &self.curve.pieces()[self.piece];
            let point = self.offset + self.steps as f64;
            if point < piece.count {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the piece")]
                let within = (piece.invert(point) * 1e9).round() as u64;
                let time = self.begins.saturating_add(within.min(piece.nanos() - 1)).max(self.last);
                if time >= self.end {
                    self.begins = self.end;
                    return None;
                }
                match &mut self.random {
                    Some(random) => self.offset += gap(random),
                    None => self.steps += 1,
                }
                self.last = time;
                return Some(time);
            }
            self.offset = point - piece.count;
            self.steps = 0;
            self.begins = self.begins.saturating_add(piece.nanos());
            self.piece = (self.piece + 1) % self.curve.pieces().len();
        }
    }
}

/// Gap to the next point of a Poisson process of rate 1.
fn gap(random: &mut Xoshiro256PlusPlus) -> f64 {
    Exp1.sample(random)
}
