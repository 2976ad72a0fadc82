//! The load curve: 1,000 to 10,000 messages a second, and the rate at which the platform breaks.
//!
//! A message is sent and acknowledged; where the consumers do not keep up the log refuses it, which is a failure. They may be
//! seconds behind before that, so a step is over when all that it sent is stored.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use market::log::LogError;
use market::produce;
use perf_core::budget::Metric;
use perf_load::breaking::{LEAST_ACHIEVED, Search};
use perf_load::page::{self, Axis, Line, Panel, Plot, Tone};
use perf_load::{Arrivals, Ctx, Drained, Drive, Error as LoadError, Limits, Load, Outcome};

use super::book::{Book, say, told};
use super::scale::Mode;
use super::world::{FORMAT, SEED, World};

const RATES: [f64; 5] = [1_000.0, 2_500.0, 5_000.0, 7_500.0, 10_000.0];
/// The rate that the platform must hold.
pub(crate) const ENOUGH: f64 = 5_000.0;
/// A rate beyond which nothing is tried.
const MOST: f64 = 100_000.0;
/// A step that fails by its times is driven again, so many times as long: a stall of the machine then counts less, a rate that
/// is too high as much.
const LONGER: u32 = 4;
/// A step of which less than this share was achieved is far beyond what the platform can do: it took three times as long as it was
/// meant to. It is not driven again, and higher rates, which would take longer still, are left out.
const FAR: f64 = 1.0 / 3.0;
/// What a platform must keep to hold a rate.
const P95: Duration = Duration::from_millis(50);
const ERRORS: f64 = 0.01;

/// The same for the library.
pub(crate) fn limits() -> Result<Limits, LoadError> {
    Limits::default().time(Metric::P95, P95)?.errors(ERRORS)
}

/// Sends one message for each arrival.
pub(crate) fn driver<'a>(name: &str, world: &'a World) -> impl Drive + use<'a> {
    let load = Load::new(name).max_in_flight(8).limit(Duration::from_millis(100)).seed(SEED);
    told(load).driver(move |ctx: &Ctx| send(world, ctx))
}

/// The drive, and the time until the consumers have stored all that it sent: a message that waits in the log is not done.
pub(crate) fn until_stored(drive: impl Drive, world: &World) -> impl Drive {
    let behind = |error| LoadError::failed("what was sent is not stored").because(error);
    Drained::new(drive, move || world.drain().map_err(behind))
}

/// Drives a rate for so long, and for longer where the times of that make it fail.
pub(crate) fn step(drive: &mut dyn Drive, rate: f64, time: Duration) -> Result<(Outcome, Shown), LoadError> {
    let mut drive = |time| {
        let outcome = drive.drive(&Arrivals::constant(rate, time)?.poisson(SEED))?;
        let shown = Shown::of(&outcome);
        Ok((outcome, shown))
    };
    let short: (Outcome, Shown) = drive(time)?;
    let by_times = short.1 == Shown::Fails && short.0.error_rate() <= ERRORS;
    if by_times && !is_far(&short.0) { drive(time * LONGER) } else { Ok(short) }
}

fn is_far(outcome: &Outcome) -> bool {
    outcome.achieved() < FAR * outcome.offered()
}

