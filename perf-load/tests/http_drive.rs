//! A real server under load: requests, counts, and the report, on both sides.

#[path = "support/server.rs"]
mod server;

use std::time::Duration;

use perf_load::http::{Client, Hosts, Request};
use perf_load::{Arrivals, Drive, Load, Operation, Stop};
use server::Server;

fn client(requests: Vec<Request>) -> Client {
    Client::new(requests, &Hosts::loopback()).unwrap()
}

fn get(server: &Server, path: &str) -> Request {
    Request::new("GET", &server.url(path)).unwrap()
}

fn single() -> [Operation; 1] {
    [Operation::new("")]
}

#[test]
fn the_server_sees_each_request_once_with_its_number() {
    let server = Server::start();
    let client = client(vec![get(&server, "/status/200").header("x-number", "{{seq}}").unwrap()]);
    let load = Load::new("http").rate(500.0).duration(Duration::from_secs(1));
    let outcome = client.drive(&load, &single()).unwrap();
    assert_eq!((outcome.counts.completed, outcome.counts.failed, outcome.counts.dropped), (500, 0, 0));
    let mut seen: Vec<u64> =
        server.seen().iter().map(|line| line.split(' ').nth(2).unwrap().parse().unwrap()).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..500).collect::<Vec<_>>());
    let answers = client.answers();
    assert_eq!(answers.statuses[&200], 500);
    for part in ["response", "service", "lateness"] {
        assert_eq!(outcome.report.probe(&format!("http::{part}")).unwrap().calls, 500, "{part}");
    }
}

#[test]
fn a_stall_of_the_server_is_waited_for_by_all_who_came_meanwhile() {
    let server = Server::start();
    // One at a time: each answer takes 20 ms, and 100 come in a second.
    let client = client(vec![get(&server, "/sleep/20")]);
    let load = Load::new("http").rate(100.0).duration(Duration::from_millis(500)).max_in_flight(1);
    let outcome = client.drive(&load, &single()).unwrap();
    assert_eq!((outcome.counts.completed, client.answers().connections), (50, 1));
    // The last one was due at 490 ms, and 49 answers of 20 ms each came before its own.
    let (response, service) = (outcome.response.quantile(1.0).unwrap(), outcome.service.quantile(0.0).unwrap());
    assert!(response >= 500_000_000 && service >= 19_000_000, "{response} {service}");
}

#[test]
fn failures_are_counted_by_what_happened() {
    let server = Server::start();
    let requests = vec![get(&server, "/status/503"), get(&server, "/status/200"), get(&server, "/abort")];
    let client = client(requests);
    let operations = [Operation::new("bad").weight(2.0), Operation::new("good"), Operation::new("broken")];
    let load = Load::new("mix").workers(4).duration(Duration::from_millis(300)).seed(5);
    let outcome = client.drive(&load, &operations).unwrap();
    let answers = client.answers();
    assert_eq!(outcome.counts.failed, answers.statuses[&503] + answers.broken);
    assert_eq!(outcome.counts.completed, outcome.counts.failed + answers.statuses[&200]);
    let classes: std::collections::BTreeMap<_, _> = outcome.classes.iter().cloned().collect();
    assert_eq!((classes["503"], classes["broken"]), (answers.statuses[&503], answers.broken));
    let bad = outcome.report.probe("mix::bad::response").unwrap();
    assert_eq!((bad.calls, bad.errors), (answers.statuses[&503], answers.statuses[&503]));
    assert_eq!(outcome.report.probe("mix::good::service").unwrap().errors, 0);
}

#[test]
fn a_server_that_never_answers_is_given_up_one_request_at_a_time() {
    let server = Server::start();
    let client = client(vec![get(&server, "/never").timeout(Duration::from_millis(30))]);
    let load = Load::new("http").rate(50.0).duration(Duration::from_millis(200));
    let outcome = client.drive(&load, &single()).unwrap();
    assert_eq!((outcome.counts.completed, outcome.counts.failed), (10, 10));
    assert_eq!(client.answers().timed_out, 10);
    assert_eq!(outcome.classes, [("timed out".to_owned(), 10)]);
}

#[test]
fn a_stopped_run_keeps_what_was_measured() {
    let server = Server::start();
    let client = client(vec![get(&server, "/status/200")]);
    let stop = Stop::new();
    let load = Load::new("http").rate(1000.0).duration(Duration::from_hours(1)).stop(stop.clone());
    let driving = std::thread::spawn({
        let client = client.clone();
        move || client.drive(&load, &single())
    });
    while client.answers().statuses.get(&200).is_none_or(|count| *count < 20) {
        std::thread::yield_now();
    }
    stop.stop();
    let outcome = driving.join().unwrap().unwrap();
    assert!(outcome.interrupted && outcome.counts.completed >= 20);
    assert_eq!(outcome.counts.completed, client.answers().statuses[&200]);
    assert_eq!(outcome.report.probe("http::response").unwrap().calls, outcome.counts.completed);
}

#[test]
fn many_drives_share_a_client() {
    let server = Server::start();
    let client = client(vec![get(&server, "/status/200")]);
    let mut driver = client.driver(&Load::new("http"), &single()).unwrap();
    for _ in 0..2 {
        let outcome = driver.drive(&Arrivals::constant(500.0, Duration::from_millis(100)).unwrap()).unwrap();
        assert_eq!((outcome.counts.completed, outcome.counts.failed), (50, 0));
    }
    let error = client.drive(&Load::new("http").rate(1.0), &[]).unwrap_err();
    assert_eq!(error.key(), Some("operation"));
}
