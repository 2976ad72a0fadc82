//! A known load, what the monitor says of it, and what the system says of the same: one test, since a process has one
//! monitor and one sum of everything. Only what cannot be less is asserted.
#![cfg(all(feature = "monitor", target_os = "linux"))]

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use perf_exporters::monitor::{self, Jemalloc, Monitor, Options, watch_jemalloc};
use perf_exporters::report::{Reading, Track};
use perf_exporters::{Report, Reporter};

const WRITTEN: u64 = 8 << 20;
const OPENED: u64 = 40;
const STARTED: u64 = 12;
const TOUCHED: u64 = 64 << 20;
const SENT: u64 = 1 << 20;

/// A number of `/proc/self`.
fn told(file: &str, key: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/self/{file}")).unwrap();
    let line = text.lines().find(|line| line.split([':', ' ', '\t']).next() == Some(key)).unwrap();
    line[key.len()..].trim_start_matches([':', ' ', '\t']).split_whitespace().next().unwrap().parse().unwrap()
}

fn last(track: &Track) -> Reading {
    *track.readings.last().unwrap()
}

/// Reads until the processor time of this thread has grown by so much.
fn compute(time: Duration) {
    let clock = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
    };
    let until = clock() + time;
    while clock() < until {
        black_box((0..10_000_u64).map(black_box).sum::<u64>());
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "one load after the other, in one process")]
fn a_known_load_is_seen() {
    watch_jemalloc(|| {
        let mut figures = Jemalloc::default();
        (figures.allocated, figures.active, figures.resident, figures.retained) = (1_000, 2_000, 3_000, 4_000);
        Some(figures)
    });
    let mut options = Options::default();
    (options.every, options.details_every) = (Duration::from_millis(20), Duration::from_millis(20));
    let monitor = Monitor::start(&options).unwrap();
    let before = last(&monitor.track());
    let grown = |after: &Reading, of: fn(&Reading) -> Option<u64>| of(after).unwrap() - of(&before).unwrap();

    // Files, and what `/proc/self/io` says of them.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("written");
    let block = vec![1_u8; 1 << 20];
    let mut file = File::create(&path).unwrap();
    (0..WRITTEN >> 20).for_each(|_| file.write_all(&block).unwrap());
    file.sync_all().unwrap();
    assert_eq!(fs::read(&path).unwrap().len() as u64, WRITTEN);
    let least = told("io", "wchar");
    let after = last(&monitor.track());
    assert!(grown(&after, |one| one.written_bytes) >= WRITTEN && grown(&after, |one| one.read_bytes) >= WRITTEN);
    assert!((least..=told("io", "wchar")).contains(&after.written_bytes.unwrap()), "between two readings of ours");
    assert!(grown(&after, |one| one.io_calls) >= WRITTEN >> 20);
    assert!(after.disk_written_bytes.unwrap() <= told("io", "write_bytes"));

    // Descriptors.
    let held: Vec<File> = (0..OPENED).map(|_| File::open(&path).unwrap()).collect();
    let open = last(&monitor.track()).descriptors.unwrap();
    assert!(open >= before.descriptors.unwrap() + OPENED, "{open} after {:?}", before.descriptors);
    drop(held);

    // Threads, each of which waits for a channel, which is a futex.
    let (ends, threads): (Vec<_>, Vec<_>) = (0..STARTED)
        .map(|number| {
            let (end, ended) = mpsc::channel::<()>();
            let name = format!("known-{number}");
            (end, thread::Builder::new().name(name).spawn(move || ended.recv().is_err()).unwrap())
        })
        .unzip();
    let begun = Instant::now();
    let parked = last(&monitor.track());
    assert!(parked.threads.unwrap() >= before.threads.unwrap() + STARTED);
    let waited = |track: &Track| last(track).futex_ns.unwrap() - parked.futex_ns.unwrap();
    let mut seen = monitor.track();
    while waited(&seen) < STARTED * 200_000_000 {
        assert!(begun.elapsed() < Duration::from_mins(1), "{} of {STARTED} threads", waited(&seen));
        thread::sleep(Duration::from_millis(10));
        seen = monitor.track();
    }
    let most = u64::try_from(begun.elapsed().as_nanos()).unwrap() + 1_000_000_000;
    assert!(waited(&seen) <= most * last(&seen).threads.unwrap(), "no thread waits longer than time passes");
    assert_eq!(seen.threads.iter().filter(|thread| thread.name.starts_with("known-")).count() as u64, STARTED);
    drop(ends);
    for thread in threads {
        assert!(thread.join().unwrap());
    }

    // Memory: pages that are touched for the first time are faults, or parts of huge pages.
    let faults = last(&monitor.track()).minor_faults.unwrap();
    let usage = || getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let own_faults = u64::try_from(usage().minor_page_faults()).unwrap();
    let touched = black_box(vec![1_u8; usize::try_from(TOUCHED).unwrap()]);
    let track = monitor.track();
    let after = last(&track);
    assert!(
        after.minor_faults.unwrap() - faults >= TOUCHED / (2 << 20),
        "{} faults",
        after.minor_faults.unwrap() - faults
    );
    assert!((own_faults..=u64::try_from(usage().minor_page_faults()).unwrap()).contains(&after.minor_faults.unwrap()));
    // The kernel sums its counts of pages now and then, so that they are a little behind.
    let peak = after.peak_rss_bytes.unwrap();
    assert!(track.moments.last().unwrap().rss_bytes.unwrap() >= TOUCHED / 8 * 7);
    assert!((TOUCHED / 8 * 7..=told("status", "VmHWM") << 10).contains(&peak), "{peak}");
    drop(touched);

    // Processors: of one thread, of the process, by name.
    let least = Duration::from_millis(300);
    let (told_name, name_told) = mpsc::channel::<()>();
    let busy = thread::Builder::new().name("known-busy".to_owned()).spawn(move || {
        compute(least);
        let _ = name_told.recv();
    });
    let cpu = monitor.track().moments.last().unwrap().cpu_ns.unwrap();
    let of_busy = |track: &Track| {
        track.threads.iter().find(|thread| thread.name == "known-busy").map_or(0, |thread| thread.cpu_ns)
    };
    let begun = Instant::now();
    while of_busy(&monitor.track()) < 300_000_000 {
        assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", monitor.track().threads);
        thread::sleep(Duration::from_millis(10));
    }
    let track = monitor.track();
    assert!(track.moments.last().unwrap().cpu_ns.unwrap() - cpu >= 250_000_000);
    let whole = usage();
    let both = whole.user_time() + whole.system_time();
    let told_by_usage =
        u64::try_from(both.tv_sec()).unwrap() * 1_000_000_000 + u64::try_from(both.tv_usec()).unwrap() * 1_000;
    let seen = last(&track);
    assert!(seen.user_ns.unwrap() + seen.system_ns.unwrap() <= told_by_usage);
    drop(told_name);
    busy.unwrap().join().unwrap();
    let gone = monitor.track();
    assert!(
        gone.threads.iter().find(|thread| thread.name == "(ended)").is_some_and(|ended| ended.cpu_ns >= 300_000_000)
    );

    // Waiting gives up the processor.
    let switches = last(&monitor.track()).voluntary_switches.unwrap();
    (0..50).for_each(|_| thread::sleep(Duration::from_millis(1)));
    let after = last(&monitor.track());
    assert!(after.voluntary_switches.unwrap() - switches >= 50);

    // The loopback device.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut to = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut from, _) = listener.accept().unwrap();
    let looped = last(&monitor.track()).loopback_bytes;
    let reader = thread::spawn(move || from.read_to_end(&mut Vec::new()).unwrap() as u64);
    to.write_all(&vec![0; usize::try_from(SENT).unwrap()]).unwrap();
    drop(to);
    assert_eq!(reader.join().unwrap(), SENT);
    if let (Some(after), Some(before)) = (last(&monitor.track()).loopback_bytes, looped) {
        assert!(after - before >= SENT, "{}", after - before);
    }

    everything_is_there_or_has_a_reason(&monitor.track());
    let report = Reporter::builder().ignore_env().build().report();
    assert_eq!(report.monitor[0].readings.last().unwrap().jemalloc_retained_bytes, Some(4_000));
    assert_eq!(Report::from_json(report.to_json()).unwrap(), report);
    let names: Vec<_> = monitor.summary().iter().map(|figure| figure.name).collect();
    assert!(["cpu_ns", "rss_bytes", "user_ns", "descriptors"].iter().all(|name| names.contains(name)), "{names:?}");
    drop(monitor);
    assert_eq!(monitor::track(), None);
}

fn everything_is_there_or_has_a_reason(track: &Track) {
    let (last, limits) = (last(track), &track.limits);
    for figure in Reading::FIGURES {
        let known = (figure.of)(&last).is_some();
        assert!(known != track.why_absent(figure.name).is_some_and(|why| !why.is_empty()), "{}", figure.name);
    }
    assert!(limits.processors >= Some(1) && limits.descriptors.is_none_or(|most| most >= last.descriptors.unwrap()));
    assert!(track.own_ns > Some(0));
    if !perf_core::is_enabled() {
        assert!(track.why_absent("live_bytes").is_some());
    }
    assert!(track.why_absent("rss_bytes").is_none() && track.why_absent("cpu_ns").is_none());
}
