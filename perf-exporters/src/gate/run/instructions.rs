//! Instructions of a test: counted in another process, which runs this test alone.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use perf_core::budget::{Growth, Relative};

use super::again::Again;
use super::engine::{Engine, Returned};
use super::subject::Subject;
use crate::instructions::{Meter, REMEDY, Source};
use crate::judge::growth::Class;
use crate::judge::instructions::{self, Instructions, PROCESSES};
use crate::judge::verdict::{Reason, Unit, Verdict};
use crate::judge::{Row, steps};
use crate::{env, human};

/// Calls before the first that is counted, of a fixed size, and of each of several: what a first call sets up for all others is not
/// its own.
const WARM: [usize; 2] = [3, 1];

/// Calls that are counted in a process, in the same two cases.
const CALLS: [usize; 2] = [5, 3];

/// No size takes much longer than this in such a process: then fewer calls are made.
const PATIENCE: Duration = Duration::from_secs(2);

/// No process is waited for longer than this.
const DEADLINE: Duration = Duration::from_secs(100);

/// What is called: the test's body, or the function that it is compared with.
const BODY: &str = "body";
const REFERENCE: &str = "reference";

/// The counts of one process, by what was called at which size.
#[derive(Clone, Debug, Default)]
struct Counts(BTreeMap<String, Vec<u64>>);

impl Counts {
    fn of(&self, what: &str, size: usize) -> Vec<u64> {
        self.0.get(&name(what, size)).cloned().unwrap_or_default()
    }
}

fn name(what: &str, size: usize) -> String {
    format!("{what} {size}")
}

/// Counts of several processes, and why there are no more.
#[derive(Clone, Debug, Default)]
pub(super) struct Processes {
    counts: Vec<Counts>,
    absent: Option<Cow<'static, str>>,
}

impl Processes {
    /// What one function took at a size.
    pub(super) fn of(&self, what: &str, size: usize) -> Instructions {
        let mut seen = self.absent.clone().map_or_else(Instructions::default, Instructions::absent);
        seen.processes = self.counts.iter().map(|counts| counts.of(what, size)).collect();
        seen
    }

    pub(super) fn of_body(&self, size: usize) -> Instructions {
        self.of(BODY, size)
    }

    fn of_reference(&self) -> Instructions {
        self.of(REFERENCE, 0)
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// Why there are no more.
    #[cfg(feature = "baseline")]
    pub(super) fn absent(&self) -> Option<Cow<'static, str>> {
        self.absent.clone()
    }
}

/// `claimed to grow like n; per n 78.4 at 64, 99.6 at 256, …`.
fn counts_by_size(points: &[(u64, f64)], class: Class) -> String {
    let power = Class { log: false, ..class };
    let one = |(size, count): &(u64, f64)| format!("{:.1} at {}", count / power.at(*size), human::thousands(*size));
    let shown: Vec<String> = points.iter().map(one).collect();
    let per = if class.degree == 0 { String::new() } else { format!("per {power} ") };
    format!("claimed to grow like {class}; instructions {per}are {}", shown.join(", "))
}

/// Starts a process that counts one test of a program, in this folder.
fn start(program: &Path, folder: Option<&Path>, test: &str, source: Source) -> Result<Again, Cow<'static, str>> {
    let command = |program: &Path, path: &Path| {
        let mut command = source.command(program, path);
        if let Some(folder) = folder {
            command.current_dir(folder).env("CARGO_MANIFEST_DIR", folder);
        }
        command
    };
    let started = Again::start(program, test, env::INSTRUCTIONS.name(), command);
    started.map_err(|error| format!("this program does not start again: {error}").into())
}

/// The counts that such a process left.
fn read(other: &Again, source: Source, ended: bool) -> Result<Counts, Cow<'static, str>> {
    if !ended {
        return Err(format!("counting did not end within {} s", DEADLINE.as_secs()).into());
    }
    let mut counts = Counts::default();
    for (name, count) in source.read(other.path()) {
        counts.0.entry(name).or_default().push(count);
    }
    if counts.0.is_empty() {
        let program = match source {
            Source::Valgrind => "under valgrind",
            Source::Kernel => "in a process of its own",
        };
        return Err(format!("{program} the test ended without counts: does it pass there?").into());
    }
    Ok(counts)
}

