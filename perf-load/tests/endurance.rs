//! Endurance: verdicts on simulated queues, and the file after a kill or on a full disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use perf_core::budget::Metric;
use perf_exporters::Report;
use perf_exporters::judge::{Reason, Verdict};
use perf_load::endurance::drift::{Rules, judge};
use perf_load::endurance::{Ended, Endured, Figure, Soak};
use perf_load::simulate::{Memory, Queue, Service};
use perf_load::{Arrivals, Drive, Error, Limits, Outcome, Validity};

const MIB: u64 = 1 << 20;
const MINUTE: Duration = Duration::from_mins(1);

fn queue() -> Queue {
    Queue::new("shop", 1, Service::exponential(Duration::from_millis(10)).unwrap()).unwrap().seed(1)
}

/// An hour, a checkpoint a minute.
fn soak(rate: f64) -> Soak {
    Soak::at(rate).unwrap().poisson(1)
}

fn drift(endured: &Endured, figure: Figure) -> &Verdict {
    &endured.drifts.iter().find(|drift| drift.figure == figure).unwrap().judged.verdict
}

#[test]
fn a_steady_system_passes_and_says_what_it_was_like() {
    let memory = Memory::at_first(50 * MIB).noise(100 << 10);
    let limits = Limits::default().time(Metric::P99, Duration::from_millis(200)).unwrap();
    let endured = soak(10.0).limits(limits).run(&mut queue().memory(memory)).unwrap();
    assert_eq!((endured.verdict(), &endured.ended), (Verdict::Pass, &Ended::Completed), "{endured}");
    assert_eq!((endured.checkpoints.len(), endured.lasted.as_secs() / 60), (60, 60));
    assert_eq!(endured.completed, endured.response.count());
    let busy = endured.checkpoints.iter().filter_map(|checkpoint| checkpoint.processors).sum::<f64>() / 60.0;
    assert!((busy - 0.1).abs() < 0.01, "{busy}");
    assert!(endured.to_string().contains("PASS") && endured.to_string().contains("seed 1"), "{endured}");
}

#[test]
fn a_leak_is_found_and_a_cache_that_warms_is_not_one() {
    let first = || Memory::at_first(100 * MIB).noise(MIB / 5);
    let leaks = [first().leak_per_minute(MIB), first().leak_per_minute(MIB).cache(50 * MIB, 5 * MINUTE)];
    for memory in leaks {
        let endured = soak(1.0).run(&mut queue().memory(memory)).unwrap();
        assert!(endured.leak.verdict.is_fail() && endured.verdict().is_fail(), "{endured}");
        // Half of it was enough to be certain.
        assert!(matches!(&endured.ended, Ended::Certain(why) if why.contains("leak")), "{endured}");
        assert!((30..60).contains(&endured.checkpoints.len()), "{}", endured.checkpoints.len());
    }
    for minutes in [2, 5, 15, 40] {
        let memory = first().cache(50 * MIB, minutes * MINUTE);
        let endured = soak(1.0).run(&mut queue().memory(memory)).unwrap();
        assert!(!endured.leak.verdict.is_fail() && endured.ended == Ended::Completed, "{minutes}: {endured}");
    }
}

#[test]
fn a_drift_is_found_and_weather_is_none() {
    let slower = soak(10.0).run(&mut queue().slows(0.5).unwrap()).unwrap();
    assert!(drift(&slower, Figure::P50).is_fail() && drift(&slower, Figure::P99).is_fail(), "{slower}");
    assert!(slower.verdict().is_fail());
    for seed in 0..3 {
        let mut wanders = queue().seed(seed).weather(0.1, 3 * MINUTE).unwrap();
        let weather = soak(5.0).run(&mut wanders).unwrap();
        assert!(!weather.verdict().is_fail(), "{weather}");
    }
    let once_slower: Vec<f64> = (0..60).map(|at| if at < 6 { 1e6 } else { 2e6 } + f64::from(at % 7) * 1e4).collect();
    assert!(!judge(&once_slower, &Rules::default()).verdict.is_fail(), "one step is no drift");
    assert!(matches!(judge(&[1.0; 5], &Rules::default()).verdict, Verdict::Inconclusive(Reason::TooFewSamples { .. })));
    assert!(judge(&[1.0; 50], &Rules::default()).verdict.is_pass(), "nothing moves at all");
}

