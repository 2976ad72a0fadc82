//! A plan file: TOML whose keys are the long options of the command line, with the same values.
//!
//! Each key is given to the parser of the command line, so that a value means the same in both places, and its errors
//! name file, line and key.

use std::error::Error as _;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use clap::{Args, Command, FromArgMatches};
use perf_exporters::nearest::hint;
use perf_load::Arrivals;
use toml_edit::{Document, DocumentMut, Item, TableLike, Value};

use crate::cli::{Keys, MixKeys};
use crate::failure::{Failure, Result};

/// The contents of a file.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) keys: Keys,
    /// Several requests by weight; empty where there is one.
    pub(super) requests: Vec<MixKeys>,
}

/// The table of a schedule of another shape: the one of [`perf_load::plan`].
const ARRIVALS: &str = "arrivals";
/// The table of one request of several.
const REQUEST: &str = "request";

impl File {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| Failure::io("cannot read the plan", path, &error))?;
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self> {
        let reader = Reader { text, path };
        let document = Document::parse(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            let line = error.span().map(|span| span.start);
            reader.wrong(line, &format!("not valid TOML: {message}"))
        })?;
        let mut requests = Vec::new();
        if let Some(item) = document.get(REQUEST) {
            let problem = "request: must be tables: write [[request]] above the keys of each";
            let tables = item.as_array_of_tables().filter(|tables| !tables.is_empty());
            let tables = tables.ok_or_else(|| reader.wrong(start(item), problem))?;
            for (at, table) in tables.iter().enumerate() {
                requests.push(reader.keys(table, &format!("request.{at}."), &[])?);
            }
        }
        let mut keys: Keys = reader.keys(document.as_table(), "", &[ARRIVALS, REQUEST])?;
        keys.arrivals = document.get(ARRIVALS).map(|item| reader.arrivals(item, keys.duration)).transpose()?;
        // Paths in a file are relative to its folder.
        let folder = path.parent().unwrap_or(Path::new(""));
        for file in [&mut keys.request.body_file]
            .into_iter()
            .chain(requests.iter_mut().map(|request: &mut MixKeys| &mut request.request.body_file))
            .flatten()
        {
            *file = folder.join(&*file);
        }
        Ok(Self { keys, requests })
    }
}

struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
}

/// Where an item of the file begins.
fn start(item: &Item) -> Option<usize> {
    item.span().map(|span| span.start)
}

impl Reader<'_> {
    fn wrong(&self, at: Option<usize>, problem: &str) -> Failure {
        let line = at.and_then(|at| self.text.get(..at)).map(|before| before.matches('\n').count() + 1);
        let line = line.map_or_else(String::new, |line| format!("{line}:"));
        Failure::new(format!("{}:{line} {problem}", self.path.display()))
    }

    fn arrivals(&self, item: &Item, duration: Option<Duration>) -> Result<Arrivals> {
        let mut plan = DocumentMut::new();
        plan.insert(ARRIVALS, item.clone());
        if let Some(duration) = duration {
            plan.insert("duration", toml_edit::value(humantime::format_duration(duration).to_string()));
        }
        let plan = perf_load::Plan::parse(&plan.to_string()).and_then(|plan| plan.load.schedule());
        plan.map_err(|error| self.wrong(start(item), &error.to_string()))
    }

    /// The keys of a table, without those that are read elsewhere.
    fn keys<T: Args + FromArgMatches>(&self, table: &dyn TableLike, above: &str, elsewhere: &[&str]) -> Result<T> {
        let command = || T::augment_args(Command::new("plan").no_binary_name(true).disable_help_flag(true));
        let known = command();
        let mut all = Vec::new();
        for (key, item) in table.iter().filter(|(key, _)| !elsewhere.contains(key)) {
            // `_` stands for `-`, as in other files.
            let name = key.replace('_', "-");
            let Some(option) = known.get_arguments().find(|option| option.get_long() == Some(name.as_str())) else {
                let names: Vec<&str> = known.get_arguments().filter_map(clap::Arg::get_long).collect();
                let problem = format!(
                    "{above}{key}: not known{}; there are {}",
                    hint(&name, names.iter().copied()),
                    [elsewhere, &names].concat().join(", ")
                );
                return Err(self.wrong(start(item), &problem));
            };
            let at = |problem: &str| self.wrong(start(item), &format!("{above}{key}: {problem}"));
            let value = item.as_value().ok_or_else(|| at("must be a value, no table"))?;
            let words = words(&name, value, option.get_action().takes_values()).map_err(|problem| at(&problem))?;
            if let Err(error) = command().try_get_matches_from(&words) {
                return Err(at(&told(&error)));
            }
            all.extend(words);
        }
        let matches = command().try_get_matches_from(all).and_then(|matches| T::from_arg_matches(&matches));
        matches.map_err(|error| self.wrong(None, &told(&error)))
    }
}

