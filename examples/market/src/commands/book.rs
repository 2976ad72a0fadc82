//! What a command measured: a report, the plots of its page, and the figures that no probe has.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use perf_core::Snapshot;
use perf_exporters::Report;
use perf_exporters::report::{BudgetReport, Track};
use perf_load::page::{self, Plot};
use perf_load::{Load, Outcome, show};

use super::targets::{TARGETS, Target};

/// The name of the report of `regression`, which the whole takes its figures from.
pub(crate) const REGRESSION: &str = "regression";
/// The budgets of probes.
pub(crate) const BUDGETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/perf-budgets.toml");

/// Gathers what the phases of a command measure.
pub(crate) struct Book {
    folder: PathBuf,
    /// What the process had done before.
    start: Snapshot,
    drives: Report,
    tracks: Vec<Track>,
    plots: Vec<Plot>,
    figures: Vec<Noted>,
    /// Figures that an earlier command measured.
    earlier: Vec<BudgetReport>,
    /// Whether all targets are shown, measured or not.
    whole: bool,
}

/// A figure that was measured.
struct Noted {
    target: &'static Target,
    actual: f64,
    /// Why it decides nothing, where that is so.
    doubt: Option<String>,
    /// What was seen where it is missed.
    seen: Option<String>,
}

impl Noted {
    fn budget(&self) -> BudgetReport {
        budget(self.target, self.actual).doubted(self.doubt.as_deref()).explained(self.seen.as_deref())
    }
}

impl Book {
    /// An empty one, whose files will be in this folder.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            start: perf_core::snapshot(),
            drives: Report::default(),
            tracks: Vec::new(),
            plots: Vec::new(),
            figures: Vec::new(),
            earlier: Vec::new(),
            whole: false,
        }
    }

    /// With all targets in its report and its table, also those that nothing was measured for. Those of a command of its own are
    /// what it measured last, unless the program was built anew since then.
    pub(crate) fn whole(self) -> Self {
        let file = self.folder.join(format!("{REGRESSION}.json"));
        let mut earlier = if is_older_than_the_program(&file) { Vec::new() } else { budgets(&file) };
        earlier.retain(|budget| &*budget.probe == REGRESSION);
        if !earlier.is_empty() {
            say(&format!("regression: as measured last, {}\n", file.display()));
        }
        Self { whole: true, earlier, ..self }
    }

    /// Whether nothing was measured so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.report().probes.is_empty()
    }

    /// The folder of the files.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds the times of a drive, and says what it was. The program's own probes are in the last report in any case.
    pub(crate) fn drive(&mut self, outcome: &Outcome) {
        say(&show::text(outcome));
        for (class, count) in &outcome.classes {
            say(&format!("  failed, {class}: {count}\n"));
        }
        let own = |name: &str| name.strip_prefix(outcome.name.as_str()).is_some_and(|rest| rest.starts_with("::"));
        let mut report = Report::default();
        report
            .probes
            .extend(outcome.report.probes.iter().filter(|probe| own(&probe.name) && is_drive(&probe.name)).cloned());
        self.drives.merge(&report);
    }

    /// Adds what the process used meanwhile.
    pub(crate) fn track(&mut self, track: Track) {
        self.tracks.push(track);
    }

    /// Adds a plot to the page.
    pub(crate) fn plot(&mut self, plot: Plot) {
        self.plots.push(plot);
    }

    /// Notes a figure that has a target.
    pub(crate) fn figure(&mut self, probe: &str, metric: &str, actual: f64) {
        self.doubted(probe, metric, actual, None);
    }

    /// The same of a figure that decides nothing where there is a reason: the generator was late, say.
    pub(crate) fn doubted(&mut self, probe: &str, metric: &str, actual: f64, doubt: Option<&str>) {
        self.explained(probe, metric, actual, doubt, None);
    }

    /// The same with what was seen, which is told where the target is missed.
    pub(crate) fn explained(
        &mut self,
        probe: &str,
        metric: &str,
        actual: f64,
        doubt: Option<&str>,
        seen: Option<&str>,
    ) {
        let target = TARGETS.iter().find(|target| (target.probe, target.metric) == (probe, metric));
        let target = target.expect("figures are noted under the names of `TARGETS`");
        let owned = |text: Option<&str>| text.map(str::to_owned);
        self.figures.push(Noted { target, actual, doubt: owned(doubt), seen: owned(seen) });
    }

    /// The report so far: probes of the program and of the drives, and all figures with their targets.
    pub(crate) fn report(&self) -> Report {
        let snapshot = perf_core::snapshot().since(&self.start);
        let mut report = Report::from(&snapshot).judged(&snapshot).of_this_process();
        // Drives name their probes after themselves, and no function has such a name.
        report.probes.extend(self.drives.probes.iter().cloned());
        report.probes.retain(|probe| probe.calls > 0);
        report.probes.sort_by(|a, b| a.name.cmp(&b.name));
        report.budgets.extend(TARGETS.iter().filter_map(|target| {
            let found = self.figures.iter().rev().find(|noted| std::ptr::eq(noted.target, target));
            let earlier = || self.earlier.iter().find(|budget| is_of(budget, target)).cloned();
            // A command that is a part has nothing to say of the others.
            let unknown = || self.whole.then(|| budget(target, f64::NAN).doubted(target.command()));
            found.map(Noted::budget).or_else(earlier).or_else(unknown)
        }));
        report.monitor.clone_from(&self.tracks);
        report
    }

    /// Writes the report and its page under this name.
    pub(crate) fn write(&self, name: &str) -> Result<PathBuf, Box<dyn Error>> {
        fs::create_dir_all(&self.folder)?;
        let report = self.report();
        let json = self.folder.join(format!("{name}.json"));
        report.write(&json)?;
        let html = self.folder.join(format!("{name}.html"));
        fs::write(&html, page::render(&report, &self.plots)?)?;
        say(&format!("report: {}\npage: {}\n", json.display(), html.display()));
        Ok(json)
    }

    /// Writes both files and prints the success table; the code is 1 where a limit is broken and `strict` asks for it.
    pub(crate) fn finish(&self, strict: bool) -> Result<ExitCode, Box<dyn Error>> {
        let json = self.write("report")?;
        for finding in perf_exporters::diagnose(&Report::read(&json)?) {
            say(&format!("diagnosis: {finding}\n"));
        }
        let options = [(!self.whole).then_some("--measured"), strict.then_some("--exit-code")];
        Ok(perf(status(&json).into_iter().chain(options.into_iter().flatten().map(OsString::from))))
    }
}

