//! Another process that holds the database for longer than a write waits.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use perf_load::{Ctx, Load};
use rusqlite::Connection;

use super::{Fault, calls};
use crate::measure::Failure;
use crate::store::{Size, Store};

/// Longer than all tries of one write.
const HELD: Duration = Duration::from_millis(500);

/// Writes go on while the database is locked: those that wait too long are refused, those after it succeed.
///
/// # Errors
/// Where the database cannot be made or locked at all.
pub fn database_locked() -> Result<Fault, Failure> {
    let store = Store::temporary(Size::SMALL)?;
    let other = Connection::open(store.path())?;
    let before = perf_core::snapshot();
    let acknowledged = AtomicU64::new(0);
    let write = |_: &Ctx| store.record(1, "counted", 1).inspect(|()| _ = acknowledged.fetch_add(1, Relaxed));
    let outcome = thread::scope(|scope| {
        let holder = scope.spawn(move || {
            thread::sleep(Duration::from_millis(200));
            other.execute_batch("BEGIN IMMEDIATE")?;
            thread::sleep(HELD);
            other.execute_batch("COMMIT")
        });
        let load = Load::new("writes").rate(40.0).duration(Duration::from_millis(1_200)).max_in_flight(32);
        let outcome = load.run(write)?;
        holder.join().map_err(|_| "the holder of the lock panicked")??;
        Ok::<_, Failure>(outcome)
    })?;
    Ok(Fault {
        name: "database locked",
        failures: outcome.classes,
        retried: calls(&before, "db: retry after a lock"),
        acknowledged: acknowledged.into_inner(),
        kept: store.events("counted")?,
        recovered: store.record(1, "afterwards", 1).is_ok(),
    })
}
