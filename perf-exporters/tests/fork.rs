//! The child of a fork: its report is its own, and it does not do again what its parent does.
#![cfg(all(unix, feature = "enabled"))]

use std::ffi::c_int;
#[cfg(feature = "serve")]
use std::io::{Read, Write};
#[cfg(feature = "serve")]
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, process, thread};

use perf_core::Probe;
use perf_exporters::{Output, Report, Reporter};

unsafe extern "C" {
    fn fork() -> c_int;
    fn waitpid(child: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn kill(child: c_int, signal: c_int) -> c_int;
    fn _exit(status: c_int) -> !;
}

const NO_HANG: c_int = 1;
const SIGKILL: c_int = 9;
/// Only a child that hangs takes as long.
const DEADLINE: Duration = Duration::from_mins(1);

static WORK: Probe = Probe::new("fork::work");

fn work(times: u64) {
    for _ in 0..times {
        drop(WORK.start());
    }
}

/// The child's number, once it has done `work` and ended well.
fn in_child(work: impl FnOnce()) -> u32 {
    // SAFETY: the child runs what the library promises to work there, and ends without returning.
    let child = unsafe { fork() };
    assert!(child >= 0);
    if child == 0 {
        work();
        // SAFETY: no destructor of the parent's is to run here.
        unsafe { _exit(0) };
    }
    let deadline = Instant::now() + DEADLINE;
    let mut status = 0;
    // SAFETY: the child from above, which is waited for once.
    while unsafe { waitpid(child, &raw mut status, NO_HANG) } == 0 {
        if Instant::now() > deadline {
            // SAFETY: as above.
            unsafe {
                kill(child, SIGKILL);
                waitpid(child, &raw mut status, 0);
            }
            panic!("the child hangs");
        }
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(status, 0, "the child ended badly");
    u32::try_from(child).unwrap()
}

fn calls(path: &Path) -> u64 {
    let report = Report::from_json(fs::read_to_string(path).unwrap()).unwrap();
    report.probes.iter().find(|probe| probe.name == "fork::work").map_or(0, |probe| probe.calls)
}

fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("perf-fork-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_childs_report_is_its_own() {
    let folder = folder();
    let (shared, each) = (folder.join("shared.json"), |process| folder.join(format!("of-{process}.json")));
    let outputs = [Output::Json(shared.clone()), Output::Json(folder.join("of-%p.json")), Output::Table];
    let reporter = outputs.into_iter().fold(Reporter::builder().ignore_env(), perf_exporters::Builder::output);
    let reporter = reporter.build();
    work(1000);
    // What has threads is dropped in the child as well: they are the parent's.
    #[cfg(feature = "monitor")]
    let monitor = perf_exporters::monitor::Monitor::start(&perf_exporters::monitor::Options::default()).unwrap();
    #[cfg(feature = "serve")]
    let server = perf_exporters::serve::serve("127.0.0.1:0").unwrap();
    #[cfg(feature = "otlp")]
    let exporter = {
        let mut options = perf_exporters::otlp::Options::default();
        options.endpoint = "http://127.0.0.1:9".into();
        options.shutdown = Duration::from_millis(100);
        perf_exporters::otlp::Exporter::start(options).unwrap()
    };
    let mut in_parent = Some((
        reporter,
        #[cfg(feature = "monitor")]
        monitor,
        #[cfg(feature = "serve")]
        server,
        #[cfg(feature = "otlp")]
        exporter,
    ));
    let child = in_child(|| {
        work(10);
        drop(in_parent.take());
    });
    assert!(!shared.exists(), "the parent's report is the parent's to write");
    assert_eq!(calls(&each(child)), 10);
    work(10);
    drop(in_parent);
    assert_eq!((calls(&shared), calls(&each(process::id()))), (1010, 1010));
    fs::remove_dir_all(&folder).unwrap();
}

/// A child that goes on for longer than its parent does not keep the parent's port.
#[cfg(feature = "serve")]
#[test]
fn a_child_does_not_listen_in_its_parents_place() {
    // The library is in use: it is what closes the port in children.
    perf_core::perf_block!("fork::listening", {});
    let server = perf_exporters::serve::serve("127.0.0.1:0").unwrap();
    let address = server.local_addr();
    let mut asking = TcpStream::connect(address).unwrap();
    asking.write_all(b"GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").unwrap();
    asking.read_to_end(&mut Vec::new()).unwrap();
    let (mut is_there, there) = std::io::pipe().unwrap();
    let (go, mut may_go) = std::io::pipe().map(|(reader, writer)| (writer, reader)).unwrap();
    thread::scope(|scope| {
        let child = scope.spawn(|| {
            in_child(|| {
                let mut there = there;
                let said = there.write_all(b".");
                // Until the parent says so, or is no more.
                let _ = said.and_then(|()| may_go.read(&mut [0]));
            })
        });
        is_there.read_exact(&mut [0]).unwrap();
        drop(server);
        let answer = TcpStream::connect(address);
        let mut go = go;
        go.write_all(b".").unwrap();
        child.join().unwrap();
        assert!(answer.is_err(), "{address} is still taken");
    });
}
