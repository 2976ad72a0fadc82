//! From a request to an answer, for every server that carries them.

use std::fmt::Write;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use hyper::header::{HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use perf_core::budget::Clock;
use serde_json::json;

use super::Options;
use super::health::Health;
use super::hosts::Hosts;
use super::observe::{Observed, Observer};
use crate::Report;
use crate::clock::Stopwatch;
use crate::html;
use crate::prometheus::{self, Format};

/// Where the pages are.
pub(super) const PATHS: &[(&str, &str)] = &[
    ("/metrics", "for Prometheus"),
    ("/health", "budgets and losses, as JSON; 503 when a budget is breached"),
    ("/report", "a page to look at, which follows what is going on"),
    ("/live.json", "what that page shows next"),
    ("/report.html", "the report as a page of its own, to look into or to keep"),
    ("/report.json", "the report"),
    #[cfg(feature = "flamegraph")]
    ("/flamegraph.svg", "who called whom; ?allocs or ?bytes for another weight than time"),
    ("/snapshot", "the report, to be saved and merged"),
];

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";

/// Something that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Page {
    Index,
    Metrics(Format),
    Health,
    Live,
    LiveData,
    Html,
    #[cfg(feature = "flamegraph")]
    Flames(crate::Weight),
    Json,
    Snapshot,
}

pub(super) struct Endpoint {
    hosts: Hosts,
    observer: Observer,
    prometheus: prometheus::Options,
    /// The permissions of the live page, and that no page may put it into a frame.
    live_policy: HeaderValue,
    /// Of the processor, where the system tells a thread's time on it.
    watch: Stopwatch,
}

impl Endpoint {
    pub(super) fn new(options: Options) -> Self {
        Self {
            hosts: Hosts::of(&options),
            observer: Observer::new(options.program),
            prometheus: options.prometheus,
            live_policy: HeaderValue::try_from(format!("{}; frame-ancestors 'none'", html::live_policy()))
                .unwrap_or(HeaderValue::from_static("default-src 'none'")),
            watch: Stopwatch::new(Clock::Cpu).unwrap_or_else(Stopwatch::wall),
        }
    }

