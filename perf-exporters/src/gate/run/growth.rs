//! A function at several sizes: counters first, then time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use perf_core::Snapshot;
use perf_core::budget::{Figure, Growth, GrowthClass};

use super::advice;
use super::caches::Caches;
use super::engine::{Engine, Returned, Seen};
use super::ladder::Ladder;
use super::subject::Subject;
use crate::gate::confirm::Rules;
use crate::gate::scope::{counted, inside};
use crate::judge::caches::{CACHED, shows_with_empty_caches};
use crate::judge::exact;
use crate::judge::growth::{self, Class, Cost};
use crate::judge::verdict::{Reason, Severity, Unit, Verdict};
use crate::judge::{Findings, Row};
use crate::stats::order::floor;

/// One visit to a size lasts about so long, or one call, nanoseconds.
const VISIT: f64 = 50_000.0;
const MOST_CALLS: f64 = 256.0;

/// Rounds over all sizes before the first look, and before a FAIL is believed.
const FIRST_LOOK: usize = 5;
const ROUNDS_TO_FAIL: usize = 10;

/// Calls at a size with empty caches.
const COLD_ROUNDS: usize = 41;

impl<S: Subject> Engine<'_, S> {
    /// Judges how cost grows.
    pub(super) async fn growth(&mut self, growth: Growth) -> Result<(), Returned<S::Output>> {
        let class = class(growth.class);
        if growth.by == Figure::Instructions {
            return self.growth_of_instructions(growth, class).await;
        }
        for size in growth.sizes {
            let (output, ns) = self.call(*size).await;
            self.accept(output)?;
            self.call_ns = ns;
        }
        let counts = self.counts(growth.sizes).await?;
        let rows = counts.iter().filter_map(|(what, points)| of_counts(what, points, class));
        let counted: Findings = rows.collect();
        let broken = counted.fails(true);
        let is_bent = |row: &&Row| row.verdict == Verdict::Inconclusive(Reason::Bends);
        let bends = counted.rows.iter().find(is_bent).map(|row| row.metric.clone());
        self.finished.findings.rows.extend(counted.rows);
        if broken {
            return Ok(());
        }
        let rules = Rules { failures: self.run.pace.rules.failures.min(2), ..self.run.pace.rules };
        let timed = self.confirm(rules, async |engine: &mut Self| engine.rounds(growth.sizes, class).await).await?;
        if timed.rows.iter().any(|row| row.verdict == Verdict::Inconclusive(Reason::Cached)) {
            self.finished.advice = Some(advice::sizes(growth.sizes));
        } else if let (Some(bends), Some(last)) = (bends, growth.sizes.last()) {
            self.finished.advice = Some(advice::larger(&bends, *last));
        }
        self.finished.findings.rows.extend(timed.rows);
        Ok(())
    }

    /// The counters at each size, by name.
    async fn counts(&mut self, sizes: &[usize]) -> Result<BTreeMap<String, Vec<(u64, f64)>>, Returned<S::Output>> {
        let start = Instant::now();
        let mut all: Vec<BTreeMap<String, u64>> = Vec::new();
        for size in sizes {
            let mut least: BTreeMap<String, u64> = BTreeMap::new();
            for run in 0..exact::RUNS {
                if run > 0 && start.elapsed() > self.run.max_time() / 4 {
                    break;
                }
                let now = figures(&self.count(*size, 1).await?);
                least = match run {
                    0 => now,
                    _ => least.into_iter().map(|(name, value)| pair(&now, name, value)).collect(),
                };
            }
            all.push(least);
        }
        let names: std::collections::BTreeSet<&String> = all.iter().flat_map(BTreeMap::keys).collect();
        let series = |name: &String| {
            let value = |at: &BTreeMap<String, u64>| at.get(name).copied().unwrap_or(0) as f64;
            sizes.iter().zip(&all).map(|(size, at)| (*size as u64, value(at))).collect::<Vec<_>>()
        };
        Ok(names.into_iter().map(|name| (name.clone(), series(name))).collect())
    }

    /// Times all sizes in rounds, until the growth is decided or time is up.
    async fn rounds(&mut self, sizes: &[usize], class: Class) -> Result<Seen, Returned<S::Output>> {
        let _turn = self.turn(self.run.max_time()).await;
        let start = Instant::now();
        let mut ladder = Ladder::new(sizes, self.presence());
        let mut look = FIRST_LOOK;
        let mut rounds = 0;
        loop {
            for at in ladder.sizes() {
                let calls = ladder.expected(at).map_or(1.0, |ns| (VISIT / ns).clamp(1.0, MOST_CALLS));
                for _ in 0..floor(calls) {
                    self.climb(&mut ladder, at).await?;
                }
            }
            self.subject.breathe().await;
            ladder.look();
            rounds += 1;
            let over = start.elapsed() >= self.run.max_time();
            if rounds < look && !over {
                continue;
            }
            look *= 2;
            let (points, least) = (ladder.most(), ladder.least());
            let mut judged = growth::judge(&points, class, Cost::Time);
            judged.verdict = as_the_codes_own(judged.verdict, growth::judge(&least, class, Cost::Time).verdict);
            let cached = judged.verdict == Verdict::Inconclusive(Reason::Cached);
            let decided = match judged.verdict {
                Verdict::Pass => true,
                Verdict::Fail => rounds >= ROUNDS_TO_FAIL,
                Verdict::Inconclusive(_) => cached && rounds >= ROUNDS_TO_FAIL && start.elapsed() >= self.enough(),
            };
            if over || decided {
                // Rounds are few where calls take long, which says as much as many short ones, or where others had the processor.
                // What shows at the last three sizes alone needs as many as a FAIL.
                let is_starved = rounds < FIRST_LOOK && ladder.own() < self.enough().as_secs_f64() * 1e9;
                let wanted = if cached { ROUNDS_TO_FAIL } else { FIRST_LOOK };
                if judged.verdict.is_fail() && is_starved || cached && rounds < wanted {
                    let (have, need) = (rounds as u64, wanted as u64);
                    judged.verdict = Verdict::Inconclusive(Reason::TooFewSamples { have, need });
                    self.finished.advice = Some(advice::rounds(need, start.elapsed().as_secs_f64() / have as f64));
                } else if cached
                    && self.knows_others(&ladder)
                    && self.grows_with_empty_caches(sizes, &least, class).await?
                {
                    judged.verdict = Verdict::Fail;
                }
                let calls = ladder.calls();
                self.finished.curve = points;
                let verdict = judged.verdict.clone();
                let what = if self.run.is_cpu() { "growth of processor time" } else { "growth of time" };
                let row = row(what, &judged, class, Cost::Time, calls);
                return Ok(Seen { findings: [row].into_iter().collect(), verdict, calm: true });
            }
        }
    }

    /// Growth that caches may explain is not sampled for longer, and in fewer rounds calls of so much time are evidence.
    fn enough(&self) -> Duration {
        self.run.max_time() / 4
    }

    /// Whether growth shows with empty caches as well, where all data fit into the caches that are emptied.
    async fn grows_with_empty_caches(
        &mut self,
        sizes: &[usize],
        full: &[(u64, f64)],
        class: Class,
    ) -> Result<bool, Returned<S::Output>> {
        let largest = full.last().map_or(0, |point| point.0);
        let Some(mut caches) = Some(largest).filter(|largest| *largest <= CACHED).and_then(|_| Caches::new()) else {
            return Ok(false);
        };
        let mut ladder = Ladder::new(sizes, self.presence());
        let start = Instant::now();
        for round in 0..COLD_ROUNDS {
            if round >= FIRST_LOOK && start.elapsed() > self.run.max_time() / 2 {
                break;
            }
            for at in ladder.sizes() {
                caches.empty();
                self.climb(&mut ladder, at).await?;
            }
            self.subject.breathe().await;
            ladder.look();
        }
        Ok(self.knows_others(&ladder) && shows_with_empty_caches(full, &ladder.least(), class))
    }
}

