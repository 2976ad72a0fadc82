//! A process that watches itself: one test, since a process has one monitor.
#![cfg(feature = "monitor")]

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use perf_core::PerfAlloc;
use perf_exporters::monitor::{self, Monitor, Options};
use perf_exporters::report::Moment;
use perf_exporters::{Report, Reporter};

#[global_allocator]
static ALLOCATOR: PerfAlloc = PerfAlloc::new(std::alloc::System);

const HELD: usize = 32 << 20;

fn until(what: impl Fn(&[Moment]) -> bool) {
    let begun = Instant::now();
    while !what(&monitor::track().unwrap().moments) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", monitor::track());
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_peak_between_two_reports_is_in_the_second() {
    let mut options = Options::default();
    options.every = Duration::from_millis(2);
    let first = Monitor::start(&options).unwrap();
    let second = Monitor::start(&Options::default()).unwrap();
    drop(first);
    let before = monitor::track().expect("the second keeps it running").moments[0];

    let held = black_box(vec![1_u8; HELD]);
    let seen = |moments: &[Moment]| moments.len();
    let some = seen(&monitor::track().unwrap().moments);
    until(|moments| seen(moments) > some + 3);
    drop(held);
    let after = seen(&monitor::track().unwrap().moments);
    until(|moments| seen(moments) > after + 3);

    let report = Reporter::builder().ignore_env().build().report();
    let [track] = &report.monitor[..] else { panic!("{:?}", report.monitor) };
    assert_eq!(track.pid, std::process::id());
    assert!(track.moments.is_sorted_by_key(|moment| (moment.at_ns, moment.cpu_ns)));
    if perf_core::is_enabled() {
        let most = track.moments.iter().filter_map(|moment| moment.live_bytes).max().unwrap();
        let (first, last) = (before.live_bytes.unwrap(), track.moments.last().unwrap().live_bytes.unwrap());
        let held = i64::try_from(HELD).unwrap();
        assert!(most - first >= held && last - first < held / 2, "{first} {most} {last}");
    } else {
        assert!(track.moments.iter().all(|moment| moment.live_bytes.is_none()));
    }
    if cfg!(target_os = "linux") {
        assert!(track.moments.iter().all(|moment| moment.rss_bytes > Some(1 << 20)));
    }
    assert_eq!(Report::from_json(report.to_json()).unwrap(), report);

    drop(second);
    assert_eq!(monitor::track(), None);
    assert!(Reporter::builder().ignore_env().build().report().monitor.is_empty());
}