#[test]
fn it_gives_up_when_the_answer_is_certain() {
    // The median is far over it: a minute or two are enough for the whole hour.
    let limits = Limits::default().time(Metric::P99, Duration::from_millis(5)).unwrap();
    let endured = soak(20.0).limits(limits).run(&mut queue()).unwrap();
    assert!(matches!(&endured.ended, Ended::Certain(why) if why.starts_with("p99 ≤ 5.00 ms")), "{endured}");
    assert!(endured.checkpoints.len() < 5 && endured.verdict().is_fail());
    let endured = soak(20.0).run(&mut queue().errors(1.0).unwrap()).unwrap();
    assert!(matches!(endured.ended, Ended::Certain(_)) && endured.checkpoints.len() <= 3, "{endured}");
}

/// A drive whose generator is late, or that is stopped in its fifth minute.
struct Changed(Queue, fn(&mut Outcome));

impl Drive for Changed {
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        let mut outcome = self.0.drive(arrivals)?;
        self.1(&mut outcome);
        Ok(outcome)
    }
}

#[test]
fn a_late_generator_and_an_early_end_prove_nothing() {
    let late = |outcome: &mut Outcome| outcome.validity = Validity::invalid("late");
    let endured = soak(2.0).run(&mut Changed(queue(), late)).unwrap();
    assert!(endured.verdict().to_string().contains("generator was late"), "{endured}");
    let ends =
        |outcome: &mut Outcome| outcome.interrupted = outcome.report.meta.time > std::time::UNIX_EPOCH + 4 * MINUTE;
    let endured = soak(2.0).run(&mut Changed(queue(), ends)).unwrap();
    assert_eq!((&endured.ended, endured.checkpoints.len()), (&Ended::Interrupted, 4), "{endured}");
    assert!(matches!(endured.verdict(), Verdict::Inconclusive(Reason::TooFewSamples { .. })), "{endured}");
}

#[test]
fn the_file_holds_what_was_measured_and_is_judged_as_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("soak.jsonl");
    let plan = soak(2.0).duration(30 * MINUTE).file(&path);
    let memory = Memory::at_first(10 * MIB).noise(1000);
    let ran = plan.run(&mut queue().room(0).memory(memory)).unwrap();
    let read = plan.read(&path).unwrap();
    assert_eq!(ran.to_string(), read.to_string());
    assert!(ran.checkpoints == read.checkpoints && ran.response == read.response && ran.dropped > 0);
    // Each line is a report like any other.
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 30);
    let reports: Vec<Report> = text.lines().map(|line| Report::from_json(line).unwrap()).collect();
    let calls =
        |part: &str| reports.iter().filter_map(|report| report.probe(part)).map(|probe| probe.calls).sum::<u64>();
    assert_eq!((calls("shop::response"), calls("shop::dropped")), (ran.completed, ran.dropped));
    // A second run refuses the file.
    assert!(plan.run(&mut queue()).unwrap_err().to_string().contains("holds another run"));
    // Cut off in the middle of a line, it is the run up to there.
    fs::write(&path, &text[..text.len() * 2 / 3]).unwrap();
    let cut = plan.read(&path).unwrap();
    assert_eq!((cut.broken, &cut.ended), (1, &Ended::Unfinished), "{cut}");
    assert!((15..25).contains(&cut.checkpoints.len()) && cut.to_string().contains("unfinished"));
    fs::write(&path, "no report\n").unwrap();
    assert!(plan.read(&path).unwrap_err().to_string().contains("no checkpoint"));
}

#[test]
fn long_runs_fit_and_their_file_has_everything() {
    let endured = Soak::at(0.2).unwrap().duration(1000 * MINUTE).run(&mut queue()).unwrap();
    assert_eq!((endured.checkpoints.len(), endured.completed), (250, 12_000));
    assert!(endured.checkpoints.iter().all(|checkpoint| checkpoint.completed == 48));
}

#[test]
fn plans_that_cannot_be_driven_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = |soak: &Soak| soak.run(&mut queue()).unwrap_err();
    assert_eq!(Soak::at(0.0).unwrap_err().key(), Some("rate"));
    assert_eq!(run(&soak(1.0).every(Duration::ZERO)).key(), Some("every"));
    assert_eq!(run(&soak(1.0).every(2 * 60 * MINUTE)).key(), Some("every"));
    let nowhere = folder.path().join("missing/soak.jsonl");
    assert!(run(&soak(1.0).file(&nowhere)).to_string().contains("cannot be written to"));
    assert!(soak(1.0).read(&nowhere).unwrap_err().to_string().contains("missing/soak.jsonl"));
}

