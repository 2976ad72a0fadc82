//! The shapes of load by name: each function checks its arguments, and its error names the key that is wrong.

use std::time::Duration;

use super::curve::{Curve, Piece};
use super::{Arrivals, Source, usable};
use crate::Error;

/// More than this many arrivals are not counted exactly in a float.
const MOST: f64 = 9e15;

impl Arrivals {
    /// A steady rate, per second.
    ///
    /// # Errors
    /// A rate that is not a finite number above zero, a duration that is zero or over 584 years; the error names the key.
    pub fn constant(rate: f64, duration: Duration) -> Result<Self, Error> {
        positive("rate", rate)?;
        Self::of(vec![Piece::linear(rate, rate, usable("duration", duration)?)], duration)
    }

    /// A rate that grows or falls steadily; one end may be zero.
    ///
    /// # Errors
    /// As [`constant`](Self::constant), for `from` and `to`.
    pub fn ramp(from: f64, to: f64, duration: Duration) -> Result<Self, Error> {
        some(&[("from", from), ("to", to)])?;
        Self::of(vec![Piece::linear(from, to, usable("duration", duration)?)], duration)
    }

    /// Steady rates one after the other; a rate may be zero for a pause.
    ///
    /// ```
    /// # use perf_load::Arrivals;
    /// # use std::time::Duration;
    /// let second = Duration::from_secs(1);
    /// let stages = Arrivals::stages(&[(2.0, second), (0.0, second), (4.0, second)])?;
    /// assert_eq!(stages.times().count(), 6);
    /// # Ok::<(), perf_load::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`constant`](Self::constant), and where there is no stage, or none has a rate.
    pub fn stages(stages: &[(f64, Duration)]) -> Result<Self, Error> {
        if stages.is_empty() {
            return Err(Error::invalid("stages", "there are none: name at least one rate and duration"));
        }
        let mut pieces = Vec::with_capacity(stages.len());
        let mut duration = Duration::ZERO;
        for (index, &(rate, length)) in stages.iter().enumerate() {
            let stage = || format!("stages[{index}]");
            not_negative("rate", rate).map_err(|error| error.under(stage()))?;
            usable("duration", length).map_err(|error| error.under(stage()))?;
            pieces.push(Piece::linear(rate, rate, length));
            duration = duration.saturating_add(length);
        }
        if stages.iter().all(|stage| stage.0 == 0.0) {
            return Err(Error::invalid("stages", "every rate is zero: at least one must be above it"));
        }
        Self::of(pieces, usable("stages", duration)?)
    }

    /// A rate that jumps to `peak` for `length` at the beginning of every period `every`.
    ///
    /// # Errors
    /// As [`constant`](Self::constant), and where a burst is not shorter than the period.
    pub fn burst(rate: f64, peak: f64, every: Duration, length: Duration, duration: Duration) -> Result<Self, Error> {
        some(&[("rate", rate), ("peak", peak)])?;
        usable("every", every)?;
        usable("length", length)?;
        let Some(rest) = every.checked_sub(length).filter(|rest| !rest.is_zero()) else {
            return Err(Error::invalid("length", format!("a burst must be shorter than its period, {every:?}")));
        };
        let pieces = vec![Piece::linear(peak, peak, length), Piece::linear(rate, rate, rest)];
        Self::of(pieces, usable("duration", duration)?)
    }

    /// A steady rate with one stretch at `peak`, that begins at `at` and lasts `length`.
    ///
    /// # Errors
    /// As [`constant`](Self::constant), and where the stretch does not lie inside the duration.
    pub fn spike(rate: f64, peak: f64, at: Duration, length: Duration, duration: Duration) -> Result<Self, Error> {
        some(&[("rate", rate), ("peak", peak)])?;
        usable("duration", duration)?;
        usable("length", length)?;
        let Some(after) = at.checked_add(length).and_then(|end| duration.checked_sub(end)) else {
            return Err(Error::invalid("at", format!("the spike must end within the duration, {duration:?}")));
        };
        let parts = [(rate, at), (peak, length), (rate, after)];
        let there = parts.into_iter().filter(|part| !part.1.is_zero());
        Self::of(there.map(|(rate, length)| Piece::linear(rate, rate, length)).collect(), duration)
    }

    /// The rate of a day: a sine from `low`, at its beginning and end, to `high`, in the middle of each `period`.
    ///
    /// # Errors
    /// As [`constant`](Self::constant), and where `low` is above `high`.
    pub fn day(low: f64, high: f64, period: Duration, duration: Duration) -> Result<Self, Error> {
        some(&[("low", low), ("high", high)])?;
        if low > high {
            return Err(Error::invalid("low", format!("{low} is above high, {high}")));
        }
        Self::of(vec![Piece::sine(low, high, usable("period", period)?)], usable("duration", duration)?)
    }

    /// Recorded times since the beginning, in any order.
    ///
    /// ```
    /// # use perf_load::Arrivals;
    /// # use std::time::Duration;
    /// let recorded = [3, 1, 2].map(Duration::from_millis);
    /// let replay = Arrivals::replay(recorded.to_vec())?;
    /// assert!(replay.times().eq([1, 2, 3].map(Duration::from_millis)));
    /// # Ok::<(), perf_load::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where there are none, or one is over 584 years.
    pub fn replay(times: Vec<Duration>) -> Result<Self, Error> {
        let mut sorted = Vec::with_capacity(times.len());
        for time in times {
            match u64::try_from(time.as_nanos()) {
                Ok(nanos) => sorted.push(nanos),
                Err(_) => return Err(Error::invalid("replay", "a time is over 584 years")),
            }
        }
        sorted.sort_unstable();
        let Some(&last) = sorted.last() else {
            return Err(Error::invalid("replay", "the list is empty: it needs at least one time"));
        };
        let duration = Duration::from_nanos(last.max(1));
        Ok(Self { source: Source::Replay(sorted.into()), duration, seed: None })
    }

    fn of(pieces: Vec<Piece>, duration: Duration) -> Result<Self, Error> {
        let curve = Curve::new(pieces);
        let arrivals = Self { source: Source::Curve(curve), duration, seed: None };
        let expected = arrivals.expected();
        if !expected.is_finite() || expected > MOST {
            let problem =
                format!("{expected:.1e} arrivals are more than can be counted exactly; the most is {MOST:.0e}");
            return Err(Error::invalid("rate", problem));
        }
        Ok(arrivals)
    }
}

fn positive(key: &str, rate: f64) -> Result<(), Error> {
    if rate.is_finite() && rate > 0.0 {
        return Ok(());
    }
    Err(Error::invalid(key, format!("{rate} is no rate: it must be a finite number above zero, per second")))
}

fn not_negative(key: &str, rate: f64) -> Result<(), Error> {
    if rate.is_finite() && rate >= 0.0 {
        return Ok(());
    }
    Err(Error::invalid(key, format!("{rate} is no rate: it must be a finite number, zero or above, per second")))
}

/// Checks that no rate is below zero, and that one is above.
fn some(rates: &[(&str, f64)]) -> Result<(), Error> {
    for &(key, rate) in rates {
        not_negative(key, rate)?;
    }
    match rates {
        [.., (key, _)] if rates.iter().all(|rate| rate.1 == 0.0) => {
            Err(Error::invalid(*key, "every rate is zero: at least one must be above it"))
        }
        _ => Ok(()),
    }
}
