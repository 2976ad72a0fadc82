//! Settings of the endpoint, from the program and from the environment.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::time::Duration;

use super::Server;
use crate::env::{self, Choice};
use crate::prometheus;

/// The address that `PERF_SERVE=on` serves, and `cargo perf top` asks.
const USUAL: &str = "127.0.0.1:9080";

/// Settings of the endpoint.
///
/// ```
/// let mut options = perf_exporters::serve::Options::default();
/// options.hosts.push("metrics.example.com".into());
/// let server = options.serve("127.0.0.1:0")?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Whether addresses other than loopback ones may be served. Every client that reaches such an address can read what is
    /// measured.
    pub allow_remote: bool,
    /// Names that a request's `Host` may have besides `localhost`, without port. `*` allows any, for a router behind
    /// something that checks.
    pub hosts: Vec<String>,
    /// Connections at once.
    pub max_connections: usize,
    /// Time for a request's head to arrive, and again for the answer to be read.
    pub timeout: Duration,
    /// Whether to record who called whom, without which there is no flame graph. It makes every call a little dearer.
    pub call_tree: bool,
    /// The program's name; by default that of the executable.
    pub program: Option<String>,
    /// The page for Prometheus.
    pub prometheus: prometheus::Options,
}

impl Default for Options {
    /// Loopback only, 64 connections, 5 seconds, with the call tree.
    fn default() -> Self {
        Self {
            allow_remote: false,
            hosts: Vec::new(),
            max_connections: 64,
            timeout: Duration::from_secs(5),
            call_tree: true,
            program: None,
            prometheus: prometheus::Options::default(),
        }
    }
}

impl Options {
    /// The default, with `PERF_SERVE_REMOTE` (`on` or `off`) and `PERF_SERVE_HOSTS` (names, by comma).
    #[must_use]
    pub fn from_env() -> Self {
        let hosts = env::SERVE_HOSTS.get().unwrap_or_default();
        Self { allow_remote: env::SERVE_REMOTE.is_on(), hosts, ..Self::default() }
    }

    /// Serves at this address until the returned value is dropped.
    ///
    /// # Errors
    /// An address that is none, cannot be bound, or can be reached from other machines without
    /// [`allow_remote`](Self::allow_remote).
    pub fn serve(self, address: impl ToSocketAddrs) -> io::Result<Server> {
        let addresses: Vec<SocketAddr> = address.to_socket_addrs()?.collect();
        let local = |address: &SocketAddr| address.ip().to_canonical().is_loopback();
        if let Some(remote) = addresses.iter().find(|address| !local(address)).filter(|_| !self.allow_remote) {
            let why = format!(
                "{remote} can be reached from other machines, and every client that reaches it can read what is measured; \
                 serve 127.0.0.1, or allow it by `Options::allow_remote` or {}=1",
                env::SERVE_REMOTE.name()
            );
            return Err(io::Error::new(ErrorKind::PermissionDenied, why));
        }
        let listener = TcpListener::bind(&*addresses)?;
        Server::start(listener, self)
    }
}

/// The endpoint that `PERF_SERVE` asks for, if it does: an address such as `127.0.0.1:9080`, or a port of 127.0.0.1.
/// `on` is 127.0.0.1:9080; empty or `off` asks for none.
///
/// The [`Reporter`](crate::Reporter) calls this; only programs without one need it.
///
/// # Errors
/// Those of [`Options::serve`], and a value that is not understood.
///
/// ```
/// let _server = perf_exporters::serve::from_env().transpose()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn from_env() -> Option<io::Result<Server>> {
    from_env_for(None)
}

/// The same for a program of this name.
pub(crate) fn from_env_for(program: Option<&str>) -> Option<io::Result<Server>> {
    let address = match env::SERVE.read().transpose()? {
        Ok(Choice::Off) => return None,
        Ok(Choice::On) => USUAL.to_owned(),
        Ok(Choice::Value(address)) => address,
        Err(error) => return Some(Err(io::Error::new(ErrorKind::InvalidInput, error))),
    };
    let failed = |error: io::Error| io::Error::new(error.kind(), format!("{}={address}: {error}", env::SERVE.name()));
    let options = Options { program: program.map(str::to_owned), ..Options::from_env() };
    Some(options.serve(&*address).map_err(failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_are_not_served_unless_allowed() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            let refused = Options::default().serve(address).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::PermissionDenied, "{address}");
            assert!(refused.to_string().contains("allow_remote"), "{refused}");
        }
        let options = Options { allow_remote: true, ..Options::default() };
        assert!(options.serve("0.0.0.0:0").is_ok());
    }
}
