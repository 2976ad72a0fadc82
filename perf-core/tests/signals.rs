//! Signal handlers that call the very probes they interrupt, in storms: every call counts, or counts as lost, and nothing
//! waits for a lock that the interrupted thread holds.
#![cfg(all(unix, not(miri)))]

use std::hint::black_box;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use perf_core::{PerfAlloc, Probe, set_call_tree, snapshot};

/// Marks of open calls are taken while handlers begin and end calls above them.
#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);

/// Usual, sampled, capped.
static PROBES: [Probe; 3] = [
    Probe::new("signals::usual"),
    Probe::new("signals::sampled").sample(3),
    Probe::new("signals::capped").overhead(50_000),
];
/// Each has a histogram of its own, with octaves that handlers are the first to reach.
static FRESH: [Probe; 32] = [const { Probe::at("signals::fresh", file!(), line!()) }; 32];

/// Allocates [`BLOCKS`] times in each call.
static ALLOCATES: Probe = Probe::new("signals::allocates");
const BLOCKS: u64 = 20;

static HANDLED: AtomicUsize = AtomicUsize::new(0);

/// Calls every probe once, for as long as the number of the signal says.
extern "C" fn handle(_: libc::c_int) {
    let number = HANDLED.fetch_add(1, Relaxed);
    let calls = (PROBES.each_ref().map(Probe::start), FRESH[number % FRESH.len()].start());
    for spin in 0..1u64 << (number / 64 % 12) {
        black_box(spin);
    }
    calls.0[0].items(1);
    drop(calls);
}

fn install(signal: libc::c_int) {
    // SAFETY: a handler that only calls probes; zeros are a valid set of no signals and no flags.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handle as extern "C" fn(libc::c_int) as usize;
        action.sa_flags = libc::SA_RESTART;
        assert_eq!(libc::sigaction(signal, &raw const action, ptr::null_mut()), 0);
    }
}

/// Calls probes and allocates, while another thread sends it two signals whose handlers interrupt each other too: for
/// some time, and on a machine with more to do until there were so many signals. Returns how often it called each.
fn storm(time: Duration, signals: usize) -> u64 {
    let signals = HANDLED.load(Relaxed) + signals;
    // SAFETY: no arguments.
    let me = unsafe { libc::pthread_self() };
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Relaxed) {
                for signal in [libc::SIGUSR1, libc::SIGUSR2] {
                    // SAFETY: the thread waits for this one at the end of the scope.
                    unsafe { libc::pthread_kill(me, signal) };
                }
                // So that the thread gets on.
                thread::sleep(Duration::from_micros(20));
            }
        });
        let (start, mut calls) = (Instant::now(), 0);
        while start.elapsed() < time || HANDLED.load(Relaxed) < signals {
            for _ in 0..1000 {
                for probe in &PROBES {
                    let call = probe.start();
                    call.items(1);
                }
                calls += 1;
            }
            let _call = ALLOCATES.start();
            // The first is empty, and the outer one is a block, too.
            black_box((0..20).map(|size| vec![0u8; 100 * size]).collect::<Vec<_>>());
        }
        over.store(true, Relaxed);
        calls
    })
}

#[test]
fn every_call_counts_or_is_lost() {
    // SAFETY: ends the process by a signal where it hangs.
    unsafe { libc::alarm(300) };
    for probe in PROBES.iter().chain(&FRESH) {
        drop(probe.start()); // warm on this thread
    }
    let mut calls = 1;
    install(libc::SIGUSR1);
    install(libc::SIGUSR2);
    for tree in [false, true] {
        set_call_tree(tree);
        calls += storm(Duration::from_millis(1500), 600);
    }
    let handled = HANDLED.load(Relaxed) as u64;
    let seen = snapshot();
    let counted = |name| seen.get(name).map_or(0, perf_core::ProbeStats::calls);
    let names = ["signals::usual", "signals::sampled", "signals::capped"];
    let all = names.map(counted).iter().sum::<u64>() + counted("signals::fresh");
    let made = 3 * (calls + handled) + FRESH.len() as u64 + handled;
    println!("{handled} signals, {made} calls, {} lost", seen.meta().lost);
    assert_eq!(all + seen.meta().lost, made, "{names:?}: {:?}", names.map(counted));
    let allocates = seen.get("signals::allocates").unwrap();
    assert_eq!((allocates.allocs(), allocates.net_bytes()), (BLOCKS * allocates.calls(), 0));
    assert_eq!(allocates.self_allocs(), allocates.allocs(), "no handler allocates");
    let usual = seen.get("signals::usual").unwrap();
    assert_eq!(usual.histogram().count(), usual.calls());
}
