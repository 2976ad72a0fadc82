//! The baseline file: what is written is read, and whatever is wrong with it is named.

use std::fs;
use std::path::Path;

use perf_exporters::Report;
use perf_exporters::baseline::{
    Baseline, Kernels, Level, Metric, Options, Proof, compare, compare_baselines, compare_runs, hold, markdown, text,
};
use perf_exporters::gate::Verdict;
use perf_exporters::report::{Histogram, ProbeReport, Quantiles};

/// A probe of a thousand calls around this many nanoseconds.
fn probe(name: &str, ns: u64) -> ProbeReport {
    let mut probe = ProbeReport::new(name);
    let times: Vec<u64> = (0..1000).map(|i| ns + i * ns / 10_000).collect();
    probe.calls = 1000;
    probe.sum_ns = times.iter().sum();
    (probe.total_ns, probe.self_ns) = (probe.sum_ns, probe.sum_ns);
    probe.histogram = times.into_iter().collect::<Histogram>();
    probe.quantiles = Quantiles::from_fn(|q| probe.histogram.quantile(q).unwrap());
    (probe.allocs, probe.alloc_bytes, probe.peak_bytes) = (2000, 64_000, 4096);
    probe
}

fn report(probes: impl IntoIterator<Item = ProbeReport>) -> Report {
    let mut report = Report::default();
    report.meta.alloc_tracking = true;
    let machine = &mut report.meta.machine;
    (machine.arch, machine.os, machine.cores) = ("x86_64".into(), "linux".into(), 2);
    (machine.rustc, machine.profile) = ("1.95.0".into(), "release opt-level=3".into());
    report.probes = probes.into_iter().collect();
    report
}

fn usual() -> Report {
    report([probe("codec::decode<u8>", 10_000), probe("store \"quoted\\name\"", 500)])
}

fn written() -> String {
    let mut baseline = Baseline::default();
    baseline.record([&usual()], Kernels::new(500_000.0, 700_000.0, 400_000.0, "release").as_ref());
    baseline.to_toml()
}

/// A file whose five processes agree keeps one value; it was five processes all the same.
#[test]
fn instructions_that_agree_are_read_back_as_those_of_all_processes() {
    let machine = perf_exporters::report::Machine::current();
    let of = |processes: &[f64]| {
        let mut baseline = Baseline::default();
        baseline.put_instructions("sort", &machine, "callgrind", processes);
        baseline
    };
    let text = of(&[50_000.0; 5]).to_toml();
    assert!(text.contains("counted_by = \"callgrind\"\ninstructions = 50000\n"), "{text}");
    let read = Baseline::parse(&text).unwrap();
    assert_eq!(read.to_toml(), text);
    let level = |new: &[f64]| {
        let found = compare_baselines(&read, &of(new), &Options::default());
        found.change("sort", Metric::Instructions).unwrap().level
    };
    assert_eq!(level(&[50_500.0; 3]), Level::Fail);
    assert_eq!(level(&[50_500.0; 2]), Level::Unproven);
    assert_eq!(level(&[50_200.0; 1]), Level::Same);
    let mut other_source = Baseline::default();
    other_source.put_instructions("sort", &machine, "processor", &[90_000.0; 3]);
    let found = compare_baselines(&read, &other_source, &Options::default());
    let change = found.change("sort", Metric::Instructions).unwrap();
    assert!(!change.gates && change.note.as_deref().unwrap().contains("callgrind → processor"), "{change:?}");
}

#[test]
fn what_is_written_is_read_and_written_the_same() {
    let text = written();
    let read = Baseline::parse(&text).unwrap();
    assert_eq!(read.to_toml(), text);
    assert_eq!(
        read.entries().map(|(name, _)| name).collect::<Vec<_>>(),
        ["codec::decode<u8>", "store \"quoted\\name\""]
    );
    let entry = read.get("codec::decode<u8>").unwrap();
    assert_eq!(entry.counts.get(Metric::Allocs).unwrap().agreed(), Some(2000.0));
    let (_, class) = read.classes().next().unwrap();
    assert_eq!(class.machine, usual().meta.machine);
    assert!(class.kernels.is_some());
    // Windows checks files out with other line ends.
    assert_eq!(Baseline::parse(&text.replace('\n', "\r\n")).unwrap().to_toml(), text);
}

