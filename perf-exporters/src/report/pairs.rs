//! A histogram in JSON: `[[bucket, count], …]`, ascending, without the empty ones. The values of a bucket are
//! documented at [`Histogram::to_pairs`].

use perf_core::Histogram;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub(super) fn serialize<S: Serializer>(histogram: &Histogram, serializer: S) -> Result<S::Ok, S::Error> {
    histogram.to_pairs().serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Histogram, D::Error> {
    let pairs: Vec<(u16, u64)> = Vec::deserialize(deserializer)?;
    // Ranks are found by adding counts up; no run of a program comes near the limit.
    if pairs.iter().try_fold(0_u64, |sum, pair| sum.checked_add(pair.1)).is_none() {
        return Err(de::Error::custom("histogram: more values than 64 bits can count"));
    }
    Histogram::from_pairs(pairs).map_err(de::Error::custom)
}
