//! Exact decimal arithmetic: prices as whole numbers of ten-thousandths.
//!
//! Sums and products of prices and sizes are exact, in any order. A sum of `f64` depends on its order and loses digits:
//! `tests/budgets.rs` proves the one, shows the other, and compares what both cost.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

/// Units of a whole.
const SCALE: u64 = 10_000;
/// Digits after the point.
const DIGITS: usize = 4;

/// A price: a whole number of ten-thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i64);

impl Decimal {
    /// So many ten-thousandths.
    #[must_use]
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// So many hundredths; none where that is more than the type holds.
    #[must_use]
    pub fn from_cents(cents: u64) -> Option<Self> {
        i64::try_from(cents).ok()?.checked_mul(100).map(Self)
    }

    /// Ten-thousandths.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// Price by size: exact, since the product of 64 and 32 bits fits into 128.
    #[must_use]
    pub fn times(self, size: u32) -> Notional {
        Notional(i128::from(self.0) * i128::from(size))
    }

    /// The nearest `f64`: for those who compare, not for those who add.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / SCALE as f64
    }
}

/// A sum of prices by sizes, in ten-thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Notional(i128);

impl Notional {
    /// Ten-thousandths.
    #[must_use]
    pub const fn units(self) -> i128 {
        self.0
    }
}

impl Sum for Notional {
    fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
        Self(values.map(|value| value.0).sum())
    }
}

/// A text that is no decimal with at most four digits after the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotDecimal;

impl fmt::Display for NotDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no decimal with at most {DIGITS} digits after the point")
    }
}

impl std::error::Error for NotDecimal {}

impl FromStr for Decimal {
    type Err = NotDecimal;

    /// Digits, a point and at most four more of them, with a minus sign or without. More digits are an error, never rounded.
    fn from_str(text: &str) -> Result<Self, NotDecimal> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || fraction.len() > DIGITS || !is_number(fraction) {
            return Err(NotDecimal);
        }
        let units = whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', DIGITS - fraction.len()));
        let signed = units.map(|digit| i64::from(digit - b'0')).try_fold(0_i64, |sum, digit| {
            let digit = if negative { -digit } else { digit };
            sum.checked_mul(10)?.checked_add(digit)
        });
        signed.map(Self).ok_or(NotDecimal)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let units = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:0DIGITS$}", units / SCALE, units % SCALE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_value_are_the_same() {
        for (text, units) in [("0", 0), ("1.5", 15_000), ("-0.0001", -1), ("922337203685477.5807", i64::MAX)] {
            let value: Decimal = text.parse().unwrap();
            assert_eq!(value.units(), units);
            assert_eq!(value.to_string().parse(), Ok(value));
        }
        assert_eq!(Decimal::from_units(i64::MIN).to_string().parse(), Ok(Decimal::from_units(i64::MIN)));
        for text in ["", ".5", "-", "1.00001", "1e3", "+1", "1.2.3", "922337203685477.5808", " 1"] {
            assert_eq!(text.parse::<Decimal>(), Err(NotDecimal), "{text}");
        }
    }

    #[test]
    fn products_of_the_greatest_values_are_exact() {
        let greatest = Decimal::from_units(i64::MAX).times(u32::MAX);
        assert_eq!(greatest.units(), i128::from(i64::MAX) * i128::from(u32::MAX));
        assert_eq!(Decimal::from_cents(u64::MAX), None);
    }
}
