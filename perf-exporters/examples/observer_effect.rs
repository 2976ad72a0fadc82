//! How near the observer effect that a report states comes to the truth.
//!
//! Five programs are there twice, from the same source: as they are, and with every function annotated. What the first
//! costs nobody has to estimate. Each runs in a process of its own, by turns; what is compared are medians.
//!
//! ```text
//! cargo run --release -p perf-exporters --features enabled --example observer_effect
//! ```

use std::env;
use std::process::{Command, Stdio};
use std::time::Instant;

use perf_exporters::{Reporter, table};

/// Runs of each program, with and without probes.
const ROUNDS: usize = 11;

/// The programs, with some attribute on each of their functions.
macro_rules! programs {
    ({$($probe:tt)*}) => {
        use std::hint::black_box;
        use std::sync::mpsc;
        use std::thread;

        $($probe)*
        fn is_word(byte: u8) -> bool {
            byte.is_ascii_alphanumeric() || byte == b'_'
        }

        /// Functions of less than a nanosecond, which nobody should annotate.
        $($probe)*
        pub(crate) fn least(text: &[u8]) {
            for _ in 0..20 {
                black_box(text.iter().filter(|byte| is_word(**byte)).count());
            }
        }

        /// Takes some ten nanoseconds.
        $($probe)*
        fn mix(hash: u64, byte: u8) -> u64 {
            (0..12).fold(hash ^ u64::from(byte), |hash, _| hash.wrapping_mul(0x0100_0000_01b3).rotate_left(5))
        }

        $($probe)*
        fn word_end(text: &[u8], from: usize) -> usize {
            text[from..].iter().position(|byte| !byte.is_ascii_alphabetic()).map_or(text.len(), |length| from + length)
        }

        $($probe)*
        fn hash(word: &[u8]) -> u64 {
            word.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| mix(hash, *byte))
        }

        $($probe)*
        fn count_words(text: &[u8]) -> u64 {
            let (mut at, mut sum) = (0, 0_u64);
            while at < text.len() {
                let end = word_end(text, at);
                sum = sum.wrapping_add(hash(&text[at..end]));
                at = end.max(at + 1);
            }
            sum
        }

        /// A function that is worth its probe.
        $($probe)*
        fn sort_words(text: &[u8]) -> usize {
            let mut words: Vec<&[u8]> = text.split(|byte| *byte == b' ').collect();
            words.sort_unstable();
            words.dedup();
            words.len()
        }

        /// Tiny functions, one thread.
        $($probe)*
        pub(crate) fn tiny(text: &[u8]) {
            for _ in 0..20 {
                black_box(count_words(black_box(text)));
            }
        }

        $($probe)*
        fn worker(text: &[u8], jobs: &mpsc::Receiver<(usize, usize)>, results: &mpsc::Sender<u64>) {
            while let Ok((from, to)) = jobs.recv() {
                results.send(count_words(&text[from..to])).expect("the main thread receives");
            }
        }

        $($probe)*
        fn gather(results: &mpsc::Receiver<u64>) -> u64 {
            results.iter().fold(0, u64::wrapping_add)
        }

        /// Tiny functions on four threads, which wait for their work as the main thread waits for theirs.
        $($probe)*
        pub(crate) fn threads(text: &[u8]) {
            thread::scope(|scope| {
                let (send, results) = mpsc::channel();
                let workers: Vec<_> = (0..4)
                    .map(|_| {
                        let (jobs, receive) = mpsc::channel();
                        let send = send.clone();
                        scope.spawn(move || worker(text, &receive, &send));
                        jobs
                    })
                    .collect();
                drop(send);
                let piece = text.len() / 16;
                for job in 0..16 * 20 {
                    let from = job % 16 * piece;
                    workers[job % 4].send((from, from + piece)).expect("the worker receives");
                }
                drop(workers);
                black_box(gather(&results));
            });
        }

        /// Long functions between tiny ones.
        $($probe)*
        pub(crate) fn mixed(text: &[u8]) {
            for piece in text.chunks(text.len() / 64) {
                for _ in 0..12 {
                    black_box(sort_words(black_box(piece)));
                }
                black_box(count_words(black_box(piece)));
            }
        }

        $($probe)*
        async fn step(number: u64) -> u64 {
            if number % 8 == 0 {
                tokio::task::yield_now().await;
            }
            (0..12).fold(number, |number, _| number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(7))
        }

        $($probe)*
        async fn session(seed: u64) -> u64 {
            let mut sum = seed;
            for number in 0..200 {
                sum = sum.wrapping_add(step(sum ^ number).await);
            }
            sum
        }

        /// Futures on two threads.
        $($probe)*
        pub(crate) fn futures(_: &[u8]) {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("threads start");
            runtime.block_on(async {
                let tasks: Vec<_> = (0..4_000).map(|seed| tokio::spawn(session(seed))).collect();
                for task in tasks {
                    black_box(task.await.expect("no task panics"));
                }
            });
        }
    };
}