#[test]
fn the_same_measurement_makes_no_difference() {
    let found = compare(&Baseline::parse(&written()).unwrap(), &usual());
    assert_eq!(found.verdict(), Verdict::Pass, "{found}");
    assert!(found.nothing_regressed() && found.moved().is_empty());
    assert_eq!(found.changes.len(), 22);
}

#[test]
fn a_cut_at_any_byte_is_an_error_with_a_line() {
    let text = written();
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        let error = Baseline::parse(&text[..end]).expect_err(&text[..end]);
        assert!(error.line().is_some_and(|line| line <= text[..end].lines().count().max(1)), "{error}");
        assert!(error.is_truncated() || error.is_malformed(), "{error}");
        assert!(matches!(error.verdict(), Verdict::Inconclusive(_)));
    }
}

#[test]
fn a_change_of_any_byte_is_found_or_means_nothing() {
    let text = written();
    let original = Baseline::parse(&text).unwrap();
    let bytes = [b'0', b'7', b'"', b'\n', b' '];
    for at in 0..text.len() {
        for byte in [at, at + 2].map(|turn| bytes[turn % bytes.len()]) {
            let mut torn = text.clone().into_bytes();
            torn[at] = byte;
            let Ok(torn) = String::from_utf8(torn) else { continue };
            if let Ok(read) = Baseline::parse(&torn) {
                assert_same(&original, &read, &format!("byte {at} as {:?}", char::from(byte)));
            }
        }
    }
}

/// Nothing is gone, and no figure is another one.
#[track_caller]
fn assert_same(original: &Baseline, read: &Baseline, what: &str) {
    let found = compare_baselines(original, read, &Options::default());
    let moved = found.changes.iter().any(|change| change.moved() || change.old.total_cmp(&change.new).is_ne());
    assert!(!moved && found.new.is_empty() && found.gone.is_empty(), "{what}");
    let sections = |baseline: &Baseline| -> Vec<(String, Vec<String>)> {
        let entry = |(name, entry): (&str, &perf_exporters::baseline::Entry)| {
            (name.to_owned(), entry.times.keys().cloned().collect())
        };
        baseline.entries().map(entry).collect()
    };
    assert_eq!(sections(original), sections(read), "{what}");
    assert_eq!(original.classes().count(), read.classes().count(), "{what}");
}

/// Every header, every bit of it: a section that goes by another name is not passed over.
#[test]
fn a_flipped_bit_in_a_header_is_found() {
    let mut plain = usual();
    plain.probes.push(probe("bare", 700));
    let mut baseline = Baseline::default();
    baseline.record([&plain], Kernels::new(500_000.0, 700_000.0, 400_000.0, "release").as_ref());
    let text = baseline.to_toml();
    let mut found = 0;
    for (at, byte) in text.bytes().enumerate() {
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        for bit in (0..8).filter(|_| text[line..].starts_with('[') && byte != b'\n') {
            let mut torn = text.clone().into_bytes();
            torn[at] ^= 1 << bit;
            let Ok(torn) = String::from_utf8(torn) else { continue };
            match Baseline::parse(&torn) {
                Ok(read) => assert_same(&baseline, &read, &format!("bit {bit} of byte {at}: {torn}")),
                Err(_) => found += 1,
            }
        }
    }
    assert!(found > 500, "{found} of them were errors");
}

/// Sections of a later version pass as long as their checksums do, whatever they are called.
#[test]
fn an_unknown_section_is_held_against_its_checksum_too() {
    let text = written();
    let header = text.lines().find(|line| line.starts_with('[') && line.contains(".time.")).unwrap();
    let renamed = text.replace(header, &header.replace(".time.", ".tyme."));
    let error = Baseline::parse(&renamed).unwrap_err();
    assert!(error.is_checksum() && error.to_string().contains(".tyme."), "{error}");
    let end = "\n# end of perf.lock\n";
    let unknown = "\n[later.\"kind of\"]\nspeed = 3\nwords = [\"a\", \"b\"]\n";
    let with = |checksum: &str| text.replace(end, &format!("{unknown}checksum = \"{checksum}\"\n{end}"));
    assert!(Baseline::parse(&with("0123456789abcdef")).unwrap_err().is_checksum());
    assert!(Baseline::parse(&text.replace(end, &format!("{unknown}{end}"))).is_ok(), "it need not have one");
    // FNV-1a of header and lines, each with a line end, by another implementation.
    let sum = "335dafeada988202";
    let kept = Baseline::parse(&with(sum)).unwrap();
    assert!(kept.to_toml().contains(sum));
    Baseline::parse(&kept.to_toml()).unwrap();
}

