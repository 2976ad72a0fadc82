//! Which version of a form a file is of: `perf.report/1`, `perf.gate-log/1`, `perf.lock/1`.

use serde::Deserialize;
use serde_json::Value;

use crate::Error;

/// What every version of every form has.
#[derive(Deserialize)]
struct Head {
    schema: Option<Value>,
}

/// What a text says of its schema.
pub(crate) fn of(json: &[u8]) -> Result<Option<Value>, serde_json::Error> {
    serde_json::from_slice(json).map(|head: Head| head.schema)
}

/// Whether it is the schema that this version knows.
pub(crate) fn check(found: Option<Value>, known: &'static str) -> Result<(), Error> {
    match found {
        Some(Value::String(found)) if found == known => Ok(()),
        Some(Value::String(found)) if is_newer(&found, known) => Err(Error::newer_schema(found, known)),
        Some(Value::String(found)) => Err(Error::unknown_schema(Some(found), known)),
        Some(other) => Err(Error::unknown_schema(Some(other.to_string()), known)),
        None => Err(Error::unknown_schema(None, known)),
    }
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
