//! Why the program is slow, in short: a sentence for each of the surest findings, with its remedy.

use super::name;
use super::text::{Text, style, wrapped};
use crate::diagnose::{Diagnosis, diagnose};
use crate::report::Report;

/// Findings.
const SHOWN: usize = 3;
/// Columns of a name.
const NAME: usize = 40;

/// The section, after a blank line; nothing where nothing was found.
pub(super) fn section(report: &Report, width: usize) -> Vec<Text> {
    let findings = diagnose(report);
    let mut lines = Vec::new();
    for finding in findings.iter().take(SHOWN) {
        let sentence = finding.sentence(|name| name::fitted(&name::escaped(name), NAME));
        let style = if finding.diagnosis == Diagnosis::Unknown { style::PLAIN } else { style::WARM };
        lines.extend(wrapped(&format!("found {sentence}"), style, width));
        lines.extend(wrapped(&format!("  → {}", finding.remedy), style::DIM, width));
    }
    if findings.len() > SHOWN {
        let more = format!("… and {} more, of less confidence", findings.len() - SHOWN);
        lines.extend(wrapped(&more, style::DIM, width));
    }
    if !lines.is_empty() {
        lines.insert(0, Text::default());
    }
    lines
}
