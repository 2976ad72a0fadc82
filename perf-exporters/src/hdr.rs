//! A `HdrHistogram` interval log (version 1.3 of the log, V2 of the histograms in it), for the tools of that family.
//!
//! One interval, from the beginning of the measurement to its end, with a histogram for every probe, its name as the
//! tag. Values are nanoseconds; the greatest value of a line is given in milliseconds, as those tools expect.

use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use crate::report::ProbeReport;
use crate::{Report, label};

/// Digits that are kept: more than the histograms of a report have, so that nothing is added to their error.
const DIGITS: u8 = 3;
/// The greatest value and count; readers in other languages have no unsigned numbers.
const MOST: u64 = i64::MAX as u64 / 2;

/// The log as text.
///
/// A tag can hold no blank, comma or line end: they are written as `%20`, `%2C`, `%0A`, and `%` as `%25`.
///
/// ```
/// use perf_exporters::report::{Histogram, ProbeReport, Report};
///
/// let mut report = Report::default();
/// let mut probe = ProbeReport::new("read file");
/// probe.histogram = Histogram::from_iter([100, 200, 300]);
/// (probe.calls, probe.min_ns, probe.max_ns) = (3, 100, 300);
/// report.probes.push(probe);
/// assert!(perf_exporters::hdr::render(&report).contains("\nTag=read%20file,"));
/// ```
#[must_use]
pub fn render(report: &Report) -> String {
    let mut log = Vec::new();
    // The only thing to fail would be a histogram beyond what the format holds, and then that line is left out.
    let _ = write(report, &mut log);
    String::from_utf8_lossy(&log).into_owned()
}

fn write(report: &Report, log: &mut Vec<u8>) -> std::io::Result<()> {
    let meta = &report.meta;
    let duration = Duration::from_nanos(meta.duration_ns);
    let start = meta.time.checked_sub(duration).unwrap_or(SystemTime::UNIX_EPOCH).max(SystemTime::UNIX_EPOCH);
    let mut serializer = V2DeflateSerializer::new();
    let mut head = IntervalLogWriterBuilder::new();
    head.add_comment("[Histogram log format version 1.3]");
    head.add_comment(&format!("[{}, values in nanoseconds]", label::escaped(&meta.program)));
    head.with_start_time(start).with_base_time(start).with_max_value_divisor(1e6);
    let mut writer = head.begin_log_with(log, &mut serializer)?;
    for probe in report.probes.iter().filter(|probe| probe.timed() > 0) {
        let tag = tag(&probe.name);
        if let Some(histogram) = histogram(probe) {
            let _ = writer.write_histogram(&histogram, Duration::ZERO, duration, Tag::new(&tag));
        }
    }
    Ok(())
}

/// The durations, each bucket at its middle, but none beyond the shortest and longest call.
fn histogram(probe: &ProbeReport) -> Option<Histogram<u64>> {
    let (least, most) = (probe.min_ns.min(MOST), probe.max_ns.min(MOST));
    let final_bucket = probe.histogram.buckets().last()?;
    let mut histogram = Histogram::new_with_bounds(1, most.max(final_bucket.high.min(MOST)).max(2), DIGITS).ok()?;
    for bucket in probe.histogram.buckets() {
        let middle = bucket.low + (bucket.high - bucket.low) / 2;
        let inside = if least <= most { middle.min(MOST).clamp(least, most) } else { middle.min(MOST) };
        // What one histogram can count is not reached by any program; what is beyond is left out.
        let count = bucket.count.min(MOST.saturating_sub(histogram.len()));
        // The longest call is known exactly.
        let longest = u64::from(bucket == final_bucket && (bucket.low..=bucket.high).contains(&most)).min(count);
        histogram.record_n(inside, count - longest).ok()?;
        histogram.record_n(most, longest).ok()?;
    }
    Some(histogram)
}

/// A name without what separates fields and lines.
fn tag(name: &str) -> String {
    let mut tag = String::with_capacity(name.len());
    for c in if name.is_empty() { "(unnamed)" } else { name }.chars() {
        if c.is_whitespace() || c.is_control() || matches!(c, ',' | '%') {
            let mut utf8 = [0; 4];
            tag.extend(c.encode_utf8(&mut utf8).bytes().map(|byte| format!("%{byte:02X}")));
        } else {
            tag.push(c);
        }
    }
    tag
}
