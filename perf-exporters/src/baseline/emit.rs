//! From the value to the text of the file: one order, one way to write each figure.

use std::fmt::Write;

use toml_edit::{DocumentMut, Item, Table, Value};

use super::{Baseline, Class, Entry, Figure, Kernels, SCHEMA, Section, checksum, class};

/// The last line: a text that ends with it is whole.
pub(super) const END: &str = "# end of perf.lock";

const HEAD: &str = "\
# Performance baselines, reviewed like a snapshot test. `PERF_UPDATE=1 cargo test`, or `cargo perf gate --update`, writes
# this file. After a merge conflict take either side of each section, whole, and record again.
";

/// The key of the tables of counted instructions.
pub(super) const INSTRUCTIONS: &str = "instructions";

/// Key and value of each line that a section's checksum covers.
pub(super) type Lines<'a> = Vec<(&'a str, String)>;

impl Baseline {
    /// The text of the file.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut out = format!("{HEAD}schema = {}\n", quoted(SCHEMA));
        let (values, tables) = split(&self.unknown);
        out.extend(values.iter().map(|(key, item)| line(key, item)));
        for (id, class) in &self.machines {
            section(&mut out, &["machine", id], &class_lines(class), &class.unknown);
        }
        for (name, entry) in &self.entries {
            section(&mut out, &["entry", name], &count_lines(entry), &entry.counts.unknown);
            for (id, times) in &entry.times {
                section(&mut out, &["entry", name, "time", id], &figure_lines(times), &times.unknown);
            }
            for (id, counted) in &entry.instructions {
                section(&mut out, &["entry", name, INSTRUCTIONS, id], &figure_lines(counted), &counted.unknown);
            }
        }
        out.extend(tables.iter().map(|(key, item)| sub_tables(&[], key, item)));
        out + "\n" + END + "\n"
    }
}

/// Writes a header, its lines, their checksum, and unknown items.
fn section(out: &mut String, path: &[&str], lines: &Lines<'_>, unknown: &[(String, Item)]) {
    let header = header(path);
    let (values, tables) = split(unknown);
    // Writing to a string cannot fail.
    let _ = writeln!(out, "\n[{header}]");
    out.extend(lines.iter().map(|(key, value)| format!("{key} = {value}\n")));
    out.extend(values.iter().map(|(key, item)| line(key, item)));
    let _ = writeln!(out, "checksum = {}", quoted(&sum(&header, lines)));
    out.extend(tables.iter().map(|(key, item)| sub_tables(path, key, item)));
}

/// The checksum that belongs under these lines.
pub(super) fn sum(header: &str, lines: &Lines<'_>) -> String {
    let lines: Vec<String> = lines.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    checksum::of(header, lines.iter().map(String::as_str))
}

/// The path of a table as written between the brackets.
pub(super) fn header(path: &[&str]) -> String {
    let key = |part: &&str| toml_edit::Key::new(*part).display_repr().into_owned();
    path.iter().map(key).collect::<Vec<_>>().join(".")
}

pub(super) fn class_lines(class: &Class) -> Lines<'static> {
    let mut lines: Lines<'_> = Vec::new();
    for (name, value) in class::fields(&class.machine) {
        lines.push((name, if name == "cores" { value } else { quoted(&value) }));
    }
    if let Some(Kernels { integer_ns, memory_ns, branch_ns, profile }) = &class.kernels {
        let times = format!(
            "integer_ns = {}, memory_ns = {}, branch_ns = {}",
            number(*integer_ns),
            number(*memory_ns),
            number(*branch_ns)
        );
        lines.push(("kernels", format!("{{ {times}, profile = {} }}", quoted(profile))));
    }
    lines
}

pub(super) fn count_lines(entry: &Entry) -> Lines<'static> {
    let mut lines = vec![("counted_on", quoted(&entry.counted_on))];
    if entry.of_test {
        lines.push(("test", "true".to_owned()));
    }
    lines.extend(figure_lines(&entry.counts));
    lines
}

pub(super) fn figure_lines(section: &Section) -> Lines<'static> {
    let mut lines = vec![("runs", section.runs.to_string())];
    lines.extend(section.counted_by.iter().map(|source| ("counted_by", quoted(source))));
    lines.extend(section.figures.iter().map(|(metric, figure)| (metric.key(), figure_text(figure))));
    lines
}

/// A number where there is no doubt; a list where runs differ and nothing else is known; else all of it.
fn figure_text(figure: &Figure) -> String {
    let runs = figure.runs();
    // In the order of the runs: the figures of one run stay together.
    let list = || format!("[{}]", figure.in_turn().iter().copied().map(number).collect::<Vec<_>>().join(", "));
    match figure.agreed() {
        Some(value) => number(value),
        None if figure.low() >= runs[0] && figure.high() <= runs[runs.len() - 1] => list(),
        None => format!("{{ runs = {}, low = {}, high = {} }}", list(), number(figure.low()), number(figure.high())),
    }
}

/// Whole numbers as such; `inf` for a missing bound.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && value < 1e15 { format!("{value:.0}") } else { Value::from(value).to_string() }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Splits items into those under their section's header and those that need a header of their own.
#[allow(clippy::type_complexity)]
fn split(items: &[(String, Item)]) -> (Vec<&(String, Item)>, Vec<&(String, Item)>) {
    items.iter().partition(|(_, item)| item.is_value())
}

fn line(key: &str, item: &Item) -> String {
    format!("{} = {}\n", toml_edit::Key::new(key).display_repr(), item.to_string().trim())
}

/// An unknown table, or list of tables, under this path.
fn sub_tables(path: &[&str], key: &str, item: &Item) -> String {
    let mut document = DocumentMut::new();
    let mut parent: &mut Table = document.as_table_mut();
    for part in path {
        let mut table = Table::new();
        table.set_implicit(true);
        parent.insert(part, Item::Table(table));
        let Some(child) = parent.get_mut(part).and_then(Item::as_table_mut) else { return String::new() };
        parent = child;
    }
    let mut item = item.clone();
    make_unplaced(&mut item);
    parent.insert(key, item);
    format!("\n{}\n", document.to_string().trim())
}

/// Removes the positions that tables keep from the file they come from, so that they are written where they are put.
fn make_unplaced(item: &mut Item) {
    match item {
        Item::Table(table) => {
            table.set_position(None);
            table.iter_mut().for_each(|(_, child)| make_unplaced(child));
        }
        Item::ArrayOfTables(tables) => {
            for table in tables.iter_mut() {
                table.set_position(None);
                table.iter_mut().for_each(|(_, child)| make_unplaced(child));
            }
        }
        Item::None | Item::Value(_) => {}
    }
}
