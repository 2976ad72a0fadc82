//! Reading `perf-budgets.toml`, with errors that name file, line, key and remedy.

use std::fs;
use std::ops::Range;
use std::path::Path;
#[cfg(feature = "load")]
use std::time::Duration;

#[cfg(feature = "load")]
use perf_exporters::judge::{Metric, Quantity};
#[cfg(feature = "load")]
use perf_exporters::nearest::hint;
use toml_edit::{Document, Item, TableLike};

use super::{Bound, Budgets, Figure, Rule, units};
use crate::failure::{Failure, Result};

/// The schema that a file may name.
const SCHEMA: &str = "perf.budgets/1";

impl Budgets {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| Failure::io("cannot read the budgets", path, &error))?;
        Self::parse(&text, path)
    }

    pub(super) fn parse(text: &str, path: &Path) -> Result<Self> {
        let reader = Reader { text, path };
        let document = Document::parse(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            reader.wrong(error.span().as_ref(), &format!("not valid TOML: {message}"))
        })?;
        let mut budgets = Self::default();
        for (key, item) in document.iter() {
            match key {
                "schema" if item.as_str() == Some(SCHEMA) => {}
                "schema" => {
                    let problem = format!("schema must be {SCHEMA:?}; a newer one needs a newer cargo-perf");
                    return Err(reader.at(item, &problem));
                }
                "process" => {
                    for (key, item) in reader.table(key, item)?.iter() {
                        budgets.rules.push(reader.process(key, item)?);
                    }
                }
                "probe" => {
                    for (probe, item) in reader.table(key, item)?.iter() {
                        for (key, item) in reader.table(&format!("probe.{probe:?}"), item)?.iter() {
                            budgets.rules.push(reader.rule(probe, key, item)?);
                        }
                    }
                }
                _ => {
                    let problem = format!("{key}: not known; there are [probe.\"NAME\"] and [process]");
                    return Err(reader.at(item, &problem));
                }
            }
        }
        Ok(budgets)
    }
}

#[cfg(feature = "load")]
impl Budgets {
    /// Limits of one probe as they stand on a command line, `p99=50ms`, of these metrics only.
    pub(crate) fn of_flags(probe: &str, flags: &[String], metrics: &[Metric]) -> std::result::Result<Self, String> {
        let mut budgets = Self::default();
        for flag in flags {
            let known = || metrics.iter().map(|metric| metric.key()).collect::<Vec<_>>();
            let shown = flag.escape_debug();
            let Some((key, text)) = flag.split_once('=') else {
                return Err(format!("`{shown}`: write a figure and its bound, such as p99=50ms or errors=1%"));
            };
            let key = key.trim();
            let figure = units::figure(key);
            let figure = figure
                .filter(|figure| matches!(figure, Figure::Of(Quantity::Metric(metric)) if metrics.contains(metric)));
            let figure = figure.ok_or_else(|| {
                format!("`{shown}`: {key} is not known{}; there are {}", hint(key, known()), known().join(", "))
            })?;
            let bound = units::bound(figure, text);
            let (figure, value) =
                bound.ok_or_else(|| format!("`{shown}`: is no bound for {key}; write {}", figure.example()))?;
            let limit = Some(Bound { value, text: text.trim().to_owned() });
            budgets.rules.push(Rule { probe: Some(probe.to_owned()), figure, limit, target: None });
        }
        Ok(budgets)
    }

    /// The least limit of time that is not zero.
    pub(crate) fn shortest_time(&self) -> Option<Duration> {
        let times = self.rules.iter().filter(|rule| rule.figure.is_time());
        let least = times.filter_map(|rule| rule.limit.as_ref()).map(|bound| bound.value).filter(|ns| *ns > 0.0);
        least.reduce(f64::min).map(|ns| Duration::from_secs_f64(ns / 1e9))
    }
}

struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Reader<'_> {
    fn wrong(&self, span: Option<&Range<usize>>, problem: &str) -> Failure {
        let line = span.and_then(|span| self.text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
        let line = line.map_or_else(String::new, |line| format!("{line}:"));
        Failure::new(format!("{}:{line} {problem}", self.path.display()))
    }

    fn at(&self, item: &Item, problem: &str) -> Failure {
        self.wrong(item.span().as_ref(), problem)
    }

    fn table<'i>(&self, key: &str, item: &'i Item) -> Result<&'i dyn TableLike> {
        item.as_table_like().ok_or_else(|| self.at(item, &format!("{key}: must be a table, such as [probe.\"NAME\"]")))
    }

    fn rule(&self, probe: &str, key: &str, item: &Item) -> Result<Rule> {
        let figure = units::figure(key)
            .ok_or_else(|| self.at(item, &format!("probe.{probe:?}.{key}: not known; there are {}", units::KEYS)))?;
        self.bounds(Some(probe), figure, &format!("probe.{probe:?}.{key}"), item)
    }

    fn process(&self, key: &str, item: &Item) -> Result<Rule> {
        let figure = units::of_process(key)
            .ok_or_else(|| self.at(item, &format!("process.{key}: not known; there are {}", units::PROCESS_KEYS)))?;
        self.bounds(None, figure, &format!("process.{key}"), item)
    }

    /// A limit alone, or a table of `target` and `limit`.
    fn bounds(&self, probe: Option<&str>, figure: Figure, key: &str, item: &Item) -> Result<Rule> {
        let mut rule = Rule { probe: probe.map(ToOwned::to_owned), figure, limit: None, target: None };
        let Some(table) = item.as_table_like() else {
            let (figure, bound) = self.bound(figure, key, item)?;
            return Ok(Rule { figure, limit: Some(bound), ..rule });
        };
        for (which, item) in table.iter() {
            let slot = match which {
                "limit" => &mut rule.limit,
                "target" => &mut rule.target,
                _ => return Err(self.at(item, &format!("{key}.{which}: not known; there are target and limit"))),
            };
            let (figure, bound) = self.bound(figure, &format!("{key}.{which}"), item)?;
            *slot = Some(bound);
            rule.figure = figure;
        }
        let ordered = |target: &Bound, limit: &Bound| {
            if rule.figure.is_minimum() { target.value >= limit.value } else { target.value <= limit.value }
        };
        match (&rule.target, &rule.limit) {
            (None, None) => Err(self.at(item, &format!("{key}: neither target nor limit"))),
            (Some(target), Some(limit)) if !ordered(target, limit) => {
                let problem =
                    format!("{key}: the target {} is beyond the limit {}; swap them", target.text, limit.text);
                Err(self.at(item, &problem))
            }
            _ => Ok(rule),
        }
    }

    fn bound(&self, figure: Figure, key: &str, item: &Item) -> Result<(Figure, Bound)> {
        let text = match item.as_str() {
            Some(text) => text.to_owned(),
            None => item.as_value().map_or_else(String::new, |value| value.to_string().trim().to_owned()),
        };
        match units::bound(figure, &text) {
            Some((figure, value)) => Ok((figure, Bound { value, text })),
            None => Err(self.at(item, &format!("{key}: {text:?} is no bound for it; write {}", figure.example()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Budgets> {
        Budgets::parse(text, Path::new("budgets.toml"))
    }

    #[test]
    fn limits_stand_alone_or_beside_targets() {
        let budgets = parse(
            "[probe.\"a::b\"]\np95 = { target = \"2ms\", limit = \"5ms\" }\nallocs = 3\n[process]\nlive_bytes = \"1MiB\"\n",
        );
        let rules = budgets.unwrap().rules;
        assert_eq!(rules.len(), 3);
        assert_eq!(rules[0].target.as_ref().unwrap(), &Bound { value: 2e6, text: "2ms".into() });
        assert_eq!(rules[0].limit.as_ref().unwrap().text, "5ms");
        assert_eq!(rules[1].limit.as_ref().unwrap(), &Bound { value: 3.0, text: "3".into() });
        assert_eq!((rules[2].probe.as_deref(), rules[2].figure), (None, Figure::LiveBytes));
    }

    #[test]
    #[cfg(feature = "load")]
    fn limits_of_a_command_line() {
        let of = |flags: &[&str]| {
            let flags: Vec<String> = flags.iter().map(ToString::to_string).collect();
            Budgets::of_flags("http::response", &flags, &[Metric::P99, Metric::Max, Metric::Errors])
        };
        let budgets = of(&["p99=50ms", "max = 80ms", "errors=0.1%"]).unwrap();
        assert_eq!(budgets.rules.len(), 3);
        assert_eq!(budgets.shortest_time(), Some(Duration::from_millis(50)));
        assert_eq!(of(&["errors=1%"]).unwrap().shortest_time(), None);
        for (flag, told) in [
            ("p99", "p99=50ms"),
            ("p98=5ms", "did you mean `p99`"),
            ("allocs=5", "there are p99, max, errors"),
            ("p99=50", "\"5ms\""),
            ("p99=-5ms", "no bound"),
            ("errors=200%", "\"1%\""),
        ] {
            let error = of(&[flag]).unwrap_err();
            assert!(error.starts_with(&format!("`{flag}`")) && error.contains(told), "{flag}: {error}");
        }
    }

    #[test]
    fn errors_name_file_line_key_and_remedy() {
        for (text, line, key, remedy) in [
            ("[probe.x]\n\np96 = \"1ms\"\n", 3, "p96", "p95"),
            ("[probe.x]\np95 = 5\n", 2, "p95", "\"5ms\""),
            ("[probe.x]\np95 = { maximum = \"5ms\" }\n", 2, "maximum", "target and limit"),
            ("[probe.x]\np95 = { target = \"9ms\", limit = \"5ms\" }\n", 2, "p95", "swap"),
            ("[probe.x]\nthroughput = { target = \"1/s\", limit = \"5/s\" }\n", 2, "throughput", "swap"),
            ("[probe.x]\nthroughput = \"fast\"\n", 2, "throughput", "5000/s"),
            ("[probe.x]\np95 = {}\n", 2, "p95", "neither"),
            ("[process]\nspeed = 1\n", 2, "speed", "live_bytes"),
            ("probe = 1\n", 1, "probe", "table"),
            ("[budget.x]\n", 1, "budget", "[probe."),
            ("schema = \"perf.budgets/2\"\n", 1, "schema", "newer"),
            ("[probe.x\n", 1, "TOML", ""),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("budgets.toml:{line}: ")), "{text}: {error}");
            assert!(error.contains(key) && error.contains(remedy), "{text}: {error}");
        }
    }
}
