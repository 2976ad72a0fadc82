//! Counts words on a few threads, and reports what that cost.
//!
//! ```text
//! cargo run --release -p perf-exporters --features enabled --example wordcount
//! PERF_REPORT=json=words.json cargo run --release -p perf-exporters --features enabled --example wordcount
//! PERF_REPORT=html=words.html PERF_MONITOR=10ms cargo run --release -p perf-exporters --features enabled,full --example wordcount
//! ```

use std::collections::HashMap;
use std::thread;

use perf_core::{PerfAlloc, Probe};

#[global_allocator]
static ALLOCATOR: PerfAlloc = PerfAlloc::new(std::alloc::System);

static CHAPTER: Probe = Probe::new("wordcount::chapter");
static SPLIT: Probe = Probe::new("wordcount::split");
static COUNT: Probe = Probe::new("wordcount::Counter::count");
static NUMBER: Probe = Probe::new("wordcount::number");
static MERGE: Probe = Probe::new("wordcount::merge");

type Counts = HashMap<String, usize>;

fn main() {
    let _reporter = perf_exporters::init();
    let chapters: Vec<String> = (1..=8).map(chapter).collect();
    let counted: Vec<Counts> = thread::scope(|scope| {
        let workers: Vec<_> = chapters.iter().map(|text| scope.spawn(move || words_of(text))).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).collect()
    });
    let total = merge(counted);
    println!("{} different words", total.len());
}

/// Some text, the longer the later the chapter.
fn chapter(number: usize) -> String {
    let word = |at: usize| ["probe", "thread", "shard", "7", "tick", "call", "4711", "page"][at * at % 31 % 8];
    let mut text = String::new();
    for at in 0..number * 20_000 {
        text.push_str(word(at));
        text.push(if at % 12 == 0 { '\n' } else { ' ' });
    }
    text
}

fn words_of(text: &str) -> Counts {
    let call = CHAPTER.start();
    call.bytes(text.len() as u64);
    let mut counts = Counts::new();
    for line in text.lines() {
        for word in split(line) {
            count(&mut counts, word);
        }
    }
    counts
}

fn split(line: &str) -> Vec<&str> {
    let call = SPLIT.start();
    let words: Vec<_> = line.split(' ').filter(|word| !word.is_empty()).collect();
    call.items(words.len() as u64);
    words
}

fn count(counts: &mut Counts, word: &str) {
    let _call = COUNT.start();
    if !is_number(word) {
        *counts.entry(word.to_owned()).or_default() += 1;
    }
}

fn is_number(word: &str) -> bool {
    let call = NUMBER.start();
    let number = word.parse::<u32>();
    if number.is_err() {
        call.fail();
    }
    number.is_ok()
}

fn merge(all: Vec<Counts>) -> Counts {
    let _call = MERGE.start();
    all.into_iter().fold(Counts::new(), |mut sum, counts| {
        for (word, number) in counts {
            *sum.entry(word).or_default() += number;
        }
        sum
    })
}
