//! Sixteen processes write one baseline file, and are killed at random moments: the file stays whole, and nothing that
//! was acknowledged is lost.
//!
//! The writers are this program once more, told by the environment what to write.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use perf_exporters::Report;
use perf_exporters::baseline::{Baseline, Metric};
use perf_exporters::report::ProbeReport;

const FILE: &str = "PERF_TEST_BASELINE";
const WRITER: &str = "PERF_TEST_WRITER";
const WRITERS: usize = 16;
const UPDATES: u64 = 200;

/// A report of one probe, called so many times.
fn report(name: &str, calls: u64) -> Report {
    let mut report = Report::default();
    report.probes.push(ProbeReport::new(name));
    report.probes[0].calls = calls;
    report
}

/// The body of a writer: entry after entry, each acknowledged by its number on standard output once it is written.
#[test]
fn writer() {
    let (Some(file), Ok(name)) = (env::var_os(FILE), env::var(WRITER)) else { return };
    for round in 1.. {
        Baseline::update(&file, |baseline| baseline.record([&report(&name, round)], None)).unwrap();
        println!("\nwrote {round}");
        io::stdout().flush().unwrap();
    }
}

fn start(file: &Path, name: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "writer", "--nocapture", "--test-threads=1"])
        .env(FILE, file)
        .env(WRITER, name)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A small generator, so that the moments differ from run to run and can be told.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn calls(baseline: &Baseline, name: &str) -> u64 {
    let figure = baseline.get(name).and_then(|entry| entry.counts.get(Metric::Calls));
    // Small whole numbers.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    figure.map_or(0, |figure| figure.value() as u64)
}

#[test]
fn killed_writers_leave_a_whole_file_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("perf.lock");
    let seed = u64::from(std::process::id());
    let mut random = Random(seed);
    let (sender, acknowledged) = mpsc::channel();
    let mut writers: Vec<(String, Child)> = Vec::new();
    let mut listeners = Vec::new();
    let (mut started, mut kills) = (0, 0);
    let mut written: BTreeMap<String, u64> = BTreeMap::new();
    let begin = Instant::now();
    while kills < 100 || written.values().sum::<u64>() < UPDATES {
        assert!(begin.elapsed() < Duration::from_mins(1), "stuck: {kills} kills, {written:?}, seed {seed}");
        while writers.len() < WRITERS {
            let name = format!("writer {started:03}");
            started += 1;
            let mut child = start(&file, &name);
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let (sender, told) = (sender.clone(), name.clone());
            listeners.push(thread::spawn(move || {
                for line in lines.map_while(Result::ok) {
                    if let Some(round) = line.strip_prefix("wrote ").and_then(|round| round.parse::<u64>().ok()) {
                        let _ = sender.send((told.clone(), round));
                    }
                }
            }));
            writers.push((name, child));
        }
        thread::sleep(Duration::from_micros(random.below(20_000)));
        let victim = usize::try_from(random.below(writers.len() as u64)).unwrap();
        let (_, mut child) = writers.swap_remove(victim);
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        kills += 1;
        written.extend(acknowledged.try_iter());
        // Whoever reads now reads a whole file, or none before the first was written.
        match Baseline::load(&file) {
            Ok(_) => {}
            Err(error) if error.is_not_found() && written.is_empty() => {}
            Err(error) => panic!("{error} after {kills} kills, seed {seed}"),
        }
    }
    for (_, mut child) in writers {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    for listener in listeners {
        listener.join().unwrap();
    }
    written.extend(acknowledged.try_iter());
    let baseline = Baseline::load(&file).unwrap();
    for (name, round) in &written {
        // A writer may have been killed between the rename and its message.
        let kept = calls(&baseline, name);
        assert!(kept == *round || kept == round + 1, "{name}: {round} acknowledged, {kept} kept, seed {seed}");
    }
    // The lock is free, and the next writer takes away what the killed ones left.
    Baseline::update(&file, |baseline| baseline.record([&report("last", 1)], None)).unwrap();
    let names: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names.len(), 2, "the file and its guard, but {names:?}");
    println!("{kills} kills, {} updates by {started} writers", written.values().sum::<u64>());
}
