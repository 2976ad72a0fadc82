//! A scalability run for people and for programs: a table in Markdown, JSON.

use std::fmt::Write;

use perf_exporters::human;
use perf_exporters::markdown::code;

use super::{Estimate, Scalability};

impl Scalability {
    /// The steps, the curve and its bottleneck.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = format!("### Scalability of {}\n\n", code(&self.name));
        out.push_str("| workers | throughput | speed-up | curve | p50 | p99 | processors | memory |\n");
        out.push_str("|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        let counts = self.counts();
        // Where one worker alone was not measured, its share of the throughput of the fewest is taken
        // instead.
        let alone = counts
            .first()
            .and_then(|&fewest| Some(self.median(fewest, |step| Some(step.throughput))? / f64::from(fewest)));
        for &workers in &counts {
            let figure = |of: &dyn Fn(&super::Step) -> Option<f64>| self.median(workers, of);
            let throughput = figure(&|step| Some(step.throughput)).unwrap_or(0.0);
            let curve = self.usl.as_ref().map(|usl| usl.throughput(workers.into()));
            let or_none = |text: Option<String>| text.unwrap_or_else(|| "—".to_owned());
            let _ = writeln!(
                out,
                "| {workers} | {}/s | {} | {} | {} | {} | {} | {} |",
                human::rate(throughput),
                or_none(alone.map(|alone| format!("{:.2}", throughput / alone))),
                or_none(curve.map(|curve| format!("{}/s", human::rate(curve)))),
                or_none(figure(&|step| Some(step.p50_ns as f64)).map(nanos)),
                or_none(figure(&|step| Some(step.p99_ns as f64)).map(nanos)),
                or_none(figure(&|step| step.used.processors).map(|busy| format!("{busy:.2}"))),
                or_none(figure(&|step| step.used.live.or(step.used.resident).map(|b| b as f64)).map(bytes)),
            );
        }
        out.push('\n');
        self.say_curve(&mut out);
        if let Some(memory) = self.memory {
            let _ = writeln!(out, "- memory of a worker more: {}", interval(memory, signed_bytes));
        }
        let evidence = self.diagnosis.evidence.join("; ");
        let _ = writeln!(out, "- limited by: **{}** ({evidence})", self.diagnosis.bottleneck);
        let _ = writeln!(
            out,
            "- closed loop, {} steps in an order drawn with seed {}{}",
            self.steps.len(),
            self.seed,
            if self.interrupted { ", ended before its time" } else { "" }
        );
        out
    }

    fn say_curve(&self, out: &mut String) {
        let Some(usl) = &self.usl else {
            let _ = writeln!(out, "- no curve: {}", self.no_curve.as_deref().unwrap_or("nothing was measured"));
            return;
        };
        let share = |value: f64| format!("{value:.4}");
        let rate = |value: f64| format!("{}/s", human::rate(value));
        let count = |value: f64| if value < 9.95 { format!("{value:.1}") } else { format!("{value:.0}") };
        let most = f64::from(usl.most_workers);
        let beyond = if usl.peak.value > most { ", beyond what was measured" } else { "" };
        let _ = writeln!(out, "- one worker λ: {}", interval(usl.lambda, rate));
        let _ = writeln!(out, "- contention σ: {}", interval(usl.sigma, share));
        let _ = writeln!(out, "- coherency κ: {}", interval(usl.kappa, cost));
        let _ = writeln!(out, "- knee: {} workers", interval(usl.knee, count));
        let _ = writeln!(out, "- peak: {} workers{beyond}", interval(usl.peak, count));
        let _ = writeln!(out, "- ceiling: {}", interval(usl.ceiling, rate));
    }

    /// The whole value as JSON. Values that are infinite or not known are `null`.
    #[must_use]
    pub fn json(&self) -> String {
        // The value has numbers, texts and lists: serialising it cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// κ, which is small.
pub(crate) fn cost(kappa: f64) -> String {
    if kappa == 0.0 { "0".to_owned() } else { format!("{kappa:.1e}") }
}

/// "12 (95 % interval 10–15)".
fn interval(estimate: Estimate, text: impl Fn(f64) -> String) -> String {
    let end = |value: f64| if value.is_infinite() { "∞".to_owned() } else { text(value) };
    let value = if estimate.value.is_infinite() { "none".to_owned() } else { text(estimate.value) };
    if estimate.low == f64::NEG_INFINITY && estimate.high == f64::INFINITY {
        return format!("{value} (too few counts for an interval)");
    }
    format!("{value} (95 % interval {} – {})", end(estimate.low), end(estimate.high))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "nanoseconds of a histogram")]
fn nanos(value: f64) -> String {
    human::duration(value as u64).to_string()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; nothing is negative")]
fn bytes(value: f64) -> String {
    human::bytes(value as u64).to_string()
}

#[allow(clippy::cast_possible_truncation, reason = "saturates")]
fn signed_bytes(value: f64) -> String {
    human::signed_bytes(value as i64).to_string()
}