#[test]
fn conflicts_newer_schemas_and_foreign_files_are_told_apart() {
    let text = written();
    let conflict =
        text.replace("calls = 1000\n", "<<<<<<< HEAD\ncalls = 1000\n=======\ncalls = 1001\n>>>>>>> theirs\n");
    let error = Baseline::parse(&conflict).unwrap_err();
    let line = conflict.lines().position(|line| line.starts_with("<<<<")).unwrap() + 1;
    assert!(error.is_conflict() && error.line() == Some(line), "{error}");

    let error = Baseline::parse(&text.replace("perf.lock/1", "perf.lock/2")).unwrap_err();
    assert!(error.is_newer_schema() && error.to_string().contains("update"), "{error}");
    // A newer form need not even be TOML as we know it.
    assert!(Baseline::parse("schema = \"perf.lock/3\"\n%%%\n").unwrap_err().is_newer_schema());

    for foreign in ["", "[package]\nname = \"x\"\n", "{}", "schema = \"other/1\"\n# end of perf.lock\n"] {
        assert!(Baseline::parse(foreign).unwrap_err().is_malformed(), "{foreign}");
    }
    let error = Baseline::parse(&text.replace("calls = 1000", "calls = \"many\"")).unwrap_err();
    assert!(error.is_malformed() && error.to_string().contains("calls"), "{error}");
    let error = Baseline::parse(&text.replace("allocs = 2000", "allocs = 2001")).unwrap_err();
    assert!(error.is_checksum() && error.line().is_some(), "{error}");
}

#[test]
fn unknown_keys_and_tables_stay() {
    let text = written();
    let more = text
        .replacen("schema = \"perf.lock/1\"\n", "schema = \"perf.lock/1\"\nflavour = \"sweet\"\n", 1)
        .replacen("calls = 1000\n", "owner = [\"a\", \"b\"]\ncalls = 1000\n", 1)
        .replacen("# end of perf.lock", "[tool.other]\nx = 1\n\n# end of perf.lock", 1);
    let read = Baseline::parse(&more).unwrap();
    let once = read.to_toml();
    for kept in ["flavour = \"sweet\"", "owner = [\"a\", \"b\"]", "[tool.other]\nx = 1"] {
        assert!(once.contains(kept), "{kept} in\n{once}");
    }
    let mut read = Baseline::parse(&once).unwrap();
    assert_eq!(read.to_toml(), once);
    // Also after new figures were recorded.
    read.record([&usual()], None);
    assert!(read.to_toml().contains("owner = [\"a\", \"b\"]"));
}

#[test]
fn sections_of_two_branches_merge_by_line() {
    let (mut ours, mut theirs) = (Baseline::parse(&written()).unwrap(), Baseline::parse(&written()).unwrap());
    ours.record([&report([probe("a::first", 100)])], None);
    theirs.record([&report([probe("z::last", 100)])], None);
    // What git does with insertions at two places: both.
    let added = |text: &str| text.split("[entry.\"z::last\"]").nth(1).unwrap().to_owned();
    let merged =
        ours.to_toml().replace("\n# end of perf.lock\n", "") + "\n[entry.\"z::last\"]" + &added(&theirs.to_toml());
    let merged = Baseline::parse(&merged).unwrap();
    assert!(merged.get("a::first").is_some() && merged.get("z::last").is_some());
}

