//! `[arrivals]`: a shape by name, with the keys of its function.

use std::time::Duration;

use toml_edit::TableLike;

use super::keys::Keys;
use crate::{Arrivals, Error};

/// The default duration, as for [`Load`](crate::Load).
const DURATION: Duration = Duration::from_secs(10);

pub(super) fn read(table: &mut dyn TableLike, duration: Option<Duration>) -> Result<Arrivals, Error> {
    let mut keys = Keys::new(table);
    let shape =
        keys.text("shape")?.ok_or_else(|| missing("shape", "constant, ramp, stages, burst, spike, day or replay"))?;
    let lasting = duration.unwrap_or(DURATION);
    let arrivals = match shape.as_str() {
        "constant" => Arrivals::constant(rate(&mut keys, "rate")?, lasting),
        "ramp" => Arrivals::ramp(rate(&mut keys, "from")?, rate(&mut keys, "to")?, lasting),
        "burst" => Arrivals::burst(
            rate(&mut keys, "rate")?,
            rate(&mut keys, "peak")?,
            time(&mut keys, "every")?,
            time(&mut keys, "length")?,
            lasting,
        ),
        "spike" => Arrivals::spike(
            rate(&mut keys, "rate")?,
            rate(&mut keys, "peak")?,
            time(&mut keys, "at")?,
            time(&mut keys, "length")?,
            lasting,
        ),
        "day" => Arrivals::day(rate(&mut keys, "low")?, rate(&mut keys, "high")?, time(&mut keys, "period")?, lasting),
        "stages" => stages(&mut keys),
        "replay" => Arrivals::replay(
            keys.durations("times")?.ok_or_else(|| missing("times", "a list of times since the beginning"))?,
        ),
        other => {
            let problem = format!("`{other}` is none of constant, ramp, stages, burst, spike, day, replay");
            return Err(Error::invalid("shape", problem));
        }
    }?;
    keys.no_more()?;
    if duration.is_some() && matches!(shape.as_str(), "stages" | "replay") {
        let problem = format!("with shape = \"{shape}\" the list says how long it lasts: leave `duration` out");
        return Err(Error::invalid("shape", problem));
    }
    Ok(arrivals)
}

fn stages(keys: &mut Keys<'_>) -> Result<Arrivals, Error> {
    let mut stages = Vec::new();
    for table in keys.tables("stages")? {
        let mut keys = Keys::new(table);
        let mut one = || Ok((rate(&mut keys, "rate")?, time(&mut keys, "duration")?));
        let stage = one().and_then(|stage| keys.no_more().map(|()| stage));
        stages.push(stage.map_err(|error: Error| error.under(format!("stages[{}]", stages.len())))?);
    }
    Arrivals::stages(&stages)
}

fn rate(keys: &mut Keys<'_>, key: &'static str) -> Result<f64, Error> {
    keys.number(key)?.ok_or_else(|| missing(key, "a rate per second"))
}

fn time(keys: &mut Keys<'_>, key: &'static str) -> Result<Duration, Error> {
    keys.duration(key)?.ok_or_else(|| missing(key, "a duration in quotes, such as \"10s\""))
}

fn missing(key: &'static str, what: &str) -> Error {
    Error::invalid(key, format!("is missing: {what}"))
}
