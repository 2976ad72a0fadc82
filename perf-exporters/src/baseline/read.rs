//! From the text of the file to the value, or to an error with its line.

use std::ops::Range;

use toml_edit::{Document, Item, TableLike};

use super::emit::{END, INSTRUCTIONS, Lines, class_lines, count_lines, figure_lines, header, sum};
use super::{Baseline, Class, Entry, Figure, Kernels, Metric, SCHEMA, Section, class};
use crate::error::Problem;
use crate::report::Machine;
use crate::{Error, schema};

impl Baseline {
    /// The baseline in this text.
    ///
    /// Everything must be as it was written: a text that is cut short, was merged by half, or has a section that does
    /// not fit its checksum is an [`Error`].
    ///
    /// # Errors
    /// A text that is cut short ([`Error::is_truncated`]), half merged ([`Error::is_conflict`]), edited ([`Error::is_checksum`]),
    /// newer ([`Error::is_newer_schema`]), or no baseline ([`Error::is_malformed`]).
    ///
    /// ```
    /// # use perf_exporters::baseline::Baseline;
    /// let text = Baseline::default().to_toml();
    /// assert!(Baseline::parse(&text)?.is_empty());
    /// assert!(Baseline::parse(&text[..text.len() - 1]).is_err());
    /// # Ok::<(), perf_exporters::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        check_frame(text)?;
        let document = Document::parse(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            Error::baseline(Problem::Syntax { message }, error.span().map(|span| line_of(text, &span)))
        })?;
        let reader = Reader { text };
        let mut baseline = Self::default();
        let mut entries = None;
        for (key, item) in document.iter() {
            let path = [key];
            match key {
                "schema" => match item.as_str() {
                    Some(SCHEMA) => {}
                    _ => return Err(reader.wrong(&path, item, format!("must be {SCHEMA:?}"))),
                },
                "machine" => {
                    for (id, item) in reader.table(&path, item)?.iter() {
                        baseline.machines.insert(id.to_owned(), reader.class(id, item)?);
                    }
                }
                "entry" => {
                    for (name, item) in reader.table(&path, item)?.iter() {
                        baseline.entries.insert(name.to_owned(), reader.entry(name, item)?);
                    }
                    entries = Some(item);
                }
                _ => {
                    reader.check_unknown(&path, item)?;
                    baseline.unknown.push((key.to_owned(), item.clone()));
                }
            }
        }
        // An entry without its machines could not be compared, and that would go unnoticed.
        let known = |class: &String| baseline.machines.contains_key(class);
        for (name, entry) in &baseline.entries {
            let mut classes = entry.times.keys().chain(entry.instructions.keys()).chain([&entry.counted_on]);
            if let Some(class) = classes.find(|class| !known(class)) {
                let item = entries.and_then(|entries| entries.get(name)).unwrap_or(document.as_item());
                return Err(reader.wrong(&["entry", name], item, format!("[machine.{class}] is missing")));
            }
        }
        Ok(baseline)
    }
}

/// Checks the conditions for reading the text as TOML: no conflict, a schema of ours, and an end.
fn check_frame(text: &str) -> Result<(), Error> {
    let marks = ["<<<<<<< ", "||||||| ", ">>>>>>> "];
    let is_mark = |line: &str| line == "=======" || marks.iter().any(|mark| line.starts_with(mark));
    if let Some(at) = text.lines().position(is_mark) {
        return Err(Error::baseline(Problem::Conflict, Some(at + 1)));
    }
    let schema = text.lines().enumerate().find_map(|(at, line)| Some((at + 1, schema_of(line)?)));
    let Some((line, found)) = schema else {
        return Err(Error::baseline(Problem::NoSchema, Some(text.lines().count().max(1))));
    };
    if schema::is_newer(found, SCHEMA) {
        return Err(Error::newer_schema(found.to_owned(), SCHEMA).in_line(Some(line)));
    }
    if found != SCHEMA {
        return Err(Error::baseline(Problem::NoSchema, Some(line)));
    }
    // The line end is part of it: without it, more may be missing.
    if text.lines().last() != Some(END) || !text.ends_with('\n') {
        return Err(Error::baseline(Problem::Truncated, Some(text.lines().count())));
    }
    Ok(())
}

