//! The endpoint: what the program measures, over HTTP, while it runs.
//!
//! ```
//! let server = perf_exporters::serve("127.0.0.1:0")?; // port 0: any that is free
//! println!("http://{}/report", server.local_addr());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! | page | what it is |
//! |---|---|
//! | `/metrics` | for Prometheus, in the format that `Accept` prefers, see [`prometheus`](crate::prometheus) |
//! | `/health` | JSON: budgets breached in the last minute, what was dropped; status 200, or 503 with a breach |
//! | `/report` | the page of [`html`](crate::html), live: rates of the last seconds beside totals |
//! | `/live.json` | what that page shows next |
//! | `/report.html` | the same page to keep: it stays as it is |
//! | `/flamegraph.svg` | who called whom, by time; `?allocs`, `?bytes` for other weights (feature `flamegraph`) |
//! | `/report.json` | the [`Report`](crate::Report) |
//! | `/snapshot` | the same, to be saved and merged with those of other processes |
//!
//! The program needs no runtime: the endpoint has a thread of its own. A program that serves HTTP by axum anyway may
//! mount `Options::router` instead (feature `axum`).
//!
//! # Who may ask
//!
//! Only this machine: an address other than a loopback one is refused unless [`Options::allow_remote`] says so. The
//! `Host` of a request must be `localhost`, a loopback address or one of [`Options::hosts`], so that no web page reaches
//! the endpoint through a name that points here (DNS rebinding). With [`Options::allow_remote`], any literal address will
//! do, since only names can be rebound.
//!
//! # What a client can do to the program
//!
//! Little. Requests are `GET` or `HEAD` with at most 8 KiB of head, one for each connection. A head must be there within
//! [`Options::timeout`], the whole exchange be over within twice that. Of more than [`Options::max_connections`] at once,
//! those that have waited longest without asking are closed, and new ones are accepted at a limited rate. Nothing is
//! measured or rendered unless a client asks; then it is shown for a second, or for a hundred times as long as it took
//! (up to 10 seconds), however many ask: about 1 % of one processor. Nothing that instrumented code does waits for the
//! endpoint.

mod connections;
mod descriptors;
mod endpoint;
mod health;
mod hosts;
mod observe;
mod options;
#[cfg(feature = "axum")]
mod router;
mod server;
mod window;

use std::io;
use std::net::ToSocketAddrs;

pub(crate) use options::from_env_for;
pub use options::{Options, from_env};
pub use server::Server;

/// Serves what the program measures at this address, with the default [`Options`], until the returned value is dropped.
///
/// Fails where the address is not of this machine's loopback, or is taken.
///
/// # Errors
/// An address that is none, cannot be bound, or can be reached from other machines.
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
///
/// let server = perf_exporters::serve("127.0.0.1:0")?;
/// let mut stream = TcpStream::connect(server.local_addr())?;
/// stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
/// let mut page = String::new();
/// stream.read_to_string(&mut page)?;
/// assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("perf_threads"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn serve(address: impl ToSocketAddrs) -> io::Result<Server> {
    Options::default().serve(address)
}
