//! The reporter in programs of their own: this binary runs itself with the environment that a test asks for.
//!
//! The same tests serve both builds; what is expected of a program without probes is said by `is_enabled`.

mod support;

use std::env;
use std::path::Path;
use std::process::{Command, Output};

use perf_exporters::{Report, Reporter};

/// Names the program that a child is to be.
const CHILD: &str = "PERF_TEST_CHILD";
const ENABLED: bool = perf_core::is_enabled();

/// What the children do. Run as a test of its own, it does nothing.
#[test]
fn child() {
    let Ok(program) = env::var(CHILD) else { return };
    match program.as_str() {
        "plain" => {
            let _reporter = perf_exporters::init();
            work();
        }
        "panic" => {
            let _reporter = perf_exporters::init();
            work();
            panic!("the program's own");
        }
        "flush" => {
            let reporter = perf_exporters::init();
            work();
            let flushed = reporter.flush();
            let expected = env::var("PERF_REPORT").is_ok_and(|value| ENABLED && value.contains("/no-folder/"));
            assert_eq!(flushed.is_err(), expected);
            std::process::exit(0);
        }
        "two" => {
            let _one = perf_exporters::init();
            let _two = perf_exporters::init();
            work();
        }
        "moves" => {
            let _reporter = perf_exporters::init();
            work();
            env::set_current_dir(env::temp_dir()).unwrap();
        }
        "tree" => {
            let reporter = perf_exporters::init();
            work();
            let recorded = !reporter.report().tree.nodes().is_empty();
            assert_eq!(recorded, ENABLED && env::var("PERF_REPORT").as_deref() != Ok("off"));
        }
        "capped" => {
            let reporter = perf_exporters::init();
            for _ in 0..20_000 {
                perf_core::perf_block!("short", {});
            }
            let report = reporter.report();
            let short = report.probe("short");
            let capped = env::var("PERF_OVERHEAD").is_ok_and(|value| value != "off");
            assert_eq!(short.map(|short| short.calls), ENABLED.then_some(20_000));
            let timed = short.map_or(0, |short| short.timed_calls);
            assert_eq!(timed < 20_000, capped || !ENABLED, "{timed} timed");
            assert_eq!(report.tree.nodes().is_empty(), capped || !ENABLED);
        }
        "nothing" => drop(perf_exporters::init()),
        other => panic!("no such program: {other}"),
    }
}

fn work() {
    for _ in 0..10 {
        perf_core::perf_block!("outer", {
            perf_core::perf_block!("inner", {
                std::thread::sleep(std::time::Duration::from_micros(50));
            });
        });
    }
}

fn command(program: &str, vars: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--test-threads=1"]).env(CHILD, program);
    for name in ["PERF_REPORT", "PERF_TOP", "PERF_OVERHEAD", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "CI"]
    {
        command.env_remove(name);
    }
    command.envs(vars.iter().copied());
    command
}