/// Whether a report has all targets: the success table is that of the whole platform.
pub(crate) fn check_whole(report: &Path) -> Result<(), Box<dyn Error>> {
    let declared = Report::read(report)?.budgets;
    let has = |target: &Target| declared.iter().any(|budget| is_of(budget, target));
    if TARGETS.iter().all(has) {
        return Ok(());
    }
    Err(format!("{}: it is of a command that measures a part; `market quick` measures all of it", report.display())
        .into())
}

/// The arguments that make the success table of a report.
pub(crate) fn status(report: &Path) -> [OsString; 4] {
    ["status".into(), report.into(), "--budgets".into(), BUDGETS.into()]
}

/// Calls `cargo perf` with these arguments, in this process.
pub(crate) fn perf(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    cargo_perf::run(std::iter::once("cargo-perf".into()).chain(args))
}

/// Progress, for people.
pub(crate) fn say(text: &str) {
    eprint!("{text}");
}

/// The load, which says every ten seconds how it goes.
pub(crate) fn told(load: Load) -> Load {
    load.tell(Duration::from_secs(10), |live| say(&format!("  {live}\n")))
}

/// The budgets of a report; none where there is no report.
fn budgets(file: &Path) -> Vec<BudgetReport> {
    Report::read(file).map(|report| report.budgets).unwrap_or_default()
}

/// What a command measured with an earlier program says nothing of this one.
fn is_older_than_the_program(file: &Path) -> bool {
    let written = |path: &Path| fs::metadata(path)?.modified();
    let built = std::env::current_exe().and_then(|program| written(&program));
    matches!((written(file), built), (Ok(file), Ok(program)) if file < program)
}

fn is_of(budget: &BudgetReport, target: &Target) -> bool {
    (&*budget.probe, &*budget.metric) == (target.probe, target.metric)
}

fn is_drive(name: &str) -> bool {
    ["::response", "::service", "::lateness"].iter().any(|part| name.ends_with(part))
}

fn budget(target: &Target, actual: f64) -> BudgetReport {
    let figure = BudgetReport::of(target.probe, target.metric, target.unit, actual);
    if target.is_minimum() {
        figure.at_least(target.wanted, target.limit)
    } else {
        figure.at_most(target.wanted, target.limit)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn what_is_missed_has_what_was_seen() {
        let folder = tempfile::tempdir().unwrap();
        let reason = |actual, doubt| {
            let mut book = Book::new(folder.path());
            book.explained("curve", "throughput before it breaks", actual, doubt, Some("2500/s fails"));
            book.report().budgets.into_iter().map(|budget| budget.reason).collect::<Vec<_>>()
        };
        assert_eq!(reason(1_000.0, None), ["2500/s fails"]);
        assert_eq!(reason(10_000.0, None), [""], "met");
        assert_eq!(reason(1_000.0, Some("the generator was late")), ["the generator was late"]);
    }

    /// Its figures are measured by a command of its own, and shown by another.
    #[test]
    fn the_whole_has_the_last_regression_of_this_program() {
        let folder = tempfile::tempdir().unwrap();
        let latency = || {
            let report = Book::new(folder.path()).whole().report();
            let found =
                report.budgets.into_iter().find(|budget| (&*budget.probe, &*budget.metric) == (REGRESSION, "latency"));
            found.map(|budget| (budget.actual, budget.reason)).unwrap()
        };
        let unknown = (None, "`market regression` measures it, from its second run on".to_owned());
        assert_eq!(latency(), unknown);
        let mut measured = Book::new(folder.path());
        measured.figure(REGRESSION, "latency", 0.02);
        let json = measured.write(REGRESSION).unwrap();
        assert_eq!(latency(), (Some(0.02), String::new()));
        fs::File::options().append(true).open(json).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(latency(), unknown, "an earlier program's");
    }
}
