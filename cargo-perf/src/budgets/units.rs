//! Bounds as people write them.

use perf_exporters::human;
use perf_exporters::judge::{Metric, Quantity};

use super::{Figure, Seen};

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
    let metric = match key {
        "memory" => Metric::PeakBytes,
        "error_rate" => Metric::Errors,
        _ => *METRICS.iter().find(|metric| metric.key() == key)?,
    };
    Some(Figure::Of(Quantity::Metric(metric)))
}

/// A key of the table of the process.
pub(super) fn of_process(key: &str) -> Option<Figure> {
    let known = PROCESS.iter().map(|seen| Figure::Seen(*seen)).chain([Figure::LiveBytes]);
    let key = if key == "memory" { Figure::LiveBytes.key() } else { key };
    known.into_iter().find(|figure| figure.key() == key)
}

const PROCESS: [Seen; 5] = [Seen::Rss, Seen::PeakLive, Seen::Cpu, Seen::Threads, Seen::Descriptors];

/// All of them.
pub(super) const PROCESS_KEYS: &str = "live_bytes (or memory), peak_live_bytes, rss_bytes, cpu, threads, descriptors";

const METRICS: &[Metric] = &[
    Metric::P50,
    Metric::P90,
    Metric::P95,
    Metric::P99,
    Metric::P999,
    Metric::Mean,
    Metric::Max,
    Metric::Allocs,
    Metric::AllocBytes,
    Metric::PeakBytes,
    Metric::NetBytes,
    Metric::Errors,
    Metric::Throughput,
];

/// All keys of a probe's table.
pub(super) const KEYS: &str = "p50, p90, p95, p99, p999, mean, max, allocs, alloc_bytes, peak_bytes (or memory), net_bytes, errors (or error_rate), throughput";

/// How the bounds of a figure are written, and its values.
#[derive(Clone, Copy)]
enum Form {
    Time,
    Number,
    Size,
    Share,
    PerSecond,
    BytesPerSecond,
}

impl Figure {
    fn form(self) -> Form {
        match self {
            Self::LiveBytes | Self::Seen(Seen::Rss | Seen::PeakLive) => Form::Size,
            Self::Seen(Seen::Cpu) => Form::Share,
            Self::Seen(Seen::Threads | Seen::Descriptors) => Form::Number,
            Self::Of(Quantity::Metric(metric)) => match metric {
                Metric::Allocs => Form::Number,
                Metric::AllocBytes | Metric::PeakBytes | Metric::NetBytes => Form::Size,
                Metric::Errors => Form::Share,
                Metric::Throughput => Form::PerSecond,
                _ => Form::Time,
            },
            Self::Of(_) => Form::BytesPerSecond,
        }
    }

    /// The key, as reports of it name it.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Of(quantity) => quantity.key(),
            Self::LiveBytes => "live_bytes",
            Self::Seen(seen) => match seen {
                Seen::Rss => "rss_bytes",
                Seen::PeakLive => "peak_live_bytes",
                Seen::Cpu => "cpu",
                Seen::Threads => "threads",
                Seen::Descriptors => "descriptors",
            },
        }
    }

    /// Whether its bounds are times.
    #[cfg(feature = "load")]
    pub(super) fn is_time(self) -> bool {
        matches!(self.form(), Form::Time)
    }

    /// How its bounds are written.
    pub(super) fn example(self) -> &'static str {
        match self.form() {
            Form::Time => "\"5ms\"",
            Form::Number => "a number",
            Form::Size => "\"4KiB\" or a number of bytes",
            Form::Share => "\"1%\"",
            Form::PerSecond | Form::BytesPerSecond => "\"5000/s\" or \"20MiB/s\"",
        }
    }

    /// Whether the value must be at least the bound, and not at most.
    pub(super) fn is_minimum(self) -> bool {
        matches!(self, Self::Of(quantity) if quantity.is_minimum())
    }

    /// A value of this figure for people.
    pub(super) fn text(self, value: f64) -> String {
        // What is measured is never negative but net bytes, and far below 2^63.
        #[allow(clippy::cast_possible_truncation)]
        let whole = value.round() as i64;
        match self.form() {
            Form::Time => human::duration(whole.unsigned_abs()).to_string(),
            Form::Size => human::signed_bytes(whole).to_string(),
            Form::Share => human::percent(100.0 * value).to_string(),
            Form::PerSecond => format!("{}/s", human::count(whole.unsigned_abs())),
            Form::BytesPerSecond => format!("{}/s", human::bytes(whole.unsigned_abs())),
            Form::Number if value.fract() == 0.0 => format!("{value:.0}"),
            Form::Number => format!("{value:.2}"),
        }
    }
}

/// A bound from its text; a throughput also says whether it counts items or bytes.
pub(super) fn bound(figure: Figure, text: &str) -> Option<(Figure, f64)> {
    let text = text.trim();
    match figure.form() {
        Form::Time => Some((figure, scaled(text, DURATIONS)?)),
        Form::Number => Some((figure, number(text)?)),
        Form::Size => Some((figure, number(text).or_else(|| scaled(text, SIZES))?)),
        Form::Share => {
            let share = scaled(text, &[("%", 0.01)])?;
            (share < 1.0).then_some((figure, share))
        }
        Form::PerSecond | Form::BytesPerSecond => {
            let (amount, per) = text.split_once('/')?;
            let (_, seconds) = SECONDS.iter().find(|(name, _)| *name == per.trim())?;
            let items = number(amount).map(|amount| (Quantity::Metric(Metric::Throughput), amount));
            let (quantity, amount) = items.or_else(|| Some((Quantity::BytesPerSecond, scaled(amount, SIZES)?)))?;
            (amount > 0.0).then_some((Figure::Of(quantity), amount / seconds))
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
        let throughput = figure("throughput").unwrap();
        assert_eq!(bound(throughput, "1MB/s").unwrap().0, Figure::Of(Quantity::BytesPerSecond));
        assert_eq!(figure("p42"), None);
    }
}
