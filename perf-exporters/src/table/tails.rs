//! Why the slowest calls are slow: a sentence for each probe whose slowest calls stand out.

use std::cmp::Reverse;

use super::name;
use super::text::{Text, style, wrapped};
use crate::human;
use crate::report::{Cause, ProbeReport, Report, Tail};

/// Sentences.
const SHOWN: usize = 3;
/// How many times the median a call takes that stands out.
const STANDS_OUT: u64 = 3;
/// Columns of a name.
const NAME: usize = 40;

/// The section, after a blank line; nothing where no calls stand out.
pub(super) fn section(report: &Report, width: usize) -> Vec<Text> {
    let mut tails: Vec<(&ProbeReport, Tail)> = report
        .probes
        .iter()
        .filter_map(|probe| Some((probe, probe.tail()?)))
        .filter(|(probe, tail)| tail.least_ns / STANDS_OUT >= probe.quantiles.p50.max(report.meta.probe_resolution_ns))
        .collect();
    tails.sort_by_key(|(probe, tail)| (Reverse(tail.least_ns), &probe.name));
    let mut lines = Vec::new();
    for (probe, tail) in tails.into_iter().take(SHOWN) {
        let cause = match &tail.cause {
            Cause::Callee(callee) => Cause::Callee(name::fitted(&name::escaped(callee), NAME)),
            other => other.clone(),
        };
        let sentence = format!(
            "slow {}: {} ({} and more; median {})",
            name::fitted(&name::escaped(&probe.name), NAME),
            Tail { cause, ..tail.clone() },
            human::duration(tail.least_ns),
            human::duration(probe.quantiles.p50),
        );
        lines.extend(wrapped(&sentence, style::PLAIN, width));
    }
    if !lines.is_empty() {
        lines.insert(0, Text::default());
    }
    lines
}