/// What a step of so many messages a second shows, in a line.
pub(crate) fn tell(rate: f64, outcome: &Outcome, shown: Shown) -> String {
    format!(
        "{rate}/s for {:.0?} {shown}: achieved {:.0}/s, p95 {:.2} ms, {:.2} % refused, all stored {:.0} ms later",
        outcome.scheduled,
        rate * outcome.achieved() / outcome.offered(),
        outcome.response.quantile(0.95).unwrap_or(0) as f64 / 1e6,
        100.0 * outcome.error_rate(),
        outcome.drained.as_secs_f64() * 1e3
    )
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
        let p95 = outcome.response.quantile(0.95).map_or(Duration::MAX, Duration::from_nanos);
        // Times prove nothing where the generator was late; refused messages do.
        if outcome.error_rate() > ERRORS {
            Self::Fails
        } else if !outcome.validity.is_valid() {
            Self::Generator
        } else if outcome.achieved() >= LEAST_ACHIEVED * outcome.offered() && p95 <= P95 {
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
    let mut driver = until_stored(driver("curve", world), world);
    let mut points = Vec::new();
    // The last rate before the first that failed, and why more is not known.
    let (mut held, mut failed, mut doubt) = (0.0, None, None);
    for rate in RATES {
        let (outcome, shown) = step(&mut driver, rate, mode.step())?;
        let quantile = |q: f64| outcome.response.quantile(q).unwrap_or(0) as f64;
        let told = tell(rate, &outcome, shown);
        say(&format!("curve: {told}\n"));
        match shown {
            Shown::Fails => _ = failed.get_or_insert(told),
            Shown::Holds if failed.is_none() => (held, doubt) = (rate, None),
            Shown::Generator if failed.is_none() => doubt = outcome.validity.reason().map(str::to_owned),
            _ => {}
        }
        points.push((rate, outcome.achieved(), quantile(0.5), quantile(0.95), quantile(0.99)));
        book.drive(&outcome);
        if shown == Shown::Fails && is_far(&outcome) && rate < RATES[RATES.len() - 1] {
            say("curve: higher rates are left out, this one is far beyond what is held\n");
            break;
        }
    }
    book.plot(plot(&points));
    if mode != Mode::Quick {
        let search = Search::from(held.max(RATES[0]))?.most(MOST)?.limits(limits()?).poisson(SEED).hold(mode.step());
        let found = search.patience(8).width(0.1)?.run_and_tell(&mut driver, |step| say(&format!("  {step}\n")))?;
        let told = found.to_string();
        say(&told);
        let generator = found.is_generator().then(|| told.lines().next().unwrap_or_default().to_owned());
        (held, doubt) = searched(held, doubt, found.good, generator);
        book.plot(page::curve(&found));
    }
    // That so much is held is known; that no more is, only where the generator could offer more.
    let doubt = doubt.filter(|_| held < ENOUGH);
    let known = if doubt.is_some() && held == 0.0 { f64::NAN } else { held };
    book.explained("curve", "throughput before it breaks", known, doubt.as_deref(), failed.as_deref());
    Ok(())
}

/// What is held, and why more is not known, where a search found this rate. Where the generator was its limit, it says of no rate that the
/// system does not hold it.
fn searched(held: f64, doubt: Option<String>, good: Option<f64>, generator: Option<String>) -> (f64, Option<String>) {
    match (good, generator) {
        (good, Some(generator)) => (good.map_or(held, |good| good.max(held)), Some(generator)),
        (Some(good), None) => (good, None),
        (None, None) => (held, doubt),
    }
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

#[cfg(test)]
mod tests {
    use perf_load::simulate::{Queue, Service};

    use super::*;

    const CAPACITY: u32 = 1_000;

    /// Acknowledges so many messages a second, and stores as many as the capacity.
    struct Simulated {
        queue: Queue,
        stores: u32,
        /// Drives that a stall of the machine makes longer.
        stalls: u32,
    }

    impl Simulated {
        fn of(acknowledges: u32, stores: u32) -> Self {
            let service = Service::deterministic(Duration::from_secs(1) / acknowledges).unwrap();
            Self { queue: Queue::new("simulated", 1, service).unwrap(), stores, stalls: 0 }
        }
    }

    impl Drive for Simulated {
        fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, LoadError> {
            let outcome = self.queue.drive(arrivals)?;
            let stored = Duration::from_secs(1) * u32::try_from(outcome.counts.completed).unwrap() / self.stores;
            let stall = if self.stalls > 0 { Duration::from_millis(60) } else { Duration::ZERO };
            self.stalls = self.stalls.saturating_sub(1);
            let left = stored.saturating_sub(outcome.scheduled);
            Ok(outcome.drained_in(left + stall))
        }
    }

    fn shown(system: &mut Simulated, share: f64) -> (Duration, Shown) {
        let (outcome, shown) = step(system, share * f64::from(CAPACITY), Duration::from_secs(1)).unwrap();
        (outcome.scheduled, shown)
    }

    #[test]
    fn a_search_that_the_generator_limits_leaves_the_figure_undecided() {
        let late = || Some("the generator is the limit".to_owned());
        assert_eq!(searched(2_500.0, None, Some(4_130.0), late()), (4_130.0, late()));
        assert_eq!(searched(2_500.0, None, Some(1_000.0), late()), (2_500.0, late()), "the five rates have shown more");
        assert_eq!(searched(2_500.0, late(), Some(1_000.0), None), (1_000.0, None));
        assert_eq!(searched(2_500.0, late(), None, None), (2_500.0, late()));
    }

    #[test]
    fn a_second_does_not_hold_a_tenth_too_much() {
        let systems = || [Simulated::of(CAPACITY, 100 * CAPACITY), Simulated::of(100 * CAPACITY, CAPACITY)];
        for (number, mut system) in systems().into_iter().enumerate() {
            assert_eq!(shown(&mut system, 1.1).1, Shown::Fails, "{number}");
        }
        for (number, mut system) in systems().into_iter().enumerate() {
            assert_eq!(shown(&mut system, 0.9), (Duration::from_secs(1), Shown::Holds), "{number}");
        }
    }

    #[test]
    fn one_stall_of_the_machine_is_no_break() {
        let mut stalled = Simulated::of(100 * CAPACITY, 100 * CAPACITY);
        stalled.stalls = 1;
        assert_eq!(shown(&mut stalled, 0.9), (Duration::from_secs(4), Shown::Holds));
    }

    #[test]
    fn a_rate_far_beyond_the_capacity_is_driven_once() {
        let mut slow = Simulated::of(100 * CAPACITY, CAPACITY);
        assert_eq!(shown(&mut slow, 2.0), (Duration::from_secs(4), Shown::Fails));
        assert_eq!(shown(&mut slow, 4.0), (Duration::from_secs(1), Shown::Fails));
    }
}
