//! Stress: 10,000 to 50,000 messages a second until it fails, and how long it takes to recover.

use std::error::Error;
use std::time::Duration;

use perf_load::recovery::{Took, Trial};
use perf_load::{Arrivals, Drive, page};

use super::book::{Book, say};
use super::curve::{Shown, driver};
use super::scale::Mode;
use super::watched::{busy, watched};
use super::world::{SEED, World};

/// The usual rate, to which the platform is to come back.
const USUAL: f64 = 1_000.0;

/// The platform is to have recovered after so long.
pub(crate) const RECOVERED: Duration = Duration::from_mins(5);

/// Steps of 5,000 messages a second, then an overload at the last one and the time after it.
pub(crate) fn run(book: &mut Book, world: &World, mode: Mode) -> Result<(), Box<dyn Error>> {
    let mut driver = driver("stress", world);
    let (mut last, mut failed) = (0.0, false);
    for rate in (10..=50).step_by(5).map(|thousands| f64::from(thousands) * 1_000.0) {
        last = rate;
        let arrivals = Arrivals::constant(rate, mode.step())?.poisson(SEED);
        let (outcome, track) = watched(|| Ok(driver.drive(&arrivals)?))?;
        let used = busy(&track).unwrap_or(0.0);
        let shown = Shown::of(&outcome);
        say(&format!(
            "stress: {rate}/s {shown}: achieved {:.0}/s, {:.2} % failed, {:.0} % of the processors\n",
            outcome.achieved(),
            100.0 * outcome.error_rate(),
            100.0 * used
        ));
        for (class, count) in &outcome.classes {
            say(&format!("  failed, {class}: {count}\n"));
        }
        if shown == Shown::Fails {
            book.figure("stress", "processors idle where it fails", 1.0 - used.min(1.0));
            failed = true;
            break;
        }
        // Refused messages are those of this step; the next one begins without a backlog.
        world.drain()?;
    }
    if !failed {
        let held = format!("no rate up to {last}/s was shown to fail");
        say(&format!("stress: {held}\n"));
        book.doubted("stress", "processors idle where it fails", f64::NAN, Some(&held));
    }
    world.drain()?;
    let [lasts, calm, watch] = mode.recovery();
    let trial = Trial::at(USUAL)?.overload(last, lasts)?.calm(calm).watch(watch).settled(watch / 4).poisson(SEED);
    let found = trial.run(&mut driver)?;
    say(&found.to_string());
    let ns = |time: &Duration| time.as_secs_f64() * 1e9;
    match &found.took {
        Took::Time(time) => book.figure("stress", "recovery", ns(time)),
        // Watched for as long as it may take, it is known to take longer.
        Took::Longer(time) if *time >= RECOVERED => book.figure("stress", "recovery", ns(time) + 1.0),
        // No time was measured: neither of an overload that was none, nor where the generator was late.
        unknown => book.doubted("stress", "recovery", f64::NAN, Some(&unknown.to_string())),
    }
    book.plot(page::recovery(&found));
    Ok(world.drain()?)
}
