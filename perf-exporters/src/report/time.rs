//! Dates: RFC 3339 in UTC to the nanosecond in files, nanoseconds since 1970 in arithmetic.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serializer, de};

pub(crate) use crate::nanos::nanos;

/// The last second that four digits of a year can name.
const LAST_SECOND: u64 = 253_402_300_799;

/// Dates before 1970 and after 9999 are written as the first and last that the format has.
pub(super) fn serialize<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let last = SystemTime::UNIX_EPOCH + Duration::new(LAST_SECOND, 999_999_999);
    let time = (*time).clamp(SystemTime::UNIX_EPOCH, last);
    serializer.collect_str(&humantime::format_rfc3339_nanos(time))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_rfc3339(&text).map_err(|error| de::Error::custom(format_args!("time {text:?}: {error}")))
}

/// Nanoseconds since 1970, within the range of 64 bits (until 2554).
pub(super) fn to_nanos(time: SystemTime) -> u64 {
    nanos(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

/// The date of [`to_nanos`].
pub(super) fn from_nanos(nanos: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
}
