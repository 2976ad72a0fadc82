//! Batches: calls that do so little that their fixed cost is most of it.

use super::case::Case;
use super::finding::{Confidence, Diagnosis, Finding};
use crate::report::ProbeReport;

/// Items, or bytes where no items are reported, that are few for a call.
const FEW_ITEMS: f64 = 4.0;
const FEW_BYTES: f64 = 512.0;
/// Calls a second that are many.
const MANY_CALLS: f64 = 1_000.0;
/// The part of the program's working time that the probe has.
const PART: f64 = 0.2;
/// The part of processor time in the kernel, whose calls small batches repeat.
const IN_KERNEL: f64 = 0.4;
const MOSTLY_IN_KERNEL: f64 = 0.7;

/// Many calls of few items each, while the processors are in the kernel.
pub(super) fn too_small(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let ([watched], Some(seconds)) = (&case.watched[..], case.seconds()) else { return };
    let (Some(user), Some(system)) = (watched.mean("user_ns"), watched.mean("system_ns")) else { return };
    let in_kernel = if user + system > 0.0 { system / (user + system) } else { 0.0 };
    if in_kernel < IN_KERNEL || case.report.monitor.len() > 1 {
        return;
    }
    let whole = case.report.working_ns();
    let small = |probe: &&ProbeReport| {
        let few = size(probe).is_some_and(|(each, unit)| each <= if unit == "bytes" { FEW_BYTES } else { FEW_ITEMS });
        few && probe.calls as f64 >= MANY_CALLS * seconds && probe.working_ns() as f64 >= PART * whole as f64
    };
    let Some(probe) = case.report.probes.iter().filter(small).max_by_key(|probe| probe.working_ns()) else { return };
    let Some((each, unit)) = size(probe) else { return };
    let confidence = if in_kernel >= MOSTLY_IN_KERNEL { Confidence::High } else { Confidence::Medium };
    let finding = Finding::new(Diagnosis::BatchesTooSmall, &probe.name, confidence)
        .with(if unit == "bytes" { "bytes a call" } else { "items a call" }, each, unit)
        .with("calls", probe.calls as f64 / seconds, "per_second")
        .with("processor time in the kernel", in_kernel, "ratio")
        .with_known("reading and writing calls", watched.mean("io_calls"), "per_second");
    findings.push(finding);
}

/// The items or bytes of a call on average; none where it does not report them.
fn size(probe: &ProbeReport) -> Option<(f64, &'static str)> {
    let each = |sum: u64| sum as f64 / probe.calls as f64;
    match (probe.calls, probe.items, probe.bytes) {
        (0, ..) | (_, 0, 0) => None,
        (_, 0, bytes) => Some((each(bytes), "bytes")),
        (_, items, _) => Some((each(items), "count")),
    }
}