fn run(program: &str, vars: &[(&str, &str)]) -> Output {
    command(program, vars).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn assert_has_table(text: &str) {
    assert_eq!(text.contains("perf report · reporter-"), ENABLED, "{text}");
    assert_eq!(text.contains("outer") && text.contains("inner"), ENABLED, "{text}");
}

const WITHOUT_PROBES: &str = "perf: PERF_REPORT is set, but this program was built without probes; \
     build it with the feature `enabled` of perf-core or perf-exporters\n";

#[test]
fn the_table_comes_when_nothing_is_said() {
    let output = run("plain", &[]);
    assert!(output.status.success());
    let text = stderr(&output);
    assert_has_table(&text);
    assert!(ENABLED || text.is_empty(), "a program without probes is silent: {text}");
    assert!(!text.contains('\u{1b}'), "no colour without a terminal");
}

#[test]
fn colour_can_be_forced_and_forbidden() {
    let forced = stderr(&run("plain", &[("CLICOLOR_FORCE", "1")]));
    assert_eq!(forced.contains("\u{1b}[1m"), ENABLED, "{forced}");
    let forbidden = stderr(&run("plain", &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!forbidden.contains('\u{1b}'), "{forbidden}");
}

#[test]
fn files_and_table_are_written_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = format!("json={}/a-%p.json,table", folder.path().display());
    let output = run("plain", &[("PERF_REPORT", &wanted)]);
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    if !ENABLED {
        assert!(files.is_empty());
        assert_eq!(stderr(&output), WITHOUT_PROBES);
        return;
    }
    assert_has_table(&stderr(&output));
    let [file] = files.as_slice() else { panic!("one file: {files:?}") };
    let report = Report::read(file).unwrap();
    let pid = report.meta.pid.unwrap();
    assert_eq!(file.file_name().unwrap().to_str().unwrap(), format!("a-{pid}.json"));
    check(&report);
}

fn check(report: &Report) {
    for name in ["outer", "inner"] {
        let probe = report.probe(name).unwrap();
        assert_eq!((probe.calls, probe.histogram.count()), (10, 10), "{name}");
        assert!(probe.total_ns >= 500_000 && probe.min_ns >= 50_000 && probe.max_ns >= probe.quantiles.p50);
        assert!(probe.file.ends_with("reporter.rs") && probe.line > 0);
    }
    let nodes = report.tree.nodes();
    assert!(nodes.iter().any(|node| node.probe == "inner" && node.calls == 10), "{nodes:?}");
    let meta = &report.meta;
    assert!(meta.duration_ns >= 500_000 && meta.threads >= 1 && meta.ticks_per_second > 0.0);
    assert!(meta.program.starts_with("reporter-") && meta.processes == 1 && !meta.clock.is_empty());
    assert!(!meta.machine.rustc.is_empty() && !meta.machine.profile.is_empty());
}

#[test]
fn processes_of_one_run_merge_into_one_report() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = format!("json={}/%p.json", folder.path().display());
    for _ in 0..3 {
        assert!(run("plain", &[("PERF_REPORT", &wanted)]).status.success());
    }
    let files = std::fs::read_dir(folder.path()).unwrap();
    let reports: Vec<Report> = files.map(|file| Report::read(file.unwrap().path()).unwrap()).collect();
    assert_eq!(reports.len(), if ENABLED { 3 } else { 0 });
    let sum: Report = reports.into_iter().collect();
    assert_eq!(sum.meta.processes, if ENABLED { 3 } else { 0 });
    for probe in &sum.probes {
        assert_eq!((probe.calls, probe.timed()), (30, 30), "{}", probe.name);
    }
}

#[test]
fn a_panic_does_not_keep_the_report_back() {
    let output = run("panic", &[]);
    assert!(!output.status.success());
    let text = stderr(&output);
    assert!(text.contains("the program's own"), "{text}");
    assert_has_table(&text);
}

#[test]
fn a_program_that_exits_can_flush() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flushed.json");
    let output = run("flush", &[("PERF_REPORT", &format!("json={}", path.display()))]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(path.exists(), ENABLED);
    if ENABLED {
        check(&Report::read(&path).unwrap());
    }
}

#[test]
fn a_relative_path_starts_where_the_program_did() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command("moves", &[("PERF_REPORT", "json=perf.json")]);
    let output = command.current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(folder.path().join("perf.json").exists(), ENABLED);
}

#[test]
fn off_is_off() {
    for program in ["plain", "nothing"] {
        let output = run(program, &[("PERF_REPORT", "off")]);
        assert!(output.status.success() && output.stderr.is_empty(), "{}", stderr(&output));
    }
}

#[test]
fn who_called_whom_is_recorded_where_somebody_wants_to_see_it() {
    for vars in [[("PERF_REPORT", "off")].as_slice(), &[("PERF_REPORT", "table")], &[]] {
        let output = run("tree", vars);
        assert!(output.status.success(), "{vars:?}: {}", stderr(&output));
    }
}

#[test]
fn a_cap_is_set_by_the_environment_and_leaves_the_tree_out() {
    for vars in [[("PERF_OVERHEAD", "1%")].as_slice(), &[("PERF_OVERHEAD", "on")], &[("PERF_OVERHEAD", "off")], &[]] {
        let output = run("capped", vars);
        assert!(output.status.success(), "{vars:?}: {}", stderr(&output));
    }
}

#[test]
fn the_words_for_off_and_on_are_known_here_too() {
    for (value, wanted) in [("0", false), ("no", false), ("False", false), ("1", true), ("yes", true), ("on", true)] {
        let output = run("plain", &[("PERF_REPORT", value)]);
        let text = stderr(&output);
        assert_eq!(text.contains("perf report · "), wanted && ENABLED, "{value}: {text}");
        assert!(!ENABLED || !text.contains("perf: "), "{value}: {text}");
    }
}

#[test]
fn a_slip_in_the_name_of_a_variable_is_told_once() {
    let text = stderr(&run("two", &[("PERF_REPROT", "off"), ("PERF_PAGER", "less"), ("PERF_TOP", "5")]));
    let told: Vec<_> = text.lines().filter(|line| line.starts_with("perf: ")).collect();
    let line = "perf: PERF_REPROT is set, but no variable has that name (did you mean `PERF_REPORT`?)";
    assert_eq!(told, [line], "{text}");
}

