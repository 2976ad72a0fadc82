//! Keys of a table, each taken once; keys that are left are unknown.

use std::time::Duration;

use toml_edit::{Item, TableLike, Value};

use crate::Error;

pub(super) struct Keys<'a> {
    table: &'a mut dyn TableLike,
    /// Keys that were asked for: the known ones.
    known: Vec<&'static str>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(table: &'a mut dyn TableLike) -> Self {
        Self { table, known: Vec::new() }
    }

    pub(super) fn item(&mut self, key: &'static str) -> Option<&mut Item> {
        self.known.push(key);
        self.table.get_mut(key).filter(|item| !item.is_none())
    }

    fn value<T>(
        &mut self,
        key: &'static str,
        what: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(item) = self.item(key) else { return Ok(None) };
        match item.as_value().and_then(read) {
            Some(value) => Ok(Some(value)),
            None => Err(Error::invalid(key, format!("must be {what}"))),
        }
    }

    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<String>, Error> {
        self.value(key, "a text in quotes", |value| value.as_str().map(str::to_owned))
    }

    /// One text, or a list of them.
    pub(super) fn texts(&mut self, key: &'static str) -> Result<Vec<String>, Error> {
        let texts = self.value(key, "a text in quotes, or a list of them", |value| match value {
            Value::String(text) => Some(vec![text.value().clone()]),
            Value::Array(list) => list.iter().map(|text| text.as_str().map(str::to_owned)).collect(),
            _ => None,
        })?;
        Ok(texts.unwrap_or_default())
    }

    pub(super) fn boolean(&mut self, key: &'static str) -> Result<Option<bool>, Error> {
        self.value(key, "true or false", Value::as_bool)
    }

    pub(super) fn number(&mut self, key: &'static str) -> Result<Option<f64>, Error> {
        self.value(key, "a number", |value| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64)))
    }

    pub(super) fn whole(&mut self, key: &'static str) -> Result<Option<u64>, Error> {
        self.value(key, "a whole number, zero or above", |value| u64::try_from(value.as_integer()?).ok())
    }

    pub(super) fn size(&mut self, key: &'static str) -> Result<Option<usize>, Error> {
        self.value(key, "a whole number, zero or above", |value| usize::try_from(value.as_integer()?).ok())
    }

    pub(super) fn duration(&mut self, key: &'static str) -> Result<Option<Duration>, Error> {
        self.value(key, "a duration in quotes, such as \"30s\"", |value| time(value.as_str()?))
    }

    /// Durations in a list.
    pub(super) fn durations(&mut self, key: &'static str) -> Result<Option<Vec<Duration>>, Error> {
        self.value(key, "a list of durations in quotes", |value| {
            value.as_array()?.iter().map(|time_of| time(time_of.as_str()?)).collect()
        })
    }

    pub(super) fn table(&mut self, key: &'static str) -> Result<Option<&mut dyn TableLike>, Error> {
        let Some(item) = self.item(key) else { return Ok(None) };
        match item.as_table_like_mut() {
            Some(table) => Ok(Some(table)),
            None => Err(Error::invalid(key, "must be a table")),
        }
    }

    /// `[[key]]`, or `key = [{ … }, …]`.
    pub(super) fn tables(&mut self, key: &'static str) -> Result<Vec<&mut dyn TableLike>, Error> {
        let problem = || Error::invalid(key, format!("must be tables: [[{key}]]"));
        match self.item(key) {
            None => Ok(Vec::new()),
            Some(Item::ArrayOfTables(tables)) => {
                Ok(tables.iter_mut().map(|table| table as &mut dyn TableLike).collect())
            }
            Some(Item::Value(Value::Array(list))) => {
                let table = |value| match value {
                    &mut Value::InlineTable(ref mut table) => Ok(table as &mut dyn TableLike),
                    _ => Err(problem()),
                };
                list.iter_mut().map(table).collect()
            }
            Some(_) => Err(problem()),
        }
    }

    /// Refuses keys that were not asked for.
    pub(super) fn no_more(&self) -> Result<(), Error> {
        match self.table.iter().find(|(key, _)| !self.known.contains(key)) {
            None => Ok(()),
            Some((key, _)) => {
                Err(Error::invalid(key, format!("is not known here; known are {}", self.known.join(", "))))
            }
        }
    }
}

fn time(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok()
}
