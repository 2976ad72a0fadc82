//! The endpoint's pages, asked for as anybody would.
#![cfg(feature = "serve")]

#[path = "support/http.rs"]
mod http;

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use http::{get, request};
use perf_exporters::Report;
use perf_exporters::serve::{Options, Server};

fn server() -> Server {
    perf_exporters::serve("127.0.0.1:0").unwrap()
}

#[test]
fn every_page_is_there() {
    perf_core::perf_block!("serve test", { std::hint::black_box(1) });
    let server = server();
    let address = server.local_addr();
    for (path, kind) in [
        ("/", "text/plain; charset=utf-8"),
        ("/metrics", "text/plain; version=0.0.4; charset=utf-8"),
        ("/health", "application/json"),
        ("/report", "text/html; charset=utf-8"),
        ("/live.json", "application/json"),
        ("/report.json", "application/json"),
        ("/snapshot", "application/json"),
        ("/report.html", "text/html; charset=utf-8"),
        #[cfg(feature = "flamegraph")]
        ("/flamegraph.svg?allocs", "image/svg+xml"),
    ] {
        let answer = get(address, path);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(!answer.body.is_empty());
    }
    assert_eq!(get(address, "/../etc/passwd").status, 404);
    assert!(get(address, "/nothing").text().contains("/metrics"));
}

#[test]
fn the_report_can_be_read_and_merged() {
    perf_core::perf_block!("to be merged", { std::hint::black_box(1) });
    let server = server();
    let report = Report::from_json(get(server.local_addr(), "/snapshot").body).unwrap();
    assert_eq!(report.probe("to be merged").is_some(), perf_core::is_enabled());
    assert_eq!(report.meta.pid, Some(std::process::id()));
    let mut sum = report.clone();
    sum.merge(&report);
    assert_eq!(sum.probes.len(), report.probes.len());
    assert!(get(server.local_addr(), "/snapshot").header("content-disposition").unwrap().contains("perf-"));
}

#[test]
fn formats_are_negotiated() {
    let server = server();
    let kind = |accept: &str| {
        let headers = format!("Host: localhost\r\nAccept: {accept}\r\n");
        let answer = request(server.local_addr(), "GET /metrics", &headers).unwrap();
        assert_eq!(answer.header("vary"), Some("accept"));
        answer.header("content-type").unwrap().to_owned()
    };
    assert!(
        kind("application/openmetrics-text; version=1.0.0, text/plain;q=0.5").starts_with("application/openmetrics")
    );
    let proto = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    assert!(kind(&format!("{proto}, text/plain;q=0.5")).starts_with("application/vnd.google.protobuf"));
    assert!(kind("\"\"\";;;,,,q=").starts_with("text/plain"));
}

#[test]
fn head_is_answered_without_a_body_and_nothing_else_is() {
    let server = server();
    let address = server.local_addr();
    let head = request(address, "HEAD /metrics", "Host: localhost\r\n").unwrap();
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert!(head.header("content-length").unwrap().parse::<usize>().unwrap() > 0);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"] {
        let refused = request(address, &format!("{method} /metrics"), "Host: localhost\r\n").unwrap();
        assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
}

#[test]
fn health_tells_how_it_is() {
    let server = server();
    let answer = get(server.local_addr(), "/health");
    let health: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((answer.status, &health["status"]), (200, &"ok".into()));
    assert_eq!(health["probes_enabled"], perf_core::is_enabled());
    assert!(health["uptime_seconds"].as_f64().unwrap() >= 0.0 && health["dropped"]["lost_calls"].is_u64());
}

#[test]
fn shown_again_for_a_second_and_then_anew() {
    let server = server();
    let page = || get(server.local_addr(), "/report.json").text();
    let seen: Vec<_> = (0..40).map(|_| (Instant::now(), page())).collect();
    // What was asked for within a second of the first was measured once, unless the first was measured long before.
    let soon = seen.iter().take_while(|(asked, _)| *asked - seen[0].0 < Duration::from_millis(900));
    let different: HashSet<_> = soon.map(|(_, page)| page).collect();
    assert!(different.len() <= 2, "{} pages in a second", different.len());
    let begun = Instant::now();
    while page() == seen[0].1 {
        assert!(begun.elapsed() < Duration::from_secs(20), "never anew");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_client_may_be_done_speaking_before_it_has_heard() {
    let server = server();
    let mut stream = http::connect(server.local_addr());
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn names_that_are_allowed() {
    let mut options = Options::default();
    options.hosts.push("metrics.example.com".into());
    let server = options.serve("127.0.0.1:0").unwrap();
    let status = |headers: &str| request(server.local_addr(), "GET /metrics", headers).unwrap().status;
    assert_eq!(status("Host: metrics.example.com:80\r\n"), 200);
    assert_eq!(status(&format!("Host: {}\r\n", server.local_addr())), 200);
    for spoofed in ["Host: evil.example\r\n", "", "Host: localhost\r\nHost: evil.example\r\n", "Host:\r\n"] {
        assert_eq!(status(spoofed), 403, "{spoofed:?}");
    }
    // HTTP/1.0 knows no `Host`, and no browser speaks it.
    let before =
        |headers: &str| http::send(server.local_addr(), format!("GET /health HTTP/1.0\r\n{headers}\r\n").as_bytes());
    assert_eq!(before("").unwrap().status, 200);
    assert_eq!(before("Host: evil.example\r\n").unwrap().status, 403);
    let absolute = request(server.local_addr(), "GET http://evil.example/metrics", "Host: localhost\r\n").unwrap();
    assert_eq!(absolute.status, 403);
}

#[test]
fn it_ends_when_dropped_and_the_address_is_free_again() {
    let server = server();
    let address = server.local_addr();
    assert!(perf_exporters::serve(address).is_err());
    drop(server);
    let again = perf_exporters::serve(address).unwrap();
    assert_eq!(get(again.local_addr(), "/health").status, 200);
}

#[cfg(feature = "axum")]
#[test]
fn the_same_pages_in_an_application() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (address, _serving) = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = axum::Router::new().nest("/perf", Options::default().router());
        (address, tokio::spawn(async { axum::serve(listener, app).await }))
    });
    assert_eq!(get(address, "/perf/health").status, 200);
    assert!(get(address, "/perf/metrics").text().contains("perf_threads"));
    assert_eq!(request(address, "GET /perf/metrics", "Host: evil.example\r\n").unwrap().status, 403);
    assert_eq!(request(address, "POST /perf/metrics", "Host: localhost\r\n").unwrap().status, 405);
    assert_eq!(get(address, "/perf/nothing").status, 404);
}