#[test]
fn an_empty_value_is_none() {
    let text = stderr(&run("plain", &[("PERF_REPORT", "")]));
    assert_has_table(&text);
    assert!(!text.contains("perf: "), "{text}");
}

#[test]
fn a_bad_value_costs_one_line_and_not_the_table() {
    let output = run("plain", &[("PERF_REPORT", "tabel,json"), ("PERF_TOP", "many")]);
    assert!(output.status.success());
    let text = stderr(&output);
    if !ENABLED {
        assert_eq!(text, WITHOUT_PROBES);
        return;
    }
    let told: Vec<_> = text.lines().filter(|line| line.starts_with("perf: ")).collect();
    assert_eq!(
        told,
        [
            "perf: PERF_REPORT=\"tabel,json\": `tabel` is not known (did you mean `table`?), `json` needs a path, such as \
             `json=perf.json`; valid: `table`, `json=PATH`, `html=PATH`, `markdown=PATH`, `csv=PATH`, `pprof=PATH`, \
             `speedscope=PATH`, `trace=PATH`, `hdr=PATH`, `svg=PATH`, `folded=PATH` (with `?weight=allocs` or \
             `?weight=bytes` after the path for other widths than time), several of them by comma (`%p` in a path is the \
             process id), or `off`",
            "perf: PERF_TOP=\"many\": not a number; valid: a number of probes, or `all`",
        ]
    );
    assert_has_table(&text);
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_text_is_a_bad_value() {
    use std::os::unix::ffi::OsStrExt;

    let value = std::ffi::OsStr::from_bytes(b"json=\xff");
    let output = command("plain", &[]).env("PERF_REPORT", value).output().unwrap();
    let text = stderr(&output);
    assert_eq!(text.contains("not valid UTF-8"), ENABLED, "{text}");
    assert_has_table(&text);
}

#[test]
fn a_file_that_cannot_be_written_costs_one_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("no-folder"), "").unwrap();
    let path = folder.path().join("no-folder/perf.json");
    let output = run("plain", &[("PERF_REPORT", &format!("json={},table", path.display()))]);
    assert!(output.status.success());
    let text = stderr(&output);
    let line = format!("perf: {}: cannot write the report: ", path.display());
    assert_eq!(text.contains(&line), ENABLED, "{text}");
    assert_has_table(&text);
    let flushed = run("flush", &[("PERF_REPORT", &format!("json={}", path.display()))]);
    assert!(flushed.status.success(), "{}", stderr(&flushed));
}

#[test]
fn there_may_be_several_reporters() {
    let text = stderr(&run("two", &[]));
    assert_eq!(text.matches("perf report · ").count(), if ENABLED { 2 } else { 0 }, "{text}");
}

#[test]
fn few_are_shown_where_few_are_wanted() {
    let text = stderr(&run("plain", &[("PERF_TOP", "1")]));
    assert_eq!(text.contains("… and 1 more"), ENABLED, "{text}");
}

#[test]
fn the_width_can_be_told() {
    let text = stderr(&run("plain", &[("COLUMNS", "132")]));
    assert_eq!(text.lines().any(|line| line.chars().count() > 80), ENABLED, "{text}");
}

#[test]
fn a_closed_standard_error_is_no_trouble() {
    let shell = format!("'{}' --exact child --nocapture 2>&-", env::current_exe().unwrap().display());
    if Path::new("/bin/sh").exists() {
        for program in ["plain", "panic"] {
            let output = Command::new("/bin/sh")
                .args(["-c", &shell])
                .env(CHILD, program)
                .env("PERF_REPORT", "x")
                .output()
                .unwrap();
            let code = output.status.code().expect("no signal, no abort");
            assert_eq!(code, if program == "plain" { 0 } else { 101 });
        }
    }
}

#[test]
fn a_program_can_say_what_it_is() {
    let reporter = Reporter::builder().ignore_env().program("me").allocator("mimalloc").call_tree(false).build();
    let report = reporter.report();
    assert_eq!((report.meta.program.as_str(), report.meta.machine.allocator.as_str()), ("me", "mimalloc"));
}

#[cfg(target_os = "linux")]
#[test]
fn the_programs_own_output_is_added_to_and_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.txt");
    let out = std::fs::File::options().create(true).append(true).open(&path).unwrap();
    command("plain", &[("PERF_REPORT", "json=/proc/self/fd/1")]).stdout(out).output().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("running 1 test"), "{text}");
    assert_eq!(text.contains("\"schema\":\"perf.report/1\""), ENABLED, "{text}");
}
