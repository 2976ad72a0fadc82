//! Two functions in turns.

use std::time::{Duration, Instant};

use perf_core::budget::Relative;

use super::advice;
use super::engine::{Engine, Returned};
use super::subject::Subject;
use crate::gate::scope::Scope;
use crate::judge::Row;
use crate::judge::relative::{self, Order, STAGES};
use crate::judge::verdict::{Reason, Unit, Verdict};
use crate::stats::order::{floor, median};

/// A sample lasts at least so long, nanoseconds: shorter calls are timed together.
const SAMPLE: f64 = 2_000.0;

/// Samples in a slot.
const SAMPLES: f64 = 100.0;
const MOST_SAMPLES: f64 = 2_000.0;
const LEAST_SAMPLES: usize = 5;

/// How a slot is made up.
#[derive(Clone, Copy)]
struct Slot {
    samples: usize,
    calls: u64,
}

impl Slot {
    /// Shorter, where the blocks so far took so long that those of the first look would not fit: beside other work.
    fn in_time(self, elapsed: Duration, blocks: usize, max_time: Duration) -> Self {
        let missing = STAGES[0].blocks.saturating_sub(blocks);
        let each = elapsed.as_secs_f64() / blocks.max(1) as f64;
        let left = max_time.saturating_sub(elapsed).as_secs_f64() / missing.max(1) as f64;
        if missing == 0 || each <= left {
            return self;
        }
        let samples = floor(self.samples as f64 * left / each);
        Self { samples: samples.clamp(LEAST_SAMPLES.min(self.samples), self.samples), ..self }
    }
}

impl<S: Subject> Engine<'_, S> {
    /// Judges the code against its reference.
    pub(super) async fn relative<Q: Subject>(
        &mut self,
        relative: Relative,
        mut reference: Q,
    ) -> Result<(), Returned<S::Output>> {
        let _turn = self.turn(self.run.max_time()).await;
        let start = Instant::now();
        let (mut warm, mut times) = (0, Vec::new());
        while warm < 100 && (warm < 3 || start.elapsed() < self.run.max_time() / 20) {
            let (output, ns) = time(&mut reference, 1, &self.scope).await;
            drop(output);
            times.push(ns);
            warm += 1;
        }
        let mut slot = self.slot(median(&times).unwrap_or(1.0));
        let mut d: Vec<f64> = Vec::new();
        let last = STAGES[STAGES.len() - 1].blocks;
        let judged = loop {
            let order = Order::of(d.len());
            let mut medians = [f64::NAN; 4];
            for (place, value) in medians.iter_mut().enumerate() {
                let times = if order.runs_b(place) {
                    self.slot_of_body(slot).await?
                } else {
                    slot_of(&mut reference, slot, &self.scope).await
                };
                *value = relative::slot(&times).unwrap_or(f64::NAN).max(f64::MIN_POSITIVE);
            }
            self.subject.breathe().await;
            match relative::block(order, medians) {
                Some(block) => d.push(block),
                None => break relative::judge(&[f64::NAN], relative.ratio),
            }
            slot = slot.in_time(start.elapsed(), d.len(), self.run.max_time());
            let judged = relative::judge(&d, relative.ratio);
            let decided = !matches!(judged.verdict, Verdict::Inconclusive(Reason::TooFewSamples { .. }));
            if decided || d.len() >= last || start.elapsed() > self.run.max_time() {
                break judged;
            }
        };
        self.finished.findings.rows.push(row(&judged, relative, slot));
        if let Verdict::Inconclusive(Reason::TooFewSamples { need, .. }) = judged.verdict {
            let seconds = start.elapsed().as_secs_f64() / d.len().max(1) as f64 * need as f64 * 1.2;
            self.finished.advice = Some(advice::blocks(need, seconds));
        }
        Ok(())
    }

    fn slot(&self, reference_ns: f64) -> Slot {
        let call = self.call_ns.max(reference_ns).max(1.0);
        let calls = (SAMPLE / call).ceil().clamp(1.0, 10_000.0);
        let slot = self.run.pace.slot.as_secs_f64() * 1e9 / (call * calls);
        // All blocks of the first look are to fit, with room for what is not timed.
        let fits = self.run.max_time().as_secs_f64() * 1e9 * 0.7 / (4 * STAGES[0].blocks) as f64 / (call * calls);
        let samples = slot.clamp(SAMPLES, MOST_SAMPLES).min(fits).max(1.0);
        Slot { samples: floor(samples), calls: floor(calls) as u64 }
    }

    async fn slot_of_body(&mut self, slot: Slot) -> Result<Vec<f64>, Returned<S::Output>> {
        let mut times = Vec::with_capacity(slot.samples);
        for _ in 0..slot.samples {
            let (output, ns) = time(&mut self.subject, slot.calls, &self.scope).await;
            self.accept(output)?;
            times.push(ns);
        }
        Ok(times)
    }
}

async fn slot_of<Q: Subject>(reference: &mut Q, slot: Slot, scope: &std::sync::Arc<Scope>) -> Vec<f64> {
    let mut times = Vec::with_capacity(slot.samples);
    for _ in 0..slot.samples {
        let (output, ns) = time(reference, slot.calls, scope).await;
        drop(output);
        times.push(ns);
    }
    times
}

/// Nanoseconds of several calls, or of the parts of them that count.
async fn time<Q: Subject>(subject: &mut Q, calls: u64, scope: &std::sync::Arc<Scope>) -> (Q::Output, f64) {
    let (output, whole) = subject.timed_together(0, calls, scope).await;
    (output, scope.take().narrow_ns.unwrap_or(whole) as f64)
}

fn row(judged: &relative::Judgement, relative: Relative, slot: Slot) -> Row {
    let reason = if judged.ratio.is_finite() {
        format!(
            "95 % sure that it takes at most {:.3} times as long as {}; {} alternating blocks of 4 × {} calls",
            judged.upper95,
            relative.reference,
            judged.blocks,
            slot.samples as u64 * slot.calls,
        )
    } else {
        String::new()
    };
    Row::new(format!("vs {}", relative.reference), Unit::Ratio, relative.ratio)
        .evidence(judged.ratio, judged.blocks as u64, judged.fail_p)
        .verdict(judged.verdict.clone(), reason)
}
