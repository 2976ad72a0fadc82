//! Writing a report to where it goes. Which outputs there are is declared in [`format`](crate::format).

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::format::parse_one;
use crate::table::{self, Options};
use crate::{Error, Output, Rendering, Report, env, host, write};

impl Output {
    /// The outputs that a value of `PERF_REPORT` names, and one error for all that is wrong in it.
    pub(super) fn parse(value: &str) -> (Vec<Self>, Option<Error>) {
        let (mut outputs, mut problems) = (Vec::new(), Vec::new());
        for item in value.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            match parse_one(item) {
                Ok(output) if outputs.contains(&output) => {}
                Ok(output) => outputs.push(output),
                Err(problem) => problems.push(problem),
            }
        }
        let error = (!problems.is_empty()).then(|| env::REPORT.error(value, problems.join(", ")));
        (outputs, error)
    }

    /// Whether it shows what threads did last, which they remember only if asked to.
    pub(super) fn is_trace(&self) -> bool {
        self.format().is_live()
    }

    /// The same output for a program that goes to another folder before it ends.
    pub(super) fn anchored(self) -> Self {
        match self.path().map(std::path::absolute) {
            Some(Ok(absolute)) => self.to(absolute),
            _ => self,
        }
    }

    /// Whether every process writes to a place of its own.
    pub(super) fn is_of_each_process(&self) -> bool {
        self.path().is_some_and(|path| with_pid(path) != path)
    }

    /// Renders the report and puts it where it belongs.
    pub(super) fn write(&self, report: &Report, top: Option<usize>) -> Result<(), Error> {
        let Some(path) = self.path().map(with_pid) else {
            let mut options = Options::for_stderr();
            options.top = top;
            return to_stderr(&table::render(report, &options));
        };
        let rendering = Rendering { weight: self.weight(), ..Rendering::default() };
        write::atomically(&path, &self.format().render(report, &rendering)?)
    }

    /// Whether a later report takes the place of this one.
    #[cfg(all(unix, feature = "signals"))]
    pub(super) fn is_replaced(&self) -> bool {
        self.path().is_some_and(|path| !write::is_stream(&with_pid(path)))
    }
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
        let (outputs, error) = Output::parse(" json=a b.json , table,table ,");
        assert_eq!(outputs, [Output::Json("a b.json".into()), Output::Table]);
        assert!(error.is_none());
        assert!(Output::parse(",").0.is_empty());
        assert_eq!(Output::parse("json=a=b.json").0, [Output::Json("a=b.json".into())]);
    }

    #[test]
    fn one_error_names_all_that_is_wrong() {
        for (value, problem) in [
            ("tabel", "`tabel` is not known (did you mean `table`?)"),
            ("json", "`json` needs a path, such as `json=perf.json`"),
            ("json=", "`json` needs a path, such as `json=perf.json`"),
            ("table=x", "`table` takes no path"),
            ("off,table", "`off` stands alone"),
            ("a,table,b=c", "`a` is not known, `b` is not known"),
        ] {
            let error = Output::parse(value).1.expect(value);
            assert!(error.is_setting());
            assert_eq!(
                error.to_string(),
                format!("PERF_REPORT={value:?}: {problem}; valid: {}", crate::format::accepted())
            );
        }
    }

    #[test]
    fn the_process_id_goes_into_the_path() {
        let pid = std::process::id();
        assert_eq!(with_pid(Path::new("a-%p/%p-%d.json")), PathBuf::from(format!("a-{pid}/{pid}-%d.json")));
    }
}
