//! Where a report can go.
//!
//! A new kind of output is a variant of [`Output`], a row in the table of kinds, and an arm of [`Output::path_mut`] and
//! of [`Output::render`].

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::kinds::{VALID, parse_one};
#[cfg(feature = "flamegraph")]
use crate::stack::Weight;
use crate::table::{self, Options};
use crate::{Error, Report, host, write};

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
    /// was in when reporting began. The same holds for every other path here.
    Json(PathBuf),
    /// A page for the browser: [`html`](crate::html).
    #[cfg(feature = "html")]
    Html(PathBuf),
    /// A summary for a pull request: [`markdown`](crate::markdown).
    #[cfg(feature = "markdown")]
    Markdown(PathBuf),
    /// A row per probe: [`csv`](crate::csv).
    #[cfg(feature = "csv")]
    Csv(PathBuf),
    /// A flame graph: [`flamegraph::svg`](crate::flamegraph::svg).
    #[cfg(feature = "flamegraph")]
    Svg(PathBuf, Weight),
    /// Folded stacks: [`flamegraph::folded`](crate::flamegraph::folded).
    #[cfg(feature = "flamegraph")]
    Folded(PathBuf, Weight),
    /// A profile for `go tool pprof`: [`pprof`](crate::pprof).
    #[cfg(feature = "pprof")]
    Pprof(PathBuf),
    /// A profile for speedscope: [`speedscope`](crate::speedscope).
    #[cfg(feature = "speedscope")]
    Speedscope(PathBuf),
    /// What every thread did last: [`trace`](crate::trace). The timeline of the moment, which is no part of the report.
    #[cfg(feature = "trace")]
    Trace(PathBuf),
    /// A `HdrHistogram` log: [`hdr`](crate::hdr).
    #[cfg(feature = "hdr")]
    Hdr(PathBuf),
}

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
            match parse_one(item) {
                Ok(output) if parsed.outputs.contains(&output) => {}
                Ok(output) => parsed.outputs.push(output),
                Err(problem) => parsed.problems.push(problem),
            }
        }
        parsed
    }

    /// Whether it shows what threads did last, which they remember only if asked to.
    #[cfg_attr(not(feature = "trace"), allow(clippy::unused_self, reason = "none is"))]
    pub(super) fn is_trace(&self) -> bool {
        #[cfg(feature = "trace")]
        let is_trace = matches!(self, Self::Trace(_));
        #[cfg(not(feature = "trace"))]
        let is_trace = false;
        is_trace
    }

    /// The same output for a program that goes to another folder before it ends.
    pub(super) fn anchored(mut self) -> Self {
        if let Some(path) = self.path_mut()
            && let Ok(absolute) = std::path::absolute(&*path)
        {
            *path = absolute;
        }
        self
    }

    /// Whether every process writes to a place of its own.
    pub(super) fn is_of_each_process(&self) -> bool {
        let mut output = self.clone();
        output.path_mut().is_some_and(|path| with_pid(path) != *path)
    }

    /// Renders the report and puts it where it belongs.
    pub(super) fn write(&self, report: &Report, top: Option<usize>) -> Result<(), Error> {
        let Some(path) = self.clone().path_mut().map(|path| with_pid(path)) else {
            let mut options = Options::for_stderr();
            options.top = top;
            return to_stderr(&table::render(report, &options));
        };
        write::atomically(&path, &self.render(report))
    }

    /// Whether a later report takes the place of this one.
    #[cfg(all(unix, feature = "signals"))]
    pub(super) fn is_replaced(&self) -> bool {
        self.clone().path_mut().is_some_and(|path| !write::is_stream(&with_pid(path)))
    }

    fn path_mut(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::Table => None,
            Self::Json(path) => Some(path),
            #[cfg(feature = "html")]
            Self::Html(path) => Some(path),
            #[cfg(feature = "markdown")]
            Self::Markdown(path) => Some(path),
            #[cfg(feature = "csv")]
            Self::Csv(path) => Some(path),
            #[cfg(feature = "flamegraph")]
            Self::Svg(path, _) | Self::Folded(path, _) => Some(path),
            #[cfg(feature = "pprof")]
            Self::Pprof(path) => Some(path),
            #[cfg(feature = "speedscope")]
            Self::Speedscope(path) => Some(path),
            #[cfg(feature = "trace")]
            Self::Trace(path) => Some(path),
            #[cfg(feature = "hdr")]
            Self::Hdr(path) => Some(path),
        }
    }

    /// What goes into the file.
    fn render(&self, report: &Report) -> Vec<u8> {
        match self {
            Self::Table => table::render(report, &Options::default()).into(),
            Self::Json(_) => report.to_json().into(),
            #[cfg(feature = "html")]
            Self::Html(_) => crate::html::render(report, &crate::html::Options::default()).into(),
            #[cfg(feature = "markdown")]
            Self::Markdown(_) => crate::markdown::render(report, &crate::markdown::Options::default()).into(),
            #[cfg(feature = "csv")]
            Self::Csv(_) => crate::csv::render(report).into(),
            #[cfg(feature = "flamegraph")]
            Self::Svg(_, weight) => crate::flamegraph::svg(report, *weight).into(),
            #[cfg(feature = "flamegraph")]
            Self::Folded(_, weight) => crate::flamegraph::folded(report, *weight).into(),
            #[cfg(feature = "pprof")]
            Self::Pprof(_) => crate::pprof::render(report),
            #[cfg(feature = "speedscope")]
            Self::Speedscope(_) => crate::speedscope::render(report).into(),
            #[cfg(feature = "trace")]
            Self::Trace(_) => crate::trace::render(&perf_core::timeline()).into(),
            #[cfg(feature = "hdr")]
            Self::Hdr(_) => crate::hdr::render(report).into(),
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
    let pid = host::pid().map_or_else(|| "0".to_owned(), |pid| pid.to_string());
    path.to_str().map_or_else(|| path.to_owned(), |text| text.replace("%p", &pid).into())
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
        let pid = std::process::id();
        assert_eq!(with_pid(Path::new("a-%p/%p-%d.json")), PathBuf::from(format!("a-{pid}/{pid}-%d.json")));
    }
}
