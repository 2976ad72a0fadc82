//! The two text formats. They differ in where `_total` belongs, in the unit, and in the last line.

use std::fmt::{self, Display, Write};

use super::families::{Family, Page, Sample, Series};
use crate::metrics::{Kind, Value};
use crate::report::ProbeReport;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Classic,
    OpenMetrics,
}

pub(super) fn render(page: &Page, dialect: Dialect) -> String {
    let mut text = String::new();
    for family in page.families() {
        // Nothing fails to be written to a string.
        let _ = write_family(&mut text, page, &family, dialect);
    }
    if dialect == Dialect::OpenMetrics {
        text.push_str("# EOF\n");
    }
    text
}

fn write_family(text: &mut String, page: &Page, family: &Family<'_>, dialect: Dialect) -> fmt::Result {
    let sample_name = family.sample_name();
    let name = if dialect == Dialect::OpenMetrics { &family.name } else { &sample_name };
    let kind = match family.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Distribution => "histogram",
    };
    writeln!(text, "# HELP {name} {}", family.help)?;
    writeln!(text, "# TYPE {name} {kind}")?;
    if let Some(unit) = family.unit.filter(|_| dialect == Dialect::OpenMetrics) {
        writeln!(text, "# UNIT {name} {unit}")?;
    }
    for series in &family.series {
        match series.sample {
            Sample::Number(value) => writeln!(text, "{sample_name}{} {}", Labels(series, None), Number(value))?,
            Sample::Distribution(probe) => write_distribution(text, page, &family.name, series, probe)?,
        }
    }
    Ok(())
}

fn write_distribution(
    text: &mut String,
    page: &Page,
    name: &str,
    series: &Series<'_>,
    probe: &ProbeReport,
) -> fmt::Result {
    for (edge, count) in page.cumulative(probe) {
        let edge = Edge(edge).to_string();
        writeln!(text, "{name}_bucket{} {count}", Labels(series, Some(&edge)))?;
    }
    let count = probe.timed();
    writeln!(text, "{name}_bucket{} {count}", Labels(series, Some("+Inf")))?;
    writeln!(text, "{name}_sum{} {}", Labels(series, None), Number(Value::Nanos(probe.sum_ns)))?;
    writeln!(text, "{name}_count{} {count}", Labels(series, None))
}

/// `{a="b",le="c"}`, or nothing.
struct Labels<'a>(&'a Series<'a>, Option<&'a str>);

impl Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edge = self.1.map(|edge| ("le", edge));
        let mut separator = '{';
        for (name, value) in self.0.labels.iter().copied().chain(edge) {
            write!(f, "{separator}{name}=\"{}\"", Escaped(value))?;
            separator = ',';
        }
        if separator == ',' { f.write_char('}') } else { Ok(()) }
    }
}

/// A label's value: three characters have another spelling.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.split_inclusive(['\\', '"', '\n']) {
            match part.as_bytes() {
                [.., b'\\'] => write!(f, "{part}\\")?,
                [start @ .., b'"' | b'\n'] => {
                    f.write_str(&part[..start.len()])?;
                    f.write_str(if part.ends_with('\n') { "\\n" } else { "\\\"" })?;
                }
                _ => f.write_str(part)?,
            }
        }
        Ok(())
    }
}

/// Times in seconds, exact to the nanosecond.
struct Number(Value);

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Count(count) => write!(f, "{count}"),
            Value::Signed(number) => write!(f, "{number}"),
            Value::Nanos(nanos) => {
                let (seconds, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
                if rest == 0 {
                    return write!(f, "{seconds}");
                }
                let decimals = format!("{rest:09}");
                write!(f, "{seconds}.{}", decimals.trim_end_matches('0'))
            }
        }
    }
}

/// An edge as both formats know it: always with a decimal point or an exponent.
struct Edge(u64);

impl Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0 as f64 / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        for (plain, escaped) in [
            ("", ""),
            ("a::b<c>", "a::b<c>"),
            ("a\"b", "a\\\"b"),
            ("\\", "\\\\"),
            ("two\nlines\n", "two\\nlines\\n"),
            ("é\\\"\n💥", "é\\\\\\\"\\n💥"),
        ] {
            assert_eq!(Escaped(plain).to_string(), escaped);
        }
    }

    #[test]
    fn seconds_are_exact() {
        for (nanos, text) in [
            (0, "0"),
            (1, "0.000000001"),
            (1_500_000_000, "1.5"),
            (10_000_000_000, "10"),
            (u64::MAX, "18446744073.709551615"),
        ] {
            assert_eq!(Number(Value::Nanos(nanos)).to_string(), text);
        }
        let edges = [100, 250, 1_000, 2_500_000, 1_000_000_000, 10_000_000_000].map(|edge| Edge(edge).to_string());
        assert_eq!(edges, ["1e-7", "2.5e-7", "1e-6", "0.0025", "1.0", "10.0"]);
    }
}
