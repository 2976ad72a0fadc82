//! The load curve: 1,000 to 10,000 messages a second, and the rate at which the platform breaks.
//!
//! A message is sent and acknowledged; where the consumers do not keep up the log refuses it, which is a failure.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use market::log::LogError;
use market::produce;
use perf_core::budget::Metric;
use perf_load::breaking::Search;
use perf_load::page::{self, Axis, Line, Panel, Plot, Tone};
use perf_load::{Arrivals, Ctx, Drive, Limits, Load, Outcome};

use super::book::{Book, say, told};
use super::scale::Mode;
use super::world::{FORMAT, SEED, World};

const RATES: [f64; 5] = [1_000.0, 2_500.0, 5_000.0, 7_500.0, 10_000.0];
/// The rate that the platform must hold.
pub(crate) const ENOUGH: f64 = 5_000.0;
/// A rate beyond which nothing is tried.
const MOST: f64 = 100_000.0;

/// What a platform must keep to hold a rate.
pub(crate) fn limits() -> Result<Limits, perf_load::Error> {
    Limits::default().time(Metric::P95, Duration::from_millis(50))?.errors(0.01)
}

/// Sends one message for each arrival.
pub(crate) fn driver<'a>(name: &str, world: &'a World) -> impl Drive + use<'a> {
    let load = Load::new(name).max_in_flight(8).limit(Duration::from_millis(100)).seed(SEED);
    told(load).driver(move |ctx: &Ctx| send(world, ctx))
}

fn send(world: &World, ctx: &Ctx) -> Result<(), LogError> {
    produce::send(&*world.log, FORMAT, world.tick(ctx.number())).map(drop)
}

/// What a drive shows of its rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The platform holds it.
    Holds,
    /// It does not.
    Fails,
    /// Nothing: the generator was late.
    Generator,
}

impl Shown {
    pub(crate) fn of(outcome: &Outcome) -> Self {
        let p95 = outcome.response.quantile(0.95).unwrap_or(u64::MAX);
        // Times prove nothing where the generator was late; refused messages do.
        if outcome.error_rate() > 0.01 {
            Self::Fails
        } else if !outcome.validity.is_valid() {
            Self::Generator
        } else if outcome.achieved() >= 0.95 * outcome.offered() && p95 <= 50_000_000 {
            Self::Holds
        } else {
            Self::Fails
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::Generator => "shows the generator, not the platform",
        })
    }
}

/// The five rates, and the breaking point: searched for, or the highest of the five where it is to be quick.
pub(crate) fn run(book: &mut Book, world: &World, mode: Mode) -> Result<(), Box<dyn Error>> {
    let mut driver = driver("curve", world);
    let mut points = Vec::new();
    // The last rate before the first that failed, and why more is not known.
    let (mut held, mut failed, mut doubt) = (0.0, false, None);
    for rate in RATES {
        let outcome = driver.drive(&Arrivals::constant(rate, mode.step())?.poisson(SEED))?;
        world.drain()?;
        let shown = Shown::of(&outcome);
        let quantile = |q: f64| outcome.response.quantile(q).unwrap_or(0) as f64;
        say(&format!(
            "curve: {rate}/s {shown}: achieved {:.0}/s, p95 {:.2} ms\n",
            outcome.achieved(),
            quantile(0.95) / 1e6
        ));
        match shown {
            Shown::Fails => failed = true,
            Shown::Holds if !failed => (held, doubt) = (rate, None),
            Shown::Generator if !failed => doubt = outcome.validity.reason().map(str::to_owned),
            _ => {}
        }
        points.push((rate, outcome.achieved(), quantile(0.5), quantile(0.95), quantile(0.99)));
        book.drive(&outcome);
    }
    book.plot(plot(&points));
    if mode != Mode::Quick {
        let search = Search::from(held.max(RATES[0]))?.most(MOST)?.limits(limits()?).poisson(SEED).hold(mode.step());
        let found = search.patience(8).width(0.1)?.run_and_tell(&mut driver, |step| say(&format!("  {step}\n")))?;
        say(&found.to_string());
        if let Some(good) = found.good {
            (held, doubt) = (good, None);
        }
        book.plot(page::curve(&found));
    }
    // That so much is held is known; that no more is, only where the generator could offer more.
    let doubt = doubt.filter(|_| held < ENOUGH);
    let known = if doubt.is_some() && held == 0.0 { f64::NAN } else { held };
    book.doubted("curve", "throughput before it breaks", known, doubt.as_deref());
    Ok(())
}

fn plot(points: &[(f64, f64, f64, f64, f64)]) -> Plot {
    let line = |name: &str, tone, of: fn(&(f64, f64, f64, f64, f64)) -> f64| {
        Line::new(name, tone, points.iter().map(|point| (point.0, of(point)))).dots()
    };
    let achieved = vec![line("offered", Tone::Soft, |point| point.0), line("achieved", Tone::Second, |point| point.1)];
    let times = vec![
        line("p50", Tone::Second, |point| point.2),
        line("p95", Tone::Warn, |point| point.3),
        line("p99", Tone::Main, |point| point.4),
    ];
    let panels = vec![Panel::new(Axis::Rate, achieved), Panel::new(Axis::Latency, times)];
    Plot::new("load curve", "A message acknowledged, at five rates.", Axis::Rate, panels)
}
