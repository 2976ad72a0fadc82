//! Connections to a coordinator, kept for the next event.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use perf_core::perf_probe;

use crate::Refused;
use crate::server::{DELIVER, PUBLISH};

/// An answer that takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections to one coordinator: as many as events are on their way at once.
#[derive(Debug)]
pub struct Pool {
    address: SocketAddr,
    idle: Mutex<Vec<Connection>>,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    /// What is sent, in one call.
    frame: Vec<u8>,
}

impl Pool {
    /// No connection yet: they are made as they are needed.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::new(Vec::new()) }
    }

    /// The coordinator's address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends an event of a service, once, and waits for the answer.
    ///
    /// # Errors
    /// Why it was not accepted. [`Refused::Disconnected`] does not tell whether it was: it may be sent again.
    #[perf_probe(name = "client::publish", bytes = event.len())]
    pub fn publish(&self, event: &[u8]) -> Result<(), Refused> {
        self.ask(PUBLISH, event)
    }

    /// Hands an event to the coordinator of the service that it is for.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    #[perf_probe(name = "peer::deliver", bytes = event.len())]
    pub fn deliver(&self, event: &[u8]) -> Result<(), Refused> {
        self.ask(DELIVER, event)
    }

    fn ask(&self, request: u8, event: &[u8]) -> Result<(), Refused> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => Connection::open(self.address)?,
        };
        match connection.ask(request, event) {
            Ok(answer) => {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                Refused::of(answer)
            }
            Err(why) => {
                // The others are of the same coordinator, which went away.
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
                Err(why)
            }
        }
    }
}

impl Connection {
    fn open(address: SocketAddr) -> Result<Self, Refused> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, frame: Vec::new() })
    }

    fn ask(&mut self, request: u8, event: &[u8]) -> Result<u8, Refused> {
        let length = u32::try_from(event.len()).map_err(|_| Refused::Poison)?;
        self.frame.clear();
        self.frame.push(request);
        self.frame.extend_from_slice(&length.to_le_bytes());
        self.frame.extend_from_slice(event);
        self.stream.write_all(&self.frame)?;
        let mut answer = [0];
        self.stream.read_exact(&mut answer)?;
        Ok(answer[0])
    }
}
