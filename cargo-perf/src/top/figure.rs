//! The figures of a probe that have a column: their names, their order, their text.

use clap::ValueEnum;
use perf_exporters::human;
use perf_exporters::report::ProbeReport;

use super::rows::Row;

/// A figure of a probe. Those that one can sort by from the command line are those of the first view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Figure {
    /// The name, from A to Z.
    Name,
    /// Calls, or calls a second.
    Calls,
    /// Time in calls.
    Total,
    /// Time in calls without the probes they called.
    #[value(name = "self")]
    OwnTime,
    /// Mean call.
    Mean,
    /// Half of the calls stay within it.
    P50,
    /// 99 % of the calls stay within it.
    P99,
    /// Longest call.
    Max,
    /// Allocations in a call.
    Allocs,
    /// Errors, or errors a second.
    Errors,
    /// Allocations, or allocations a second.
    #[value(skip)]
    AllocRate,
    /// Bytes allocated in a call.
    #[value(skip)]
    Bytes,
    /// Bytes allocated, or bytes a second.
    #[value(skip)]
    ByteRate,
    /// Share of all bytes allocated, without those of the probes it called.
    #[value(skip)]
    OwnBytes,
    /// The most that live memory grew in a call.
    #[value(skip)]
    Peak,
    /// Bytes allocated and not freed.
    #[value(skip)]
    Net,
}

/// A figure in a view.
pub(super) struct Column {
    pub(super) figure: Figure,
    pub(super) width: u16,
    /// Columns that must be left to names for this one to be shown; those that leave less come first.
    pub(super) leave: u16,
}

const fn column(figure: Figure, width: u16, leave: u16) -> Column {
    Column { figure, width, leave }
}

/// Columns of the first view.
pub(super) const TIMES: &[Column] = &[
    column(Figure::Calls, 7, 18),
    column(Figure::Total, 7, 18),
    column(Figure::OwnTime, 6, 18),
    column(Figure::Mean, 7, 18),
    column(Figure::P50, 7, 18),
    column(Figure::P99, 7, 18),
    column(Figure::Max, 7, 18),
    column(Figure::Allocs, 11, 24),
    column(Figure::Errors, 8, 30),
];

/// Columns of the view of memory.
pub(super) const MEMORY: &[Column] = &[
    column(Figure::AllocRate, 8, 18),
    column(Figure::Allocs, 11, 24),
    column(Figure::ByteRate, 9, 18),
    column(Figure::Bytes, 10, 24),
    column(Figure::OwnBytes, 6, 18),
    column(Figure::Peak, 7, 18),
    column(Figure::Net, 8, 18),
];

/// A number and its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Amount {
    Count(u64),
    Ratio(f64),
    Time(u64),
    Percent(f64),
    Size(u64),
    SizeRate(f64),
    Change(i64),
    /// The amount is unknown: a dash would mean zero.
    Unknown,
}

