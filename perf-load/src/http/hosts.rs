//! Which hosts may be put under load, and where they are.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use crate::Error;

/// The hosts that may be put under load: this machine, and those that the caller named.
///
/// A plan file from elsewhere, or a slip in a URL, must not send thousands of requests a second to a machine of another
/// owner.
///
/// ```
/// use perf_load::http::{Hosts, Origin};
///
/// let origin: Origin = "http://staging.example:8080".parse()?;
/// let error = Hosts::loopback().check(&origin).unwrap_err();
/// assert!(error.to_string().contains("staging.example"));
/// assert!(Hosts::loopback().and("staging.example").check(&origin).is_ok());
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    named: Vec<String>,
}

impl Hosts {
    /// This machine alone: `localhost`, `127.0.0.0/8`, `::1`.
    #[must_use]
    pub fn loopback() -> Self {
        Self::default()
    }

    /// Those, and the host of this name or address, with any port.
    #[must_use]
    pub fn and(mut self, host: impl AsRef<str>) -> Self {
        self.named.push(bare(host.as_ref()).to_ascii_lowercase());
        self
    }

    /// Whether this host may be put under load.
    ///
    /// # Errors
    /// Where it is not this machine and the caller did not name it.
    pub fn check(&self, origin: &Origin) -> Result<(), Error> {
        if origin.is_loopback() || self.is_named(origin) {
            return Ok(());
        }
        let problem = format!(
            "only this machine is put under load unless a host is named: add `--allow-host {}` where it is yours to load",
            origin.host
        );
        Err(Error::invalid(&origin.host, problem))
    }

    fn is_named(&self, origin: &Origin) -> bool {
        self.named.contains(&origin.host)
    }

    /// The addresses of a host, in the order in which they are to be tried.
    ///
    /// # Errors
    /// Where the host may not be put under load, or has no address.
    pub fn resolve(&self, origin: &Origin) -> Result<Vec<SocketAddr>, Error> {
        self.check(origin)?;
        let found = (origin.host.as_str(), origin.port).to_socket_addrs();
        let mut found: Vec<_> =
            found.map_err(|error| Error::invalid(origin.to_string(), "no such host").because(error))?.collect();
        // Of a name for this machine, addresses elsewhere are dropped.
        if !self.is_named(origin) {
            found.retain(|address| address.ip().is_loopback());
        }
        if found.is_empty() {
            return Err(Error::invalid(origin.to_string(), "the host has no address on this machine"));
        }
        Ok(found)
    }
}

/// A server: its host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// In lower case, an IPv6 address without brackets.
    host: String,
    port: u16,
}

impl Origin {
    /// The host's name or address; an IPv6 address without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    fn is_loopback(&self) -> bool {
        let is_name = self.host == "localhost" || self.host.ends_with(".localhost");
        is_name || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// As in a URL and in the field `host`: without the default port.
impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        if self.port == 80 { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// From `http://HOST:PORT`, with nothing behind it.
impl std::str::FromStr for Origin {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self, Error> {
        let wrong = |why: &str| {
            let shown: String = url.chars().take(80).flat_map(char::escape_default).collect();
            Error::invalid(shown, format!("{why}; write http://HOST:PORT/PATH"))
        };
        let authority = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => {
                return Err(wrong("TLS is not spoken here: load the server behind what ends it"));
            }
            _ => return Err(wrong("is no URL of a server")),
        };
        if authority.contains('@') {
            return Err(wrong("a name and a password belong into a header, not into the URL"));
        }
        let authority: hyper::http::uri::Authority = authority.parse().map_err(|_| wrong("is no URL of a server"))?;
        let host = bare(authority.host()).to_ascii_lowercase();
        if host.is_empty() {
            return Err(wrong("names no host"));
        }
        let port = match (authority.port_u16(), authority.as_str().ends_with(']')) {
            (Some(0), _) => return Err(wrong("there is no port 0")),
            (Some(port), _) => port,
            (None, true) => 80,
            (None, false) if authority.as_str().len() == authority.host().len() => 80,
            (None, false) => return Err(wrong("a port is a number from 1 to 65535")),
        };
        Ok(Self { host, port })
    }
}

/// The host without the brackets of an IPv6 address in a URL.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Origin {
        url.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_server_is_its_host_and_port() {
        for (url, host, port, shown) in [
            ("http://127.0.0.1:3000", "127.0.0.1", 3000, "127.0.0.1:3000"),
            ("HTTP://LocalHost", "localhost", 80, "localhost"),
            ("http://[::1]:8080", "::1", 8080, "[::1]:8080"),
            ("http://[::1]", "::1", 80, "[::1]"),
        ] {
            let origin = origin(url);
            assert_eq!((origin.host(), origin.port(), origin.to_string().as_str()), (host, port, shown));
        }
        for (url, why) in [
            ("127.0.0.1:3000", "http://HOST:PORT/PATH"),
            ("https://localhost", "TLS"),
            ("ftp://localhost", "no URL"),
            ("http://", "URL"),
            ("http://:80", "host"),
            ("http://a b", "no URL"),
            ("http://localhost:0", "port 0"),
            ("http://localhost:", "port"),
            ("http://localhost:99999", "port"),
            ("http://me:secret@localhost", "header"),
            ("http://\u{1b}[2J", "\\u{1b}"),
        ] {
            let error = url.parse::<Origin>().unwrap_err().to_string();
            assert!(error.contains(why), "{url}: {error}");
        }
    }

    #[test]
    fn only_this_machine_and_hosts_that_were_named() {
        let hosts = Hosts::loopback();
        for url in ["http://localhost", "http://a.localhost:3", "http://127.9.9.9:1", "http://[::1]:1"] {
            assert!(hosts.check(&origin(url)).is_ok(), "{url}");
        }
        for url in [
            "http://example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://10.0.0.1",
            "http://0.0.0.0",
        ] {
            let error = hosts.check(&origin(url)).unwrap_err().to_string();
            assert!(error.contains(origin(url).host()) && error.contains("--allow-host"), "{error}");
        }
        let hosts = hosts.and("Example.com").and("[fe80::1]");
        assert!(hosts.check(&origin("http://example.COM:9")).is_ok());
        assert!(hosts.check(&origin("http://[fe80::1]")).is_ok());
        assert!(hosts.check(&origin("http://www.example.com")).is_err());
    }

    #[test]
    fn addresses_are_found_or_the_host_is_named() {
        let found = Hosts::loopback().resolve(&origin("http://localhost:81")).unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 81) && !found.is_empty());
        let error = Hosts::loopback().and("no.such.invalid").resolve(&origin("http://no.such.invalid:81")).unwrap_err();
        assert!(error.to_string().contains("no.such.invalid:81"), "{error}");
    }
}