/// Counted instructions of a call of a budget test, in one process.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CountedTest {
    /// The source of the counts: `callgrind` or `processor`.
    pub counted_by: &'static str,
    /// The median of the calls, by the size that the test was called with: 0 where it takes none.
    pub by_size: BTreeMap<usize, f64>,
}

/// Counts the instructions of a call of a budget test in one process of its program, as a budget on them does. For tools that
/// compare two builds of a test.
///
/// # Errors
/// Why nothing was counted: the machine has no source of counts, the program did not start, or the test did not pass.
pub fn instructions_of_test(program: &Path, package: &Path, test: &str) -> Result<CountedTest, Cow<'static, str>> {
    let source = Source::of_this_machine().ok_or(REMEDY)?;
    let mut other = start(program, Some(package), test, source)?;
    let ended = other.ends_within(DEADLINE);
    let counts = read(&other, source, ended)?;
    let of_body = |(name, calls): (&String, &Vec<u64>)| {
        let size = name.strip_prefix(BODY)?.trim().parse().ok()?;
        Some((size, Instructions::of_process(calls).medians().pop()?))
    };
    Ok(CountedTest { counted_by: source.name(), by_size: counts.0.iter().filter_map(of_body).collect() })
}

impl<S: Subject> Engine<'_, S> {
    /// Counts in one process, and in as many as prove a FAIL where that does not keep what was promised.
    pub(super) async fn instructions(&mut self, keeps: impl Fn(&Processes) -> bool) -> Processes {
        let mut seen = Processes::default();
        while seen.len() < PROCESSES && seen.absent.is_none() && !(seen.len() > 0 && keeps(&seen)) {
            self.count_in_another_process(&mut seen).await;
        }
        #[cfg(feature = "baseline")]
        self.counted.clone_from(&seen);
        seen
    }

    /// Adds the counts of one more process.
    pub(super) async fn count_in_another_process(&mut self, seen: &mut Processes) {
        match self.in_another_process().await {
            Ok(counts) => seen.counts.push(counts),
            Err(why) => seen.absent = Some(why),
        }
    }

    async fn in_another_process(&mut self) -> Result<Counts, Cow<'static, str>> {
        if env::INSTRUCTIONS.path().is_some() {
            return Err("this process counts another test's instructions".into());
        }
        let Some(source) = Source::of_this_machine() else { return Err(REMEDY.into()) };
        let Some(test) = self.run.test else { return Err("only a test can be run again to be counted".into()) };
        let program = std::env::current_exe().map_err(|error| format!("this program is not found again: {error}"))?;
        let mut other = start(&program, None, test, source)?;
        let ended = self.wait_for(&mut other, DEADLINE).await;
        read(&other, source, ended)
    }

    /// Counts in such a process, and leaves that in the file.
    pub(super) async fn leave_instructions<Q: Subject>(
        &mut self,
        path: PathBuf,
        reference: Option<Q>,
    ) -> Result<(), Returned<S::Output>> {
        let sizes = self.run.spec.growth.map_or(&[0][..], |growth| growth.sizes);
        let Some(mut meter) = Meter::start(path) else {
            // The process that asked finds no counts, and says so.
            let (output, ..) = self.call(sizes.first().copied().unwrap_or(0)).await;
            return self.accept(output).map(drop);
        };
        let several = usize::from(sizes.len() > 1);
        for size in sizes {
            let start = Instant::now();
            let mut narrow = false;
            for _ in 0..WARM[several] {
                let (output, _) = self.subject.timed(*size, &self.scope).await;
                narrow = self.scope.take().narrow_ns.is_some();
                self.accept(output)?;
                if start.elapsed() > PATIENCE / 2 {
                    break;
                }
            }
            for _ in 0..CALLS[several] {
                let output = self.subject.instructed(*size, &self.scope, narrow).await;
                meter.name(&name(BODY, *size));
                self.accept(output)?;
                if start.elapsed() > PATIENCE {
                    break;
                }
            }
        }
        if let Some(mut reference) = reference {
            let mut narrow = false;
            for _ in 0..WARM[0] {
                drop(reference.timed(0, &self.scope).await);
                narrow = self.scope.take().narrow_ns.is_some();
            }
            for _ in 0..CALLS[0] {
                drop(reference.instructed(0, &self.scope, narrow).await);
                meter.name(&name(REFERENCE, 0));
            }
        }
        meter.finish();
        Ok(())
    }

    /// Judges the code against its reference by instructions.
    pub(super) async fn relative_instructions(&mut self, relative: Relative) {
        let judged =
            |seen: &Processes| instructions::judge_ratio(&seen.of_body(0), &seen.of_reference(), relative.ratio);
        let seen = self.instructions(|seen| judged(seen).verdict.is_pass()).await;
        let judged = judged(&seen);
        let row = Row::new(format!("vs(instructions = {})", relative.reference), Unit::Ratio, relative.ratio);
        let (body, reference) = (seen.of_body(0), seen.of_reference());
        let shown = |seen: &Instructions| {
            let least = seen.medians().into_iter().min_by(f64::total_cmp).unwrap_or(f64::NAN);
            crate::judge::Shown(least, Unit::Instructions).to_string()
        };
        let reason = if judged.value.is_finite() {
            format!(
                "{} instructions, {} of {}; processes apart by {:.2} %",
                shown(&body),
                shown(&reference),
                relative.reference,
                100.0 * judged.spread
            )
        } else {
            String::new()
        };
        let row = Row { exact: true, ..row.evidence(judged.value, body.calls(), 0.0) };
        let row = row.verdict(judged.verdict, reason);
        let softened = self.soften_in_debug_builds(row);
        self.finished.findings.rows.push(softened);
    }

    /// Judges how instructions grow: a FAIL takes as many processes as one of a limit.
    pub(super) async fn growth_of_instructions(
        &mut self,
        growth: Growth,
        class: Class,
    ) -> Result<(), Returned<S::Output>> {
        // Calls that count are made elsewhere. One is made here: a test returns what its body returned.
        let (output, ..) = self.call(growth.sizes.first().copied().unwrap_or(0)).await;
        self.accept(output)?;
        let points = |seen: &Processes| {
            let least = |size: &usize| seen.of_body(*size).medians().into_iter().min_by(f64::total_cmp);
            let point = |size: &usize| Some((*size as u64, least(size)?));
            growth.sizes.iter().filter_map(point).collect::<Vec<_>>()
        };
        let seen = self.instructions(|seen| steps::judge(&points(seen), class).verdict.is_pass()).await;
        let row = Row::new("growth of instructions", Unit::Exponent, f64::from(class.degree));
        let points = points(&seen);
        let row = Row { exact: true, ..row };
        let row = if points.is_empty() {
            let judged = instructions::judge(&seen.of_body(0), 0.0);
            row.verdict(judged.verdict, "")
        } else {
            let judged = steps::judge(&points, class);
            let calls: u64 = growth.sizes.iter().map(|size| seen.of_body(*size).calls()).sum();
            let verdict = match judged.verdict {
                Verdict::Fail if seen.len() < PROCESSES => {
                    Verdict::Inconclusive(Reason::TooFewSamples { have: seen.len() as u64, need: PROCESSES as u64 })
                }
                verdict => verdict,
            };
            row.evidence(judged.power, calls, 0.0).verdict(verdict, counts_by_size(&points, class))
        };
        self.finished.findings.rows.push(row);
        Ok(())
    }

    /// Without optimisation other instructions are executed.
    fn soften_in_debug_builds(&self, mut row: Row) -> Row {
        if row.verdict.is_fail() && !self.budget.gates_time() {
            row.verdict = Verdict::Inconclusive(Reason::DebugBuild);
        }
        row
    }
}