#[test]
fn regressions_of_every_kind_are_found() {
    let baseline = Baseline::parse(&written()).unwrap();
    let worse = |change: fn(&mut ProbeReport)| {
        let mut now = usual();
        change(&mut now.probes[0]);
        compare(&baseline, &now)
    };
    let name = "codec::decode<u8>";
    let found = worse(|probe| probe.allocs += 1);
    assert_eq!(found.change(name, Metric::Allocs).unwrap().level, Level::Fail);
    assert_eq!(found.change(name, Metric::Allocs).unwrap().proof, Proof::Exact);
    assert!(found.verdict().is_fail());
    assert!(worse(|probe| probe.errors += 1).verdict().is_fail());
    assert!(worse(|probe| probe.calls += 1).verdict().is_fail());
    assert!(worse(|probe| probe.peak_bytes *= 2).verdict().is_fail());
    let warned = worse(|probe| probe.alloc_bytes = probe.alloc_bytes * 13 / 10);
    assert!(warned.verdict().is_pass() && !warned.nothing_regressed());
    assert_eq!(warned.count(Level::Warn), 1);

    let slower = worse(|p| *p = probe("codec::decode<u8>", 13_000));
    assert!(slower.verdict().is_fail(), "{slower}");
    let change = slower.change(name, Metric::MeanNs).unwrap();
    assert!((change.ratio.unwrap() - 1.3).abs() < 0.01 && change.low.unwrap() > 1.2);
    assert!(slower.recommendations().iter().any(|line| line.contains("look first at codec::decode<u8>")));
    let faster = worse(|p| *p = probe("codec::decode<u8>", 7_000));
    assert!(faster.verdict().is_pass() && faster.nothing_regressed() && faster.count(Level::Improved) >= 1);
    assert!(worse(|p| p.name = "other".into()).gone == ["codec::decode<u8>"]);
    // Two nanoseconds are nobody's fault.
    let small = Baseline::from_runs([&report([probe("tiny", 10)])]);
    let found = compare(&small, &report([probe("tiny", 11)]));
    assert!(found.nothing_regressed(), "{found:#?}");
}

#[test]
fn on_another_machine_times_are_advisory_and_counts_gate() {
    let baseline = Baseline::parse(&written()).unwrap();
    let mut now = usual();
    now.meta.machine.cores = 64;
    now.probes[0] = probe("codec::decode<u8>", 30_000);
    let found = compare(&baseline, &now);
    assert!(found.verdict().is_pass(), "{found}");
    assert_eq!(found.differences.len(), 1);
    let change = found.change("codec::decode<u8>", Metric::MeanNs).unwrap();
    assert!(!change.gates && change.level == Level::Fail);
    now.probes[0].allocs += 1;
    let found = compare(&baseline, &now);
    assert!(found.verdict().is_fail());
    let note = found.change("codec::decode<u8>", Metric::Allocs).unwrap().note.clone().unwrap();
    assert!(note.contains("cores"), "{note}");

    // With kernels on both sides the old times are brought to this machine's scale.
    let mut options = Options::default();
    options.kernels = Kernels::new(1_500_000.0, 2_100_000.0, 1_200_000.0, "release");
    let scaled = compare_runs(&baseline, [&now], &options);
    assert!((scaled.scale.unwrap() - 3.0).abs() < 1e-9);
    assert_eq!(scaled.change("codec::decode<u8>", Metric::MeanNs).unwrap().level, Level::Same);
}

#[test]
fn a_disturbed_machine_proves_nothing_slower() {
    let baseline = Baseline::parse(&written()).unwrap();
    let now = report([probe("codec::decode<u8>", 14_000), probe("store \"quoted\\name\"", 500)]);
    let mut options = Options::default();
    options.kernels = Kernels::new(650_000.0, 900_000.0, 500_000.0, "release");
    let found = compare_runs(&baseline, [&now], &options);
    assert!(matches!(found.verdict(), Verdict::Inconclusive(_)), "{found}");
    assert!(found.disturbed && found.to_string().contains("environment"));
    let mut quiet = options.clone();
    quiet.kernels = Kernels::new(500_000.0, 700_000.0, 400_000.0, "release");
    assert!(compare_runs(&baseline, [&now], &quiet).verdict().is_fail());
    // Kernels of another build say nothing.
    options.kernels = Kernels::new(650_000.0, 900_000.0, 500_000.0, "debug");
    assert!(compare_runs(&baseline, [&now], &options).verdict().is_fail());
}

