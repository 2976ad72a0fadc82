//! A comparison of two revisions, for people.

use std::collections::BTreeSet;
use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use perf_exporters::baseline::{Level, Metric, markdown as changes_markdown, text as changes_text};
use perf_exporters::judge::Verdict;

use super::blocks::{Compared, Comparison};
use crate::cli::Format;
use crate::columns::{self, Cell, Left, Right};
use crate::failure::Result;
use crate::out::{self, BOLD, DIM, painted};

/// Writes the comparison to standard output.
pub(super) fn show(found: &Comparison, format: Format) -> Result<()> {
    match format {
        Format::Table => out::print(&table(found, out::color())),
        Format::Json => out::json(found),
        Format::Markdown => out::print(&markdown(found)),
    }
}

/// The probes, worst first.
fn ranked(found: &Comparison) -> Vec<&Compared> {
    let mut probes: Vec<&Compared> = found.probes.iter().collect();
    let rank = |probe: &Compared| match probe.judged {
        _ if !probe.gates => 3,
        Verdict::Fail => 0,
        Verdict::Inconclusive(_) => 1,
        Verdict::Pass => 2,
    };
    let ratio = |probe: &Compared| probe.ratio.unwrap_or(1.0);
    probes.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| ratio(b).total_cmp(&ratio(a))));
    probes
}

/// A probe that is faster by so much is reported.
const BETTER: f64 = 0.95;

fn word(probe: &Compared) -> (&'static str, Style) {
    let faster = probe.ratio.is_some_and(|ratio| ratio <= BETTER) && probe.upper.is_some_and(|upper| upper < 1.0);
    match (&probe.judged, faster) {
        (Verdict::Fail, _) => ("FAIL", AnsiColor::Red.on_default().bold()),
        (Verdict::Inconclusive(_), _) => ("unsure", AnsiColor::Yellow.on_default()),
        (Verdict::Pass, true) => ("better", AnsiColor::Green.on_default()),
        (Verdict::Pass, false) => ("pass", Style::new()),
    }
}

fn change(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "—".to_owned(), |ratio| format!("{:+.1} %", 100.0 * (ratio - 1.0)).replace('-', "−"))
}

/// Rows of cells: probe, figure, before, after, change, bound, why.
fn cells(probe: &Compared) -> [String; 7] {
    let why = match &probe.judged {
        _ if probe.scatters => "scatters: cpu decides".to_owned(),
        Verdict::Inconclusive(why) => why.to_string(),
        Verdict::Fail => format!("p = {:.1e}, {} blocks", probe.p, probe.blocks),
        Verdict::Pass => format!("{} blocks", probe.blocks),
    };
    [
        probe.probe.clone(),
        probe.estimator.name().to_owned(),
        Metric::MeanNs.figure(probe.old_ns),
        Metric::MeanNs.figure(probe.new_ns),
        change(probe.ratio),
        probe.upper.map_or_else(String::new, |upper| format!("at most {}", change(Some(upper)))),
        why,
    ]
}

fn head(found: &Comparison) -> String {
    let gating = found.probes.iter().filter(|probe| probe.gates);
    let names = |only_failed: bool| {
        let of = gating.clone().filter(|probe| !only_failed || probe.judged.is_fail());
        of.map(|probe| &probe.probe).collect::<BTreeSet<_>>().len()
    };
    format!(
        "this tree against {} ({}) · {} blocks of 4 runs · {} of {} slower",
        found.revision,
        &found.commit[..found.commit.len().min(12)],
        found.blocks,
        names(true),
        names(false)
    )
}

/// Notes on tests that could not be compared.
fn notes(found: &Comparison) -> impl Iterator<Item = String> {
    let one = |which: &str, tests: &[String]| {
        (!tests.is_empty()).then(|| format!("only in {which}, not compared: {}", tests.join(", ")))
    };
    [one(&found.revision, &found.only_old), one("this tree", &found.only_new)].into_iter().flatten()
}

fn table(found: &Comparison, color: bool) -> String {
    let titles = columns::row(["", "probe", "", "before", "after", "change", "surely", ""], BOLD);
    let cells = ranked(found).into_iter().map(|probe| {
        let (word, style) = if probe.gates { word(probe) } else { ("", Style::new()) };
        let of_line = if probe.gates { Style::new() } else { DIM };
        let [name, figure, before, after, change, surely, why] = columns::row(cells(probe), of_line);
        [Cell::styled(word, style), name, figure, before, after, change, surely, why]
    });
    let rows: Vec<_> = std::iter::once(titles).chain(cells).collect();
    let mut out = format!("{} · {}\n\n", painted("perf compare", BOLD, color), head(found));
    out += &columns::aligned(&rows, [Left, Left, Left, Right, Right, Right, Left, Left], color);
    if found.counts.changes.iter().any(perf_exporters::baseline::Change::moved) || !found.counts.new.is_empty() {
        let mut options = changes_text::Options::default();
        (options.width, options.color) = (out::width(), color);
        let counts = changes_text::render(&found.counts, &options);
        // The counts are shown without their own verdict: that of all follows.
        let counts = counts.rsplit_once("\n\n").map_or(counts.as_str(), |(before, _)| before);
        let _ = writeln!(out, "\n{} {counts}", painted("counts:", BOLD, color));
    }
    for note in notes(found) {
        let _ = writeln!(out, "\n{note}");
    }
    let verdict = found.verdict();
    let _ = writeln!(out, "\n{}", painted(&format!("verdict: {verdict}"), out::style_of(&verdict), color));
    out
}

fn markdown(found: &Comparison) -> String {
    let verdict = found.verdict();
    let mark = out::mark(&verdict);
    let mut out = format!("### {mark} perf compare: {}\n\n", head(found));
    out.push_str("| | probe | figure | before | after | change | surely | |\n|---|---|---|--:|--:|--:|---|---|\n");
    for probe in ranked(found) {
        let row = cells(probe);
        let name: String = row[0].chars().map(|c| if c.is_control() || c == '`' { '\u{fffd}' } else { c }).collect();
        let word = if probe.gates { word(probe).0 } else { "" };
        let _ = writeln!(out, "| {word} | `{}` | {} |", name.replace('|', "\\|"), row[1..].join(" | "));
    }
    for note in notes(found) {
        let _ = writeln!(out, "\n{}", note.replace('_', "\\_"));
    }
    if found.counts.changes.iter().any(|change| change.level != Level::Same) {
        let _ = write!(out, "\n#### Counts\n\n{}", changes_markdown::render(&found.counts));
    }
    out
}
