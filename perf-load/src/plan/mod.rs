//! A load as a file: TOML, with the keys of the builder.
//!
//! ```toml
//! name = "checkout"
//! preset = ["medium", "quick"]    # or one; what follows replaces what it says
//! rate = 2000                     # per second; or [arrivals], or workers
//! poisson = true
//! duration = "30s"
//! seed = 7
//! max-in-flight = 64
//! backlog = 65536
//! limit = "50ms"
//!
//! [arrivals]                      # instead of rate
//! shape = "burst"                 # constant, ramp, stages, burst, spike, day, replay
//! rate = 500
//! peak = 4000
//! every = "10s"
//! length = "1s"
//!
//! [[operation]]
//! name = "get"
//! weight = 9
//!
//! [[operation]]
//! name = "put"
//! weight = 1
//! failures = 0.01
//! sizes = { median = 2000, sigma = 1.0, most = 100000 }
//! ```
//!
//! A closed loop has `workers` and `think` instead of a rate.

mod arrivals;
mod keys;

use toml_edit::{DocumentMut, Item, TableLike, Value};

use crate::{Error, Load, Operation, Preset, Sizes};
use keys::Keys;

/// A load and its operations, as a file describes them.
///
/// ```
/// use perf_load::{Ctx, Mix, Plan};
///
/// let plan = Plan::parse(r#"
///     name = "store"
///     rate = 500
///     duration = "100ms"
///     operation = [{ name = "get", weight = 9 }, { name = "put" }]
/// "#)?;
/// let mix = plan.operations.into_iter().fold(Mix::new(), |mix, operation| match operation.name() {
///     "get" => mix.add(operation, |_: &Ctx| ()),
///     _ => mix.add(operation, |_: &Ctx| Err::<(), _>("read only")),
/// });
/// let outcome = plan.load.run_mix(&mix)?;
/// assert_eq!(outcome.counts.due, 50);
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The load.
    pub load: Load,
    /// The operations of its mix, in the order of the file; none where it has no `[[operation]]`.
    pub operations: Vec<Operation>,
}

impl Plan {
    /// Reads a file's text.
    ///
    /// # Errors
    /// Text that is no TOML, keys that are not known, values that cannot be used: the error names the key, and of text that is no
    /// TOML the line.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut document: DocumentMut =
            text.parse().map_err(|error| Error::failed("the plan is no TOML").because(error))?;
        let mut keys = Keys::new(document.as_table_mut());
        let plan = Self { load: load(&mut keys)?, operations: operations(&mut keys)? };
        keys.no_more()?;
        // Faults of the values together are found now, not after the first drive.
        plan.load.check()?;
        if !plan.operations.is_empty() {
            crate::mix::Choice::new(&plan.operations)?;
        }
        Ok(plan)
    }
}

fn load(keys: &mut Keys<'_>) -> Result<Load, Error> {
    let mut load = Load::new(keys.text("name")?.unwrap_or_else(|| "load".to_owned()));
    for preset in keys.texts("preset")? {
        load = load.preset(preset.parse::<Preset>()?);
    }
    let duration = keys.duration("duration")?;
    if let Some(duration) = duration {
        load = load.duration(duration);
    }
    let rate = keys.number("rate")?;
    match (rate, keys.table("arrivals")?) {
        (Some(_), Some(_)) => {
            return Err(Error::invalid("rate", "`rate` and `[arrivals]` are two schedules: leave one out"));
        }
        (Some(rate), None) => load = load.rate(rate),
        (None, Some(table)) => {
            load = load.arrivals(arrivals::read(table, duration).map_err(|error| error.under("arrivals"))?);
        }
        (None, None) => {}
    }
    load = match keys.boolean("poisson")? {
        Some(true) => load.poisson(),
        Some(false) => load.evenly(),
        None => load,
    };
    load = keys.whole("seed")?.into_iter().fold(load, Load::seed);
    load = keys.size("max-in-flight")?.into_iter().fold(load, Load::max_in_flight);
    load = keys.size("backlog")?.into_iter().fold(load, Load::backlog);
    load = keys.duration("limit")?.into_iter().fold(load, Load::limit);
    load = keys.size("workers")?.into_iter().fold(load, Load::workers);
    Ok(keys.duration("think")?.into_iter().fold(load, Load::think))
}

fn operations(keys: &mut Keys<'_>) -> Result<Vec<Operation>, Error> {
    let mut operations = Vec::new();
    for table in keys.tables("operation")? {
        let mut keys = Keys::new(table);
        let at = format!("operation[{}]", operations.len());
        operations.push(operation(&mut keys).and_then(|made| keys.no_more().map(|()| made)).map_err(|e| e.under(at))?);
    }
    Ok(operations)
}

fn operation(keys: &mut Keys<'_>) -> Result<Operation, Error> {
    let name =
        keys.text("name")?.ok_or_else(|| Error::invalid("name", "is missing: an operation has probes of its name"))?;
    let mut operation = Operation::new(name);
    operation = keys.number("weight")?.into_iter().fold(operation, Operation::weight);
    operation = keys.number("failures")?.into_iter().fold(operation, Operation::failures);
    match keys.item("sizes") {
        None => Ok(operation),
        Some(item) => Ok(operation.sizes(sizes(item)?)),
    }
}

/// A number, or a table: `{ low, high }`, `{ mean }`, `{ median, sigma, most }`.
fn sizes(item: &mut Item) -> Result<Sizes, Error> {
    const REMEDY: &str = "must be a number, { low, high }, { mean } or { median, sigma, most }";
    if let Some(fixed) = item.as_value().and_then(Value::as_integer) {
        let fixed = u64::try_from(fixed).map_err(|_| Error::invalid("sizes", "must not be below zero"))?;
        return Ok(Sizes::fixed(fixed));
    }
    let table: &mut dyn TableLike = item.as_table_like_mut().ok_or_else(|| Error::invalid("sizes", REMEDY))?;
    let mut keys = Keys::new(table);
    let mut read = || {
        let (low, high) = (keys.whole("low")?, keys.whole("high")?);
        let (mean, median, sigma) = (keys.number("mean")?, keys.number("median")?, keys.number("sigma")?);
        let most = keys.whole("most")?;
        keys.no_more()?;
        Ok(match (low, high, mean, median, sigma) {
            (Some(low), Some(high), None, None, None) => Some(Sizes::uniform(low, high)),
            (None, None, Some(mean), None, None) => Some(Sizes::exponential(mean)),
            (None, None, None, Some(median), Some(sigma)) => {
                Some(Sizes::log_normal(median, sigma, most.unwrap_or(u64::MAX)))
            }
            _ => None,
        })
    };
    match read().map_err(|error: Error| error.under("sizes"))? {
        Some(sizes) => Ok(sizes),
        None => Err(Error::invalid("sizes", REMEDY)),
    }
}
