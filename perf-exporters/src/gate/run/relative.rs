//! Two functions in turns.

use std::time::{Duration, Instant};

use perf_core::budget::Relative;

use super::advice;
use super::engine::{Engine, Returned, Seen};
use super::subject::Subject;
use crate::gate::confirm::Rules;
use crate::gate::interruptions::Presence;
use crate::gate::scope::Scope;
use crate::judge::Row;
use crate::judge::relative::{self, Order};
use crate::judge::verdict::{Reason, Unit, Verdict};
use crate::judge::versus::{self, Blocks, Figure, LOOKS, Versus};
use crate::stats::order::{floor, median};

/// A sample lasts at least so long, nanoseconds: shorter calls are timed together.
const SAMPLE: f64 = 2_000.0;

/// Samples in a slot.
const WISHED: usize = 100;
const MOST_SAMPLES: f64 = 2_000.0;
const LEAST_SAMPLES: usize = 5;

/// Where the calls of a block before the first look took so much less than the first of all, all is measured anew in longer slots.
const MISTAKEN: f64 = 4.0;

/// How a slot is made up.
#[derive(Clone, Copy)]
struct Slot {
    samples: usize,
    calls: u64,
}

impl Slot {
    /// The first sample meets the caches as the other side left them. Of a few samples it would decide a mean, and of ten a p95; where
    /// there are still fewer, the calls take so long that it is one like the others.
    const fn leaves_the_first_out(self) -> bool {
        self.samples >= LEAST_SAMPLES
    }

    /// Nanoseconds of a call, of both sides on average, in a block that took so long.
    fn of_a_call(self, block: Duration) -> f64 {
        let samples = self.samples + usize::from(self.leaves_the_first_out());
        block.as_secs_f64() * 1e9 / (4 * samples) as f64 / self.calls as f64
    }

