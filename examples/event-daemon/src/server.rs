//! A coordinator behind a socket: a thread that accepts, one for each connection, one for each service.
//!
//! A request is a byte, a length, and an event; the answer is a byte.

use std::collections::HashMap;
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use perf_core::perf_probe;

use crate::coordinator::Coordinator;
use crate::event::MOST;
use crate::{Refused, Stats};

/// A service publishes an event.
pub(crate) const PUBLISH: u8 = 1;
/// A coordinator hands on an event to the one that it is for.
pub(crate) const DELIVER: u8 = 2;

/// A coordinator that serves.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    coordinator: Coordinator,
    stopping: AtomicBool,
    /// The other ends of the connections, to be closed when it stops.
    open: Mutex<HashMap<u64, TcpStream>>,
}

impl Shared {
    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<u64, TcpStream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// Serves a coordinator on a listener.
    ///
    /// # Errors
    /// Threads that cannot be started.
    pub fn start(coordinator: Coordinator, listener: TcpListener) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (stopping, open) = (AtomicBool::new(false), Mutex::default());
        let shared = Arc::new(Shared { coordinator, stopping, open });
        let mut threads = Vec::new();
        for at in 0..shared.coordinator.mailboxes().len() {
            let shared = Arc::clone(&shared);
            let serve = move || {
                let coordinator = &shared.coordinator;
                while let Some(event) = coordinator.mailboxes()[at].next() {
                    coordinator.handle(&event);
                }
            };
            threads.push(thread::Builder::new().name(format!("service-{at}")).spawn(serve)?);
        }
        let own = Arc::clone(&shared);
        threads.push(thread::Builder::new().name("accept".into()).spawn(move || accept(&own, &listener))?);
        Ok(Self { shared, address, threads })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Counts since it began.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.coordinator.stats()
    }

    /// Stops at once, as a process that is killed: connections are cut, and events that wait are in the journal only.
    pub fn stop(self) {
        let shared = &self.shared;
        shared.stopping.store(true, Relaxed);
        shared.coordinator.mailboxes().iter().for_each(crate::Mailbox::close);
        // A connection wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        let cut = || shared.open().values().for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
        cut();
        for thread in self.threads {
            let _ = thread.join();
        }
        // One that was accepted meanwhile.
        cut();
        // The threads of connections hold the journal until they see that.
        while Arc::strong_count(&self.shared) > 1 {
            thread::yield_now();
        }
    }
}

fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    for (number, stream) in (0..).zip(listener.incoming()) {
        if shared.stopping.load(Relaxed) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let Ok(other) = stream.try_clone() else { continue };
        shared.open().insert(number, other);
        let own = Arc::clone(shared);
        let serve = move || {
            // The peer sees that it was closed.
            let _ = answer(&own, &stream);
            own.open().remove(&number);
        };
        if thread::Builder::new().name("connection".into()).spawn(serve).is_err() {
            shared.open().remove(&number);
        }
    }
}

/// Reads an event whose length is known, into its only memory from here to the service that handles it.
#[perf_probe(name = "server::receive", bytes = length)]
fn receive(reader: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut event = vec![0; length];
    reader.read_exact(&mut event)?;
    Ok(event)
}

/// Answers the requests of one connection until its end.
fn answer(shared: &Shared, mut stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(8 * 1024, stream);
    let mut head = [0; 5];
    while !shared.stopping.load(Relaxed) {
        reader.read_exact(&mut head)?;
        let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
        let length = usize::try_from(length).ok().filter(|length| *length <= MOST);
        let Some(length) = length else {
            // What follows cannot be told from a request: the connection ends.
            return stream.write_all(&[Refused::byte(Err(Refused::Poison))]);
        };
        let event = receive(&mut reader, length)?;
        let done = match head[0] {
            PUBLISH => shared.coordinator.accept(event),
            DELIVER => shared.coordinator.deliver(event),
            _ => Err(Refused::Poison),
        };
        stream.write_all(&[Refused::byte(done)])?;
    }
    Ok(())
}
