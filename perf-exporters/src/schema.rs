//! Which version of a form a file is of. The names stand here alone.

use serde::Deserialize;
use serde_json::Value;

/// Of a report.
pub(crate) const REPORT: &str = "perf.report/1";
/// Of a line of the gate's log.
pub(crate) const GATE_LOG: &str = "perf.gate-log/1";
/// Of a baseline.
#[cfg(feature = "baseline")]
pub(crate) const LOCK: &str = "perf.lock/1";

/// The field that every version of every form has.
#[derive(Deserialize)]
struct Head {
    schema: Option<Value>,
}

/// The schema that a text names.
pub(crate) fn of(json: &[u8]) -> Result<Option<Value>, serde_json::Error> {
    serde_json::from_slice(json).map(|head: Head| head.schema)
}

/// The same name with a greater number.
pub(crate) fn is_newer(found: &str, known: &str) -> bool {
    let split = |schema: &str| {
        let (name, number) = schema.rsplit_once('/')?;
        Some((name.to_owned(), number.parse::<u64>().ok()?))
    };
    match (split(found), split(known)) {
        (Some(found), Some(known)) => found.0 == known.0 && found.1 > known.1,
        _ => false,
    }
}
