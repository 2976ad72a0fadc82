//! Budget tests and `perf.lock`: each has an entry of its own there once it is recorded, and is held against it.
//!
//! The tests under test are this program once more, told by the environment how to behave and where the file is.
#![cfg(all(feature = "gate", feature = "baseline"))]

use std::collections::HashMap;
use std::env;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use perf_core::{PerfAlloc, perf_budget, perf_probe};
use perf_exporters::baseline::{Baseline, Entry, Figure, Metric};
use perf_exporters::report::Machine;

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);

/// How much a body does: as usual, twice, or half as much.
fn amount(usual: usize) -> usize {
    static TOLD: LazyLock<Option<String>> = LazyLock::new(|| env::var("PERF_TEST_AMOUNT").ok());
    match TOLD.as_deref() {
        Some("more") => 2 * usual,
        Some("less") => usual / 2,
        _ => usual,
    }
}

#[perf_probe(name = "lock::query")]
fn query() -> Vec<u8> {
    vec![0; 100]
}

mod locked {
    //! [`run`] runs these in a process of their own.
    use super::*;

    #[perf_budget(allocs = 100)]
    #[test]
    #[ignore = "part of another test"]
    fn counts() {
        let times = amount(2);
        perf_exporters::gate::measure(|| (0..times).for_each(|_| drop(black_box(query()))));
    }

    /// A map whose order is another one in every process.
    static NAMES: LazyLock<HashMap<usize, String>> =
        LazyLock::new(|| (0..40).map(|key| (key, "x".repeat(1 + key * key % 50))).collect());

    #[perf_budget(allocs = 1000)]
    #[test]
    #[ignore = "part of another test"]
    fn joins_a_map() {
        let mut all = String::new();
        for name in NAMES.values().take(10 * amount(4)) {
            all.push_str(name);
        }
        black_box(all);
    }

    #[perf_budget(allocs = 1)]
    #[test]
    #[ignore = "part of another test"]
    fn breaks_its_budget() {
        (0..amount(2)).for_each(|_| drop(black_box(query())));
    }

    #[perf_budget(growth = "n", sizes = [2, 8, 32, 128, 512, 2048], max_time = "100ms")]
    #[test]
    #[ignore = "part of another test"]
    fn grows(n: usize) {
        (0..amount(n)).for_each(|_| drop(black_box(query())));
    }

    #[perf_budget(p50 = "1s", debug = true)]
    #[tokio::test]
    #[ignore = "part of another test"]
    async fn takes_time() {
        // Four times as long, where it is more.
        let (start, time) = (Instant::now(), Duration::from_micros(5 * amount(4).pow(2) as u64));
        while start.elapsed() < time {
            std::hint::spin_loop();
        }
    }

    #[perf_budget(p50 = "1s")]
    #[test]
    #[ignore = "part of another test"]
    fn takes_no_time_to_speak_of() {
        black_box(vec![0; amount(2)]);
    }

    macro_rules! many {
        ($($name:ident)*) => {$(
            #[perf_budget(name = concat!("many: ", stringify!($name)), allocs = 10)]
            #[test]
            #[ignore = "part of another test"]
            fn $name() {
                drop(black_box(query()));
            }
        )*};
    }
    many!(m00 m01 m02 m03 m04 m05 m06 m07 m08 m09 m10 m11 m12 m13 m14 m15);
}