#[test]
fn reports_of_comparisons_are_data() {
    let baseline = Baseline::parse(&written()).unwrap();
    let mut now = usual();
    now.probes[0] = probe("codec::decode<u8>", 25_000);
    now.probes[1].allocs = 0;
    now.probes.push(probe("a|new`one", 5));
    let found = compare(&baseline, &now);
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<perf_exporters::baseline::RegressionReport>(&json).unwrap(), found);
    let markdown = markdown::render(&found);
    assert!(markdown.starts_with("### ❌ perf: FAIL") && markdown.contains("| ❌ **FAIL** | `codec::decode<u8>` |"));
    let mut options = text::Options::default();
    for width in [40, 60, 80, 120] {
        options.width = width;
        let text = text::render(&found, &options);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width.max(72), "{widest} of {width}:\n{text}");
    }
}

#[test]
fn five_runs_tell_more_than_one() {
    let run = |ns: u64| report([probe("p", ns)]);
    let old: Vec<Report> = [10_000, 10_400, 9_800, 10_100, 10_900].map(run).into();
    let same: Vec<Report> = [10_300, 9_900, 10_800, 10_200, 10_000].map(run).into();
    let slow: Vec<Report> = [13_300, 12_900, 13_800, 13_200, 13_000].map(run).into();
    let baseline = Baseline::parse(&Baseline::from_runs(&old).to_toml()).unwrap();
    let found = compare_runs(&baseline, &same, &Options::default());
    assert!(found.nothing_regressed(), "{found}");
    let found = compare_runs(&baseline, &slow, &Options::default());
    let change = found.change("p", Metric::MeanNs).unwrap();
    assert_eq!((change.level, change.proof, change.old_runs), (Level::Fail, Proof::Runs, 5));
    let both = compare_baselines(&Baseline::from_runs(&slow), &Baseline::from_runs(&old), &Options::default());
    assert!(both.nothing_regressed() && both.count(Level::Improved) > 0);
}

#[test]
fn five_runs_after_five_fail_where_no_state_of_a_machine_explains_it() {
    // Times in tenths, and how many of a thousand calls are late.
    let runs = |tenths: u64, late: u64| {
        [10_000, 10_400, 9_800, 10_100, 10_900].map(|usual| with_slow_calls(usual * tenths / 10, late, 9))
    };
    let mut options = Options::default();
    let mut told = |new: &[Report], apart: bool| {
        options.one_after_the_other = apart;
        let found = compare_baselines(&Baseline::from_runs(&runs(10, 0)), &Baseline::from_runs(new), &options);
        Metric::ALL
            .map(|metric| found.change("p", metric).is_some_and(|change| change.level == Level::Fail))
            .contains(&true)
    };
    assert!(told(&runs(30, 0), true) && told(&runs(30, 0), false));
    let half_as_slow_again = runs(16, 0);
    assert!(told(&half_as_slow_again, false) && !told(&half_as_slow_again, true));
    // A tenth of the calls is late: the p95 moves, and the median does not.
    let late = runs(10, 100);
    assert!(told(&late, false) && !told(&late, true));
}

/// A run of a thousand calls, some of which take so many times as long.
fn with_slow_calls(ns: u64, slow: u64, times_as_long: u64) -> Report {
    let times: Vec<u64> = (0..1_000).map(|at| if at < slow { times_as_long * ns } else { ns }).collect();
    let mut own = probe("p", ns);
    own.sum_ns = times.iter().sum();
    own.histogram = times.into_iter().collect::<Histogram>();
    own.quantiles = Quantiles::from_fn(|q| own.histogram.quantile(q).unwrap());
    report([own])
}

/// Five runs, so many calls of which take twice as long.
fn of_two_kinds(ns: u64, slow: u64) -> [Report; 5] {
    [0, 1, 2, 3, 4].map(|run| with_slow_calls(ns + run * ns / 200, slow, 2))
}

fn level_of(metric: Metric, old: &[Report], new: &[Report]) -> Option<Level> {
    let found = compare_baselines(&Baseline::from_runs(old), &Baseline::from_runs(new), &Options::default());
    found.change("p", metric).map(|change| change.level)
}

