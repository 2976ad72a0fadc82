//! Bounds as people write them.

use perf_exporters::human;

use super::Figure;

const DURATIONS: &[(&str, f64)] =
    &[("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("min", 60e9), ("h", 3600e9)];
const SIZES: &[(&str, f64)] = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
];
const SECONDS: &[(&str, f64)] = &[("ms", 1e-3), ("s", 1.0), ("min", 60.0), ("h", 3600.0)];

/// A key of the file: its figure, and how its bound is written.
pub(super) fn figure(key: &str) -> Option<Figure> {
    Some(match key {
        "p50" => Figure::Quantile(0.5),
        "p90" => Figure::Quantile(0.9),
        "p95" => Figure::Quantile(0.95),
        "p99" => Figure::Quantile(0.99),
        "p999" => Figure::Quantile(0.999),
        "mean" => Figure::Mean,
        "max" => Figure::Max,
        "allocs" => Figure::Allocs,
        "alloc_bytes" => Figure::AllocBytes,
        "peak_bytes" | "memory" => Figure::PeakBytes,
        "net_bytes" => Figure::NetBytes,
        "errors" | "error_rate" => Figure::Errors,
        "throughput" => Figure::Items,
        _ => return None,
    })
}

/// All keys of a probe's table.
pub(super) const KEYS: &str = "p50, p90, p95, p99, p999, mean, max, allocs, alloc_bytes, peak_bytes (or memory), net_bytes, errors (or error_rate), throughput";

impl Figure {
    /// How its bounds are written.
    pub(super) fn example(self) -> &'static str {
        match self {
            Self::Quantile(_) | Self::Mean | Self::Max => "\"5ms\"",
            Self::Allocs => "a number",
            Self::AllocBytes | Self::PeakBytes | Self::NetBytes | Self::LiveBytes => "\"4KiB\" or a number of bytes",
            Self::Errors => "\"1%\"",
            Self::Items | Self::Bytes => "\"5000/s\" or \"20MiB/s\"",
        }
    }

    /// Whether the value must be at least the bound, and not at most.
    pub(super) fn is_minimum(self) -> bool {
        matches!(self, Self::Items | Self::Bytes)
    }

    /// A value of this figure for people.
    pub(super) fn text(self, value: f64) -> String {
        // What is measured is never negative but net bytes, and far below 2^63.
        #[allow(clippy::cast_possible_truncation)]
        let whole = value.round() as i64;
        match self {
            Self::Quantile(_) | Self::Mean | Self::Max => human::duration(whole.unsigned_abs()).to_string(),
            Self::AllocBytes | Self::PeakBytes | Self::NetBytes | Self::LiveBytes => {
                human::signed_bytes(whole).to_string()
            }
            Self::Errors => human::percent(100.0 * value).to_string(),
            Self::Items => format!("{}/s", human::count(whole.unsigned_abs())),
            Self::Bytes => format!("{}/s", human::bytes(whole.unsigned_abs())),
            Self::Allocs if value.fract() == 0.0 => format!("{value:.0}"),
            Self::Allocs => format!("{value:.2}"),
        }
    }
}

/// A bound from its text; a throughput also says whether it counts items or bytes.
pub(super) fn bound(figure: Figure, text: &str) -> Option<(Figure, f64)> {
    let text = text.trim();
    match figure {
        Figure::Quantile(_) | Figure::Mean | Figure::Max => Some((figure, scaled(text, DURATIONS)?)),
        Figure::Allocs => Some((figure, number(text)?)),
        Figure::AllocBytes | Figure::PeakBytes | Figure::NetBytes | Figure::LiveBytes => {
            Some((figure, number(text).or_else(|| scaled(text, SIZES))?))
        }
        Figure::Errors => {
            let share = scaled(text, &[("%", 0.01)])?;
            (share < 1.0).then_some((figure, share))
        }
        Figure::Items | Figure::Bytes => {
            let (amount, per) = text.split_once('/')?;
            let (_, seconds) = SECONDS.iter().find(|(name, _)| *name == per.trim())?;
            let items = number(amount).map(|amount| (Figure::Items, amount));
            let (figure, amount) = items.or_else(|| Some((Figure::Bytes, scaled(amount, SIZES)?)))?;
            (amount > 0.0).then_some((figure, amount / seconds))
        }
    }
}

fn scaled(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_')?;
    let (amount, unit) = text.split_at(split);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim())?;
    Some(number(amount)? * factor)
}

/// Digits with an optional fraction, and `_` between them; not the other things that a float can be written as.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '_');
    text.replace('_', "").parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_read_as_they_are_written() {
        let of = |key: &str, text: &str| bound(figure(key).unwrap(), text).map(|(_, value)| value);
        for (key, text, value) in [
            ("p95", "5ms", 5e6),
            ("mean", "1.5 us", 1500.0),
            ("max", "2min", 120e9),
            ("memory", "4KiB", 4096.0),
            ("peak_bytes", "1_000", 1000.0),
            ("allocs", "2.5", 2.5),
            ("errors", "0.5%", 0.005),
            ("throughput", "300/min", 5.0),
            ("throughput", "20 MiB/s", 20_971_520.0),
        ] {
            let found = of(key, text).unwrap_or_else(|| panic!("{key} {text}"));
            assert!((found - value).abs() <= 1e-9 * value, "{key} {text}: {found}");
        }
        for (key, text) in [
            ("p95", "5"),
            ("p95", "5 weeks"),
            ("p95", "-5ms"),
            ("memory", "4 Kib"),
            ("errors", "100%"),
            ("throughput", "0/s"),
            ("throughput", "5/fortnight"),
            ("allocs", "inf"),
            ("allocs", "1e3"),
            ("allocs", ""),
        ] {
            assert_eq!(of(key, text), None, "{key} {text}");
        }
        assert_eq!(bound(Figure::Items, "1MB/s").unwrap().0, Figure::Bytes);
        assert_eq!(figure("p42"), None);
    }
}
