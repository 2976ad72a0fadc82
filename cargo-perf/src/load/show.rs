//! A plan and its result, for people.

use std::fmt::Write;
use std::time::Duration;

use anstyle::Style;
use perf_exporters::{human, label};
use perf_load::http::{ServerProbe, ServerSide};
use perf_load::{Outcome, Validity, show};
use unicode_width::UnicodeWidthStr;

use super::plan::Plan;
use super::run::Done;
use crate::budgets;
use crate::columns::{self, Left, Right};
use crate::failure::Result;
use crate::out::{self, BOLD, DIM, painted};

/// The server's probes that are shown.
const PROBES: usize = 10;
/// Intended starts that a plan shows.
const STARTS: usize = 5;

fn time(duration: Duration) -> String {
    human::duration(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)).to_string()
}

fn rate(per_second: f64) -> String {
    format!("{}/s", human::rate(per_second))
}

/// The plan, without driving it.
pub(super) fn plan(plan: &Plan, color: bool) -> Result<String> {
    let mut text =
        format!("{} · {} · nothing is sent\n\n", painted("perf load", BOLD, color), label::shown(&plan.name));
    let total: f64 = plan.operations.iter().map(|(operation, _)| operation.share()).sum();
    for (operation, request) in &plan.operations {
        let name = if operation.name().is_empty() { "request" } else { operation.name() };
        let share = if plan.operations.len() > 1 {
            format!("  {}", human::percent(100.0 * operation.share() / total))
        } else {
            String::new()
        };
        let _ = writeln!(text, "{}{}", label::shown(name), share);
        for number in 0..2 {
            let _ = writeln!(
                text,
                "  {}",
                painted(&label::escaped(&request.preview(plan.keys.seed(), number)), DIM, color)
            );
        }
    }
    match plan.schedule()? {
        None => {
            let workers = plan.keys.workers.unwrap_or_default();
            let _ = writeln!(text, "\nclosed loop: {workers} workers");
        }
        Some(arrivals) => {
            let spaced = if arrivals.seed().is_some() { "at random (Poisson)" } else { "evenly spaced" };
            let _ = writeln!(
                text,
                "\nopen loop: {:.0} requests in {}, {} on average, {spaced}",
                arrivals.expected(),
                time(arrivals.duration()),
                rate(arrivals.mean_rate()),
            );
            let starts: Vec<String> = arrivals.times().take(STARTS).map(time).collect();
            let _ = writeln!(text, "first starts: {} …", starts.join(", "));
        }
    }
    for limit in &plan.keys.limit {
        let _ = writeln!(text, "limit: {}", label::shown(limit));
    }
    if let Some(probes) = &plan.probes {
        let _ = writeln!(text, "probes of the server: {}", probes.url());
    }
    Ok(text)
}

/// The result, on a terminal.
pub(super) fn table(done: &Done, width: usize, color: bool) -> String {
    let outcome = show::text(&done.outcome);
    let (facts, times) = outcome.split_once("\n\n").unwrap_or((&outcome, ""));
    let mut facts = facts.lines();
    let mut text =
        format!("{} · {}\n", painted("perf load", BOLD, color), label::escaped(facts.next().unwrap_or_default()));
    for fact in facts.map(|fact| label::escaped(fact.trim())).chain([answers(done)]) {
        text.push_str(&wrapped(&fact, width));
    }
    let _ = write!(text, "\n{times}");
    if let Some(server) = &done.server {
        text.push_str(&server_side(server, &done.outcome, width, color));
    }
    text.push('\n');
    for note in notes(done) {
        text.push_str(&painted(wrapped(&note, width).trim_end(), DIM, color));
        text.push('\n');
    }
    if !done.held.rows.is_empty() {
        text.push_str(&budgets::lines(&done.held, color));
    }
    let style = out::style_of(&done.verdict);
    let _ = writeln!(text, "{}", painted(&verdict(done), style, color));
    text
}

fn verdict(done: &Done) -> String {
    match (&done.outcome.validity, done.held.rows.is_empty()) {
        (Validity::Valid, true) => "no limits were stated: nothing is judged".to_owned(),
        _ => format!("verdict: {}", done.verdict),
    }
}