/// The verdict on times from which what others took of the processor is left out, and on the least that the code itself explains: growth
/// shows in both.
fn as_the_codes_own(seen: Verdict, least: Verdict) -> Verdict {
    let grows = |verdict: &Verdict| verdict.is_fail() || *verdict == Verdict::Inconclusive(Reason::Cached);
    match (seen, least) {
        (Verdict::Fail, Verdict::Fail) => Verdict::Fail,
        (seen, least) if grows(&seen) && grows(&least) => Verdict::Inconclusive(Reason::Cached),
        (seen, Verdict::Pass) if grows(&seen) => Verdict::Inconclusive(Reason::Undecided),
        (seen, least) if grows(&seen) => least,
        (seen, _) => seen,
    }
}

fn pair(now: &BTreeMap<String, u64>, name: String, value: u64) -> (String, u64) {
    let least = now.get(&name).copied().unwrap_or(0).min(value);
    (name, least)
}

/// How counts of calls begin.
const CALLS: &str = "calls of ";

/// All exact counters: allocations of the measured part, and calls of every probe in it.
fn figures(snapshot: &Snapshot) -> BTreeMap<String, u64> {
    let calls = inside(snapshot).map(|probe| (format!("{CALLS}{}", probe.name()), probe.calls()));
    let allocs = counted(snapshot).map(perf_core::ProbeStats::allocs).sum();
    let bytes = counted(snapshot).map(perf_core::ProbeStats::alloc_bytes).sum();
    calls.chain([("allocs".to_owned(), allocs), ("alloc_bytes".to_owned(), bytes)]).collect()
}

