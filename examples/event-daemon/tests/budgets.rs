//! What the coordinator may cost, and that each regression that can be put in is found by one of these tests.
//!
//! `EVENT_DAEMON_INJECT=clone cargo test -p event-daemon --test budgets limits` shows what a reader sees;
//! `EVENT_DAEMON_RUNS=20 cargo test --release -p event-daemon --test budgets injected -- --nocapture` repeats each.

/// Counts allocations, per thread.
#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

mod limits {
    use std::collections::HashMap;
    use std::hint::black_box;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::sync::{LazyLock, Mutex};

    use event_daemon::event::{checksum, decode};
    use event_daemon::{Coordinator, Event, Inject, Journal, Kind, Mailbox, Recent, Seen, Settings};
    use perf_core::perf_budget;
    use perf_exporters::gate;
    use tempfile::TempDir;

    static INJECT: LazyLock<Option<Inject>> = LazyLock::new(Inject::from_env);
    static NUMBER: AtomicU64 = AtomicU64::new(0);

    fn event(payload: usize) -> Vec<u8> {
        let number = NUMBER.fetch_add(1, Relaxed);
        Event { number, service: 0, kind: Kind::Database, payload: &vec![7; payload] }.encode()
    }

    /// An event is looked at where it lies.
    #[perf_budget(allocs = 0)]
    #[test]
    fn reading_allocates_nothing() {
        let bytes = event(4_096);
        gate::measure(|| black_box(decode(&bytes, *INJECT).is_ok()));
    }

    static LARGE: LazyLock<Vec<u8>> = LazyLock::new(|| event(16_384));

    /// Reading is the checksum and little else, and that takes eight bytes at a time.
    #[perf_budget(vs = the_checksum_alone, ratio = 1.5, max_time = "20s")]
    #[test]
    fn reading_takes_no_longer_than_its_checksum() {
        black_box(decode(black_box(&LARGE), *INJECT).is_ok());
    }

    fn the_checksum_alone() {
        black_box(checksum(black_box(&LARGE)));
    }

    /// A folder for the files of a test, as long as the process runs.
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

    fn file(name: &str) -> PathBuf {
        FOLDER.path().join(name)
    }

    /// Length and event go to the system together.
    #[perf_budget(calls("journal::write" = 1))]
    #[test]
    fn an_event_is_one_write() {
        static JOURNAL: LazyLock<Mutex<Journal>> =
            LazyLock::new(|| Mutex::new(Journal::open(&file("one-write"), 1 << 20, *INJECT).unwrap().0));
        let bytes = event(1_024);
        let mut journal = JOURNAL.lock().unwrap();
        gate::measure(|| journal.append(1, &bytes)).unwrap();
        journal.handled(1).unwrap();
    }

    /// Numbers are forgotten when as many others came.
    #[test]
    fn numbers_are_let_go() {
        let mut recent = Recent::new(500, *INJECT);
        let mut next = 0..;
        let mut batch = || {
            for number in next.by_ref().take(2_000) {
                assert_eq!(recent.begin(number), Seen::New);
            }
        };
        batch();
        gate::leak_check(12, batch).assert();
    }

    /// A lookup takes the same time however many numbers are remembered.
    #[perf_budget(growth = "1", sizes = [2, 8, 32, 128, 512, 2048], max_time = "300ms")]
    #[test]
    fn a_lookup_does_not_grow(n: usize) {
        static FILLED: LazyLock<Mutex<HashMap<usize, Recent>>> = LazyLock::new(Mutex::default);
        let mut filled = FILLED.lock().unwrap();
        let recent = filled.entry(n).or_insert_with(|| {
            let mut recent = Recent::new(n, *INJECT);
            (0..n as u64).for_each(|number| assert_eq!(recent.begin(number), Seen::New));
            recent
        });
        gate::measure(|| {
            // In the middle of the order of arrival, and at its end.
            for part in 1..=2 {
                black_box(recent.begin(n as u64 * part / 2 - 1));
            }
        });
    }

    /// What was seen, the journal, and what was seen again: three short locks, and none around them.
    #[perf_budget(calls("coordinator::lock" = 3))]
    #[test]
    fn an_event_takes_three_locks() {
        static COORDINATOR: LazyLock<Coordinator> = LazyLock::new(|| {
            let settings = Settings { inject: *INJECT, ..Settings::of(3) };
            Coordinator::open(settings, None, Vec::new(), &file("three-locks")).unwrap()
        });
        let bytes = event(512);
        gate::measure(|| COORDINATOR.accept(bytes)).unwrap();
        let event = COORDINATOR.mailboxes().iter().find_map(Mailbox::try_next).unwrap();
        COORDINATOR.handle(&event);
    }
}

/// Which test finds which regression, and which may find it as well.
const FOUND_BY: [(&str, &str, Option<&str>); 6] = [
    // Of 16 KiB, a copy takes half as long as the checksum where others use the memory (in a build without optimisations).
    ("clone", "limits::reading_allocates_nothing", Some("limits::reading_takes_no_longer_than_its_checksum")),
    ("slow-codec", "limits::reading_takes_no_longer_than_its_checksum", None),
    ("small-writes", "limits::an_event_is_one_write", None),
    ("leak", "limits::numbers_are_let_go", None),
    ("linear-lookup", "limits::a_lookup_does_not_grow", None),
    ("lock", "limits::an_event_takes_three_locks", None),
];

/// The tests of `limits` that fail in a process of their own with a regression, and the output of all. They have no baseline: a
/// count that moves shows in every test that has it inside, and which budget is broken is the question here.
fn failing(inject: Option<&str>) -> (Vec<String>, String) {
    let mut tests = std::process::Command::new(std::env::current_exe().unwrap());
    tests.args(["limits::", "--test-threads=1"]).env("PERF_LOCK", "no-baseline/perf.lock");
    match inject {
        Some(inject) => tests.env("EVENT_DAEMON_INJECT", inject),
        None => tests.env_remove("EVENT_DAEMON_INJECT"),
    };
    let told = tests.output().unwrap();
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("test result:"), "{told}");
    let failed = |line: &str| Some(line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?.to_owned());
    (told.lines().filter_map(failed).collect(), told)
}

#[test]
fn injected_regressions_are_found_each_by_its_budget() {
    let runs = std::env::var("EVENT_DAEMON_RUNS").map_or(1, |runs| runs.parse::<u32>().unwrap());
    let mut all_good = true;
    println!("| regression | found by | runs | missed | wrong |\n|---|---|--:|--:|--:|");
    for (inject, expected, beside) in [("none", "", None)].into_iter().chain(FOUND_BY) {
        let (mut missed, mut wrong) = (0, 0);
        for _ in 0..runs {
            let (failed, told) = failing((inject != "none").then_some(inject));
            let others = failed.iter().filter(|test| *test != expected && Some(test.as_str()) != beside).count();
            let found = expected.is_empty() || failed.iter().any(|test| test == expected);
            missed += u32::from(!found);
            wrong += u32::from(others > 0);
            if !found || others > 0 {
                eprintln!("{inject}:\n{told}");
            }
        }
        println!("| {inject} | {expected} | {runs} | {missed} | {wrong} |");
        all_good &= missed == 0 && wrong == 0;
    }
    assert!(all_good, "a regression was missed, or another test failed: see the table above");
}
