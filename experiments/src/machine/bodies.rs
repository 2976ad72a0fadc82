//! Code of many kinds, from a tenth of a microsecond to ten milliseconds.

use std::cell::RefCell;
use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use super::work::work;

/// A name, and the code.
pub(crate) type Body = (&'static str, Box<dyn FnMut()>);

/// So many dependent loads over so many bytes: each says where the next is.
fn loads(bytes: usize) -> impl FnMut() {
    let places = bytes / size_of::<usize>();
    // One cycle through all places, a stride of lines apart (the places are a power of two, and the stride is odd).
    let stride = 8 * 1_021 + 1;
    let next: Vec<usize> = (0..places).map(|at| (at + stride) % places).collect();
    let mut at = 0;
    move || {
        for _ in 0..1_000 {
            at = next[at];
        }
        black_box(at);
    }
}

/// A lock that another thread holds for 20 µs of every 200.
struct Contended {
    lock: Arc<Mutex<u64>>,
    stop: Arc<AtomicBool>,
}

impl Contended {
    fn start() -> Self {
        let (lock, stop) = (Arc::new(Mutex::new(0)), Arc::new(AtomicBool::new(false)));
        let (held, stopped) = (Arc::clone(&lock), Arc::clone(&stop));
        std::thread::spawn(move || {
            while !stopped.load(Relaxed) {
                let guard = held.lock().unwrap_or_else(PoisonError::into_inner);
                black_box(work(20_000));
                drop(guard);
                std::thread::sleep(Duration::from_micros(180));
            }
        });
        Self { lock, stop }
    }

    fn call(&self) {
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) += work(10_000);
    }
}

impl Drop for Contended {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
    }
}

/// Maps memory afresh and writes to so many of its pages: so much at once that the allocator never keeps it.
fn page_faults(pages: usize) -> impl FnMut() {
    const PAGE: usize = 4 << 10;
    const MAPPED: usize = 64 << 20;
    move || {
        let mut memory = vec![0_u8; MAPPED];
        memory.chunks_mut(PAGE).take(pages).for_each(|page| page[0] = 1);
        black_box(&memory);
    }
}

/// Has another thread answer, which sleeps until it is asked: two threads are woken a call.
fn woken() -> impl FnMut() {
    let (ask, asked) = mpsc::channel::<u64>();
    let (answer, answered) = mpsc::channel();
    std::thread::spawn(move || {
        // It ends with the channel.
        asked.iter().try_for_each(|number| answer.send(number + 1))
    });
    let mut number = 0;
    move || {
        number = ask.send(number).ok().and_then(|()| answered.recv().ok()).unwrap_or(0);
        black_box(number);
    }
}

/// All of them.
pub(crate) fn all() -> std::io::Result<Vec<Body>> {
    let mut calls = 0_u64;
    let bimodal = move || {
        calls += 1;
        black_box(work(if calls.is_multiple_of(10) { 50_000 } else { 10_000 }));
    };
    let mut kept: Vec<[u64; 8]> = Vec::new();
    let amortised = move || {
        for step in 0..100 {
            kept.push([step; 8]);
        }
        if kept.len() > 100_000 {
            kept = Vec::new();
        }
        black_box(work(5_000));
    };
    let path = std::env::temp_dir().join(format!("budget-machine-{}", std::process::id()));
    let file = File::options().create(true).truncate(true).read(true).write(true).open(&path)?;
    std::fs::remove_file(&path)?;
    let page = RefCell::new([3_u8; 4_096]);
    let input_output = move || {
        let mut page = page.borrow_mut();
        // A full disk ends the experiment.
        file.write_all_at(&*page, 0)
            .and_then(|()| file.read_exact_at(&mut *page, 0))
            .expect("the file is written and read");
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let tasks = move || {
        let sum = runtime.block_on(async {
            let tasks: Vec<_> = (0..10).map(|_| tokio::spawn(async { work(1_000) })).collect();
            let mut sum = 0_u64;
            for task in tasks {
                sum ^= task.await.unwrap_or(0);
            }
            sum
        });
        black_box(sum);
    };
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
    let many = move || {
        black_box(workers.block_on(async { tokio::spawn(async { work(10_000) }).await.unwrap_or(0) }));
    };
    let ready = || {
        let future = async {
            let mut sum = 0;
            for _ in 0..10 {
                sum += std::future::ready(work(1_000)).await >> 8;
            }
            sum
        };
        let mut future = std::pin::pin!(future);
        // All of it, or the work is left out as not needed.
        _ = black_box(future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())));
    };
    let contended = Contended::start();
    Ok(vec![
        ("1,000 loads over 4 KiB", Box::new(loads(4 << 10))),
        ("1,000 loads over 1 MiB", Box::new(loads(1 << 20))),
        ("processor, 100 ns", Box::new(|| _ = black_box(work(100)))),
        ("processor, 10 µs", Box::new(|| _ = black_box(work(10_000)))),
        ("processor, 1 ms", Box::new(|| _ = black_box(work(1_000_000)))),
        ("processor, 10 ms", Box::new(|| _ = black_box(work(10_000_000)))),
        ("bimodal", Box::new(bimodal)),
        ("amortised", Box::new(amortised)),
        ("1 MiB allocated", Box::new(|| _ = black_box(vec![1_u8; 1 << 20]))),
        ("4 page faults", Box::new(page_faults(4))),
        ("64 page faults", Box::new(page_faults(64))),
        ("contended", Box::new(move || contended.call())),
        ("woken by a thread", Box::new(woken())),
        ("timers", Box::new(|| std::thread::sleep(Duration::from_micros(50)))),
        ("input and output", Box::new(input_output)),
        ("async", Box::new(ready)),
        ("tokio, one thread", Box::new(tasks)),
        ("tokio, two threads", Box::new(many)),
    ])
}
