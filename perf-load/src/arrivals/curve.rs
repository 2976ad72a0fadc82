//! A rate over time, its integral, and the inverse of the integral.
//!
//! Times are seconds, rates per second, so an integral is a count. A curve is a list of pieces that repeats for ever; each piece
//! has an integral in closed form, and inverts it by a formula or by a few steps of Newton's method.

use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    pieces: Arc<[Piece]>,
    /// Length of all pieces in seconds, and their integral.
    length: f64,
    count: f64,
}

/// A stretch of the curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    form: Form,
    /// In nanoseconds, so that ends of pieces are exact.
    nanos: u64,
    /// Its integral: arrivals in it.
    pub(super) count: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Linear { from: f64, to: f64 },
    Sine { low: f64, high: f64 },
}

impl Curve {
    pub(super) fn new(pieces: Vec<Piece>) -> Self {
        let length = pieces.iter().map(Piece::length).sum();
        let count = pieces.iter().map(|piece| piece.count).sum();
        Self { pieces: pieces.into(), length, count }
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    pub(super) fn rate_at(&self, at: f64) -> f64 {
        let (_, piece, within) = self.find(at);
        piece.rate_at(within)
    }

    /// Arrivals until a time.
    pub(super) fn integral(&self, until: f64) -> f64 {
        let (before, piece, within) = self.find(until);
        before + piece.integral(within)
    }

    /// Arrivals before the piece at a time, the piece, and the time in it.
    fn find(&self, at: f64) -> (f64, &Piece, f64) {
        let turns = (at / self.length).floor();
        let mut within = (at - turns * self.length).max(0.0);
        let mut before = turns * self.count;
        let last = self.pieces.len() - 1;
        for piece in &self.pieces[..last] {
            if within < piece.length() {
                return (before, piece, within);
            }
            within -= piece.length();
            before += piece.count;
        }
        (before, &self.pieces[last], within)
    }
}

impl Piece {
    pub(super) fn linear(from: f64, to: f64, length: Duration) -> Self {
        Self::of(Form::Linear { from, to }, length)
    }

    /// A piece from `low` to `high` and back.
    pub(super) fn sine(low: f64, high: f64, length: Duration) -> Self {
        Self::of(Form::Sine { low, high }, length)
    }

    fn of(form: Form, length: Duration) -> Self {
        // Lengths were checked: their nanoseconds fit.
        let nanos = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
        let mut piece = Self { form, nanos, count: 0.0 };
        piece.count = piece.integral(piece.length());
        piece
    }

    pub(super) fn nanos(&self) -> u64 {
        self.nanos
    }

    fn length(&self) -> f64 {
        self.nanos as f64 / 1e9
    }

    fn rate_at(&self, at: f64) -> f64 {
        match self.form {
            Form::Linear { from, to } => from + (to - from) * (at / self.length()),
            Form::Sine { low, high } => {
                let turn = TAU * (at / self.length());
                low + (high - low) * (1.0 - turn.cos()) / 2.0
            }
        }
    }

    fn integral(&self, until: f64) -> f64 {
        match self.form {
            Form::Linear { from, to } => until * (from + (to - from) * (until / self.length()) / 2.0),
            Form::Sine { low, high } => {
                let turn = TAU * (until / self.length());
                low * until + (high - low) * (until - self.length() * turn.sin() / TAU) / 2.0
            }
        }
    }

    /// The time in the piece, in seconds, at which its integral reaches `count`, which is below its own.
    pub(super) fn invert(&self, count: f64) -> f64 {
        match self.form {
            Form::Linear { from, to } => {
                // The root of (to - from)/(2 length)·t² + from·t = count that loses no digits.
                let slope = (to - from) / self.length();
                let root = (from * from + 2.0 * slope * count).max(0.0).sqrt();
                if from + root > 0.0 { 2.0 * count / (from + root) } else { 0.0 }
            }
            Form::Sine { .. } => self.newton(count),
        }
    }

    /// Newton's method, kept between bounds that shrink, so that it ends also where the rate is zero.
    fn newton(&self, count: f64) -> f64 {
        let (mut low, mut high) = (0.0, self.length());
        let mut at = high * (count / self.count);
        for _ in 0..64 {
            let over = self.integral(at) - count;
            if over > 0.0 {
                high = at;
            } else {
                low = at;
            }
            let step = at - over / self.rate_at(at);
            let next = if step > low && step < high { step } else { f64::midpoint(low, high) };
            if (next - at).abs() < 1e-10 {
                return next;
            }
            at = next;
        }
        at
    }
}
