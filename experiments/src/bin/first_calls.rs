//! What comes before the usual call: nanoseconds, and allocations of the program's allocator, of the first call of a program, a
//! probe, a thread and a session: `cargo run --release -p experiments --features probes --bin first_calls`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Instant;

use perf_core::{Probe, Session, perf_probe};

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

struct Counting;

// SAFETY: forwards to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Nanoseconds and allocations of some work.
fn of(work: impl FnOnce()) -> (u64, u64) {
    let (began, before) = (Instant::now(), ALLOCATIONS.load(Relaxed));
    work();
    let taken = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
    (taken, ALLOCATIONS.load(Relaxed) - before)
}

fn print(what: &str, mut each: Vec<(u64, u64)>) {
    each.sort_unstable();
    let allocations: u64 = each.iter().map(|one| one.1).sum();
    let (count, median, slow) = (each.len(), each[each.len() / 2].0, each[each.len() * 9 / 10].0);
    println!("| {what} | {count} | {median} | {slow} | {:.2} |", allocations as f64 / count as f64);
}

fn probes(prefix: &str, count: usize) -> Vec<&'static Probe> {
    (0..count).map(|index| &*Box::leak(Box::new(Probe::new(format!("{prefix} {index}").leak())))).collect()
}

/// Calls of a type's methods are named by the compiler, when they first run.
struct Named<const N: u64>(u64);

macro_rules! named {
    ($($number:literal)*) => {
        $(impl Named<$number> {
            #[perf_probe]
            fn method(&self) -> u64 {
                black_box(self.0 ^ $number)
            }
        })*
        fn call_named() -> Vec<(u64, u64)> {
            vec![$(of(|| assert_eq!(Named::<$number>(0).method(), $number))),*]
        }
    };
}
named!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19);

/// The first call on each of so many threads, one after the other or all of them alive at once.
fn threads(probe: &'static Probe, count: usize, at_once: bool) -> Vec<(u64, u64)> {
    let barrier = std::sync::Barrier::new(if at_once { count } else { 1 });
    // One after the other does its call: allocations of others would be counted too.
    let turn = std::sync::Mutex::new(());
    let mut each = Vec::with_capacity(count);
    thread::scope(|scope| {
        let mut handles = Vec::with_capacity(count);
        for _ in 0..count {
            let handle = scope.spawn(|| {
                let alone = turn.lock();
                let taken = of(|| drop(probe.start()));
                drop(alone);
                barrier.wait();
                taken
            });
            if at_once {
                handles.push(handle);
            } else {
                each.extend(handle.join());
            }
        }
        each.extend(handles.into_iter().filter_map(|handle| handle.join().ok()));
    });
    each
}

fn main() {
    static FIRST: Probe = Probe::new("first");
    println!("| the first call of | measured | median, ns | p90, ns | allocations each |\n|---|--:|--:|--:|--:|");
    print("a program: the clock is chosen, the cost of a probe measured", vec![of(|| drop(FIRST.start()))]);
    print("nothing: the usual call", (0..1000).map(|_| of(|| drop(FIRST.start()))).collect());
    let some = probes("some", 1000);
    print("a probe: it is registered", some.iter().map(|probe| of(|| drop(probe.start()))).collect());
    print("a probe that the compiler names", call_named());
    print("a thread beside others", threads(&FIRST, 64, true));
    print("a thread after another", threads(&FIRST, 64, false));
    let on_a_thread = move || some.iter().map(|probe| of(|| drop(probe.start()))).collect();
    print("a known probe on a new thread", thread::spawn(on_a_thread).join().unwrap_or_default());
    let mut kept = Vec::with_capacity(64);
    let mut session = |keep: bool| {
        let mut session = None;
        let taken = of(|| {
            let new = Session::new();
            new.run(|| drop(FIRST.start()));
            session = Some(new);
        });
        kept.extend(session.filter(|_| keep));
        taken
    };
    print("a session beside others, its making included", (0..64).map(|_| session(true)).collect());
    print("a session after another", (0..64).map(|_| session(false)).collect());
    print("a cap: the cost of a sampled one is measured", vec![of(|| perf_core::set_overhead(10_000))]);
}