    /// A shorter slot, where the blocks so far took so long, beside other work, that those of the first look would not fit.
    fn in_time(self, elapsed: Duration, blocks: usize, max_time: Duration) -> Self {
        let missing = LOOKS[0].blocks.saturating_sub(blocks);
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
    /// Judges the code against its reference; a FAIL must come in a second epoch too.
    pub(super) async fn relative<Q: Subject>(
        &mut self,
        relative: Relative,
        mut reference: Q,
    ) -> Result<(), Returned<S::Output>> {
        let rules = Rules { failures: self.run.pace.rules.failures.min(2), ..self.run.pace.rules };
        let epoch = async |engine: &mut Self| engine.blocks(relative, &mut reference).await;
        let findings = self.confirm(rules, epoch).await?;
        self.finished.findings.rows.extend(findings.rows);
        Ok(())
    }

    /// Runs both in turns, until it is decided or time is up.
    async fn blocks<Q: Subject>(&mut self, relative: Relative, reference: &mut Q) -> Result<Seen, Returned<S::Output>> {
        let _turn = self.turn(self.run.max_time()).await;
        let start = Instant::now();
        let seed = Self::seed();
        let mut times = Vec::new();
        while times.len() < 100 && (times.len() < 3 || start.elapsed() < self.run.max_time() / 20) {
            let (output, ns) = time(reference, 1, &self.scope, &mut Presence::unknown()).await;
            drop(output);
            times.push(ns);
        }
        let mut call = self.call_ns.max(median(&times).unwrap_or(1.0));
        let mut slot = self.slot(call);
        let mut blocks = Blocks::default();
        let judged = loop {
            let begun = Instant::now();
            let order = Order::drawn(seed, blocks.len());
            let mut slots = [const { Vec::new() }; 4];
            let mut presence = self.presence();
            for (place, samples) in blocks.parts(slot.samples) {
                let (part, times) = (Slot { samples, ..slot }, &mut slots[place]);
                if order.runs_b(place) {
                    self.slot_of_body(part, times, &mut presence).await?;
                } else {
                    slot_of(reference, part, &self.scope, times, &mut presence).await;
                }
            }
            if blocks.len() < LOOKS[0].blocks && slot.samples < WISHED {
                // The first calls may have made something that stays, or have been interrupted. Slots made for calls that long are
                // over at once, and show cold calls alone.
                let each = slot.of_a_call(begun.elapsed());
                if each * MISTAKEN < call {
                    call = each;
                    (slot, blocks) = (self.slot(call), Blocks::default());
                    continue;
                }
            }
            self.subject.breathe().await;
            blocks.add(order, &slots);
            slot = slot.in_time(start.elapsed(), blocks.len(), self.run.max_time());
            let over = blocks.len() >= versus::MOST || start.elapsed() > self.run.max_time();
            if !over && !blocks.are_looked_at() && !blocks.is_empty() {
                continue;
            }
            let judged = if over { blocks.judge_last(relative.ratio) } else { blocks.judge(relative.ratio) };
            let decided = !matches!(judged.verdict, Verdict::Inconclusive(Reason::TooFewSamples { .. }));
            if over || decided {
                break judged;
            }
        };
        if let Verdict::Inconclusive(Reason::TooFewSamples { need, .. }) = judged.verdict {
            let seconds = start.elapsed().as_secs_f64() / blocks.len().max(1) as f64 * need as f64 * 1.2;
            self.finished.advice = Some(advice::blocks(need, seconds));
        }
        let turns = if blocks.len() > LOOKS[0].blocks { blocks.turns(slot.samples) } else { 1 };
        let findings = [row(&judged, relative, slot, (turns, seed))].into_iter().collect();
        Ok(Seen { findings, verdict: judged.verdict, calm: true })
    }

    /// The seed from which the order of the slots is drawn, another one in every epoch.
    fn seed() -> u64 {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        u64::from(now.map_or(0, |now| now.subsec_nanos()))
    }

    /// In wall time it matters which side was kept waiting; processor time leaves that out by itself.
    pub(super) fn presence(&self) -> Presence {
        if self.run.is_cpu() { Presence::unknown() } else { self.subject.presence() }
    }

    /// A slot of calls that take so many nanoseconds.
    fn slot(&self, call: f64) -> Slot {
        let call = call.max(1.0);
        let calls = (SAMPLE / call).ceil().clamp(1.0, 10_000.0);
        let slot = self.run.pace.slot.as_secs_f64() * 1e9 / (call * calls);
        // All blocks of the first look are to fit, with room for untimed work.
        let fits = self.run.max_time().as_secs_f64() * 1e9 * 0.7 / (4 * LOOKS[0].blocks) as f64 / (call * calls);
        let samples = slot.clamp(WISHED as f64, MOST_SAMPLES).min(fits).max(1.0);
        Slot { samples: floor(samples), calls: floor(calls) as u64 }
    }

    async fn slot_of_body(
        &mut self,
        slot: Slot,
        times: &mut Vec<f64>,
        presence: &mut Presence,
    ) -> Result<(), Returned<S::Output>> {
        times.reserve(slot.samples);
        if slot.leaves_the_first_out() {
            let (output, _) = time(&mut self.subject, slot.calls, &self.scope, presence).await;
            self.accept(output)?;
        }
        for _ in 0..slot.samples {
            let (output, ns) = time(&mut self.subject, slot.calls, &self.scope, presence).await;
            self.accept(output)?;
            times.push(ns.max(f64::MIN_POSITIVE));
        }
        Ok(())
    }
}

async fn slot_of<Q: Subject>(
    reference: &mut Q,
    slot: Slot,
    scope: &std::sync::Arc<Scope>,
    times: &mut Vec<f64>,
    presence: &mut Presence,
) {
    times.reserve(slot.samples);
    if slot.leaves_the_first_out() {
        drop(time(reference, slot.calls, scope, presence).await);
    }
    for _ in 0..slot.samples {
        let (output, ns) = time(reference, slot.calls, scope, presence).await;
        drop(output);
        times.push(ns.max(f64::MIN_POSITIVE));
    }
}

/// Nanoseconds of several calls, or of the parts of them that count; without the time in which others had the processor.
async fn time<Q: Subject>(
    subject: &mut Q,
    calls: u64,
    scope: &std::sync::Arc<Scope>,
    presence: &mut Presence,
) -> (Q::Output, f64) {
    presence.begin();
    let (output, whole) = subject.timed_together(0, calls, scope).await;
    match scope.take().narrow_ns {
        Some(narrow) => (output, narrow as f64),
        None => (output, presence.own(whole, None, false).most as f64),
    }
}

fn row(judged: &Versus, relative: Relative, slot: Slot, (turns, seed): (usize, u64)) -> Row {
    let row = Row::new(format!("vs {}", relative.reference), Unit::Ratio, relative.ratio);
    let Some((figure, worst)) = judged.worst() else { return row.verdict(judged.verdict.clone(), "") };
    let of = |(figure, judged): &(Figure, relative::Judgement)| {
        format!("{} {:.3} (95 % sure: at most {:.3})", figure.name(), judged.ratio, judged.upper95)
    };
    let reason = if worst.ratio.is_finite() {
        let all: Vec<String> = judged.figures.iter().map(of).collect();
        let decides = match judged.verdict {
            Verdict::Pass => String::new(),
            _ => format!("the {} decides; ", figure.name()),
        };
        let calls = slot.samples as u64 * slot.calls;
        let cut = match turns {
            1 => String::new(),
            _ => format!(", cut into turns of {}, for calls are late in runs", calls / turns as u64),
        };
        format!(
            "{decides}times as long as {}: {}; {} blocks of 4 × {calls} calls in an order drawn from seed {seed}{cut}",
            relative.reference,
            all.join(", "),
            worst.blocks,
        )
    } else {
        String::new()
    };
    row.evidence(worst.ratio, worst.blocks as u64, worst.fail_p).verdict(judged.verdict.clone(), reason)
}
