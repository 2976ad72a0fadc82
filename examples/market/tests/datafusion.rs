//! The two SQL engines give the same answers, to the last digit; and probes on the asynchronous one, whose tasks go from thread
//! to thread.

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use market::archive;
use market::sql::fusion::{Blocking, Fusion};
use market::sql::{Asked, Group, Queries, Reader, Store};
use market::symbols::Symbols;
use market::{Decimal, Kind, Tick, tick::ticks};
use perf_core::{Session, perf_budget};
use perf_exporters::{Report, gate};
use tempfile::TempDir;

/// Counts allocations.
#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

const SYMBOLS: u32 = 50;

/// Both engines with the same ticks.
struct Both {
    _folder: TempDir,
    sqlite: Reader,
    datafusion: Arc<Fusion>,
}

impl Both {
    fn with(ticks: &[Tick]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let symbols = Symbols::first(SYMBOLS);
        let database = folder.path().join("market.sqlite");
        Store::with(&database, &symbols, ticks).unwrap();
        let file = folder.path().join("ticks.parquet");
        // More than one row group, and more than one batch of the engine.
        archive::save(&file, ticks, NonZeroUsize::new(10_000).unwrap()).unwrap();
        let sqlite = Reader::open(&database).unwrap();
        Self { _folder: folder, sqlite, datafusion: Arc::new(Fusion::open(&file, &symbols).unwrap()) }
    }

    fn blocking(&self) -> Blocking {
        Blocking::new(Arc::clone(&self.datafusion)).unwrap()
    }

    /// All queries, with limits below, at and beyond what there is.
    fn compare(&self) {
        let sizes = [0, 100, 500, 1_000, u32::MAX].into_iter().cycle();
        let symbols = [0, 1, 7, SYMBOLS - 1, SYMBOLS];
        let pairs = symbols.into_iter().flat_map(|symbol| [0, 1, 9, 10, 11, 200, 100_000].map(|most| (symbol, most)));
        let engine = self.blocking();
        for ((symbol, most), size) in pairs.zip(sizes) {
            let asked = Asked { symbol, most, size };
            assert_eq!(asked.differs(&self.sqlite, &engine).unwrap(), None, "{asked:?}");
        }
    }
}

/// Without two of the same time: which of them comes first is for an engine to say.
fn seeded(seed: u64, number: usize) -> Vec<Tick> {
    let mut ticks = ticks(seed, SYMBOLS, number).unwrap();
    ticks.dedup_by_key(|tick| tick.at_ns);
    assert!(ticks.windows(2).all(|pair| pair[0].at_ns < pair[1].at_ns));
    ticks
}

#[test]
fn both_engines_give_the_same_answers() {
    for (seed, number) in [(42, 30_000), (7, 800), (1, 1), (1, 0)] {
        let ticks = seeded(seed, number);
        let both = Both::with(&ticks);
        assert_eq!(both.datafusion.len(), ticks.iter().filter(|tick| tick.kind != Kind::Quote).count());
        both.compare();
    }
}

/// Prices that no `f64` holds, up to the greatest of all.
#[test]
fn no_digit_is_lost() {
    /// The first whole number that `f64` has no place for.
    const ODD: i64 = (1 << 53) + 1;
    let trade = |at_ns: u64, units: i64, size: u32| Tick {
        at_ns,
        symbol: u32::try_from(at_ns % 3).unwrap(),
        kind: if at_ns.is_multiple_of(2) { Kind::Buy } else { Kind::Sell },
        price: Decimal::from_units(units),
        size,
        ask: Decimal::default(),
        ask_size: 0,
    };
    let mut ticks: Vec<Tick> =
        (0..60).map(|at| trade(at, ODD + 2 * i64::try_from(at).unwrap(), 1 + u32::try_from(at % 7).unwrap())).collect();
    ticks.push(trade(60, -ODD, 3));
    let both = Both::with(&ticks);
    both.compare();
    let sum = |symbol| -> i128 {
        let of_symbol = ticks.iter().filter(|tick| tick.symbol == symbol);
        of_symbol.map(|tick| tick.price.times(tick.size).units()).sum()
    };
    let engine = both.blocking();
    for Group { symbol, notional, .. } in engine.groups().unwrap() {
        assert_eq!(i128::from(notional), sum(symbol));
    }
    assert_eq!(engine.trades(0, 2).unwrap()[1].price, "900719925474.1107");
    let greatest = Both::with(&[trade(0, i64::MAX, 1), trade(3, i64::MIN, 1)]);
    greatest.compare();
    assert_eq!(greatest.blocking().trades(0, 1).unwrap()[0].price, "-922337203685477.5808");
    // A sum that is no number of 64 bits is an error of either engine, and not another number.
    let beyond = Both::with(&[trade(0, i64::MAX, 2)]);
    assert!(beyond.sqlite.groups().is_err());
    let error = beyond.blocking().groups().unwrap_err().to_string();
    assert!(error.contains("a number of more than 64 bits"), "{error}");
}