/// A key and its value as on a command line; a list as several.
fn words(name: &str, value: &Value, takes_values: bool) -> std::result::Result<Vec<OsString>, String> {
    let of = |value: &Value| match value {
        Value::String(text) => Ok(format!("--{name}={}", text.value()).into()),
        Value::Integer(_) | Value::Float(_) => {
            let text = value.clone().decorated("", "").to_string();
            Ok(format!("--{name}={}", text.replace('_', "")).into())
        }
        _ => Err("must be a text or a number".to_owned()),
    };
    match (value, takes_values) {
        (Value::Boolean(on), false) => Ok(if *on.value() { vec![format!("--{name}").into()] } else { Vec::new() }),
        (_, false) => Err("is a switch: write true or false".to_owned()),
        (Value::Array(values), true) => values.iter().map(of).collect(),
        (value, true) => of(value).map(|word| vec![word]),
    }
}

/// The command line parser's message about a value, without its hints on options.
fn told(error: &clap::Error) -> String {
    use clap::error::{ContextKind, ContextValue};

    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => format!("`{}`: ", value.escape_debug()),
        _ => String::new(),
    };
    let why = error.source().map_or_else(
        || {
            let text = error.to_string();
            text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
        },
        ToString::to_string,
    );
    format!("{value}{why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<File> {
        File::parse(text, Path::new("plans/plan.toml"))
    }

    #[test]
    fn keys_are_the_options() {
        let file = parse(
            "url = \"http://localhost/\"\nrate = 2_000\nduration = \"30s\"\npoisson = true\nmax-in-flight = 50\n\
             limit = [\"p99=50ms\", \"errors=1%\"]\nheader = [\"a: b\"]\nbody_file = \"body.json\"\n\
             [[request]]\nname = \"one\"\nweight = 9\n[[request]]\nurl = \"http://localhost/two\"\nbody = \"-x\"\n",
        )
        .unwrap();
        let keys = file.keys;
        assert_eq!((keys.rate, keys.duration, keys.poisson), (Some(2000.0), Some(Duration::from_secs(30)), true));
        assert_eq!((keys.max_in_flight, keys.limit.len(), keys.request.header.len()), (Some(50), 2, 1));
        assert_eq!(keys.request.body_file.unwrap(), Path::new("plans/body.json"));
        assert_eq!(file.requests.len(), 2);
        assert_eq!((file.requests[0].name.as_deref(), file.requests[0].weight), (Some("one"), Some(9.0)));
        assert_eq!(file.requests[1].request.body.as_deref(), Some("-x"));
        assert!(!parse("poisson = false").unwrap().keys.poisson);
        // The load checks the rate, and its error names the key.
        assert!(parse("rate = nan").unwrap().keys.rate.unwrap().is_nan());
        assert_eq!(parse("rate = -5").unwrap().keys.rate, Some(-5.0));
        assert_eq!(parse("stage = [\"5:1s\", \"9:2s\"]").unwrap().keys.stage.len(), 2);
    }

    #[test]
    fn a_schedule_may_have_another_shape() {
        let file = parse("duration = \"10s\"\n[arrivals]\nshape = \"ramp\"\nfrom = 100\nto = 300\n").unwrap();
        let arrivals = file.keys.arrivals.unwrap();
        assert_eq!((arrivals.duration(), arrivals.expected()), (Duration::from_secs(10), 2000.0));
        assert_eq!(parse("preset = [\"light\", \"quick\"]").unwrap().keys.preset.len(), 2);
    }

    #[test]
    fn errors_name_file_line_key_and_remedy() {
        for (text, line, told) in [
            (
                "\nraet = 5\n",
                "2:",
                "raet: not known (did you mean `rate`?); there are arrivals, request, preset, rate, ",
            ),
            ("rate = \"fast\"\n", "1:", "rate: `fast`: is no number; write 2000"),
            ("duration = 30\n", "1:", "duration: `30`: time unit needed"),
            ("duration = \"99999999999999999999h\"\n", "1:", "duration: "),
            ("poisson = 1\n", "1:", "poisson: is a switch"),
            ("rate = [1, 2]\n", "1:", "rate: "),
            ("rate = true\n", "1:", "rate: must be a text or a number"),
            ("[rate]\na = 1\n", "1:", "rate: must be a value"),
            ("seed = -1\n", "1:", "seed: `-1`: "),
            ("stage = \"5\"\n", "1:", "stage: `5`: a stage is a rate and a time"),
            ("rate = 1\n[request]\nurl = \"x\"\n", "2:", "request: must be tables"),
            ("[[request]]\nwieght = 1\n", "2:", "request.0.wieght: not known (did you mean `weight`?)"),
            ("allow-host = \"example.com\"\n", "1:", "allow-host: not known"),
            ("rate = \n", "1:", "not valid TOML"),
            ("rate = 5\n[arrivals]\nshape = \"brust\"\n", "2:", "arrivals.shape: "),
            ("preset = \"mediun\"\n", "1:", "preset: `mediun`"),
            ("body = \"a\"\nbody-file = \"b\"\n", "", "cannot be used with"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("plans/plan.toml:{line}")) && error.contains(told), "{text}: {error}");
        }
    }
}
