//! Programs of their own that end by a signal: what is written, how they end, and who else hears of the signal.
#![cfg(all(unix, feature = "signals"))]

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use perf_exporters::{Report, Reporter};
use rustix::process::{Pid, Signal, kill_process};

/// Names the program that a child is to be.
const CHILD: &str = "PERF_TEST_CHILD";
const ENABLED: bool = perf_core::is_enabled();

/// What the children do. Run as a test of its own, it does nothing.
#[test]
fn child() {
    let Ok(program) = env::var(CHILD) else { return };
    match program.as_str() {
        "plain" => {
            let _reporter = perf_exporters::init();
            work();
            ready();
            wait_for_ever();
        }
        "silent" => {
            let _reporter = Reporter::builder().signals(false).build();
            work();
            ready();
            wait_for_ever();
        }
        "exits" => {
            let reporter = perf_exporters::init();
            work();
            ready();
            wait_until_told(|| {
                reporter.flush().unwrap();
                std::process::exit(7)
            });
        }
        "ctrlc first" | "ctrlc last" => {
            let (send, received) = mpsc::channel();
            let handle = || ctrlc::set_handler(move || send.send(()).unwrap()).unwrap();
            let _reporter = if program == "ctrlc first" {
                handle();
                perf_exporters::init()
            } else {
                let reporter = perf_exporters::init();
                handle();
                reporter
            };
            work();
            ready();
            received.recv().unwrap();
            say("its own handler");
        }
        "tokio first" | "tokio last" => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let _inside = runtime.enter();
            let terminate = || tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
            let (reporter, mut signal) = if program == "tokio first" {
                let signal = terminate();
                (perf_exporters::init(), signal)
            } else {
                let reporter = perf_exporters::init();
                (reporter, terminate())
            };
            work();
            ready();
            runtime.block_on(signal.recv()).unwrap();
            say("its own handler");
            drop(reporter);
        }
        "goes on" => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let _inside = runtime.enter();
            let mut signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).unwrap();
            let _reporter = perf_exporters::init();
            work();
            ready();
            runtime.block_on(signal.recv()).unwrap();
            wait_until_told(|| std::process::exit(3));
        }
        other => panic!("no such program: {other}"),
    }
}

fn work() {
    for _ in 0..10 {
        perf_core::perf_block!("outer", {
            perf_core::perf_block!("inner", {
                std::hint::black_box(0);
            });
        });
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout();
    out.write_all(format!("\n{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

fn ready() {
    say("ready");
}

fn wait_for_ever() -> ! {
    loop {
        thread::park();
    }
}

/// A line on standard input tells.
fn wait_until_told(told: impl FnOnce()) {
    std::io::stdin().read_line(&mut String::new()).unwrap();
    told();
}

fn command(program: &str, report: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--test-threads=1"]).env(CHILD, program);
    for name in ["PERF_TOP", "PERF_SIGNALS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "CI"] {
        command.env_remove(name);
    }
    command.env("PERF_REPORT", report).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // What these tests were started by may ignore signals, as `nohup` does, and children would inherit that and never end.
    // SAFETY: `signal` is async-signal-safe, and nothing else is called between fork and exec.
    unsafe {
        command.pre_exec(|| {
            for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGTERM] {
                libc::signal(signal, libc::SIG_DFL);
            }
            Ok(())
        });
    }
    command
}

/// A child that has done its work.
struct Running {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
}

/// How a child ended.
struct Ended {
    signal: Option<i32>,
    code: Option<i32>,
    out: String,
    err: String,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while line.trim() != "ready" {
            line.clear();
            assert!(out.read_line(&mut line).unwrap() > 0, "the child ended before its work was done");
        }
        Self { child, out }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn end(mut self) -> Ended {
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        let status = self.child.wait().unwrap();
        Ended { signal: status.signal(), code: status.code(), out, err }
    }
}

fn check(path: &Path) {
    assert_eq!(path.exists(), ENABLED);
    if ENABLED {
        let report = Report::read(path).unwrap();
        assert_eq!(report.probe("inner").unwrap().calls, 10);
    }
}

#[test]
fn the_report_is_written_and_the_program_ends_by_the_signal() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("perf.json");
        let running = Running::start(command("plain", &format!("json={},table", path.display())));
        running.signal(signal);
        let ended = running.end();
        assert_eq!(ended.signal, Some(signal.as_raw()), "{}", ended.err);
        check(&path);
        assert_eq!(ended.err.matches("perf report · ").count(), usize::from(ENABLED), "{}", ended.err);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), usize::from(ENABLED), "no other file is left");
    }
}