/// A folder for a baseline file, and what to run.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("perf.lock")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn command(&self, tests: &str, variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args([tests, "--ignored"]).env("PERF_LOCK", self.file()).env("RUST_BACKTRACE", "0");
        for variable in
            ["PERF_STRICT", "PERF_UPDATE", "PERF_TEST_AMOUNT", "PERF_GATE_MEASURE", "PERF_GATE_LOG", "PERF_SAMPLE"]
        {
            command.env_remove(variable);
        }
        command.envs(variables.iter().copied());
        command
    }

    /// Whether the tests passed, and all that was written.
    fn run(&self, tests: &str, variables: &[(&str, &str)]) -> (bool, String) {
        let output = self.command(&format!("locked::{tests}"), variables).output().unwrap();
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), said(&output.stdout) + &said(&output.stderr))
    }

    fn passes(&self, tests: &str, variables: &[(&str, &str)]) -> String {
        let (passed, text) = self.run(tests, variables);
        assert!(passed, "{text}");
        text
    }

    fn fails(&self, tests: &str, variables: &[(&str, &str)]) -> String {
        let (passed, text) = self.run(tests, variables);
        assert!(!passed, "{text}");
        text
    }
}

const UPDATE: (&str, &str) = ("PERF_UPDATE", "1");
const MORE: (&str, &str) = ("PERF_TEST_AMOUNT", "more");
const LESS: (&str, &str) = ("PERF_TEST_AMOUNT", "less");

fn agreed(entry: &Entry, metric: Metric) -> Option<f64> {
    entry.counts.get(metric).and_then(Figure::agreed)
}

