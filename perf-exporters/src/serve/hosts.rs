//! Whose requests are answered, by the `Host` they name.
//!
//! A web page can make a browser ask this endpoint under a name of the page's own that resolves to 127.0.0.1, and read
//! the answer. Such a request names that name: it is the one thing the page cannot choose otherwise.

use std::net::IpAddr;

use hyper::header::{HOST, HeaderMap};
use hyper::http::uri::Authority;
use hyper::{Uri, Version};

use super::Options;

pub(super) struct Hosts {
    names: Vec<String>,
    any: bool,
    /// Whether an address may be another than a loopback one.
    remote: bool,
}

impl Hosts {
    pub(super) fn of(options: &Options) -> Self {
        let names = options.hosts.iter().map(|name| name.trim_end_matches('.').to_ascii_lowercase()).collect();
        Self { names, any: options.hosts.iter().any(|name| name == "*"), remote: options.allow_remote }
    }

    /// A request names its host once in its headers, and may do so in its target as well. HTTP/1.0 need not name any: no
    /// browser speaks it, and so no page can make one do so.
    pub(super) fn allow(&self, version: Version, target: &Uri, headers: &HeaderMap) -> bool {
        let mut named = headers.get_all(HOST).iter();
        let header = named.next().map(|value| value.to_str().unwrap_or_default());
        let in_target = target.authority().map(Authority::as_str);
        let all = || header.into_iter().chain(in_target);
        let need_not_be_named = version <= Version::HTTP_10;
        named.next().is_none() && (header.is_some() || need_not_be_named) && all().all(|host| self.allow_name(host))
    }

    /// `host` or `host:port`. The port is not looked at: a forwarded one differs.
    fn allow_name(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        let name = authority.host();
        // The parsed address ends at a bracket, and text may follow it; text before a name would be a user.
        let is_port = |rest: &str| rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
        if !host.strip_prefix(name).is_some_and(|rest| rest.is_empty() || is_port(rest)) {
            return false;
        }
        let literal = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
        if let Ok(address) = literal.parse::<IpAddr>() {
            return self.remote || self.any || address.to_canonical().is_loopback();
        }
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        self.any || name == "localhost" || self.names.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn hosts(remote: bool, names: &[&str]) -> Hosts {
        let hosts = names.iter().map(|name| (*name).to_owned()).collect();
        Hosts::of(&Options { allow_remote: remote, hosts, ..Options::default() })
    }

    #[test]
    fn loopback_by_any_of_its_names() {
        let hosts = hosts(false, &["Metrics.Example.com."]);
        for host in ["localhost", "LocalHost:9080", "localhost.", "127.0.0.1", "127.8.9.1:1", "[::1]:9080", "[::1]"] {
            assert!(hosts.allow_name(host), "{host}");
        }
        assert!(hosts.allow_name("metrics.example.COM:80"));
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "evil-localhost",
            "127.0.0.1.evil.example",
            "127.1",
            "0x7f000001",
            "user@localhost",
            "localhost@evil.example",
            "localhost/evil",
            "192.0.2.1",
            "0.0.0.0",
            "[::]",
            "[::ffff:192.0.2.1]",
            "[::1].evil.example",
            "[::1]evil.example:80",
            "[::1]80",
            "localhost:80:80",
            "localhost:evil",
            "localhost evil",
            "*",
        ] {
            assert!(!hosts.allow_name(host), "{host}");
        }
    }

    #[test]
    fn remote_is_any_address_but_no_other_name() {
        let remote = hosts(true, &[]);
        assert!(remote.allow_name("192.0.2.1:9080") && remote.allow_name("[2001:db8::1]"));
        assert!(!remote.allow_name("evil.example"));
        assert!(hosts(false, &["*"]).allow_name("evil.example"));
    }

    #[test]
    fn named_exactly_once_and_everywhere_the_same_rule() {
        let hosts = hosts(false, &[]);
        let allowed_in = |version: Version, target: &str, names: &[&str]| {
            let mut headers = HeaderMap::new();
            for name in names {
                headers.append(HOST, HeaderValue::from_str(name).unwrap());
            }
            hosts.allow(version, &target.parse().unwrap(), &headers)
        };
        let allowed = |target: &str, names: &[&str]| allowed_in(Version::HTTP_11, target, names);
        assert!(allowed("/metrics", &["localhost"]));
        assert!(allowed("http://localhost/metrics", &["localhost"]));
        assert!(!allowed("/metrics", &[]));
        assert!(!allowed("/metrics", &["localhost", "localhost"]));
        assert!(!allowed("http://evil.example/metrics", &["localhost"]));
        assert!(!allowed("http://localhost/metrics", &["evil.example"]));
        let before = |names: &[&str]| allowed_in(Version::HTTP_10, "/metrics", names);
        assert!(before(&[]) && before(&["localhost"]));
        assert!(!before(&["evil.example"]) && !before(&["localhost", "localhost"]) && !before(&[""]));
        assert!(!allowed_in(Version::HTTP_10, "http://evil.example/metrics", &[]));
    }

    proptest! {
        #[test]
        fn nothing_else_gets_in(host in "\\PC{0,40}") {
            let allowed = hosts(false, &[]).allow_name(&host);
            let text = host.to_ascii_lowercase();
            prop_assert!(!allowed || text.starts_with("localhost") || text.starts_with("127.") || text.starts_with('['));
        }
    }
}