/// Some five in a hundred are slow: a few more of these take the p95 from the one kind to the other.
#[test]
fn a_tail_between_two_kinds_of_calls_proves_nothing() {
    let runs = of_two_kinds;
    let p95 = |old: &[Report], new: &[Report]| level_of(Metric::P95Ns, old, new);
    assert_eq!(p95(&runs(10_000, 45), &runs(10_000, 55)), Some(Level::Unproven), "one call in a hundred more");
    assert_eq!(p95(&runs(10_000, 45), &runs(10_000, 120)), Some(Level::Fail), "one in ten is another kind of program");
    assert_eq!(p95(&runs(10_000, 5), &runs(10_000, 60)), Some(Level::Fail), "beyond the old p99");
    assert_eq!(p95(&runs(10_000, 45), &runs(14_000, 45)), Some(Level::Fail), "all calls");
}

/// About half are slow: a few more of these take the median from the one kind to the other.
#[test]
fn a_median_between_two_kinds_of_calls_proves_nothing() {
    let runs = of_two_kinds;
    let p50 = |old: &[Report], new: &[Report]| level_of(Metric::P50Ns, old, new);
    assert_eq!(p50(&runs(10_000, 460), &runs(10_000, 540)), Some(Level::Unproven), "eight calls in a hundred more");
    // One in three more is another kind of program, which the mean says.
    assert_eq!(p50(&runs(10_000, 460), &runs(10_000, 800)), Some(Level::Unproven));
    assert_eq!(level_of(Metric::MeanNs, &runs(10_000, 460), &runs(10_000, 800)), Some(Level::Fail));
    assert_eq!(p50(&runs(10_000, 60), &runs(10_000, 540)), Some(Level::Fail), "the p90 moves");
    assert_eq!(p50(&runs(10_000, 460), &runs(14_000, 460)), Some(Level::Fail), "all calls");
}

#[test]
fn a_broken_file_is_named_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("perf.lock");
    assert!(Baseline::load(&path).unwrap_err().is_not_found());
    Baseline::update(&path, |baseline| baseline.record([&usual()], None)).unwrap();
    let good = fs::read(&path).unwrap();
    for (bad, line) in [(&good[..good.len() / 2], true), (&b"\xff\xfe\n"[..], true), (&b""[..], true)] {
        fs::write(&path, bad).unwrap();
        for error in [
            Baseline::load(&path).unwrap_err(),
            Baseline::update(&path, |baseline| baseline.record([&usual()], None)).unwrap_err(),
        ] {
            assert_eq!(error.path(), Some(Path::new(&path)));
            assert_eq!(error.line().is_some(), line);
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), bad, "nothing writes over it");
    }
}

#[test]
fn tests_record_and_hold_their_own_entries() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("perf.lock");
    assert!(hold(&path, false, "one", &usual()).unwrap_err().is_not_found());
    for name in ["one", "two"] {
        assert!(hold(&path, true, name, &usual()).unwrap().is_none());
    }
    assert!(hold(&path, false, "one", &usual()).unwrap().unwrap().nothing_regressed());
    let mut worse = usual();
    worse.probes[0].allocs += 1;
    assert!(hold(&path, false, "two", &worse).unwrap().unwrap().verdict().is_fail());
    // A test that nobody recorded yet is not one that passes.
    let unknown = hold(&path, false, "three", &usual()).unwrap().unwrap();
    assert!(matches!(unknown.verdict(), Verdict::Inconclusive(_)), "{unknown}");
    // Runs of a program do not miss what tests measured, and say so of what is theirs.
    Baseline::update(&path, |baseline| baseline.record([&usual()], None)).unwrap();
    let found = compare(&Baseline::load(&path).unwrap(), &report([usual().probes.remove(0)]));
    assert_eq!(found.gone, [usual().probes[1].name.as_str()]);
    // A probe of one's own that is gone is missed; those of other tests are not.
    let mut fewer = usual();
    fewer.probes.pop();
    assert_eq!(hold(&path, false, "one", &fewer).unwrap().unwrap().gone.len(), 1);
}

#[test]
fn a_file_of_endless_nesting_is_an_error_and_no_crash() {
    let deep = "a.".repeat(50_000) + "a";
    let lists = "[".repeat(50_000);
    for text in [format!("[{deep}]\n"), format!("{deep} = 1\n"), format!("x = {lists}\n")] {
        let text = format!("schema = \"perf.lock/1\"\n{text}# end of perf.lock\n");
        let small = std::thread::Builder::new().stack_size(512 << 10);
        let read = small.spawn(move || Baseline::parse(&text).map(|read| read.to_toml())).unwrap().join().unwrap();
        assert!(read.is_err());
    }
}
