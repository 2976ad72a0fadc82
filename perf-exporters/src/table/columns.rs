//! The columns: what each shows, in which order they stand, and which come first when there is little room.

use anstyle::Style;

use super::text::{Text, plain, style};
use super::{name, share, spark};
use crate::human;
use crate::report::{ProbeReport, Report};

/// Stands before a self time that is less than a probe can tell.
pub(crate) const BELOW: &str = "~";

/// A column beside the name.
pub(super) struct Column {
    pub(super) title: &'static str,
    /// Less is more important; columns are admitted in this order.
    pub(super) rank: u8,
    /// Columns of the terminal that must be left to names for this column to be admitted.
    pub(super) leave: usize,
    pub(super) kind: Kind,
    /// Whether the report has anything to show in it.
    has: fn(&Report) -> bool,
}

/// The kind of a column.
pub(super) enum Kind {
    /// A number, right-aligned.
    Number(fn(&ProbeReport, &Report) -> Text),
    /// The sketch of the distribution.
    Shape,
    /// Words, left-aligned.
    Words(fn(&ProbeReport, &Report) -> Text),
}

impl Column {
    pub(super) fn right_aligned(&self) -> bool {
        matches!(self.kind, Kind::Number(_))
    }

    pub(super) fn cell(&self, probe: &ProbeReport, report: &Report, shape_width: usize) -> Text {
        match self.kind {
            Kind::Number(cell) | Kind::Words(cell) => cell(probe, report),
            Kind::Shape => Text::new(spark::line(&probe.histogram, shape_width), style::SHAPE),
        }
    }
}

/// The columns that this report has something for, in the order in which they stand.
pub(super) fn of(report: &Report) -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().filter(|column| (column.has)(report))
}

const fn number(
    title: &'static str,
    rank: u8,
    has: fn(&Report) -> bool,
    cell: fn(&ProbeReport, &Report) -> Text,
) -> Column {
    let leave = match rank {
        0..=5 => 18,
        6..=7 => 22,
        _ => 36,
    };
    Column { title, rank, leave, kind: Kind::Number(cell), has }
}

static COLUMNS: &[Column] = &[
    number("calls", 2, always, |p, _| count(p.calls)),
    number("errors", 6, |r| r.probes.iter().any(|p| p.known_errors() != Some(0)), errors),
    number("panics", 8, |r| any(r, |p| p.panics), |p, _| failures(p.panics)),
    number("cancelled", 14, |r| any(r, |p| p.cancelled), |p, _| failures(p.cancelled)),
    number("total", 7, always, |p, _| time(p.total_ns, style::PLAIN)),
    number("self", 0, always, self_time),
    number("waiting", 1, |r| any(r, |p| p.waiting_ns), |p, _| time(p.waiting_ns, style::DIM)),
    number("share", 1, always, self_share),
    number("busy", 13, |r| any(r, |p| p.polls), |p, _| time(if p.polls > 0 { p.busy_ns } else { 0 }, style::PLAIN)),
    number("polls", 18, |r| any(r, |p| p.polls), |p, _| count(p.polls)),
    number("mean", 12, always, |p, _| time(p.mean_ns, style::PLAIN)),
    number("p50", 4, always, median),
    number("p99", 5, always, |p, _| time(p.quantiles.p99, style::PLAIN)),
    number("p99.9", 19, always, |p, _| time(p.quantiles.p999, style::PLAIN)),
    number("max", 10, always, |p, _| time(p.max_ns, style::PLAIN)),
    number("items/s", 15, |r| any(r, |p| p.items), |p, _| per_second(p.items, p, human::count)),
    number("bytes/s", 16, |r| any(r, |p| p.bytes), |p, _| per_second(p.bytes, p, human::bytes)),
    number("allocs", 9, tracked, |p, _| count(p.allocs)),
    number("alloc'd", 11, tracked, |p, _| size(p.alloc_bytes)),
    number("peak", 17, tracked, |p, _| size(p.peak_bytes)),
    number("net", 20, tracked, |p, _| net(p.net_bytes)),
    Column { title: "min … max", rank: 3, leave: 18, kind: Kind::Shape, has: always },
    Column {
        title: "where",
        rank: 21,
        leave: 40,
        kind: Kind::Words(place),
        has: |r| r.probes.iter().any(|p| !p.file.is_empty()),
    },
];

fn always(_: &Report) -> bool {
    true
}

fn tracked(report: &Report) -> bool {
    report.meta.alloc_tracking
}

fn any(report: &Report, figure: fn(&ProbeReport) -> u64) -> bool {
    report.probes.iter().any(|probe| figure(probe) > 0)
}

fn nothing() -> Text {
    Text::new("-", style::DIM)
}

fn scaled(number: u64, show: fn(u64) -> human::Scaled, style: Style) -> Text {
    if number == 0 { nothing() } else { Text::new(format!("{:#}", show(number)), style) }
}

fn count(number: u64) -> Text {
    scaled(number, human::count, style::PLAIN)
}

fn failures(number: u64) -> Text {
    scaled(number, human::count, style::BAD)
}

/// Stands for a number that is not known; a dash would say that it is zero.
pub(crate) const UNKNOWN: &str = "?";

fn errors(probe: &ProbeReport, _: &Report) -> Text {
    probe.known_errors().map_or_else(|| Text::new(UNKNOWN, style::DIM), failures)
}

fn time(ns: u64, style: Style) -> Text {
    scaled(ns, human::duration, style)
}

fn size(bytes: u64) -> Text {
    scaled(bytes, human::bytes, style::PLAIN)
}

fn net(bytes: i64) -> Text {
    if bytes == 0 { nothing() } else { plain(format!("{:#}", human::signed_bytes(bytes))) }
}

/// With a mark where it is less than a probe can tell.
fn self_time(probe: &ProbeReport, report: &Report) -> Text {
    let text = time(probe.self_ns, style::STRONG);
    if !probe.is_below(report.meta.probe_resolution_ns) {
        return text;
    }
    let mut marked = Text::new(BELOW, style::DIM);
    marked.append(text);
    marked
}

/// Of the self time that is not known to be waiting.
fn self_share(probe: &ProbeReport, report: &Report) -> Text {
    let share = share(probe.working_ns(), report.working_ns());
    let style = match share {
        s if s >= 25.0 => style::HOT,
        s if s >= 10.0 => style::WARM,
        _ => style::PLAIN,
    };
    Text::new(format!("{:#}", human::percent(share)), style)
}

/// Dimmed where half of the calls are shorter than what an empty probe reads.
fn median(probe: &ProbeReport, report: &Report) -> Text {
    let below = probe.timed() > 0 && probe.quantiles.p50 < report.meta.probe_resolution_ns;
    time(probe.quantiles.p50, if below { style::DIM } else { style::PLAIN })
}

/// Per second of total time.
fn per_second(number: u64, probe: &ProbeReport, show: fn(u64) -> human::Scaled) -> Text {
    if number == 0 || probe.total_ns == 0 {
        return nothing();
    }
    let rate = u128::from(number) * 1_000_000_000 / u128::from(probe.total_ns);
    scaled(u64::try_from(rate).unwrap_or(u64::MAX), show, style::PLAIN)
}

fn place(probe: &ProbeReport, _: &Report) -> Text {
    if probe.file.is_empty() {
        return Text::default();
    }
    let file = probe.file.rsplit(['/', '\\']).take(2).collect::<Vec<_>>();
    let file = file.into_iter().rev().collect::<Vec<_>>().join("/");
    Text::new(name::fitted(&name::escaped(&format!("{file}:{}", probe.line)), 32), style::DIM)
}
