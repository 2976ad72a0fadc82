//! Instructions of a call on each of its paths, over the same function without a probe. Needs valgrind, whose callgrind
//! counts them: the figures are the same on every run, and on every machine that runs the same machine code.

use std::hint::black_box;

use perf_core::perf_probe;

#[path = "../callgrind/mod.rs"]
mod callgrind;

/// Calls of the two runs whose difference is divided by the difference of these.
const CALLS: [u64; 2] = [20_000, 120_000];

fn body(x: u64) -> u64 {
    let x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x ^ (x >> 29)).rotate_left(17).wrapping_add(x)
}

fn boxed(x: u64) -> u64 {
    *black_box(Box::new(body(x)))
}

#[inline(never)]
fn bare(x: u64) -> u64 {
    body(x)
}

#[inline(never)]
fn bare_boxed(x: u64) -> u64 {
    boxed(x)
}

#[inline(never)]
fn bare_result(x: u64) -> Result<u64, u32> {
    if x == u64::MAX { Err(1) } else { Ok(body(x)) }
}

#[inline(never)]
#[perf_probe(name = "probe")]
fn probe(x: u64) -> u64 {
    body(x)
}

#[inline(never)]
#[perf_probe(name = "probe_boxed")]
fn probe_boxed(x: u64) -> u64 {
    boxed(x)
}

#[inline(never)]
#[perf_probe(name = "probe_result")]
fn probe_result(x: u64) -> Result<u64, u32> {
    if x == u64::MAX { Err(1) } else { Ok(body(x)) }
}

#[inline(never)]
#[perf_probe(name = "sampled", sample = 100)]
fn sampled(x: u64) -> u64 {
    body(x)
}

/// Hardly ever is one of its calls timed in a run, but the first.
#[inline(never)]
#[perf_probe(name = "untimed", sample = 1_000_000_000)]
fn untimed(x: u64) -> u64 {
    body(x)
}

#[inline(never)]
#[perf_probe(name = "capped", overhead = "1%")]
fn capped(x: u64) -> u64 {
    body(x)
}

/// One that calls two.
#[inline(never)]
#[perf_probe(name = "caller")]
fn caller(x: u64) -> u64 {
    probe(x) ^ probe(x)
}

#[inline(never)]
fn bare_caller(x: u64) -> u64 {
    bare(x) ^ bare(x)
}

/// A path: its name, that of the same function without a probe, calls of probes in each of its calls, a switch, and itself.
type Path = (&'static str, &'static str, u64, fn(), fn(u64) -> u64);

fn paths() -> Vec<Path> {
    let tree = || perf_core::set_call_tree(true);
    let timeline = || perf_core::set_timeline(1 << 12);
    let off = || perf_core::set_recording(false);
    let none = || ();
    vec![
        ("bare", "bare", 1, none, bare),
        ("bare, Box", "bare, Box", 1, none, bare_boxed),
        ("bare, Result", "bare, Result", 1, none, |x| black_box(bare_result(x)).unwrap_or_default()),
        ("bare, three", "bare, three", 1, none, bare_caller),
        ("probe", "bare", 1, none, probe),
        ("probe, Result", "bare, Result", 1, none, |x| black_box(probe_result(x)).unwrap_or_default()),
        ("probe, Box", "bare, Box", 1, none, probe_boxed),
        ("probe, three", "bare, three", 3, none, caller),
        ("tree", "bare", 1, tree, probe),
        ("tree, Box", "bare, Box", 1, tree, probe_boxed),
        ("tree, three", "bare, three", 3, tree, caller),
        ("timeline", "bare", 1, timeline, probe),
        ("sample = 100", "bare", 1, none, sampled),
        ("untimed", "bare", 1, none, untimed),
        ("overhead = 1%", "bare", 1, none, capped),
        ("switched off", "bare", 1, off, probe),
    ]
}

/// Instructions of a process that calls `path` so often.
fn collected(path: &str, calls: u64) -> u64 {
    callgrind::instructions(&["--once", path, &calls.to_string()])
}

/// The program.
pub(crate) fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [once, name, calls] = arguments.as_slice()
        && once == "--once"
    {
        let (_, _, _, switch, call) = paths().into_iter().find(|path| path.0 == name).expect("a path of this name");
        let calls: u64 = calls.parse().expect("a number of calls");
        black_box(call(0));
        switch();
        let sum = (0..calls).fold(0_u64, |sum, x| sum.wrapping_add(call(black_box(x))));
        black_box(sum);
        return;
    }
    let each = |path: &str| {
        let [few, many] = CALLS;
        (collected(path, many) - collected(path, few)) as f64 / (many - few) as f64
    };
    println!("| path | instructions of a call | over the bare function, each probe |\n|---|--:|--:|");
    let mut known: Vec<(&str, f64)> = Vec::new();
    for (name, bare, probes, ..) in paths() {
        if !arguments.is_empty() && !arguments.iter().any(|wanted| name.starts_with(wanted.as_str())) {
            continue;
        }
        let of = |known: &[(&str, f64)], name| known.iter().find(|one| one.0 == name).map(|one| one.1);
        let base = of(&known, bare).unwrap_or_else(|| each(bare));
        let all = if name == bare { base } else { each(name) };
        known.extend([(bare, base), (name, all)]);
        println!("| {name} | {all:.1} | {:.1} |", (all - base) / probes as f64);
    }
}