impl Figure {
    /// The title of the column, for an interval or for all the time.
    pub(super) fn title(self, of_interval: bool) -> &'static str {
        match (self, of_interval) {
            (Self::Name, _) => "probe",
            (Self::Calls, true) => "calls/s",
            (Self::Calls, false) => "calls",
            (Self::Total, _) => "total",
            (Self::OwnTime | Self::OwnBytes, _) => "self %",
            (Self::Mean, _) => "mean",
            (Self::P50, _) => "p50",
            (Self::P99, _) => "p99",
            (Self::Max, _) => "max",
            (Self::Allocs, _) => "allocs/call",
            (Self::Errors, true) => "errors/s",
            (Self::Errors, false) => "errors",
            (Self::AllocRate, true) => "allocs/s",
            (Self::AllocRate, false) => "allocs",
            (Self::Bytes, _) => "bytes/call",
            (Self::ByteRate, true) => "bytes/s",
            (Self::ByteRate, false) => "bytes",
            (Self::Peak, _) => "peak",
            (Self::Net, _) => "net",
        }
    }

    /// The key that rows are sorted by, the greatest first; the least for a probe that was not called.
    pub(super) fn value(self, row: &Row) -> f64 {
        match row.probe.map(|probe| self.amount(probe, row)) {
            None => f64::NEG_INFINITY,
            Some(Amount::Count(n) | Amount::Time(n) | Amount::Size(n)) => n as f64,
            Some(Amount::Ratio(x) | Amount::Percent(x) | Amount::SizeRate(x)) => x,
            Some(Amount::Change(n)) => n as f64,
            Some(Amount::Unknown) => 0.0,
        }
    }

    /// The text of the cell; a dash for zero.
    pub(super) fn text(self, row: &Row) -> String {
        let Some(probe) = row.probe else { return "-".to_owned() };
        match self.amount(probe, row) {
            Amount::Count(0) | Amount::Time(0) | Amount::Size(0) | Amount::Change(0) => "-".to_owned(),
            Amount::Ratio(x) | Amount::Percent(x) | Amount::SizeRate(x) if x <= 0.0 => "-".to_owned(),
            Amount::Count(n) => format!("{:#}", human::count(n)),
            Amount::Ratio(x) => format!("{:#}", human::rate(x)),
            Amount::Time(ns) => format!("{:#}", human::duration(ns)),
            Amount::Percent(x) => format!("{:#}", human::percent(x)),
            Amount::Size(bytes) => format!("{:#}", human::bytes(bytes)),
            // Saturates; nothing is negative.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            Amount::SizeRate(bytes) => format!("{:#}", human::bytes(bytes.round() as u64)),
            Amount::Unknown => "?".to_owned(),
            Amount::Change(bytes) => format!("{:#}", human::signed_bytes(bytes)),
        }
    }

    /// The share of the whole that colours the cell; 0 for other figures.
    pub(super) fn heat(self, row: &Row) -> f64 {
        match self {
            Self::OwnTime | Self::OwnBytes => self.value(row),
            _ => 0.0,
        }
    }

    fn amount(self, probe: &ProbeReport, row: &Row) -> Amount {
        let whole = row.whole;
        let rate = |count: u64| match whole.seconds {
            Some(seconds) => Amount::Ratio(count as f64 / seconds),
            None => Amount::Count(count),
        };
        let each = |count: u64| if probe.calls == 0 { 0.0 } else { count as f64 / probe.calls as f64 };
        let share = |part: u64, all: u64| if all == 0 { 0.0 } else { 100.0 * part as f64 / all as f64 };
        match self {
            Self::Name => Amount::Count(0),
            Self::Calls => rate(probe.calls),
            Self::Total => Amount::Time(probe.total_ns),
            Self::OwnTime => Amount::Percent(share(probe.working_ns(), whole.working_ns)),
            Self::Mean => Amount::Time(probe.mean_ns),
            Self::P50 => Amount::Time(probe.quantiles.p50),
            Self::P99 => Amount::Time(probe.quantiles.p99),
            Self::Max => Amount::Time(probe.max_ns),
            Self::Errors => probe.known_errors().map_or(Amount::Unknown, rate),
            Self::Allocs => Amount::Ratio(each(probe.allocs)),
            Self::AllocRate => rate(probe.allocs),
            Self::Bytes => Amount::SizeRate(each(probe.alloc_bytes)),
            Self::ByteRate => match whole.seconds {
                Some(seconds) => Amount::SizeRate(probe.alloc_bytes as f64 / seconds),
                None => Amount::Size(probe.alloc_bytes),
            },
            Self::OwnBytes => Amount::Percent(share(probe.self_alloc_bytes, whole.self_bytes)),
            Self::Peak => Amount::Size(probe.peak_bytes),
            Self::Net => Amount::Change(probe.net_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use perf_exporters::Report;

    use super::*;
    use crate::top::rows::row;

    #[test]
    fn errors_that_nothing_looked_for_are_no_dash() {
        let mut report = Report::default();
        report.probes.push(ProbeReport::new("f"));
        let errors = |report: &Report| Figure::Errors.text(&row(report, None, "f").unwrap());
        assert_eq!(errors(&report), "-");
        report.probes[0].errors_unseen = true;
        assert_eq!(errors(&report), "?");
        assert!(Figure::Errors.value(&row(&report, None, "f").unwrap()).abs() < f64::EPSILON);
        report.probes[0].errors = 3;
        assert_eq!(errors(&report), "3");
    }
}
