//! Stress: from 10,000 messages a second until it fails, and how long it takes to recover.
//!
//! Producers gather messages, as those of such rates do. One by one the generator, which shares this process, would be the first
//! to fail.

use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use market::produce::Producer;
use perf_load::recovery::{Took, Trial};
use perf_load::{Ctx, Drive, Load, page};

use super::book::{Book, say, told};
use super::curve::{self, Shown, until_stored};
use super::scale::Mode;
use super::watched::{busy, watched};
use super::world::{FORMAT, SEED, World};

/// Messages that a producer gathers: an arrival.
const GATHERED: usize = 20;
/// Producers.
const PRODUCERS: usize = 8;
/// The usual rate, to which the platform is to come back.
const USUAL: f64 = 5_000.0;
/// Steps beyond 50,000 double; at a million and more nothing is tried.
const MOST: f64 = 1e6;

/// The platform is to have recovered after so long.
pub(crate) const RECOVERED: Duration = Duration::from_mins(5);

/// By 5,000 messages a second up to 50,000, then twice as many each time.
fn rates() -> impl Iterator<Item = f64> {
    let first = (10..=50).step_by(5).map(|thousands| f64::from(thousands) * 1_000.0);
    first.chain(std::iter::successors(Some(100_000.0), |rate| Some(rate * 2.0)).take_while(|rate| *rate < MOST))
}

/// Arrivals for so many messages a second.
fn arrivals(messages: f64) -> f64 {
    messages / GATHERED as f64
}

fn driver(world: &World) -> impl Drive + use<'_> {
    let producers: Vec<_> = (0..PRODUCERS).map(|_| Mutex::new(Producer::new(&*world.log, FORMAT))).collect();
    let load = Load::new(format!("stress, batches of {GATHERED}"))
        .max_in_flight(PRODUCERS)
        .limit(Duration::from_millis(100))
        .seed(SEED);
    let send = told(load).driver(move |ctx: &Ctx| {
        let number = usize::try_from(ctx.number()).unwrap_or(0);
        let first = number * GATHERED % (world.ticks.len() - GATHERED);
        let producer = producers[number % PRODUCERS].lock();
        producer.unwrap_or_else(PoisonError::into_inner).send_all(&world.ticks[first..first + GATHERED])
    });
    until_stored(send, world)
}

/// The usual rate, an overload of so many messages a second, and the usual rate again.
fn trial(overload: f64, mode: Mode) -> Result<Trial, perf_load::Error> {
    let [lasts, calm, watch] = mode.recovery();
    let trial = Trial::at(arrivals(USUAL))?.overload(arrivals(overload), lasts)?.calm(calm).watch(watch);
    Ok(trial.settled(watch / 4).poisson(SEED))
}

/// Step by step until it fails, then an overload at the last rate and the time after it.
pub(crate) fn run(book: &mut Book, world: &World, mode: Mode) -> Result<(), Box<dyn Error>> {
    let mut driver = driver(world);
    let (mut last, mut idle, mut failed, mut seen) = (0.0, f64::NAN, false, String::new());
    for rate in rates() {
        let ((outcome, shown), track) = watched(|| Ok(curve::step(&mut driver, arrivals(rate), mode.step())?))?;
        (last, idle) = (rate, busy(&track).map_or(f64::NAN, |used| 1.0 - used.min(1.0)));
        seen = format!("{}, {:.0} % of the processors", curve::tell(rate, &outcome, shown), 100.0 * (1.0 - idle));
        say(&format!("stress: {seen}\n"));
        for (class, count) in &outcome.classes {
            say(&format!("  failed, {class}: {count} batches of {GATHERED}\n"));
        }
        failed = shown == Shown::Fails;
        if failed {
            break;
        }
    }
    let held = (!failed).then(|| format!("no rate up to {last}/s was shown to fail"));
    book.explained("stress", "processors idle where it fails", idle, held.as_deref(), Some(&seen));
    let found = trial(last, mode)?.run(&mut driver)?;
    say(&found.to_string());
    let ns = |time: &Duration| time.as_secs_f64() * 1e9;
    let (recovery, known) = match &found.took {
        Took::Time(time) => (ns(time), true),
        // Watched for as long as it may take, it is known to take longer.
        Took::Longer(time) if *time >= RECOVERED => (ns(time) + 1.0, true),
        // No time was measured: neither of an overload that was none, nor where the generator was late.
        _ => (f64::NAN, false),
    };
    let took = found.took.to_string();
    book.explained("stress", "recovery", recovery, (!known).then_some(took.as_str()), Some(&took));
    book.plot(page::recovery(&found));
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_mode_has_time_for_the_recovery_from_every_rate() {
        for mode in Mode::value_variants() {
            for rate in rates() {
                let planned = trial(rate, *mode).and_then(|trial| trial.schedule());
                assert!(planned.is_ok(), "{mode:?}, {rate}/s: {planned:?}");
            }
        }
    }
}
