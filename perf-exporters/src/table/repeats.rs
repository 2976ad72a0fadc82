//! Probes that are called many times for each call of their caller: a sentence for each.

use super::name;
use super::text::{Text, style, wrapped};
use crate::report::Report;

/// Sentences.
const SHOWN: usize = 3;
/// Columns of a name.
const NAME: usize = 40;

/// The section, after a blank line; nothing where there are none.
pub(super) fn section(report: &Report, width: usize) -> Vec<Text> {
    let mut lines = Vec::new();
    for found in report.repeated().into_iter().take(SHOWN) {
        let sentence = found.sentence(|name| name::fitted(&name::escaped(name), NAME));
        lines.extend(wrapped(&format!("repeated {sentence}"), style::WARM, width));
    }
    if !lines.is_empty() {
        lines.insert(0, Text::default());
    }
    lines
}
