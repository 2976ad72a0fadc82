//! Numbers for people: three significant digits and a unit.
//!
//! Every function returns a [`Scaled`], which prints as `1.23 ms` with `{}` and as `1.23ms` with `{:#}`.

use std::fmt;

/// A whole number with a comma after each three digits: `1,234,567`.
#[cfg(feature = "judge")]
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number brought to a unit in which it reads well.
///
/// ```
/// use perf_exporters::human;
///
/// let time = human::duration(1_234_567);
/// assert_eq!(format!("{time}"), "1.23 ms");
/// assert_eq!(format!("{time:#}"), "1.23ms");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scaled {
    digits: String,
    unit: &'static str,
}

impl fmt::Display for Scaled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = if f.alternate() || self.unit.is_empty() { "" } else { " " };
        f.pad(&format!("{}{gap}{}", self.digits, self.unit))
    }
}

/// A unit's name and how many of the previous unit make one of it.
type Step = (&'static str, u64);

const TIME: &[Step] = &[("ns", 1), ("µs", 1000), ("ms", 1000), ("s", 1000), ("min", 60), ("h", 60), ("d", 24)];
const COUNT: &[Step] = &[("", 1), ("K", 1000), ("M", 1000), ("G", 1000), ("T", 1000), ("P", 1000), ("E", 1000)];
const BYTES: &[Step] =
    &[("B", 1), ("KiB", 1024), ("MiB", 1024), ("GiB", 1024), ("TiB", 1024), ("PiB", 1024), ("EiB", 1024)];

/// A duration in nanoseconds.
///
/// ```
/// # use perf_exporters::human::duration;
/// assert_eq!(duration(999).to_string(), "999 ns");
/// assert_eq!(duration(999_600).to_string(), "1.00 ms");
/// assert_eq!(duration(12_345_678_900).to_string(), "12.3 s");
/// assert_eq!(duration(5_400_000_000_000).to_string(), "1.50 h");
/// ```
#[must_use]
pub fn duration(nanoseconds: u64) -> Scaled {
    scaled(nanoseconds, TIME)
}

/// A count.
///
/// ```
/// # use perf_exporters::human::count;
/// assert_eq!(count(999).to_string(), "999");
/// assert_eq!(count(1_234_567).to_string(), "1.23 M");
/// ```
#[must_use]
pub fn count(number: u64) -> Scaled {
    scaled(number, COUNT)
}

/// A size in bytes, in powers of 1024.
///
/// ```
/// # use perf_exporters::human::bytes;
/// assert_eq!(bytes(1000).to_string(), "1000 B");
/// assert_eq!(bytes(1536).to_string(), "1.50 KiB");
/// ```
#[must_use]
pub fn bytes(number: u64) -> Scaled {
    scaled(number, BYTES)
}

/// A size that may be negative.
///
/// ```
/// # use perf_exporters::human::signed_bytes;
/// assert_eq!(signed_bytes(-1536).to_string(), "−1.50 KiB");
/// ```
#[must_use]
pub fn signed_bytes(number: i64) -> Scaled {
    let mut size = bytes(number.unsigned_abs());
    if number < 0 {
        size.digits.insert(0, '−');
    }
    size
}

/// A difference: its sign is always shown, and that of none is `±`. One that is not known is a dash.
///
/// ```
/// # use perf_exporters::human::signed;
/// assert_eq!(signed(4.25, 1), "+4.2");
/// assert_eq!(signed(-12.0, 0), "−12");
/// assert_eq!(signed(-0.04, 1), "±0.0");
/// ```
#[must_use]
pub fn signed(value: f64, decimals: usize) -> String {
    if value.is_nan() {
        return "–".to_owned();
    }
    let digits = format!("{:.decimals$}", value.abs());
    let sign = match value {
        _ if digits.bytes().all(|digit| matches!(digit, b'0' | b'.')) => "±",
        value if value < 0.0 => "−",
        _ => "+",
    };
    format!("{sign}{digits}")
}

/// As long as a run is said to have become at the most: beyond, it is "or more".
pub(crate) const MOST_TIMES: u64 = 10;

/// How much longer something took, given in per cent of what it would have taken: per cent below twice as long, a multiple
/// from there on, and a least multiple from [`OBSERVER_EFFECT_MOST`](crate::Report::OBSERVER_EFFECT_MOST) on.
///
/// ```
/// # use perf_exporters::human::longer;
/// assert_eq!(longer(3.14), "3.1 % longer");
/// assert_eq!(longer(150.0), "2.5 × as long");
/// assert_eq!(longer(900.0), "10 × as long or more");
/// ```
#[must_use]
pub fn longer(effect: f64) -> String {
    let times = 1.0 + effect / 100.0;
    if effect >= 100.0 * (MOST_TIMES - 1) as f64 {
        format!("{times:.0} × as long or more")
    } else if effect >= 100.0 {
        format!("{times:.1} × as long")
    } else {
        format!("{} longer", percent(effect))
    }
}

/// A part of a whole, given in per cent: one decimal, none from 100 on, and nothing that is there shown as zero.
///
/// ```
/// # use perf_exporters::human::percent;
/// assert_eq!(percent(34.77).to_string(), "34.8 %");
/// assert_eq!(percent(0.01).to_string(), "<0.1 %");
/// assert_eq!(percent(0.0).to_string(), "0 %");
/// ```
#[must_use]
pub fn percent(value: f64) -> Scaled {
    let digits = match value {
        v if v <= 0.0 || v.is_nan() => "0".to_owned(),
        v if v < 0.05 => "<0.1".to_owned(),
        v if v < 99.95 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    };
    Scaled { digits, unit: "%" }
}

/// A figure of a budget in the unit that a report names: `ns`, `bytes`, `per_second`, `ratio`; all else are counts.
///
/// ```
/// # use perf_exporters::human::figure;
/// assert_eq!(figure(5e6, "ns"), "5.00ms");
/// assert_eq!(figure(0.015, "ratio"), "1.5%");
/// assert_eq!(figure(-0.096, "ratio"), "−9.6%");
/// assert_eq!(figure(2.25, "count"), "2.25");
/// ```
#[must_use]
pub fn figure(value: f64, unit: &str) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and the sign is shown")]
    let whole = value.abs().round() as u64;
    let minus = if value < 0.0 { "−" } else { "" };
    match unit {
        "ns" => format!("{minus}{:#}", duration(whole)),
        "bytes" => format!("{minus}{:#}", bytes(whole)),
        "per_second" => format!("{minus}{:#}/s", count(whole)),
        "ratio" => format!("{minus}{:#}", percent(100.0 * value.abs())),
        _ if value.fract().abs() < 0.005 => format!("{minus}{whole}"),
        _ => format!("{minus}{:.2}", value.abs()),
    }
}

