//! Reports to compare, and the program under test.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use assert_cmd::Command;
use perf_exporters::Report;
use perf_exporters::report::{Histogram, Machine, ProbeReport, Quantiles};

/// `cargo perf` in this folder, away from the settings of the user who runs the tests.
pub(crate) fn perf(folder: &Path, args: &[&str]) -> Command {
    Command::from_std(perf_to_spawn(folder, args))
}

/// The same for a test that goes on while it runs.
pub(crate) fn perf_to_spawn(folder: &Path, args: &[&str]) -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cargo-perf"));
    command.current_dir(folder).arg("perf").args(args);
    for variable in [
        "PERF_UPDATE",
        "PERF_REPORT",
        "COLUMNS",
        "CLICOLOR_FORCE",
        "NO_COLOR",
        "CARGO_MANIFEST_DIR",
        "CARGO_TARGET_DIR",
    ] {
        command.env_remove(variable);
    }
    command
}

/// What a run of it wrote, and its exit code.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn ran(mut command: Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

pub(crate) fn run(folder: &Path, args: &[&str]) -> Ran {
    ran(perf(folder, args))
}

/// A probe of a thousand calls around this many nanoseconds.
pub(crate) fn probe(name: &str, ns: u64) -> ProbeReport {
    let mut probe = ProbeReport::new(name);
    let times: Vec<u64> = (0..1000).map(|i| ns + i * ns / 10_000).collect();
    probe.calls = 1000;
    probe.sum_ns = times.iter().sum();
    (probe.total_ns, probe.self_ns) = (probe.sum_ns, probe.sum_ns);
    (probe.min_ns, probe.max_ns) = (times[0], times[999]);
    probe.mean_ns = probe.sum_ns / 1000;
    probe.histogram = times.into_iter().collect::<Histogram>();
    probe.quantiles = Quantiles::from_fn(|q| probe.histogram.quantile(q).unwrap());
    (probe.allocs, probe.alloc_bytes, probe.peak_bytes) = (2000, 64_000, 4096);
    probe
}

/// A report of these probes, the n-th of a history.
pub(crate) fn report(n: u64, probes: impl IntoIterator<Item = ProbeReport>) -> Report {
    let mut report = Report::default();
    report.meta.program = "demo".into();
    report.meta.processes = 1;
    report.meta.time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + 86_400 * n);
    report.meta.alloc_tracking = true;
    report.meta.machine = Machine::current();
    report.probes = probes.into_iter().collect();
    report
}

/// Writes a report of one probe, `codec::decode`, and returns its path.
pub(crate) fn write(folder: &Path, name: &str, ns: u64) -> PathBuf {
    let path = folder.join(name);
    report(0, [probe("codec::decode", ns)]).write(&path).unwrap();
    path
}

pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

pub(crate) fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap()
}
