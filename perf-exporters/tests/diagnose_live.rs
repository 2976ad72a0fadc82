//! Programs that are slow for a known reason, each a process of its own: what their reports say.
#![cfg(all(feature = "enabled", feature = "monitor", target_os = "linux"))]

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use perf_core::perf_probe;
use perf_exporters::diagnose::{Confidence, Diagnosis, Finding, diagnose};
use perf_exporters::monitor::{Monitor, Options};
use perf_exporters::{Report, Reporter};

const CHILD: &str = "PERF_TEST_DIAGNOSED";

/// Runs a program of this file, and diagnoses its report.
fn findings_of(program: &str) -> (Vec<Finding>, Report) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--test-threads=1"]);
    command.env(CHILD, format!("{program} {}", path.display())).stdout(Stdio::null());
    assert!(command.status().unwrap().success());
    assert!(fs::metadata(&path).unwrap().len() > 0);
    let report = Report::read(&path).unwrap();
    (diagnose(&report), report)
}

#[track_caller]
fn finds(findings: &[Finding], report: &Report, diagnosis: Diagnosis, subject: &str) {
    let found = findings.iter().find(|finding| finding.diagnosis == diagnosis && finding.subject == subject);
    let summary: Vec<_> = report.monitor[0].summary().iter().map(|figure| (figure.name, figure.mean)).collect();
    let found = found.unwrap_or_else(|| panic!("{diagnosis:?} {subject:?} in {findings:?} of {summary:?}"));
    assert!(found.confidence >= Confidence::Medium, "{found}");
}

/// One of the programs, where this process is started as one.
#[test]
fn child() {
    let Ok(told) = env::var(CHILD) else { return };
    let (program, path) = told.split_once(' ').unwrap();
    let mut options = Options::default();
    options.details_every = Duration::from_millis(100);
    let _monitor = Monitor::start(&options).unwrap();
    let reporter = Reporter::builder().ignore_env().build();
    match program {
        "spin" => on_threads(4 * thread::available_parallelism().unwrap().get(), |_| spin()),
        "lock" => {
            let shared = Arc::new(Mutex::new(0_u64));
            on_threads(8, move |_| change(&shared));
        }
        "sleep" => on_threads(8, |_| nap()),
        "tail" => on_threads(1, request),
        _ => panic!("{program}"),
    }
    reporter.report().write(path).unwrap();
}

/// Calls it for two seconds, and fifty times at least.
fn on_threads(threads: usize, call: impl Fn(u64) + Send + Clone + 'static) {
    let until = Instant::now() + Duration::from_secs(2);
    let run = |call: Box<dyn Fn(u64) + Send>| {
        thread::spawn(move || (0..u64::MAX).take_while(|number| *number < 50 || Instant::now() < until).for_each(call))
    };
    let threads: Vec<_> = (0..threads).map(|_| run(Box::new(call.clone()))).collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[perf_probe(name = "spin")]
fn spin() {
    black_box((0..100_000_u64).map(black_box).sum::<u64>());
}

#[perf_probe(name = "change")]
fn change(shared: &Mutex<u64>) {
    let mut held = shared.lock().unwrap();
    *held += 1;
    thread::sleep(Duration::from_millis(2));
}

#[perf_probe(name = "nap")]
fn nap() {
    thread::sleep(Duration::from_millis(10));
}

#[perf_probe(name = "request")]
fn request(number: u64) {
    lookup(number);
}

#[perf_probe(name = "lookup")]
fn lookup(number: u64) {
    thread::sleep(if number % 20 == 19 { Duration::from_millis(30) } else { Duration::from_micros(100) });
}

#[test]
fn threads_that_spin_saturate_the_processors() {
    let (findings, report) = findings_of("spin");
    finds(&findings, &report, Diagnosis::ProcessorSaturated, "");
    assert!(findings.iter().all(|finding| finding.diagnosis != Diagnosis::LockWaiting), "{findings:?}");
}

#[test]
fn threads_behind_one_mutex_wait_for_a_lock() {
    let (findings, report) = findings_of("lock");
    finds(&findings, &report, Diagnosis::LockWaiting, "change");
}

#[test]
fn threads_that_sleep_wait_for_no_lock() {
    let (findings, _) = findings_of("sleep");
    assert!(findings.iter().all(|finding| finding.diagnosis != Diagnosis::LockWaiting), "{findings:?}");
}

#[test]
fn a_lookup_that_is_slow_now_and_then_dominates_the_tail() {
    let (findings, report) = findings_of("tail");
    finds(&findings, &report, Diagnosis::TailDominated, "lookup");
    // It sleeps, while the main thread is parked.
    assert!(findings.iter().all(|finding| finding.diagnosis != Diagnosis::LockWaiting), "{findings:?}");
}