/// Events in a second: one decimal below ten, so that a slow rate is not shown as none.
///
/// ```
/// # use perf_exporters::human::rate;
/// assert_eq!(rate(0.25).to_string(), "0.2");
/// assert_eq!(rate(1230.4).to_string(), "1.23 K");
/// assert_eq!(rate(0.01).to_string(), "<0.1");
/// ```
#[must_use]
pub fn rate(per_second: f64) -> Scaled {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; nothing is negative")]
    let whole = per_second.round() as u64;
    let digits = match per_second {
        r if r <= 0.0 || r.is_nan() => "0".to_owned(),
        r if r < 0.05 => "<0.1".to_owned(),
        r if r < 9.95 => format!("{r:.1}"),
        _ => return count(whole),
    };
    Scaled { digits, unit: "" }
}

/// The least unit in which the number, rounded to three digits, stays below one of the next unit.
fn scaled(number: u64, steps: &[Step]) -> Scaled {
    let mut value = number as f64;
    let mut at = 0;
    loop {
        let digits = three_digits(value, at == 0);
        let reached = |next: u64| digits.parse().is_ok_and(|shown: f64| shown >= next as f64);
        let Some(&(_, next)) = steps.get(at + 1).filter(|step| reached(step.1)) else {
            return Scaled { digits, unit: steps[at].0 };
        };
        value /= next as f64;
        at += 1;
    }
}

/// Whole numbers stay whole; others get as many decimals as make three digits.
fn three_digits(value: f64, whole: bool) -> String {
    let decimals = match value {
        _ if whole => 0,
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_change_where_the_rounded_number_would_reach_the_next() {
        for (ns, text) in [
            (0, "0 ns"),
            (1_000, "1.00 µs"),
            (9_994, "9.99 µs"),
            (9_996, "10.0 µs"),
            (99_949, "99.9 µs"),
            (99_951, "100 µs"),
            (999_499, "999 µs"),
            (999_500, "1.00 ms"),
            (59_900_000_000, "59.9 s"),
            (59_999_000_000, "1.00 min"),
            (u64::MAX, "213504 d"),
        ] {
            assert_eq!(duration(ns).to_string(), text);
        }
        assert_eq!(bytes(1023 * 1024 + 600).to_string(), "1.00 MiB");
        assert_eq!(bytes(u64::MAX).to_string(), "16.0 EiB");
        assert_eq!(signed_bytes(i64::MIN).to_string(), "−8.00 EiB");
        assert_eq!(percent(99.96).to_string(), "100 %");
        assert_eq!(percent(f64::NAN).to_string(), "0 %");
        assert_eq!(format!("{:>9}|{:<9}|", duration(5), count(5)), "     5 ns|5        |");
    }

    fn back(text: &str, steps: &[Step]) -> f64 {
        let (digits, unit) = text.split_once(' ').unwrap_or((text, ""));
        let at = steps.iter().position(|step| step.0 == unit).expect("a unit of the table");
        steps[..=at].iter().fold(digits.parse().expect("a number"), |n: f64, step| n * step.1 as f64)
    }

    proptest! {
        #[test]
        fn what_is_shown_is_within_half_a_per_cent(bits in 0..64_u32, noise: u64) {
            let number = noise >> bits;
            for (text, steps) in [
                (duration(number).to_string(), TIME),
                (count(number).to_string(), COUNT),
                (bytes(number).to_string(), BYTES),
            ] {
                let shown = back(&text, steps);
                prop_assert!((shown - number as f64).abs() <= 0.005 * number as f64, "{number} shown as {text}");
                prop_assert!(text.chars().count() <= 8, "{text} is long");
            }
        }

        #[test]
        fn greater_numbers_never_look_smaller(a: u64, b: u64) {
            let (a, b) = (a.min(b), a.max(b));
            prop_assert!(back(&duration(a).to_string(), TIME) <= back(&duration(b).to_string(), TIME));
        }
    }
}
