//! Which rule fits which probe, and what becomes of it over all runs.
//!
//! Each bound is judged by [`perf_exporters::judge`], as every budget is. Of several runs each is judged by itself: FAIL needs
//! all of them, as a budget test needs its later epochs.

use perf_exporters::Report;
use perf_exporters::judge::{Row as Judged, Side, Unit, Verdict, hold, hold_known, hold_live_bytes};
use perf_exporters::report::Track;

use super::{Bound, Budgets, Figure, Held, Row, Rule, Seen, fits};

impl Budgets {
    /// Every rule, for every probe that it fits.
    pub(crate) fn judge(&self, runs: &[Report]) -> Held {
        let mut held = Held::default();
        for rule in &self.rules {
            let Some(pattern) = &rule.probe else {
                held.rows.extend(rule.rows("process", runs));
                continue;
            };
            let called = runs.iter().flat_map(|run| &run.probes).filter(|probe| probe.calls > 0);
            let mut names: Vec<&str> =
                called.map(|probe| probe.name.as_str()).filter(|name| fits(pattern, name)).collect();
            names.sort_unstable();
            names.dedup();
            if names.is_empty() {
                names.push(pattern);
            }
            for name in names {
                held.rows.extend(rule.rows(name, runs));
            }
        }
        held
    }
}

impl Rule {
    fn rows(&self, name: &str, runs: &[Report]) -> impl Iterator<Item = Row> {
        let row = |bound: &Bound, target: bool| {
            let judged: Vec<Judged> = runs.iter().map(|run| self.figure.judge(run, name, bound.value)).collect();
            let actual = self.figure.worst(&judged);
            let verdicts: Vec<Verdict> = judged.iter().map(|row| row.verdict.clone()).collect();
            Row {
                probe: name.to_owned(),
                figure: self.figure.key().to_owned(),
                target,
                bound: bound.text.clone(),
                actual: actual.map(|actual| self.figure.text(actual)),
                used: actual.and_then(|actual| self.figure.used(actual, bound.value)),
                calls: match self.figure {
                    Figure::LiveBytes | Figure::Seen(_) => 0,
                    Figure::Of(_) => judged.iter().map(|row| row.samples).sum(),
                },
                verdict: Verdict::of_runs(&verdicts),
            }
        };
        let rows =
            [self.target.as_ref().map(|bound| row(bound, true)), self.limit.as_ref().map(|bound| row(bound, false))];
        rows.into_iter().flatten()
    }
}

impl Seen {
    fn of(self, track: &Track) -> Option<f64> {
        let most = |name| track.figure(name).map(|figure| figure.max);
        match self {
            Self::Rss => most("rss_bytes"),
            Self::PeakLive => most("live_bytes"),
            Self::Threads => most("threads"),
            Self::Descriptors => most("descriptors"),
            Self::Cpu => {
                let busy = track.figure("cpu_ns")?.mean;
                let limits = &track.limits;
                Some(busy / limits.quota().or(limits.processors.map(|count| count as f64))?)
            }
        }
    }
}

impl Figure {
    /// The judgement of one bound in one run.
    fn judge(self, run: &Report, name: &str, bound: f64) -> Judged {
        let tracking = run.meta.alloc_tracking;
        match self {
            Self::LiveBytes => hold_live_bytes(run.meta.live_bytes, tracking, bound),
            Self::Seen(_) if run.monitor.is_empty() => Judged::new(self.key(), Unit::Count, bound)
                .invalid("nothing watched the process; run it with PERF_MONITOR=on"),
            Self::Seen(seen) => {
                let known = run.monitor.iter().filter_map(|track| seen.of(track));
                let worst = known.reduce(f64::max).unwrap_or(f64::NAN);
                hold_known(self.key(), Unit::Count, Side::AtMost, bound, worst)
            }
            Self::Of(quantity) => match run.probe(name).filter(|probe| probe.calls > 0) {
                Some(probe) => hold(quantity, bound, &probe.figures(tracking)),
                None => Judged::new(self.key(), Unit::Count, bound)
                    .invalid("no call of such a probe; is the name right, and the feature on?"),
            },
        }
    }

    /// The value furthest on the bad side.
    fn worst(self, judged: &[Judged]) -> Option<f64> {
        let values = judged.iter().map(|row| row.actual).filter(|actual| actual.is_finite());
        if self.is_minimum() { values.reduce(f64::min) } else { values.reduce(f64::max) }
    }

    fn used(self, actual: f64, bound: f64) -> Option<f64> {
        let used = if self.is_minimum() { bound / actual } else { actual / bound };
        used.is_finite().then_some(used)
    }
}