/// The file of the run, where this test executable is to behave as another program.
const CHILD: &str = "PERF_LOAD_TEST_FILE";

/// A run of this executable's test of that name, as a program of its own.
#[cfg(unix)]
fn child(test: &str, path: &Path, before: &str) -> std::process::Command {
    let mut command = std::process::Command::new("sh");
    let program = std::env::current_exe().unwrap();
    command.args(["-c", &format!("{before} exec \"$0\" --exact {test} --nocapture")]).arg(program).env(CHILD, path);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
    command
}

fn child_file() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
}

/// Not a test of its own: the process that `a_killed_run_keeps_what_it_measured` kills.
#[test]
fn endless() {
    let Some(path) = child_file() else { return };
    let soak = Soak::at(100.0).unwrap().duration(10_000 * MINUTE).every(Duration::from_millis(20)).file(path);
    let load = perf_load::Load::new("endless").max_in_flight(2);
    let mut driver = load.driver(|_| std::hint::black_box(()));
    let _ = soak.run(&mut driver).unwrap();
}

#[cfg(unix)]
#[test]
fn a_killed_run_keeps_what_it_measured() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("soak.jsonl");
    let mut endless = child("endless", &path, "").spawn().unwrap();
    let lines = || fs::read_to_string(&path).map_or(0, |text| text.matches('\n').count());
    while lines() < 12 {
        assert!(endless.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(5));
    }
    endless.kill().unwrap(); // SIGKILL
    endless.wait().unwrap();
    let endured = Soak::at(100.0).unwrap().duration(MINUTE).every(Duration::from_millis(20)).read(&path).unwrap();
    assert_eq!((endured.name.as_str(), &endured.ended), ("endless", &Ended::Unfinished));
    assert!(endured.checkpoints.len() >= 12 && endured.completed >= 24, "{endured}");
    assert!(endured.broken <= 1, "{endured}");
}

/// Not a test of its own: the process to which `a_full_disk_leaves_whole_lines_and_the_run_goes_on` gives too little room.
#[test]
fn cramped() {
    let Some(path) = child_file() else { return };
    let endured = soak(2.0).file(path).run(&mut queue()).unwrap();
    println!("{endured}\ncheckpoints: {}", endured.checkpoints.len());
}

/// What a run says that found no room for its last checkpoints, and what is in its file.
#[cfg(unix)]
fn assert_whole_lines(told: &str, path: &Path) {
    assert!(told.contains("checkpoints: 60") && told.contains("checkpoints are not in the file"), "{told}");
    let read = soak(2.0).read(path).unwrap();
    assert!(read.broken == 0 && (1..60).contains(&read.checkpoints.len()), "{read}");
    let text = fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n') && text.lines().all(|line| Report::from_json(line).is_ok()));
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_has_whole_lines_and_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("soak.jsonl");
    // Files of at most 64 blocks of 512 or 1024 bytes, and an error instead of a signal beyond.
    let output = child("cramped", &path, "trap '' XFSZ; ulimit -f 64;").output().unwrap();
    assert_whole_lines(&String::from_utf8_lossy(&output.stdout), &path);
}

/// A file system of 64 KiB, in a namespace of its own, where the system lets anybody have one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_whole_lines_and_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, kept) = (folder.path().join("disk"), folder.path().join("kept.jsonl"));
    fs::create_dir(&disk).unwrap();
    let mounted = |then: &str| {
        let mut command = std::process::Command::new("unshare");
        let script = format!("mount -t tmpfs -o size=64k none \"$1\" && {then}");
        command.args(["-rm", "sh", "-c", &script]).arg(std::env::current_exe().unwrap()).args([&disk, &kept]);
        command.env(CHILD, disk.join("soak.jsonl")).output()
    };
    if !mounted("true").is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: no file system of its own can be mounted here");
        return;
    }
    let output = mounted("\"$0\" --exact cramped --nocapture && cp \"$1/soak.jsonl\" \"$2\"").unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_whole_lines(&String::from_utf8_lossy(&output.stdout), &kept);
}