    /// The page that a request asks for, or the answer to a request for no page. Quick.
    pub(super) fn understand(&self, request: &Parts) -> Result<Page, Box<Response<Bytes>>> {
        if !self.hosts.allow(request.version, &request.uri, &request.headers) {
            let why = "This endpoint is not served under that name. Use localhost or an address, or add the name to \
                       `Options::hosts` or PERF_SERVE_HOSTS.\n";
            return Err(Box::new(refusal(StatusCode::FORBIDDEN, why)));
        }
        if request.method != Method::GET && request.method != Method::HEAD {
            let mut refused = refusal(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD.\n");
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return Err(Box::new(refused));
        }
        match request.uri.path() {
            "/" => Ok(Page::Index),
            "/metrics" => {
                let accept = request.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
                Ok(Page::Metrics(Format::negotiate(&accept.collect::<Vec<_>>().join(","))))
            }
            "/health" => Ok(Page::Health),
            "/report" => Ok(Page::Live),
            "/live.json" => Ok(Page::LiveData),
            "/report.html" => Ok(Page::Html),
            #[cfg(feature = "flamegraph")]
            "/flamegraph.svg" => Ok(Page::Flames(weight(request.uri.query()))),
            "/report.json" => Ok(Page::Json),
            "/snapshot" => Ok(Page::Snapshot),
            _ => Err(Box::new(refusal(StatusCode::NOT_FOUND, &format!("No such page. There are:\n{}", index())))),
        }
    }

    /// The answer. Measures and renders, unless what there is is still fresh.
    pub(super) fn show(&self, asked: Page) -> Response<Bytes> {
        let begun = self.watch.now();
        let observed = self.observer.look();
        let answer = self.answer(asked, &observed);
        observed.took(self.watch.since(begun));
        answer
    }

    fn answer(&self, asked: Page, observed: &Observed) -> Response<Bytes> {
        let report = || self.observer.report(observed);
        let json = || observed.page(Page::Json, || report().to_json().into_bytes());
        match asked {
            Page::Index => answer(StatusCode::OK, PLAIN, index().into()),
            Page::Metrics(format) => {
                let render = || prometheus::render(report(), format, &self.prometheus);
                let page = observed.page(asked, render);
                let mut answer = answer(StatusCode::OK, format.content_type(), page);
                answer.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
                answer
            }
            Page::Health => self.health(observed),
            Page::Live => {
                let live = |recent: (Duration, &Report)| html::live(report(), recent).into_bytes();
                let mut answer = answer(StatusCode::OK, HTML, observed.page(asked, || live(observed.recent())));
                answer.headers_mut().insert(CONTENT_SECURITY_POLICY, self.live_policy.clone());
                answer
            }
            Page::LiveData => {
                let live = |recent: (Duration, &Report)| html::live_data(report(), recent).into_bytes();
                answer(StatusCode::OK, JSON, observed.page(asked, || live(observed.recent())))
            }
            Page::Html => {
                let html = || html::render(report(), &html::Options::default()).into_bytes();
                // It brings a policy of its own, which names its script.
                answer(StatusCode::OK, HTML, observed.page(asked, html))
            }
            #[cfg(feature = "flamegraph")]
            Page::Flames(weight) => {
                let svg = || crate::flamegraph::svg(report(), weight).into_bytes();
                let mut answer = answer(StatusCode::OK, "image/svg+xml", observed.page(asked, svg));
                let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
                answer.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
                answer
            }
            Page::Json => answer(StatusCode::OK, JSON, json()),
            Page::Snapshot => {
                let mut answer = answer(StatusCode::OK, JSON, json());
                let name = format!("attachment; filename=\"perf-{}.json\"", std::process::id());
                answer.headers_mut().extend(HeaderValue::try_from(name).ok().map(|name| (CONTENT_DISPOSITION, name)));
                answer
            }
        }
    }

    fn health(&self, observed: &Observed) -> Response<Bytes> {
        let (span, budgets) = observed.budgets();
        let health = Health::of(budgets);
        let meta = observed.snapshot().meta();
        let status = if health.is_good() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let body = json!({
            "status": if health.is_good() { "ok" } else { "breach" },
            "uptime_seconds": self.observer.uptime().as_secs_f64(),
            "probes_enabled": perf_core::is_enabled(),
            "budgets": {
                "window_seconds": span.as_secs_f64(),
                "judged": health.judged,
                "inconclusive": health.inconclusive,
                "breached": health.breached,
                "missed_targets": health.missed_targets,
            },
            "dropped": {
                "lost_calls": meta.lost,
                "tree_nodes": meta.dropped_nodes,
                "clock_backward_steps": meta.backward_steps,
                "probes_over_limit": observed.snapshot().probes().count().saturating_sub(self.prometheus.max_probes),
            },
        });
        answer(status, JSON, format!("{body}\n").into())
    }
}

/// The answer where no page could be rendered.
pub(super) fn trouble() -> Response<Bytes> {
    refusal(StatusCode::INTERNAL_SERVER_ERROR, "The page could not be made (this is a bug in perf-exporters).\n")
}

#[cfg(feature = "flamegraph")]
fn weight(query: Option<&str>) -> crate::Weight {
    match query {
        Some("allocs") => crate::Weight::Allocs,
        Some("bytes") => crate::Weight::Bytes,
        _ => crate::Weight::Time,
    }
}

fn index() -> String {
    PATHS.iter().fold(String::new(), |mut text, (path, what)| {
        let _ = writeln!(text, "{path:15} {what}");
        text
    })
}

fn refusal(status: StatusCode, why: &str) -> Response<Bytes> {
    answer(status, PLAIN, why.to_owned().into())
}

fn answer(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Bytes> {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    for (name, value) in
        [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")]
    {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}