mod plain {
    programs!({});
}

mod probed {
    programs!({
        #[perf_core::perf_probe]
    });
}

type Program = fn(&[u8]);

const PROGRAMS: [(&str, Program, Program); 5] = [
    ("tiny", plain::tiny, probed::tiny),
    ("threads", plain::threads, probed::threads),
    ("mixed", plain::mixed, probed::mixed),
    ("futures", plain::futures, probed::futures),
    ("least", plain::least, probed::least),
];

/// Words of one to twelve letters, the same every time.
fn text() -> Vec<u8> {
    let mut state = 1_u64;
    let mut text = Vec::new();
    while text.len() < 100_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let letters = (state >> 33) % 12 + 1;
        text.extend((0..letters).map(|at| b'a' + u8::try_from((state >> (at * 5)) % 26).expect("a letter")));
        text.push(b' ');
    }
    text
}

/// What a process of its own prints, seconds first.
struct Figures {
    wall: f64,
    processor: f64,
    /// Calls and polls of probes.
    entries: f64,
    /// What the report says that a probe costs, in nanoseconds.
    cost: f64,
    /// How many times as long the report says that the run took.
    stated: f64,
}

/// In a process of its own: runs one program, and prints what it took and what the report says.
fn run(name: &str, with_probes: bool) {
    let (_, plain, probed) = PROGRAMS.into_iter().find(|program| program.0 == name).expect("a program");
    let text = text();
    let reporter = Reporter::builder().ignore_env().build();
    let start = Instant::now();
    if with_probes {
        probed(&text);
    } else {
        plain(&text);
    }
    let wall = start.elapsed().as_secs_f64();
    let report = reporter.report();
    let processor = report.meta.processor_ns.map_or(wall, |nanos| nanos as f64 / 1e9);
    let entries: u64 = report.probes.iter().map(perf_exporters::report::ProbeReport::entries).sum();
    let stated = 1.0 + report.observer_effect() / 100.0;
    let cost = report.meta.observer_ns as f64 / entries.max(1) as f64;
    println!("{wall} {processor} {entries} {cost} {stated}");
    if with_probes && env::var_os("SHOW").is_some() {
        eprintln!("{}", table::render(&report, &table::Options::for_stderr()));
    }
}

fn measure(name: &str, with_probes: bool) -> Figures {
    let this = env::current_exe().expect("it runs");
    let how = if with_probes { "probed" } else { "plain" };
    let output = Command::new(this).args([name, how]).stderr(Stdio::inherit()).output().expect("it runs again");
    let text = String::from_utf8(output.stdout).expect("numbers");
    let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    let [wall, processor, entries, cost, stated] = numbers.try_into().expect("five of them");
    Figures { wall, processor, entries, cost, stated }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let mut arguments = env::args().skip(1);
    if let (Some(name), Some(how)) = (arguments.next(), arguments.next()) {
        return run(&name, how == "probed");
    }
    println!(
        "| program | calls and polls | ns each, stated | measured | as long, stated | processor time | stated / that | wall time |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for (name, ..) in PROGRAMS {
        let rounds: Vec<_> = (0..ROUNDS).map(|_| (measure(name, false), measure(name, true))).collect();
        let of = |figure: fn(&(Figures, Figures)) -> f64| median(rounds.iter().map(figure));
        let entries = of(|round| round.1.entries);
        let each = of(|round| (round.1.processor - round.0.processor) / round.1.entries);
        let (stated, processor) = (of(|round| round.1.stated), of(|round| round.1.processor / round.0.processor));
        let wall = of(|round| round.1.wall / round.0.wall);
        let cost = of(|round| round.1.cost);
        println!(
            "| {name} | {:.2} M | {cost:.0} | {:.1} | {stated:.2} × | {processor:.2} × | {:.2} | {wall:.2} × |",
            entries / 1e6,
            1e9 * each,
            stated / processor
        );
    }
}
