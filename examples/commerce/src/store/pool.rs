//! Connections: several for readers, one for the writer. `SQLite` lets one write at a time in any case.

use std::ops::Deref;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use perf_core::perf_probe;
use rusqlite::{Connection, OpenFlags};

use crate::error::Result;
use crate::inject::Injection;

/// Connections for readers.
const READERS: usize = 4;
/// How long `SQLite` itself waits for another process's lock, before the store counts a retry.
const BUSY: Duration = Duration::from_millis(20);

/// The connections of a store.
#[derive(Debug)]
pub(super) struct Pool {
    idle: Mutex<Vec<Connection>>,
    /// Readers that wait for a connection.
    waiting: AtomicUsize,
    returned: Condvar,
    writer: Mutex<Connection>,
    readers: usize,
}

impl Pool {
    pub(super) fn open(path: &Path, writer: Connection) -> Result<Self> {
        let readers = if Injection::LockContention.is_on() { 1 } else { READERS };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || -> Result<Connection> { prepared(Connection::open_with_flags(path, flags)?) };
        let idle = (0..readers).map(|_| open()).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            idle: Mutex::new(idle),
            waiting: AtomicUsize::new(0),
            returned: Condvar::new(),
            writer: Mutex::new(prepared(writer)?),
            readers,
        })
    }

    /// Connections in all.
    pub(super) fn size(&self) -> usize {
        self.readers + 1
    }

    /// Readers that wait for a connection.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Relaxed)
    }

    /// A connection to read with; waits where all are in use.
    pub(super) fn reader(&self) -> Reader<'_> {
        let mut idle = locked(&self.idle);
        if idle.is_empty() {
            idle = self.wait(idle);
        }
        let connection = idle.pop();
        Reader { pool: self, connection }
    }

    #[perf_probe(name = "db: wait for a reader")]
    fn wait<'a>(&self, idle: MutexGuard<'a, Vec<Connection>>) -> MutexGuard<'a, Vec<Connection>> {
        self.waiting.fetch_add(1, Relaxed);
        let idle = self.returned.wait_while(idle, |idle| idle.is_empty()).unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Relaxed);
        idle
    }

    /// The connection to write with.
    pub(super) fn writer(&self) -> MutexGuard<'_, Connection> {
        locked(&self.writer)
    }
}

fn prepared(connection: Connection) -> Result<Connection> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// A panic elsewhere leaves no half-made transaction behind: those are rolled back when they are dropped.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection that goes back to its pool.
pub(super) struct Reader<'a> {
    pool: &'a Pool,
    /// Taken out by `drop` alone.
    connection: Option<Connection>,
}

impl Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("it is there until the drop")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        locked(&self.pool.idle).extend(self.connection.take());
        self.pool.returned.notify_one();
    }
}
