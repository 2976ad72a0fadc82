//! Where a report can go, and how `PERF_REPORT` names it.
//!
//! A new kind of output is a variant of [`Output`], a row of [`KINDS`], and an arm of [`Output::write`].

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;

use crate::table::{self, Options};
use crate::{Error, Report};

/// The variable that names outputs.
pub(super) const VARIABLE: &str = "PERF_REPORT";

/// Where a report goes.
///
/// ```
/// use perf_exporters::{Output, Reporter};
///
/// let path = std::env::temp_dir().join("perf-doc-%p.json");
/// let reporter = Reporter::builder().ignore_env().output(Output::Json(path)).build();
/// reporter.flush()?;
/// # drop(reporter);
/// # let _ = std::fs::remove_file(std::env::temp_dir().join(format!("perf-doc-{}.json", std::process::id())));
/// # Ok::<(), perf_exporters::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// The table, to standard error.
    Table,
    /// JSON, to a file. `%p` in the path becomes the process id; a relative path starts at the folder that the program
    /// was in when reporting began.
    Json(PathBuf),
}

/// How a kind of output is written in `PERF_REPORT`.
struct Kind {
    keyword: &'static str,
    make: Make,
}

enum Make {
    Alone(Output),
    WithPath(fn(PathBuf) -> Output),
}

const KINDS: &[Kind] = &[
    Kind { keyword: "table", make: Make::Alone(Output::Table) },
    Kind { keyword: "json", make: Make::WithPath(Output::Json) },
];

/// What the table above allows, for messages.
const VALID: &str = "`table`, `json=PATH` (`%p` is the process id), several of them by comma, or `off`";

impl Output {
    /// The outputs that a value of `PERF_REPORT` names. An empty value names none.
    pub(super) fn parse(value: &str) -> Parsed {
        let mut parsed = Parsed::default();
        let items: Vec<&str> = value.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
        if items == ["off"] {
            parsed.off = true;
            return parsed;
        }
        for item in items {
            match Self::parse_one(item) {
                Ok(output) if parsed.outputs.contains(&output) => {}
                Ok(output) => parsed.outputs.push(output),
                Err(problem) => parsed.problems.push(problem),
            }
        }
        parsed
    }

    fn parse_one(item: &str) -> Result<Self, String> {
        let (keyword, path) =
            item.split_once('=').map_or((item, None), |(keyword, path)| (keyword.trim(), Some(path.trim())));
        let Some(kind) = KINDS.iter().find(|kind| kind.keyword == keyword) else {
            return Err(match keyword {
                "off" => "`off` stands alone".to_owned(),
                _ => format!("`{keyword}` is not known"),
            });
        };
        match (&kind.make, path) {
            (Make::Alone(output), None) => Ok(output.clone()),
            (Make::Alone(_), Some(_)) => Err(format!("`{keyword}` takes no path")),
            (Make::WithPath(make), Some(path)) if !path.is_empty() => Ok(make(PathBuf::from(path))),
            (Make::WithPath(_), _) => Err(format!("`{keyword}` needs a path: `{keyword}=PATH`")),
        }
    }

    /// The same output for a program that goes to another folder before it ends.
    pub(super) fn anchored(self) -> Self {
        match self {
            Self::Table => self,
            Self::Json(path) => Self::Json(std::path::absolute(&path).unwrap_or(path)),
        }
    }

    /// Renders the report and puts it where it belongs.
    pub(super) fn write(&self, report: &Report, top: Option<usize>) -> Result<(), Error> {
        match self {
            Self::Table => {
                let mut options = Options::for_stderr();
                options.top = top;
                to_stderr(&table::render(report, &options))
            }
            Self::Json(path) => report.write(with_pid(path)),
        }
    }
}

/// What was found in a value.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) outputs: Vec<Output>,
    pub(super) off: bool,
    problems: Vec<String>,
}

impl Parsed {
    /// One error for all that is wrong in the value.
    pub(super) fn error(&self, value: &str) -> Option<Error> {
        (!self.problems.is_empty()).then(|| Error::setting(VARIABLE, value, self.problems.join(", "), VALID))
    }
}

/// The error of a value that is no text.
pub(super) fn not_text(value: &std::ffi::OsStr) -> Error {
    Error::setting(VARIABLE, &value.to_string_lossy(), "not valid UTF-8".to_owned(), VALID)
}

/// The path with `%p` replaced. A path that is no text has no `%p` to replace.
fn with_pid(path: &Path) -> PathBuf {
    path.to_str().map_or_else(|| path.to_owned(), |text| text.replace("%p", &process::id().to_string()).into())
}

/// A blank line sets the table off from what the program printed.
fn to_stderr(text: &str) -> Result<(), Error> {
    let mut stderr = anstream::AutoStream::always(io::stderr());
    let written = stderr.write_all(format!("\n{text}").as_bytes()).and_then(|()| stderr.flush());
    written.map_err(|source| Error::io("cannot write the table", Path::new("standard error"), source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_listed_by_comma() {
        let parsed = Output::parse(" json=a b.json , table,table ,");
        assert_eq!(parsed.outputs, [Output::Json("a b.json".into()), Output::Table]);
        assert!(parsed.error("").is_none() && !parsed.off);
        assert!(Output::parse("off").off);
        assert_eq!(Output::parse(""), Parsed::default());
        assert_eq!(Output::parse("json=a=b.json").outputs, [Output::Json("a=b.json".into())]);
    }

    #[test]
    fn one_error_names_all_that_is_wrong() {
        for (value, problem) in [
            ("tabel", "`tabel` is not known"),
            ("json", "`json` needs a path: `json=PATH`"),
            ("json=", "`json` needs a path: `json=PATH`"),
            ("table=x", "`table` takes no path"),
            ("off,table", "`off` stands alone"),
            ("a,table,b=c", "`a` is not known, `b` is not known"),
        ] {
            let error = Output::parse(value).error(value).expect(value);
            assert!(error.is_setting());
            assert_eq!(error.to_string(), format!("PERF_REPORT={value:?}: {problem}; valid: {VALID}"));
        }
    }

    #[test]
    fn the_process_id_goes_into_the_path() {
        let pid = process::id();
        assert_eq!(with_pid(Path::new("a-%p/%p-%d.json")), PathBuf::from(format!("a-{pid}/{pid}-%d.json")));
    }
}