#[test]
fn counts_are_recorded_and_held() {
    if !perf_core::is_enabled() {
        return;
    }
    let place = Place::new();
    // Nobody asked for a file.
    let quiet = place.passes("counts", &[]);
    assert!(!place.file().exists() && !quiet.contains("perf.lock"), "{quiet}");

    let text = place.passes("counts", &[UPDATE]);
    assert!(text.contains("perf.lock: budget_lock::locked::counts recorded, with the probe inside"), "{text}");
    let recorded = place.text();
    let baseline = Baseline::parse(&recorded).unwrap();
    let own = baseline.get("budget_lock::locked::counts").unwrap();
    assert_eq!(
        [Metric::Calls, Metric::Allocs, Metric::AllocBytes].map(|m| agreed(own, m)),
        [1.0, 2.0, 200.0].map(Some)
    );
    assert!(own.times.is_empty() && own.of_test);
    let inside = baseline.get("budget_lock::locked::counts: lock::query").unwrap();
    assert_eq!([Metric::Calls, Metric::Allocs].map(|m| agreed(inside, m)), [2.0, 2.0].map(Some));

    // Unchanged, the test is silent, and so is an update.
    for variables in [&[][..], &[UPDATE][..]] {
        assert!(!place.passes("counts", variables).contains("perf.lock"));
        assert_eq!(place.text(), recorded);
    }
    let text = place.fails("counts", &[MORE]);
    for part in [
        "performance budget of budget_lock::locked::counts: FAIL",
        "perf.lock: allocs ≤ 2 ",
        "perf.lock: lock::query: calls ≤ 2 ",
        "+2 per call (4, was 2), by perf.lock; `PERF_UPDATE=1` records it, if it is meant",
        "allocs ≤ 100",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    let text = place.passes("counts", &[LESS]);
    assert!(text.contains("better than recorded: allocs −1 per call (1, was 2)"), "{text}");
    assert_eq!(place.text(), recorded, "only an update writes");
    let text = place.passes("counts", &[LESS, UPDATE]);
    assert!(text.contains("updated: ") && text.contains("lock::query: calls −1 per call (1, was 2)"), "{text}");
    assert!(place.fails("counts", &[]).contains("perf.lock: allocs ≤ 1 "), "what was better is the promise now");
}

#[test]
fn what_differs_between_processes_fails_nobody() {
    if !perf_core::is_enabled() {
        return;
    }
    for _ in 0..4 {
        let place = Place::new();
        place.passes("joins_a_map", &[UPDATE]);
        for _ in 0..10 {
            // Three calls of one process agree, and two processes need not.
            place.passes("joins_a_map", &[]);
        }
        let baseline = Baseline::load(place.file()).unwrap();
        let own = baseline.get("budget_lock::locked::joins_a_map").unwrap();
        assert_eq!(own.counts.runs, 5, "a run each of five processes");
    }
    let left = fs::read_dir(env::temp_dir()).unwrap().flatten().map(|file| file.file_name());
    let own = format!("perf-sample-{}-", std::process::id());
    assert_eq!(left.filter(|name| name.to_string_lossy().starts_with(&own)).count(), 0);
}

#[test]
fn growth_is_recorded_at_the_largest_size() {
    if !perf_core::is_enabled() {
        return;
    }
    let place = Place::new();
    place.passes("grows", &[UPDATE]);
    let baseline = Baseline::load(place.file()).unwrap();
    let inside = baseline.get("budget_lock::locked::grows: lock::query").unwrap();
    assert_eq!(agreed(inside, Metric::Calls), Some(2048.0));
    // Linear as ever, and twice as much.
    assert!(place.fails("grows", &[MORE]).contains("perf.lock: lock::query: calls ≤ 2048"));
}

#[test]
fn a_test_without_an_entry_is_left_alone() {
    if !perf_core::is_enabled() {
        return;
    }
    let place = Place::new();
    place.passes("many", &[UPDATE]);
    place.passes("grows", &[UPDATE]);
    let recorded = place.text();
    let text = place.passes("counts", &[MORE]);
    assert!(!text.contains("perf.lock") && place.text() == recorded, "{text}");
    // What breaks its own budget is nobody's baseline.
    let text = place.fails("breaks_its_budget", &[UPDATE]);
    assert!(text.contains("not recorded in perf.lock") && place.text() == recorded, "{text}");
}

#[test]
fn a_broken_file_decides_nothing_and_stays() {
    if !perf_core::is_enabled() {
        return;
    }
    let place = Place::new();
    place.passes("counts", &[UPDATE]);
    let good = place.text();
    let conflict = good.replace("calls = 1\n", "<<<<<<< HEAD\ncalls = 1\n=======\ncalls = 2\n>>>>>>> theirs\n");
    let edited = good.replace("allocs = 2\n", "allocs = 4\n");
    let newer = good.replace("perf.lock/1", "perf.lock/2");
    for (bad, why) in [
        (&good[..good.len() / 2], "cut short"),
        (&conflict, "merge conflict"),
        (&edited, "is not what was written"),
        (&newer, "newer"),
    ] {
        fs::write(place.file(), bad).unwrap();
        for variables in [&[MORE][..], &[UPDATE][..]] {
            let text = place.passes("counts", variables);
            assert!(text.contains("INCONCLUSIVE") && text.contains(why), "{text}");
            assert!(text.contains(place.file().to_str().unwrap()), "{text}");
            assert_eq!(place.text(), bad, "nothing writes over it");
        }
        assert!(place.fails("counts", &[("PERF_STRICT", "1")]).contains(why));
    }
}

#[test]
fn times_are_held_on_their_own_machine_and_advisory_elsewhere() {
    if !perf_core::is_enabled() {
        return;
    }
    let place = Place::new();
    let name = "budget_lock::locked::takes_time";
    let told = place.passes("takes_time", &[UPDATE]);
    let recorded = Baseline::load(place.file()).unwrap();
    let entry = recorded.get(name).unwrap();
    // On a machine that keeps the test waiting there are none.
    assert_eq!(entry.times.is_empty(), told.contains("kept waiting"), "{told}");
    for times in entry.times.values() {
        assert_eq!(times.get(Metric::P50Ns).unwrap().runs().len(), 5);
        assert!(recorded.classes().all(|(_, class)| class.kernels.is_some()));
    }

    // Times of this machine as it is when nobody else is there, and the same of another one.
    let held = |cores: Option<u64>| {
        let mut machine = Machine::current();
        machine.allocator = "perf-alloc".into();
        machine.cores = cores.unwrap_or(machine.cores);
        let times = [Metric::P50Ns, Metric::P95Ns].map(|metric| (metric, Figure::new(&[80e3; 5], 79e3, 81e3).unwrap()));
        let counts = entry.counts.figures.iter().map(|(metric, figure)| (*metric, figure.clone()));
        let mut baseline = Baseline::default();
        baseline.put(name, &machine, counts.chain(times));
        baseline.save(place.file()).unwrap();
    };
    held(None);
    place.passes("takes_time", &[]);
    let (passed, text) = place.run("takes_time", &[MORE]);
    let excused = text.contains("environment") || text.contains("takes longer for fixed work");
    assert!(!passed && text.contains("perf.lock: p50 ≤ ") || excused, "{text}");
    held(Some(1_000));
    let text = place.passes("takes_time", &[MORE, ("PERF_GATE_DETAIL", "1")]);
    assert!(text.contains("advisory: measured on another footing, cores differ"), "{text}");
}

#[test]
fn a_build_that_does_not_gate_time_records_none() {
    if !perf_core::is_enabled() {
        return;
    }
    let place = Place::new();
    place.passes("takes_no_time", &[UPDATE]);
    let baseline = Baseline::load(place.file()).unwrap();
    let entry = baseline.get("budget_lock::locked::takes_no_time_to_speak_of").unwrap();
    assert!(entry.times.is_empty() || !cfg!(debug_assertions));
    assert!(place.fails("takes_no_time", &[MORE]).contains("perf.lock: alloc_bytes ≤ "), "counts gate in every build");
}

#[test]
fn many_tests_and_many_processes_write_at_once() {
    if !perf_core::is_enabled() {
        return;
    }
    let place = Place::new();
    // Sixteen tests in parallel in one process, beside sixteen processes with one each.
    let mut children: Vec<_> = (0..16).map(|n| place.command(&format!("locked::m{n:02}"), &[UPDATE])).collect();
    children.push(place.command("locked::", &[UPDATE]));
    children[16].args(["--skip", "takes", "--skip", "breaks", "--skip", "joins"]);
    let start = |mut child: Command| child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let children: Vec<_> = children.into_iter().map(start).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let baseline = Baseline::load(place.file()).unwrap();
    for n in 0..16 {
        let name = format!("many: m{n:02}");
        assert_eq!(agreed(baseline.get(&name).unwrap(), Metric::Allocs), Some(1.0), "{name}");
    }
    assert_eq!(baseline.entries().len(), 2 * (16 + 2), "tests, and the probe in each");
    place.passes("m", &[]);
    assert!(only(&place, &["perf.lock", ".perf.lock.guard"]));
}

fn only(place: &Place, expected: &[&str]) -> bool {
    let files = fs::read_dir(Path::new(place.folder.path())).unwrap();
    files.map(|file| file.unwrap().file_name()).all(|name| expected.iter().any(|expected| name == *expected))
}

#[test]
fn only_measuring_judges_nothing_and_logs_everything() {
    if !perf_core::is_enabled() {
        return;
    }
    let place = Place::new();
    let log = place.folder.path().join("log.jsonl");
    let variables = [("PERF_GATE_MEASURE", "20ms"), ("PERF_GATE_LOG", log.to_str().unwrap())];
    place.passes("breaks_its_budget", &variables);
    let line: serde_json::Value = serde_json::from_str(&fs::read_to_string(&log).unwrap()).unwrap();
    assert_eq!((&line["verdict"], &line["test"]), (&"PASS".into(), &"locked::breaks_its_budget".into()));
    let actual = |metric: &str| {
        let rows = line["rows"].as_array().unwrap();
        rows.iter().find(|row| row["metric"] == metric).unwrap()["actual"].as_f64().unwrap()
    };
    assert!((actual("allocs") - 2.0).abs() < 1e-9 && (actual("calls(\"lock::query\")") - 2.0).abs() < 1e-9);
    assert!(actual("mean") > 0.0 && actual("p50") <= actual("p95"));
}