/// The row of a counter; `None` where nothing was counted at any size. What rises at the largest sizes alone is a doubt. What is
/// undecided otherwise, rounded amounts or numbers that vary, is shown, and left to the clock: a row that warns at most.
fn of_counts(what: &str, points: &[(u64, f64)], class: Class) -> Option<Row> {
    let cost = if what.starts_with(CALLS) { Cost::Counts } else { Cost::Amounts };
    if points.iter().all(|point| point.1 <= 0.0) {
        return None;
    }
    let judged = growth::judge(points, class, cost);
    let severity = match judged.verdict {
        Verdict::Inconclusive(Reason::Undecided) => Severity::Target,
        _ => Severity::Limit,
    };
    let row = row(&format!("growth of {what}"), &judged, class, cost, points.len() as u64);
    Some(Row { exact: true, severity, ..row })
}

fn row(what: &str, judged: &growth::Judgement, class: Class, cost: Cost, samples: u64) -> Row {
    let allowed = match cost {
        Cost::Amounts => "more than the rounding of tables and digits explains".to_owned(),
        _ => format!("and up to n^{:.2} is allowed", cost.tolerance(class)),
    };
    let reason = if judged.power.is_finite() {
        format!(
            "claimed to grow like {class}, grows like n^{:.2} at the larger sizes: 95 % sure that it grows faster than claimed by \
             n^{:.2} to n^{:.2}, {allowed}",
            judged.power, judged.lower, judged.upper,
        )
    } else {
        String::new()
    };
    Row::new(what, Unit::Exponent, class_power(class, cost))
        .evidence(judged.power, samples, if cost == Cost::Time { crate::judge::PASS_LEVEL } else { 0.0 })
        .verdict(judged.verdict.clone(), reason)
}

/// The power of n that is just allowed.
fn class_power(class: Class, cost: Cost) -> f64 {
    f64::from(class.degree) + cost.tolerance(class)
}

fn class(claimed: GrowthClass) -> Class {
    let (degree, log) = match claimed {
        GrowthClass::Constant => (0, false),
        GrowthClass::Logarithmic => (0, true),
        GrowthClass::Linear => (1, false),
        GrowthClass::Linearithmic => (1, true),
        GrowthClass::Quadratic => (2, false),
        // The list of classes may grow; the loosest of today stands for future ones.
        _ => (3, false),
    };
    Class { degree, log }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_has_to_be_the_codes_own() {
        let [fail, pass] = [Verdict::Fail, Verdict::Pass];
        let [cached, undecided] = [Reason::Cached, Reason::Undecided].map(Verdict::Inconclusive);
        for (seen, least, both) in [
            (&fail, &fail, &fail),
            (&fail, &cached, &cached),
            (&cached, &fail, &cached),
            (&cached, &pass, &undecided),
            (&fail, &pass, &undecided),
            (&fail, &undecided, &undecided),
            (&pass, &fail, &pass),
            (&undecided, &fail, &undecided),
        ] {
            assert_eq!(&as_the_codes_own(seen.clone(), least.clone()), both, "{seen:?} {least:?}");
        }
    }

    const CONSTANT: Class = Class { degree: 0, log: false };
    const LINEAR: Class = Class { degree: 1, log: false };

    fn told(what: &str, class: Class, counts: [u32; 6]) -> Option<(Verdict, Severity)> {
        let sizes = [16, 64, 256, 1_024, 4_096, 16_384];
        let points: Vec<(u64, f64)> = sizes.into_iter().zip(counts.map(f64::from)).collect();
        of_counts(what, &points, class).map(|row| (row.verdict, row.severity))
    }

    #[test]
    fn what_is_flat_and_then_rises_is_a_doubt() {
        let doubt = Some((Verdict::Inconclusive(Reason::Bends), Severity::Limit));
        assert_eq!(told("calls of a", CONSTANT, [1, 1, 1, 1, 1, 5]), doubt);
        assert_eq!(told("calls of a", CONSTANT, [1, 1, 1, 1, 3, 5]), doubt);
        assert_eq!(told("calls of a", LINEAR, [16, 64, 256, 1_024, 4_096, 32_768]), doubt);
        assert_eq!(told("allocs", CONSTANT, [2, 2, 2, 2, 2, 100]), doubt);
    }

    #[test]
    fn what_no_size_decides_is_shown_and_left_to_the_clock() {
        let shown = Some((Verdict::Inconclusive(Reason::Undecided), Severity::Target));
        assert_eq!(told("calls of a", CONSTANT, [10, 12, 9, 11, 10, 12]), shown, "it varies");
        assert_eq!(told("alloc_bytes", LINEAR, [50, 230, 960, 4_100, 18_000, 80_000]), shown, "numbers gain digits");
        assert_eq!(told("allocs", CONSTANT, [0; 6]), None);
        assert_eq!(told("allocs", CONSTANT, [3; 6]), Some((Verdict::Pass, Severity::Limit)));
        assert_eq!(
            told("allocs", CONSTANT, [16, 64, 256, 1_024, 4_096, 16_384]).map(|told| told.0),
            Some(Verdict::Fail)
        );
    }
}