/// The schema if this line, outside of all tables, names it.
fn schema_of(line: &str) -> Option<&str> {
    let value = line.strip_prefix("schema")?.trim_start().strip_prefix('=')?;
    value.trim().strip_prefix('"')?.strip_suffix('"')
}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    text.get(..span.start).map_or(0, |before| before.matches('\n').count()) + 1
}

/// Reads values, and says where one is wrong.
struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn wrong(&self, path: &[&str], item: &Item, problem: String) -> Error {
        let line = item.span().map(|span| line_of(self.text, &span));
        Error::baseline(Problem::Value { key: header(path), problem }, line)
    }

    fn expected(&self, path: &[&str], item: &Item, what: &str) -> Error {
        self.wrong(path, item, format!("expected {what}, found {}", item.type_name()))
    }

    fn table<'i>(&self, path: &[&str], item: &'i Item) -> Result<&'i dyn TableLike, Error> {
        item.as_table_like().ok_or_else(|| self.expected(path, item, "a table"))
    }

    fn string(&self, path: &[&str], item: &Item) -> Result<String, Error> {
        item.as_str().map(ToOwned::to_owned).ok_or_else(|| self.expected(path, item, "a string"))
    }

    fn whole(&self, path: &[&str], item: &Item) -> Result<u64, Error> {
        let number = item.as_integer().and_then(|number| u64::try_from(number).ok());
        number.ok_or_else(|| self.expected(path, item, "a whole number"))
    }

    fn class(&self, id: &str, item: &Item) -> Result<Class, Error> {
        let path = ["machine", id];
        let mut class = Class::default();
        let mut found_sum = None;
        for (key, item) in self.table(&path, item)?.iter() {
            let at = [&path[..], &[key]].concat();
            let Machine { arch, cpu_model, cores, os, rustc, profile, allocator, .. } = &mut class.machine;
            let field = match key {
                "arch" => arch,
                "cpu_model" => cpu_model,
                "os" => os,
                "rustc" => rustc,
                "profile" => profile,
                "allocator" => allocator,
                "cores" => {
                    *cores = self.whole(&at, item)?;
                    continue;
                }
                "kernels" => {
                    class.kernels = Some(self.kernels(&at, item)?);
                    continue;
                }
                "checksum" => {
                    found_sum = Some(self.string(&at, item)?);
                    continue;
                }
                _ => {
                    self.check_unknown(&at, item)?;
                    class.unknown.push((key.to_owned(), item.clone()));
                    continue;
                }
            };
            *field = self.string(&at, item)?;
        }
        self.check_sum(&path, item, &class_lines(&class), found_sum.as_deref())?;
        if class::id(&class.machine) != id {
            let problem = "the name does not belong to this machine".to_owned();
            return Err(self.wrong(&path, item, problem));
        }
        Ok(class)
    }

    fn kernels(&self, path: &[&str], item: &Item) -> Result<Kernels, Error> {
        let table = self.table(path, item)?;
        let time = |key| table.get(key).and_then(number);
        let profile = table.get("profile").and_then(Item::as_str);
        let kernels = || Kernels::new(time("integer_ns")?, time("memory_ns")?, time("branch_ns")?, profile?);
        let wanted = "integer_ns, memory_ns, branch_ns and profile";
        kernels().ok_or_else(|| self.wrong(path, item, format!("expected {wanted}")))
    }

    fn entry(&self, name: &str, item: &Item) -> Result<Entry, Error> {
        let path = ["entry", name];
        let mut entry = Entry::default();
        let mut found_sum = None;
        for (key, item) in self.table(&path, item)?.iter() {
            let at = [&path[..], &[key]].concat();
            match key {
                "counted_on" => entry.counted_on = self.string(&at, item)?,
                "test" => {
                    entry.of_test =
                        item.as_bool().ok_or_else(|| self.expected(&at, item, "`true`, or no such line"))?;
                }
                "checksum" => found_sum = Some(self.string(&at, item)?),
                "time" => {
                    for (class, item) in self.table(&at, item)?.iter() {
                        let at = [&at[..], &[class]].concat();
                        entry.times.insert(class.to_owned(), self.of_class(&at, item, Metric::is_time)?);
                    }
                }
                INSTRUCTIONS => {
                    for (class, item) in self.table(&at, item)?.iter() {
                        let at = [&at[..], &[class]].concat();
                        entry.instructions.insert(
                            class.to_owned(),
                            self.of_class(&at, item, |metric| metric == Metric::Instructions)?,
                        );
                    }
                }
                _ => self.figure_into(&mut entry.counts, &at, item, Metric::is_count)?,
            }
        }
        self.check_sum(&path, item, &count_lines(&entry), found_sum.as_deref())?;
        Ok(entry)
    }

    /// A section of figures that belong to a class of machines.
    fn of_class(&self, path: &[&str], item: &Item, belongs: impl Fn(Metric) -> bool) -> Result<Section, Error> {
        let mut section = Section::default();
        let mut found_sum = None;
        for (key, item) in self.table(path, item)?.iter() {
            let at = [path, &[key]].concat();
            match key {
                "checksum" => found_sum = Some(self.string(&at, item)?),
                "counted_by" => section.counted_by = Some(self.string(&at, item)?),
                _ => self.figure_into(&mut section, &at, item, &belongs)?,
            }
        }
        self.check_sum(path, item, &figure_lines(&section), found_sum.as_deref())?;
        Ok(section)
    }

    /// One line of a section: the number of runs, a figure that belongs there, or something unknown.
    fn figure_into(
        &self,
        section: &mut Section,
        path: &[&str],
        item: &Item,
        belongs: impl Fn(Metric) -> bool,
    ) -> Result<(), Error> {
        let key = path[path.len() - 1];
        if key == "runs" {
            section.runs = self.whole(path, item)?;
            return Ok(());
        }
        if let Some(metric) = Metric::ALL.into_iter().find(|metric| metric.key() == key && belongs(*metric)) {
            let wanted = "a number, a list of numbers, or runs with low and high around them";
            let figure = figure(item).ok_or_else(|| self.expected(path, item, wanted))?;
            section.figures.insert(metric, figure);
        } else {
            self.check_unknown(path, item)?;
            section.unknown.push((key.to_owned(), item.clone()));
        }
        Ok(())
    }

    /// Items that this version does not know are kept, but a section among them that has a checksum must fit it, as any other: it
    /// may be one of ours, whose header was changed by accident, and its loss would go unnoticed.
    fn check_unknown(&self, path: &[&str], item: &Item) -> Result<(), Error> {
        let mut waiting = vec![(path.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>(), item)];
        while let Some((path, item)) = waiting.pop() {
            let Some(table) = item.as_table_like() else {
                continue;
            };
            let path_of_table: Vec<&str> = path.iter().map(String::as_str).collect();
            let (values, tables): (Vec<_>, Vec<_>) = table.iter().partition(|(_, item)| item.is_value());
            waiting.extend(tables.into_iter().map(|(key, item)| ([&path[..], &[key.to_owned()]].concat(), item)));
            let Some(found) = table.get("checksum") else {
                continue;
            };
            let summed = values.into_iter().filter(|(key, _)| *key != "checksum");
            let lines = summed.map(|(key, item)| (key, item.to_string().trim().to_owned())).collect();
            self.check_sum(&path_of_table, item, &lines, found.as_str())?;
        }
        Ok(())
    }

    fn check_sum(&self, path: &[&str], item: &Item, lines: &Lines<'_>, found: Option<&str>) -> Result<(), Error> {
        let section = header(path);
        if found == Some(sum(&section, lines).as_str()) {
            return Ok(());
        }
        Err(Error::baseline(Problem::Checksum { section }, item.span().map(|span| line_of(self.text, &span))))
    }
}

fn figure(item: &Item) -> Option<Figure> {
    if let Some(value) = number(item) {
        return Figure::new(&[value], value, value);
    }
    if item.is_array() {
        let runs = numbers(item)?;
        let (low, high) = (runs.iter().copied().reduce(f64::min)?, runs.iter().copied().reduce(f64::max)?);
        return Figure::new(&runs, low, high);
    }
    let table = item.as_table_like()?;
    Figure::new(&numbers(table.get("runs")?)?, number(table.get("low")?)?, number(table.get("high")?)?)
}

fn numbers(item: &Item) -> Option<Vec<f64>> {
    item.as_array()?.iter().map(|value| number(&Item::Value(value.clone()))).collect()
}

/// An integer or a float.
fn number(item: &Item) -> Option<f64> {
    // Counts are far below 2^53.
    item.as_float().or_else(|| item.as_integer().map(|number| number as f64))
}
