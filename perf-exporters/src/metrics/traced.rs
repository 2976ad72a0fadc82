//! Slow calls that lead to a trace.

use std::time::{Duration, SystemTime};

use crate::report::ProbeReport;

/// A call whose trace is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Traced {
    /// Of the trace, not all zero.
    pub(crate) id: [u8; 16],
    pub(crate) nanos: u64,
    /// When it ended.
    pub(crate) end: SystemTime,
}

/// The slowest calls of a probe whose traces are known, slowest first.
pub(crate) fn traced(probe: &ProbeReport) -> impl Iterator<Item = Traced> {
    probe.exemplars.iter().filter_map(|call| {
        let end = call.start.checked_add(Duration::from_nanos(call.duration_ns))?;
        Some(Traced { id: trace_id(call.trace.as_deref()?)?, nanos: call.duration_ns, end })
    })
}

/// The bytes of 32 hexadecimal digits that are not all zero.
fn trace_id(digits: &str) -> Option<[u8; 16]> {
    let hexadecimal = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let id = u128::from_str_radix(digits, 16).ok().filter(|id| hexadecimal && *id != 0)?;
    Some(id.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_32_digits() {
        assert_eq!(trace_id("000000000000000000000000000000ff").unwrap()[15], 255);
        for bad in ["", "00000000000000000000000000000000", "+00000000000000000000000000000ff", "0x", "ff", "\"} 1"] {
            assert_eq!(trace_id(bad), None, "{bad}");
        }
    }
}
