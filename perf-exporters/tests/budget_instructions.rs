//! Budgets on instructions: what counts and what does not, what fails, and what is said where nothing can count.
//!
//! The tests under test are this program once more. Where the machine has no source of counts they are INCONCLUSIVE, and that is tested.
#![cfg(feature = "gate")]

use std::collections::HashMap;
use std::env;
use std::hint::black_box;
use std::process::{Command, Stdio};

use perf_core::perf_budget;
use perf_exporters::gate;
use perf_exporters::gate_log::{self, Run};

/// So many additions, each through memory: three instructions or more.
fn add(times: u64) -> u64 {
    (0..times).fold(0, |sum, number| black_box(sum + number))
}

mod counted {
    //! [`run`] runs these in a process of their own.
    use super::*;

    const FEW: u64 = 1_000;
    const MANY: u64 = 100_000;

    #[perf_budget(instructions = "100M", debug = true)]
    #[test]
    #[ignore = "part of another test"]
    fn whole() {
        black_box(add(MANY));
    }

    #[perf_budget(instructions = "100M", debug = true)]
    #[test]
    #[ignore = "part of another test"]
    fn narrow() {
        add(MANY);
        gate::measure(|| add(FEW));
        add(MANY);
        gate::measure(|| add(FEW));
    }

    #[perf_budget(instructions = "100M", debug = true)]
    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "part of another test"]
    async fn narrow_future() {
        add(MANY);
        gate::measure_async(async {
            for _ in 0..2 {
                add(FEW);
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    #[perf_budget(instructions = "100M", debug = true)]
    #[tokio::test]
    #[ignore = "part of another test"]
    async fn whole_future() {
        tokio::task::yield_now().await;
        add(MANY);
    }

    #[perf_budget(instructions = "100M", debug = true)]
    #[test]
    #[ignore = "part of another test"]
    fn nothing() {
        gate::measure(|| ());
    }

    #[perf_budget(instructions = "100M", debug = true)]
    #[test]
    #[ignore = "part of another test"]
    fn left_alone() {
        std::thread::spawn(|| add(MANY)).join().unwrap();
    }

    #[perf_budget(instructions = "100M", debug = true)]
    #[test]
    #[ignore = "part of another test"]
    fn carried() {
        let carrier = gate::current_session();
        let work = move || {
            let _counted = carrier.enter();
            add(MANY)
        };
        std::thread::spawn(work).join().unwrap();
    }

    #[perf_budget(instructions = 1_000, target(instructions = 100), debug = true)]
    #[test]
    #[ignore = "part of another test"]
    fn too_many() {
        add(FEW);
    }

    #[perf_budget(instructions = 1_000)]
    #[test]
    #[ignore = "part of another test"]
    fn too_many_without_optimisation() {
        add(FEW);
    }

    #[perf_budget(instructions = "100M", target(instructions = 100), debug = true)]
    #[test]
    #[ignore = "part of another test"]
    fn target_missed() {
        add(FEW);
    }

    /// Another seed in every process.
    #[perf_budget(instructions = "100M", debug = true)]
    #[test]
    #[ignore = "part of another test"]
    fn hashes() {
        let map: HashMap<u64, u64> = (0..500).map(|key| (key, key)).collect();
        gate::measure(|| (0..500).filter(|key| map.contains_key(key)).count());
    }

    fn shuffled(n: usize) -> Vec<u64> {
        (0..n as u64).map(|at| at.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (at * at) << 20).collect()
    }

    #[expect(clippy::stable_sort_primitive, reason = "a sort of n log n steps is under test")]
    fn sorts(n: usize) {
        let mut values = shuffled(n);
        gate::measure(|| values.sort());
    }

    fn searches(n: usize) {
        let mut values = shuffled(n);
        values.sort_unstable();
        _ = gate::measure(|| black_box(values.binary_search(&black_box(12_345_678_901))));
    }

    #[perf_budget(growth(instructions = "n"), sizes = [16, 64, 256, 1024, 4096, 16384])]
    #[test]
    #[ignore = "part of another test"]
    fn sorts_as_if_linear(n: usize) {
        sorts(n);
    }

    #[perf_budget(growth(instructions = "n log n"), sizes = [16, 64, 256, 1024, 4096, 16384])]
    #[test]
    #[ignore = "part of another test"]
    fn sorts_as_it_does(n: usize) {
        sorts(n);
    }

    #[perf_budget(growth(instructions = "1"), sizes = [16, 64, 256, 1024, 4096, 16384])]
    #[test]
    #[ignore = "part of another test"]
    fn searches_as_if_constant(n: usize) {
        searches(n);
    }

    #[perf_budget(growth(instructions = "log n"), sizes = [16, 64, 256, 1024, 4096, 16384])]
    #[tokio::test]
    #[ignore = "part of another test"]
    async fn searches_as_it_does(n: usize) {
        searches(n);
    }

    fn reference() {
        add(10 * FEW);
    }

    #[perf_budget(vs(instructions = reference), ratio = 1.0, debug = true)]
    #[test]
    #[ignore = "part of another test"]
    fn as_many() {
        add(10 * FEW);
    }

    #[perf_budget(vs(instructions = reference), ratio = 1.0, debug = true)]
    #[test]
    #[ignore = "part of another test"]
    fn one_per_cent_more() {
        add(10 * FEW + FEW / 10);
    }

    /// As much work as a variable asks for.
    #[perf_budget(target(instructions = "100M"), debug = true)]
    #[test]
    #[ignore = "part of another test"]
    fn held() {
        let times = env::var("ADDITIONS").ok().and_then(|times| times.parse().ok()).unwrap_or(FEW);
        gate::measure(|| add(black_box(times)));
    }

    #[perf_budget(growth(instructions = "n"), sizes = [16, 64, 256, 1024, 4096, 16384], debug = true)]
    #[test]
    #[ignore = "part of another test"]
    fn held_at_the_greatest_size(n: usize) {
        gate::measure(|| add(black_box(n as u64)));
    }

    #[perf_budget(instructions = "100M", debug = true)]
    #[test]
    #[ignore = "part of another test"]
    fn fails_by_itself() -> Result<(), &'static str> {
        Err("on purpose")
    }
}

/// What one of them did: whether it passed, all that was written, the line in the log.
struct Ran {
    passed: bool,
    text: String,
    log: Option<Run>,
}

impl Ran {
    fn instructions(&self) -> f64 {
        self.log.as_ref().and_then(|run| run.rows[0].actual).unwrap_or_else(|| panic!("{}", self.text))
    }

    fn verdict(&self) -> &str {
        &self.log.as_ref().unwrap_or_else(|| panic!("{}", self.text)).verdict
    }
}

fn run(name: &str, variables: &[(&str, &str)]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([&format!("counted::{name}"), "--exact", "--ignored"]).env("RUST_BACKTRACE", "0");
    for variable in ["PERF_STRICT", "PERF_UPDATE", "PERF_GATE_MEASURE", "PERF_SAMPLE", "PERF_INSTRUCTIONS"] {
        command.env_remove(variable);
    }
    command.env("PERF_LOCK", folder.path().join("none")).env("PERF_GATE_LOG", &log).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let text = said(&output.stdout) + &said(&output.stderr);
    assert!(text.contains("running 1 test"), "{text}");
    let log = gate_log::read(&log).ok().and_then(|mut runs| runs.pop());
    Ran { passed: output.status.success(), text, log }
}

/// Whether this machine counts: else these tests show nothing.
fn counts() -> bool {
    let valgrind = Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let counts = perf_core::is_enabled() && valgrind.is_ok_and(|status| status.success());
    assert!(counts || env::var_os("MUST_COUNT").is_none(), "this machine, or a build without probes, counts nothing");
    counts
}

#[test]
fn what_is_measured_counts_and_nothing_else() {
    if !counts() {
        return;
    }
    let whole = run("whole", &[]);
    assert!(whole.passed && whole.verdict() == "PASS", "{}", whole.text);
    let each = whole.instructions() / 100_000.0;
    assert!((3.0..200.0).contains(&each), "{each} an addition");

    let is_near = |ran: &Ran, additions: f64| {
        let times = ran.instructions() / (additions * each);
        assert!((0.95..1.1).contains(&times), "{times} of {additions} additions\n{}", ran.text);
    };
    is_near(&run("narrow", &[]), 2_000.0);
    is_near(&run("narrow_future", &[]), 2_000.0);
    is_near(&run("whole_future", &[]), 100_000.0);
    is_near(&run("carried", &[]), 100_000.0);
    let alone = run("left_alone", &[]).instructions();
    assert!(alone < 0.5 * whole.instructions(), "a thread without the session: {alone}");
    let nothing = run("nothing", &[]).instructions();
    assert!(nothing < 50.0, "{nothing} of an empty part");
}

#[test]
fn too_many_instructions_fail_and_the_report_says_of_what() {
    if !counts() {
        return;
    }
    let ran = run("too_many", &[]);
    assert!(!ran.passed, "{}", ran.text);
    for part in ["instructions ≤ 1,000 ", "FAIL", "15 calls in 3 processes: ", "WARN (target missed)"] {
        assert!(ran.text.contains(part), "{part}: {}", ran.text);
    }
    let ran = run("too_many_without_optimisation", &[]);
    assert!(ran.passed && ran.text.contains("(debug build: 15 calls in 3 processes"), "{}", ran.text);
    let ran = run("target_missed", &[]);
    assert!(ran.passed && ran.text.contains("target missed"), "{}", ran.text);
}

#[test]
fn a_test_that_fails_is_not_counted() {
    let ran = run("fails_by_itself", &[]);
    assert!(!ran.passed && ran.text.contains("on purpose"), "{}", ran.text);
}

#[test]
#[ignore = "slow: many processes under callgrind, tests/instructions/run.sh runs it"]
fn slow_growth_by_instructions_tells_a_factor_of_log_n() {
    if !counts() {
        return;
    }
    for test in ["sorts_as_if_linear", "searches_as_if_constant"] {
        let ran = run(test, &[]);
        assert!(!ran.passed, "{}", ran.text);
        assert!(ran.text.contains("growth of instructions ≤ n^") && ran.text.contains(" at 16,384"), "{}", ran.text);
    }
    for test in ["sorts_as_it_does", "searches_as_it_does"] {
        let ran = run(test, &[]);
        assert!(ran.passed && ran.verdict() == "PASS", "{}", ran.text);
    }
}

#[test]
fn one_per_cent_more_than_the_reference_fails() {
    if !counts() {
        return;
    }
    let ran = run("as_many", &[]);
    assert!(ran.passed && ran.verdict() == "PASS", "{}", ran.text);
    let ran = run("one_per_cent_more", &[]);
    assert!(!ran.passed && ran.text.contains("vs(instructions = reference) ≤ 1.000"), "{}", ran.text);
}

#[test]
fn hash_seeds_move_the_count_by_little() {
    if !counts() {
        return;
    }
    let seen: Vec<f64> = (0..3).map(|_| run("hashes", &[]).instructions()).collect();
    let (least, greatest) = seen.iter().fold((f64::MAX, 0.0_f64), |(l, g), value| (l.min(*value), g.max(*value)));
    assert!(greatest / least < 1.02, "{seen:?}");
}

/// `perf.lock` in a folder of its own, and runs of a test against it with so many additions.
struct Locked(tempfile::TempDir);

impl Locked {
    fn path(&self) -> String {
        self.0.path().join("perf.lock").display().to_string()
    }

    fn run(&self, test: &str, additions: &str, more: &[(&str, &str)]) -> Ran {
        run(test, &[&[("PERF_LOCK", self.path().as_str()), ("ADDITIONS", additions)], more].concat())
    }
}

#[test]
#[ignore = "slow: many processes under callgrind, tests/instructions/run.sh runs it"]
fn slow_one_per_cent_more_than_in_the_baseline_fails() {
    if !counts() || !cfg!(feature = "baseline") {
        return;
    }
    let locked = Locked(tempfile::tempdir().unwrap());
    let recorded = locked.run("held", "100000", &[("PERF_UPDATE", "1")]);
    assert!(recorded.passed && recorded.text.contains("counted::held recorded"), "{}", recorded.text);
    let text = std::fs::read_to_string(locked.path()).unwrap();
    let (_, counted) = text.split_once("counted::held\".instructions.").unwrap_or_else(|| panic!("{text}"));
    assert!(counted.contains("runs = 5\ncounted_by = \"") && counted.contains("\ninstructions = "), "{text}");

    let same = locked.run("held", "100000", &[]);
    assert!(same.passed && same.verdict() == "PASS", "{}", same.text);
    let more = locked.run("held", "101000", &[]);
    assert!(!more.passed, "{}", more.text);
    for part in ["perf.lock: instructions ≤ ", "FAIL", "+1.00 %, processes of one side apart by", "PERF_UPDATE=1"] {
        assert!(more.text.contains(part), "{part}: {}", more.text);
    }
    let fewer = locked.run("held", "99000", &[]);
    assert!(fewer.passed && fewer.text.contains("better than recorded: instructions"), "{}", fewer.text);

    // What did not move stays as it is; what moved is recorded anew, and says so.
    locked.run("held", "100001", &[("PERF_UPDATE", "1")]);
    assert_eq!(std::fs::read_to_string(locked.path()).unwrap(), text);
    let updated = locked.run("held", "101000", &[("PERF_UPDATE", "1")]);
    assert!(updated.text.contains("updated: instructions +"), "{}", updated.text);
    assert!(locked.run("held", "101000", &[]).passed);

    // Where nothing counts, that is said with the remedy, and the rest of the entry holds.
    let blind = locked.run("held", "101000", &[("PATH", "")]);
    if !blind.text.contains("in 1 process") {
        assert!(blind.passed && blind.text.contains("INCONCLUSIVE"), "{}", blind.text);
        assert!(blind.text.contains("perf.lock: instructions") && blind.text.contains("apt-get install valgrind"));
    }
}

#[test]
#[ignore = "slow: many processes under callgrind, tests/instructions/run.sh runs it"]
fn slow_growth_is_held_at_its_greatest_size() {
    if !counts() || !cfg!(feature = "baseline") {
        return;
    }
    let locked = Locked(tempfile::tempdir().unwrap());
    let recorded = locked.run("held_at_the_greatest_size", "", &[("PERF_UPDATE", "1")]);
    assert!(recorded.passed, "{}", recorded.text);
    let text = std::fs::read_to_string(locked.path()).unwrap();
    let count = text.split_once("\ninstructions = ").and_then(|(_, rest)| rest.split_once('\n')).unwrap().0;
    let count: f64 = count.trim_matches(['[', ']']).split(',').next().unwrap().parse().unwrap();
    assert!(count > 3.0 * 16_384.0, "{text}");
    assert!(locked.run("held_at_the_greatest_size", "", &[]).passed);
}

#[test]
fn where_nothing_counts_the_remedy_is_said() {
    if !perf_core::is_enabled() {
        return;
    }
    let ran = run("too_many", &[("PATH", "")]);
    // A processor's counter needs no path.
    if !ran.text.contains("15 calls in 3 processes") {
        assert!(ran.passed, "{}", ran.text);
        for part in
            ["INCONCLUSIVE", "unsupported: neither this kernel nor valgrind counts", "`apt-get install valgrind`"]
        {
            assert!(ran.text.contains(part), "{part}: {}", ran.text);
        }
        let strict = run("too_many", &[("PATH", ""), ("PERF_STRICT", "1")]);
        assert!(!strict.passed, "{}", strict.text);
    }
}

#[test]
fn a_process_that_counts_judges_nothing_and_starts_no_other() {
    if !perf_core::is_enabled() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("counts");
    let ran = run("too_many", &[("PERF_INSTRUCTIONS", path.to_str().unwrap())]);
    assert!(ran.passed && !ran.text.contains("budget of"), "{}", ran.text);
    let shut = run("carried", &[("PERF_INSTRUCTIONS", path.to_str().unwrap()), ("PATH", "")]);
    assert!(shut.passed, "{}", shut.text);
}
