//! Baselines in tests: record or compare, in one call.

use std::path::Path;

use perf_core::Snapshot;

use super::conclude::{not_enforced, settle};
use crate::baseline::{Baseline, Options, RegressionReport, compare_baselines, default_path, update_asked};
use crate::{Error, Report};

/// Compares a test's measurements with the baseline, and fails the test where they are worse. With `PERF_UPDATE=1` they become
/// the baseline instead.
///
/// The file is [`default_path`]. Entries are named `name: probe`, so that tests of the same functions with other work do
/// not share them. Undecided figures, and a file that cannot be read, are reported on standard error; with
/// `PERF_STRICT=1` they fail the test as well.
///
/// ```no_run
/// let session = perf_core::Session::new();
/// session.run(|| { /* the work */ });
/// perf_exporters::baseline::assert_baseline("decode a page", &session.snapshot());
/// ```
///
/// # Panics
/// If a figure that gates is worse than the baseline beyond its limit; with `PERF_STRICT=1` also if that cannot be decided.
#[track_caller]
pub fn assert_baseline(name: &str, snapshot: &Snapshot) {
    if !perf_core::is_enabled() {
        return not_enforced(&format!("{name}: baseline"));
    }
    match hold(default_path(), update_asked(), name, &Report::from(snapshot).of_this_process()) {
        Ok(None) => {}
        Ok(Some(found)) => settle(&found.verdict(), &format!("{name}: {found}")),
        Err(error) => settle(&error.verdict(), &format!("{name}: {}", error.verdict())),
    }
}

/// The same as a value, with the settings of the environment as arguments; `None` where the report became the baseline.
///
/// Entries of other tests in the file are ignored: they do not count as missing.
///
/// # Errors
/// Those of [`Baseline::load`], or where it is to be updated, of [`Baseline::update`].
pub fn hold(
    path: impl AsRef<Path>,
    update: bool,
    name: &str,
    report: &Report,
) -> Result<Option<RegressionReport>, Error> {
    let mut report = report.clone();
    for probe in &mut report.probes {
        probe.name = format!("{name}: {}", probe.name);
    }
    report.probes.retain(|probe| probe.calls > 0);
    if update {
        Baseline::update(path, |baseline| {
            baseline.record([&report], None);
            for probe in &report.probes {
                if let Some(entry) = baseline.entries.get_mut(&probe.name) {
                    entry.of_test = true;
                }
            }
        })?;
        return Ok(None);
    }
    let mut now = Baseline::from_runs([&report]);
    now.entries.values_mut().for_each(|entry| entry.of_test = true);
    let mut found = compare_baselines(&Baseline::load(path)?, &now, &Options::default());
    let own = format!("{name}: ");
    found.gone.retain(|gone| gone.starts_with(&own));
    Ok(Some(found))
}