/// A query for the symbol of each trade would be found here.
#[perf_budget(calls("datafusion::statement" = 1))]
#[test]
fn a_join_is_one_statement() {
    let both = Both::with(&seeded(42, 1_000));
    let engine = both.blocking();
    assert_eq!(gate::measure(|| engine.joined(50)).unwrap().len(), 50);
}

/// Tasks of a runtime with two threads, polled where there is room: every call is counted once, and so is every failure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_follow_the_queries_of_tasks() {
    const TASKS: u32 = 40;
    let engine = Both::with(&seeded(42, 5_000)).datafusion;
    let session = Session::new();
    let tasks: Vec<_> = (0..TASKS)
        .map(|symbol| {
            let engine = Arc::clone(&engine);
            tokio::spawn(session.wrap(async move {
                engine.trades(symbol, 10).await?;
                tokio::task::yield_now().await;
                engine.large(100).await?;
                engine.groups().await?;
                tokio::task::yield_now().await;
                engine.windows(symbol, 20).await?;
                engine.joined(10).await
            }))
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().len(), 10);
    }
    let seen = session.snapshot();
    if !perf_core::is_enabled() {
        return;
    }
    let of = |name: &str| seen.get(name).unwrap_or_else(|| panic!("{name} was not called"));
    for kind in ["select", "filter", "group_by", "window", "join"] {
        let query = of(&format!("datafusion::{kind}"));
        assert_eq!((query.calls(), query.errors()), (u64::from(TASKS), 0), "{kind}");
        assert!(query.polls() >= query.calls() && query.busy() <= query.total(), "{kind}");
    }
    let [statement, plan, execute] = ["statement", "plan", "execute"].map(|part| of(&format!("datafusion::{part}")));
    assert_eq!([statement, plan, execute].map(perf_core::ProbeStats::calls), [5 * u64::from(TASKS); 3]);
    // What a statement does is planning and executing: its own is what is left.
    assert!(plan.busy() + execute.busy() <= statement.busy());
}

fn program(args: &[&str], folder: &Path) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_market")).args(args).arg("--folder").arg(folder).output().unwrap();
    let text = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{text}");
    text
}

#[test]
fn the_pair_compares_every_query() {
    let folder = tempfile::tempdir().unwrap();
    let text = program(&["pair", "sql-engines"], folder.path());
    for kind in ["select", "filter", "group_by", "window", "join"] {
        assert!(text.contains(&format!("pair::{kind}")), "{kind}: {text}");
    }
}

/// The report has the engine's probes, with their targets.
#[test]
fn a_day_of_queries_is_in_the_report_under_the_name_of_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let text = program(&["production", "--mode", "quick", "--engine", "datafusion"], folder.path());
    assert!(text.contains("queries: DataFusion, "), "{text}");
    let report = Report::read(folder.path().join("report.json")).unwrap();
    for kind in ["select", "filter", "group_by", "window", "join"] {
        let name = format!("datafusion::{kind}");
        assert!(report.probe(&name).is_some_and(|probe| probe.calls > 0 && probe.errors == 0), "{name}: {text}");
        assert!(report.budgets.iter().any(|budget| *budget.probe == *name && &*budget.metric == "p95"), "{name}");
    }
}
