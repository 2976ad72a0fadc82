//! The two text formats. They differ in where `_total` belongs, in the unit, and in the last line.

use std::fmt::{self, Display, Write};
use std::time::SystemTime;

use super::families::{Family, Page, Sample, Series};
use crate::metrics::{Kind, Traced, Value};
use crate::report::ProbeReport;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Classic,
    OpenMetrics,
}

pub(super) fn render(page: &Page<'_>, dialect: Dialect) -> String {
    let edges: Vec<_> = page.edges().iter().map(|edge| Edge(*edge).to_string()).collect();
    let mut text = String::new();
    for family in page.families() {
        // Nothing fails to be written to a string.
        let _ = write_family(&mut text, page, &edges, &family, dialect);
    }
    if dialect == Dialect::OpenMetrics {
        text.push_str("# EOF\n");
    }
    text
}

fn write_family(
    text: &mut String,
    page: &Page<'_>,
    edges: &[String],
    family: &Family<'_>,
    dialect: Dialect,
) -> fmt::Result {
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
        let labels = labels(series);
        match series.sample {
            Sample::Number(value) => {
                push_series(text, &sample_name, "", &labels, None);
                writeln!(text, "{}", Number(value))?;
            }
            Sample::Distribution(probe) => {
                write_distribution(text, page, edges, &family.name, &labels, probe, dialect)?;
            }
        }
    }
    Ok(())
}

fn write_distribution(
    text: &mut String,
    page: &Page<'_>,
    edges: &[String],
    name: &str,
    labels: &str,
    probe: &ProbeReport,
    dialect: Dialect,
) -> fmt::Result {
    let all = probe.timed();
    let edges = edges.iter().map(String::as_str).chain(["+Inf"]);
    let exemplars = if dialect == Dialect::OpenMetrics { page.exemplars(probe) } else { Vec::new() };
    let exemplars = exemplars.into_iter().chain(std::iter::repeat(None));
    for ((edge, count), exemplar) in edges.zip(page.cumulative(probe).chain([all])).zip(exemplars) {
        push_series(text, name, "_bucket", labels, Some(edge));
        match exemplar {
            Some(call) => writeln!(text, "{count}{}", Exemplar(call))?,
            None => writeln!(text, "{count}")?,
        }
    }
    push_series(text, name, "_sum", labels, None);
    writeln!(text, "{}", Number(Value::Nanos(probe.sum_ns)))?;
    push_series(text, name, "_count", labels, None);
    writeln!(text, "{all}")
}

/// `a="b",c="d"`: labels are the same on many lines, and made once for all of them.
fn labels(series: &Series<'_>) -> String {
    let mut labels = String::new();
    for (name, value) in &series.labels {
        if !labels.is_empty() {
            labels.push(',');
        }
        labels.push_str(name);
        labels.push_str("=\"");
        push_escaped(&mut labels, value);
        labels.push('"');
    }
    labels
}

/// The beginning of a line, up to its value.
fn push_series(text: &mut String, name: &str, suffix: &str, labels: &str, edge: Option<&str>) {
    text.push_str(name);
    text.push_str(suffix);
    if !labels.is_empty() || edge.is_some() {
        text.push('{');
        text.push_str(labels);
        if let Some(edge) = edge {
            text.push_str(if labels.is_empty() { "le=\"" } else { ",le=\"" });
            text.push_str(edge);
            text.push('"');
        }
        text.push('}');
    }
    text.push(' ');
}

/// A label's value: three characters have another spelling.
fn push_escaped(text: &mut String, value: &str) {
    for part in value.split_inclusive(['\\', '"', '\n']) {
        let (plain, escape) = match part.as_bytes() {
            [.., b'\\'] => (&part[..part.len() - 1], "\\\\"),
            [.., b'"'] => (&part[..part.len() - 1], "\\\""),
            [.., b'\n'] => (&part[..part.len() - 1], "\\n"),
            _ => (part, ""),
        };
        text.push_str(plain);
        text.push_str(escape);
    }
}

/// Times in seconds, exact to the nanosecond.
struct Number(Value);

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Count(count) => write!(f, "{count}"),
            Value::Signed(number) => write!(f, "{number}"),
            Value::Real(number) => write!(f, "{number}"),
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

/// The exemplar of a bucket: the trace of a call in it, its duration, and when it ended.
struct Exemplar(Traced);

impl Display for Exemplar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Traced { id, nanos, end } = self.0;
        let end = crate::report::nanos(end.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
        let id = u128::from_be_bytes(id);
        write!(f, " # {{trace_id=\"{id:032x}\"}} {} {}", Number(Value::Nanos(nanos)), Number(Value::Nanos(end)))
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
            let mut text = String::new();
            push_escaped(&mut text, plain);
            assert_eq!(text, escaped);
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
