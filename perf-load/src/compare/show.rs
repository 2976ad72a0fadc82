//! A comparison for people and for programs: three sentences, a table in Markdown, JSON.

use std::fmt::Write;

use perf_exporters::human;
use perf_exporters::markdown::code;

use super::{Comparison, Finding, Metric, Unjudged, Winner};

impl Comparison {
    /// Three sentences: which one is better in which metric, which metrics do not differ, and what follows.
    #[must_use]
    pub fn summary(&self) -> String {
        let [a, b] = &self.names;
        let pairs = self.pairs.len();
        if let Some(why) = &self.invalid {
            return format!("{why}. So this comparison of {a} and {b} is INVALID. No winner is named.");
        }
        let wins: Vec<String> = self.findings.iter().filter_map(|finding| self.win(finding)).collect();
        let even: Vec<String> = self.findings.iter().filter_map(even).collect();
        let first = if wins.is_empty() {
            format!("In {pairs} pairs of blocks, neither {a} nor {b} is shown to be better at anything.")
        } else {
            format!("In {pairs} pairs of blocks, {}.", joined(&wins))
        };
        let second = match (even.is_empty(), self.unjudged.is_empty()) {
            (true, true) => "Every metric shows a difference.".to_owned(),
            (true, false) => format!("Not judged: {}.", self.not_judged()),
            (false, true) => format!("No difference that this many blocks could show: {}.", joined(&even)),
            (false, false) => {
                let not_judged = self.not_judged();
                format!("No difference that this many blocks could show: {}; not judged: {not_judged}.", joined(&even))
            }
        };
        let third = match (self.winner(), wins.is_empty()) {
            (Winner::A, _) => format!("{a} is the better one, and nothing speaks for {b}."),
            (Winner::B, _) => format!("{b} is the better one, and nothing speaks for {a}."),
            (Winner::Neither, true) => {
                "A smaller difference than those named may be there; more or longer blocks would show it.".to_owned()
            }
            (Winner::Neither, false) => "Each is better at something, so the choice depends on the use.".to_owned(),
        };
        format!("{first} {second} {third}")
    }

    /// "A is faster by 12 % at the median response time (95 % interval 9–15 %)".
    fn win(&self, finding: &Finding) -> Option<String> {
        let (name, sign) = match finding.winner {
            Winner::A => (&self.names[0], 1.0),
            Winner::B => (&self.names[1], -1.0),
            Winner::Neither => return None,
        };
        // The share of the other's time that the winner saves, or its gain over the other; the same for the ends of the
        // interval.
        let gain = |change: f64| match (finding.metric, finding.winner) {
            (Metric::Errors, _) => 100.0 * sign * change,
            (Metric::Throughput, Winner::A) => 100.0 * change,
            (Metric::Throughput, _) => 100.0 * (1.0 / (1.0 + change) - 1.0),
            (_, Winner::A) => 100.0 * (1.0 - 1.0 / (1.0 + change)),
            _ => -100.0 * change,
        };
        let (low, high) = (gain(finding.interval.0), gain(finding.interval.1));
        let (low, high) = (low.min(high), low.max(high));
        let range = format!("95 % interval {}–{}", digits(low), digits(high));
        let by = digits(gain(finding.change));
        Some(match finding.metric {
            Metric::Errors => format!("{name} fails less by {by} points ({range} points)"),
            Metric::Throughput => format!("{name} completes {by} % more ({range} %)"),
            metric => format!("{name} is faster by {by} % at {metric} ({range} %)"),
        })
    }

    fn not_judged(&self) -> String {
        let parts: Vec<String> = self.unjudged.iter().map(|one| format!("{} ({})", one.metric, one.why)).collect();
        joined(&parts)
    }

    /// The summary, and a table of all metrics.
    #[must_use]
    pub fn markdown(&self) -> String {
        let [a, b] = self.names.each_ref().map(|name| code(name));
        let mut out = format!("**{}**\n\n", self.summary_in(&[a.clone(), b.clone()]));
        let _ = writeln!(out, "| metric | {a} | {b} | change | 95 % interval | p (Holm) | least change | better |");
        out.push_str("|---|--:|--:|--:|--:|--:|--:|---|\n");
        for finding in &self.findings {
            let better = match finding.winner {
                Winner::A => a.as_str(),
                Winner::B => b.as_str(),
                Winner::Neither if finding.negligible => "neither: negligible",
                Winner::Neither => "neither",
            };
            let metric = finding.metric;
            let of = |value| figure(metric, value);
            let _ = writeln!(
                out,
                "| {metric} | {} | {} | {} | {} … {} | {} | {} | {better} |",
                of(finding.a),
                of(finding.b),
                change(metric, finding.change),
                change(metric, finding.interval.0),
                change(metric, finding.interval.1),
                chance(finding.adjusted),
                change(metric, finding.least_change).replace('+', ""),
            );
        }
        for Unjudged { metric, why } in &self.unjudged {
            let _ = writeln!(out, "| {metric} | | | | | | | not judged: {why} |");
        }
        let _ = writeln!(
            out,
            "\n{} pairs of blocks of {} at {}/s, order drawn with seed {}. Changes are of {b} against {a}; a positive one \
             is worse.{}{}",
            self.pairs.len(),
            human::duration(u64::try_from(self.block.as_nanos()).unwrap_or(u64::MAX)),
            human::rate(self.rate),
            self.seed,
            if self.left_out.is_empty() { String::new() } else { format!(" Left out: {} pairs.", self.left_out.len()) },
            if self.interrupted { " It ended before its time." } else { "" },
        );
        out
    }

    /// The whole value as JSON, pairs included, so that the verdicts can be computed again.
    #[must_use]
    pub fn json(&self) -> String {
        // The value has maps with string keys, and numbers: serialising it cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    fn summary_in(&self, names: &[String; 2]) -> String {
        Self { names: names.clone(), ..self.clone() }.summary()
    }
}

/// "throughput (least change 0.5 %)".
fn even(finding: &Finding) -> Option<String> {
    let least = 100.0 * finding.least_change;
    let unit = if finding.metric == Metric::Errors { "points" } else { "%" };
    match finding.winner {
        Winner::Neither if finding.negligible => {
            let by = digits(100.0 * finding.change.abs());
            Some(format!("{} (but for {by} {unit}, which is negligible)", finding.metric))
        }
        Winner::Neither => Some(format!("{} (least change {} {unit})", finding.metric, digits(least))),
        _ => None,
    }
}

fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Two significant digits below ten, no decimals above.
fn digits(value: f64) -> String {
    let text = match value.abs() {
        v if !v.is_finite() => return "unknown".to_owned(),
        v if v >= 9.95 => format!("{value:.0}"),
        v if v >= 0.095 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    };
    text.replace('-', "−")
}

fn change(metric: Metric, value: f64) -> String {
    let unit = if metric == Metric::Errors { "points" } else { "%" };
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{} {unit}", digits(100.0 * value))
}

fn figure(metric: Metric, value: f64) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "nanoseconds of a histogram")]
    match metric {
        Metric::Throughput => format!("{}/s", human::rate(value)),
        Metric::Errors => human::percent(100.0 * value).to_string(),
        _ => human::duration(value as u64).to_string(),
    }
}

fn chance(p: f64) -> String {
    if p < 0.001 { format!("{p:.0e}") } else { format!("{p:.3}") }
}