#[test]
fn signals_can_be_left_alone() {
    for (program, variable) in [("plain", "off"), ("plain", "0"), ("silent", "")] {
        let mut command = command(program, "table");
        command.env("PERF_SIGNALS", variable);
        let running = Running::start(command);
        running.signal(Signal::TERM);
        let ended = running.end();
        assert_eq!(ended.signal, Some(Signal::TERM.as_raw()));
        assert!(!ended.err.contains("perf report"), "{}", ended.err);
    }
}

#[test]
fn the_environment_goes_before_the_program() {
    let mut command = command("silent", "table");
    command.env("PERF_SIGNALS", "on");
    let running = Running::start(command);
    running.signal(Signal::TERM);
    let ended = running.end();
    assert_eq!(ended.signal, Some(Signal::TERM.as_raw()));
    assert_eq!(ended.err.contains("perf report"), ENABLED, "{}", ended.err);
}

#[test]
fn a_bad_value_is_named() {
    let mut command = command("plain", "table");
    command.env("PERF_SIGNALS", "maybe");
    let running = Running::start(command);
    running.signal(Signal::TERM);
    let ended = running.end();
    let line = "perf: PERF_SIGNALS=\"maybe\": not known; valid: `on`, `off`\n";
    assert_eq!(ended.err.contains(line), ENABLED, "{}", ended.err);
}

/// Handlers of the program run, whoever came first, and it ends as they say: here `main` returns.
#[test]
fn handlers_of_the_program_keep_running() {
    for program in ["ctrlc first", "ctrlc last", "tokio first", "tokio last"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("perf.json");
        let running = Running::start(command(program, &format!("json={},table", path.display())));
        running.signal(Signal::TERM);
        let ended = running.end();
        assert!(ended.out.contains("its own handler"), "{program}: {}", ended.out);
        assert_eq!((ended.signal, ended.code), (None, Some(0)), "{program}: {}", ended.err);
        check(&path);
        assert_eq!(ended.err.matches("perf report · ").count(), usize::from(ENABLED), "{program}: {}", ended.err);
    }
}

#[test]
fn a_signal_that_the_program_does_not_handle_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("perf.json");
    let running = Running::start(command("tokio first", &format!("json={}", path.display())));
    running.signal(Signal::INT);
    let ended = running.end();
    assert_eq!(ended.signal, Some(Signal::INT.as_raw()));
    check(&path);
}

/// Many a handler ends the program in ways that drop nothing: the files are up to date by then.
#[test]
fn files_are_written_although_the_program_handles_the_signal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("perf.json");
    let mut running = Running::start(command("goes on", &format!("json={},table", path.display())));
    running.signal(Signal::HUP);
    for _ in 0..1_000 {
        if path.exists() || !ENABLED {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    check(&path);
    running.child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let ended = running.end();
    assert_eq!((ended.signal, ended.code), (None, Some(3)));
    assert!(!ended.err.contains("perf report"), "the table waits for the end: {}", ended.err);
}

#[test]
fn what_is_ignored_stays_ignored() {
    let shell = format!("trap '' HUP; exec '{}' --exact child --nocapture", env::current_exe().unwrap().display());
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &shell]).env(CHILD, "plain").env("PERF_REPORT", "table").env_remove("PERF_SIGNALS");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = Running::start(command);
    running.signal(Signal::HUP);
    thread::sleep(Duration::from_millis(50));
    running.signal(Signal::TERM);
    let ended = running.end();
    assert_eq!(ended.signal, Some(Signal::TERM.as_raw()));
    assert_eq!(ended.err.matches("perf report · ").count(), usize::from(ENABLED), "{}", ended.err);
}

/// A report that is never done does not keep the program alive: here nobody reads the table.
#[cfg(target_os = "linux")]
#[test]
fn asking_again_and_again_ends_the_program_at_once() {
    if !ENABLED {
        return;
    }
    let (unread, full) = rustix::pipe::pipe().unwrap();
    let size = rustix::pipe::fcntl_setpipe_size(&full, 4096).unwrap();
    let mut filled = std::fs::File::from(full.try_clone().unwrap());
    filled.write_all(&vec![0; size]).unwrap();
    let mut command = command("plain", "table");
    command.stderr(Stdio::from(full));
    let mut running = Running::start(command);
    for _ in 0..20 {
        running.signal(Signal::TERM);
        thread::sleep(Duration::from_millis(10));
        if running.child.try_wait().unwrap().is_some() {
            break;
        }
    }
    let status = running.child.wait().unwrap();
    assert_eq!(status.signal(), Some(Signal::TERM.as_raw()));
    drop(unread);
}

#[test]
fn a_program_that_exits_by_itself_can_flush() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("perf.json");
    let mut running = Running::start(command("exits", &format!("json={}", path.display())));
    running.child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let ended = running.end();
    assert_eq!((ended.signal, ended.code), (None, Some(7)), "{}", ended.err);
    check(&path);
}
