//! Patterns of load: steady, burst, ramp, spike, and a mix of kinds of which one event in twenty is damaged.

use std::time::Duration;

use event_daemon::load::{Level, Source};
use event_daemon::{Architecture, Kind};
use perf_load::{Arrivals, Ctx, Drive, Mix, Operation, Outcome, Plan};

use super::{Effort, driven, load, steady};
use crate::commands::Result;

/// One architecture under one pattern.
pub(crate) struct Found {
    pub(crate) pattern: &'static str,
    pub(crate) architecture: Architecture,
    pub(crate) outcome: Outcome,
    /// Events that the generator damaged on purpose, as the coordinators counted them.
    pub(crate) poisoned: u64,
}

/// The medium level's rate, and its payload.
const LEVEL: Level = Level::ALL[1];

/// The mix, as a file that can be changed.
const MIX: &str = include_str!("../../load.toml");

pub(crate) fn run(effort: &Effort) -> Result<Vec<Found>> {
    let (rate, lasts) = (f64::from(LEVEL.rate) / 2.0, effort.pattern);
    let patterns = [
        ("steady", steady(rate, lasts)?),
        ("burst", Arrivals::burst(rate / 2.0, rate * 2.0, lasts / 4, lasts / 20, lasts)?),
        ("ramp", Arrivals::ramp(rate / 10.0, rate * 2.0, lasts)?),
        ("spike", Arrivals::spike(rate / 2.0, rate * 3.0, lasts / 2, lasts / 10, lasts)?),
        ("mixed", steady(rate, lasts)?.poisson(1)),
    ];
    let source = Source::new(LEVEL.payload, 2);
    let mut found = Vec::new();
    for (pattern, arrivals) in patterns {
        for architecture in Architecture::BOTH {
            let system = effort.system(architecture, LEVEL.services)?;
            let load = load(architecture, pattern);
            let outcome = if pattern == "mixed" {
                let mix = operations()?.into_iter().fold(Mix::new(), |mix, (kind, operation)| {
                    let (system, source) = (&system, &source);
                    mix.add(operation, move |ctx: &Ctx| source.publish(system, ctx, Some(kind)))
                });
                load.mix_driver(mix).drive(&arrivals)?
            } else {
                driven(&system, &source, &load).drive(&arrivals)?
            };
            let _ = system.settle(Duration::from_secs(5));
            let poisoned = system.stats().poisoned;
            found.push(Found { pattern, architecture, outcome, poisoned });
        }
    }
    Ok(found)
}

/// The operations of the file, each for the kind of its name.
pub(crate) fn operations() -> Result<Vec<(Kind, Operation)>> {
    let plan = Plan::parse(MIX)?;
    let of = |operation: Operation| {
        let kind = Kind::ALL.iter().find(|(_, name, _)| *name == operation.name()).map(|(kind, _, _)| *kind);
        kind.map(|kind| (kind, operation.clone())).ok_or_else(|| {
            let names = Kind::ALL.map(|(_, name, _)| name).join(", ");
            format!("load.toml: `{}` is no kind of event; there are {names}", operation.name()).into()
        })
    };
    plan.operations.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_every_kind_with_its_share_and_one_failure_in_twenty() {
        let operations = operations().unwrap();
        let shares: Vec<(Kind, f64)> = operations.iter().map(|(kind, operation)| (*kind, operation.share())).collect();
        assert_eq!(shares, Kind::ALL.map(|(kind, _, share)| (kind, share)));
        assert_eq!(MIX.matches("failures = 0.05").count(), Kind::ALL.len());
    }
}
