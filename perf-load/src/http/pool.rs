//! Connections to one server that stay open from request to request.

use std::io;
use std::net::{SocketAddr, TcpStream as Blocking};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::hosts::Origin;

/// A connection that takes requests and returns answers.
pub(super) type Connection = SendRequest<Full<Bytes>>;

/// Idle connections, and how another one is opened. Their number follows from the number of requests that are in flight at
/// once.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) origin: Origin,
    addresses: Vec<SocketAddr>,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub(super) fn new(origin: Origin, addresses: Vec<SocketAddr>) -> Self {
        Self { origin, addresses, idle: Mutex::default() }
    }

    /// The connection that became idle last, if any is still open: those below it are needed at peaks only.
    pub(super) fn idle(&self) -> Option<Connection> {
        let mut idle = self.lock();
        while let Some(connection) = idle.pop() {
            if !connection.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    /// A connection whose answer has been read to its end.
    pub(super) fn give_back(&self, connection: Connection) {
        if !connection.is_closed() {
            self.lock().push(connection);
        }
    }

    /// A new connection. Its task runs on the runtime of the caller.
    pub(super) async fn connect(&self) -> io::Result<Connection> {
        let stream = TcpStream::connect(&*self.addresses).await?;
        // A request is written whole; there is nothing to wait for.
        stream.set_nodelay(true)?;
        let (connection, task) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        // An error of the connection is reported to the request that is on it, and to no other.
        tokio::spawn(async move { drop(task.await) });
        Ok(connection)
    }

    /// Checks that the server accepts connections.
    pub(super) fn reach(&self, patience: Duration) -> io::Result<()> {
        let mut last = io::Error::other("no address");
        for address in &self.addresses {
            match Blocking::connect_timeout(address, patience) {
                Ok(_) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
