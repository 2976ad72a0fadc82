//! Stress: 10,000 to 50,000 messages a second until it fails, and how long it takes to recover.

use std::error::Error;

use perf_load::recovery::{Took, Trial};
use perf_load::{Arrivals, Drive, Validity, page};

use super::book::{Book, say};
use super::curve::{driver, holds};
use super::scale::Mode;
use super::watched::{busy, watched};
use super::world::{SEED, World};

/// The usual rate, to which the platform is to come back.
const USUAL: f64 = 1_000.0;

/// Steps of 5,000 messages a second, then an overload at the last one and the time after it.
pub(crate) fn run(book: &mut Book, world: &World, mode: Mode) -> Result<(), Box<dyn Error>> {
    let mut driver = driver("stress", world);
    let mut last = 0.0;
    for rate in (10..=50).step_by(5).map(|thousands| f64::from(thousands) * 1_000.0) {
        last = rate;
        let arrivals = Arrivals::constant(rate, mode.step())?.poisson(SEED);
        let (outcome, track) = watched(|| Ok(driver.drive(&arrivals)?))?;
        let used = busy(&track).unwrap_or(0.0);
        // Times prove nothing where the generator was late; refused messages do.
        let fails = outcome.error_rate() > 0.01 || outcome.validity.is_valid() && !holds(&outcome);
        let verdict = match &outcome.validity {
            _ if fails => "fails",
            Validity::Invalid { .. } => "shows the generator, not the platform",
            _ => "holds",
        };
        say(&format!(
            "stress: {rate}/s {verdict}: achieved {:.0}/s, {:.2} % failed, {:.0} % of the processors\n",
            outcome.achieved(),
            100.0 * outcome.error_rate(),
            100.0 * used
        ));
        for (class, count) in &outcome.classes {
            say(&format!("  failed, {class}: {count}\n"));
        }
        if fails {
            book.figure("stress", "processors idle where it fails", 1.0 - used.min(1.0));
            break;
        }
        // Refused messages are those of this step; the next one begins without a backlog.
        world.drain()?;
    }
    world.drain()?;
    let [lasts, calm, watch] = mode.recovery();
    let trial = Trial::at(USUAL)?.overload(last, lasts)?.calm(calm).watch(watch).settled(watch / 4).poisson(SEED);
    let found = trial.run(&mut driver)?;
    say(&found.to_string());
    match found.took {
        Took::Time(time) | Took::Longer(time) => book.figure("stress", "recovery", time.as_secs_f64() * 1e9),
        _ => say("stress: the recovery is not known, see above\n"),
    }
    book.plot(page::recovery(&found));
    world.drain()
}
