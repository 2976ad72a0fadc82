//! The system's counts of the whole process: `getrusage`, on every Unix.

use crate::report::Reading;

#[cfg(unix)]
pub(super) fn read(reading: &mut Reading) -> Result<(), String> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeVal;

    let usage = getrusage(UsageWho::RUSAGE_SELF).map_err(|error| format!("getrusage: {error}"))?;
    let nanos = |time: TimeVal| {
        let (seconds, micros) = (u64::try_from(time.tv_sec()).ok()?, u64::try_from(time.tv_usec()).ok()?);
        seconds.checked_mul(1_000_000_000)?.checked_add(micros.checked_mul(1_000)?)
    };
    let count = |number| u64::try_from(number).ok();
    reading.user_ns = nanos(usage.user_time());
    reading.system_ns = nanos(usage.system_time());
    reading.voluntary_switches = count(usage.voluntary_context_switches());
    reading.involuntary_switches = count(usage.involuntary_context_switches());
    reading.minor_faults = count(usage.minor_page_faults());
    reading.major_faults = count(usage.major_page_faults());
    // Linux also counts memory from before the program was executed, and has the peak elsewhere.
    if cfg!(not(target_os = "linux")) {
        // Apple counts in bytes, all other systems in units of 1,024.
        let unit = if cfg!(target_vendor = "apple") { 1 } else { 1_024 };
        reading.peak_rss_bytes = count(usage.max_rss()).and_then(|units| units.checked_mul(unit));
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn read(_: &mut Reading) -> Result<(), String> {
    Err("this platform has no getrusage".to_owned())
}