/// The answers, in a sentence.
fn answers(done: &Done) -> String {
    let classes = done.answers.classes().into_iter().map(|(class, count)| format!("{} × {class}", human::count(count)));
    let mut parts: Vec<String> = classes.collect();
    parts.push(format!("{} received", human::bytes(done.answers.bytes)));
    parts.push(format!("{} connections", human::count(done.answers.connections)));
    format!("answers: {}", parts.join(", "))
}

/// Notes that a reader needs beside the figures.
fn notes(done: &Done) -> Vec<String> {
    let mut notes = Vec::new();
    if done.outcome.counts.dropped > 0 && !done.held.rows.is_empty() {
        notes.push("Dropped requests count as over every limit of time, and as errors.".to_owned());
    }
    let first = done.answers.first.iter();
    notes.extend(first.map(|(kind, said)| format!("The first of {kind}: {}", label::escaped(said))));
    notes.push(format!("Response counts from the intended start, service from the actual one. Seed {}.", done.seed));
    notes
}

/// The server's probes beside the client's times.
fn server_side(server: &ServerSide, outcome: &Outcome, width: usize, color: bool) -> String {
    let probes = server.rows(outcome);
    let mut text = format!("\n{}\n", painted("What the server did meanwhile, by the probes in it", BOLD, color));
    if probes.is_empty() {
        text.push_str("none of its probes was called\n");
        return text;
    }
    let mut rows = vec![columns::row(["probe", "calls", "per request", "self/request", "of the wait", "p99"], BOLD)];
    let shown = &probes[..probes.len().min(PROBES)];
    let room = width.saturating_sub(60).max(20);
    rows.extend(shown.iter().map(|probe| columns::row(server_row(probe, room), Style::new())));
    text.push_str(&columns::aligned(&rows, [Left, Right, Right, Right, Right, Right], color));
    let share: f64 = probes.iter().map(|probe| probe.share).sum();
    let left_out = probes.len() - shown.len();
    let more = if left_out > 0 { format!("{left_out} more probes; ") } else { String::new() };
    let rest = if share <= 1.0 {
        format!(
            "{more}the other {} of the wait passed outside them: network, queues, code without probes",
            human::percent(100.0 * (1.0 - share))
        )
    } else {
        format!("{more}they measured more than the wait: it works on several threads, or for others besides")
    };
    text.push_str(&painted(wrapped(&rest, width).trim_end(), DIM, color));
    text.push('\n');
    text
}

fn server_row(probe: &ServerProbe, room: usize) -> [String; 6] {
    [
        perf_exporters::table::fitted(&label::shown(&probe.name), room),
        human::count(probe.calls).to_string(),
        format!("{:.2}", probe.per_request),
        time(probe.own),
        human::percent(100.0 * probe.share).to_string(),
        time(probe.p99),
    ]
}

/// The text, wrapped to the width.
fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        if column > 0 && column + 1 + word.width() > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.width();
    }
    out.push('\n');
    out
}

/// The result as Markdown, for a pull request.
pub(super) fn markdown(done: &Done) -> String {
    let outcome = &done.outcome;
    let mark = out::mark(&done.verdict);
    let shown = show::markdown(outcome);
    let (heading, rest) = shown.split_once('\n').unwrap_or((&shown, ""));
    let heading = heading.trim_start_matches("### ");
    let mut text = format!(
        "### {mark} perf load: {heading}\n{}",
        rest.replacen("\n\n|", &format!("\n- {}\n\n|", answers(done)), 1)
    );
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    if let Some(server) = &done.server {
        text.push_str("\nWhat the server did meanwhile:\n\n| probe | calls | per request | self/request | of the wait | p99 |\n|---|--:|--:|--:|--:|--:|\n");
        for probe in server.rows(outcome).iter().take(PROBES) {
            let mut cells = server_row(probe, usize::MAX);
            cells[0] = perf_exporters::markdown::code(&probe.name);
            text.push_str(&line(&cells));
        }
    }
    text.push('\n');
    for note in notes(done) {
        let _ = writeln!(text, "{note}  ");
    }
    for row in &done.held.rows {
        let actual = row.actual.as_deref().unwrap_or("—");
        let _ = writeln!(text, "- {} ≤ {}: {actual}, {}", row.figure, row.bound, row.verdict);
    }
    let _ = writeln!(text, "\n{}", verdict(done));
    text
}
