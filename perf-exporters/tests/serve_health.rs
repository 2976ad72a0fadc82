//! What `/health` says of a program that breaks its budgets: a process of its own, since budgets are the process's.
#![cfg(feature = "serve")]

#[path = "support/http.rs"]
mod http;

use std::thread;
use std::time::{Duration, Instant};

use perf_core::perf_budget;

#[perf_budget(name = "strict", errors = "1%")]
fn strict(fails: bool) -> Result<(), ()> {
    if fails { Err(()) } else { Ok(()) }
}

#[test]
fn a_breach_is_told_with_status_503() {
    if !perf_core::is_enabled() {
        return;
    }
    for call in 0..1000 {
        let _ = strict(call < 6);
    }
    let server = perf_exporters::serve("127.0.0.1:0").unwrap();
    let health = || {
        let answer = http::get(server.local_addr(), "/health");
        (answer.status, serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap())
    };
    let (status, well) = health();
    assert_eq!((status, &well["status"], &well["budgets"]["judged"]), (200, &"ok".into(), &1.into()));
    assert_eq!(well["budgets"]["inconclusive"], 1, "six errors in a thousand calls prove nothing: {well}");

    for _ in 0..2000 {
        let _ = strict(true);
    }
    let begun = Instant::now();
    let (status, breach) = loop {
        // It is judged anew after a second, or where judging took long, a little later.
        let (status, health) = health();
        if status != 200 || begun.elapsed() > Duration::from_secs(20) {
            break (status, health);
        }
        thread::sleep(Duration::from_millis(50));
    };
    assert_eq!((status, &breach["status"]), (503, &"breach".into()), "{breach}");
    // The report that the endpoint shows was judged by the same call.
    let report = perf_exporters::Report::from_json(http::get(server.local_addr(), "/report.json").body).unwrap();
    let judged: Vec<_> =
        report.budgets.iter().map(|one| (one.probe.as_str(), one.metric.as_str(), one.verdict)).collect();
    assert_eq!(judged, [("strict", "errors", perf_exporters::report::BudgetVerdict::Fail)]);
    let first = &breach["budgets"]["breached"][0];
    assert_eq!(
        (&first["probe"], &first["metric"], &first["limit"]),
        (&"strict".into(), &"errors".into(), &0.01.into())
    );
}
