//! The HTTP client against a real server: requests, answers, and counts.

#[path = "support/server.rs"]
mod server;

use std::time::Duration;

use perf_load::http::{Answers, Client, Hosts, Request, Trouble};
use server::Server;

fn get(server: &Server, path: &str) -> Request {
    Request::new("GET", &server.url(path)).unwrap()
}

fn client(requests: impl IntoIterator<Item = Request>) -> Client {
    Client::new(requests.into_iter().collect(), &Hosts::loopback()).unwrap()
}

/// Sends the first request so many times, one after the other.
fn send(client: &Client, times: u64) -> Vec<Result<(), Trouble>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut results = Vec::new();
        for number in 0..times {
            results.push(client.send(0, number, number).await);
        }
        results
    })
}

fn counted(answers: &Answers) -> (Vec<(&'static str, u64)>, u64) {
    (answers.classes(), answers.connections)
}

#[test]
fn one_after_the_other_they_share_a_connection() {
    let server = Server::start();
    let request = Request::new("POST", &server.url("/echo/{{seq}}"))
        .and_then(|request| request.header("x-number", "{{seq}}"))
        .and_then(|request| request.body("{\"id\": {{seq}}}"))
        .unwrap();
    let client = client([request]);
    client.reach().unwrap();
    assert!(send(&client, 20).iter().all(Result::is_ok));
    assert_eq!(counted(&client.answers()), (vec![("2xx", 20)], 1));
    let seen = server.seen();
    assert_eq!(seen.len(), 20);
    assert_eq!(seen[19], "POST /echo/19 19 {\"id\": 19}");
    // The echo is as long as the body.
    let sent: usize = (0..20).map(|n| format!("{{\"id\": {n}}}").len()).sum();
    assert_eq!(client.answers().bytes, sent as u64);
}

#[test]
fn at_the_same_time_each_has_its_own() {
    let server = Server::start();
    let client = client([get(&server, "/together/8")]);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        // The server answers none of eight requests before the eighth has arrived.
        for _ in 0..3 {
            let sent: Vec<_> = (0..8)
                .map(|number| {
                    let client = client.clone();
                    tokio::spawn(async move { client.send(0, number, number).await })
                })
                .collect();
            for task in sent {
                task.await.unwrap().unwrap();
            }
        }
    });
    assert_eq!(counted(&client.answers()), (vec![("2xx", 24)], 8));
}

#[test]
fn statuses_that_were_not_expected_are_failures() {
    let server = Server::start();
    let client = client([get(&server, "/status/{{choice 404|503}}")]);
    let results = send(&client, 50);
    assert!(results.iter().all(|result| matches!(result, Err(Trouble::Status(404 | 503)))));
    let answers = client.answers();
    assert_eq!(answers.statuses.values().sum::<u64>(), 50);
    assert!(answers.statuses.len() == 2 && answers.connections == 1, "{answers:?}");

    let expected = get(&server, "/status/404").expect("2xx,404".parse().unwrap());
    let client = self::client([expected]);
    assert!(send(&client, 3).iter().all(Result::is_ok));
    // A redirection is an answer, and the client does not follow it.
    let client = self::client([get(&server, "/status/302")]);
    assert!(send(&client, 3).iter().all(Result::is_ok));
}

#[test]
fn an_answer_that_does_not_come_in_time_is_a_failure_and_its_connection_is_closed() {
    let server = Server::start();
    for path in ["/never", "/half"] {
        let client = client([get(&server, path).timeout(Duration::from_millis(50))]);
        let results = send(&client, 3);
        assert!(results.iter().all(|result| matches!(result, Err(Trouble::TimedOut))), "{results:?}");
        assert_eq!(counted(&client.answers()), (vec![("timed out", 3)], 3));
        assert_eq!(client.answers().first["timed out"], "no answer in time");
    }
}

#[test]
fn a_connection_that_the_server_closes_is_replaced() {
    let server = Server::start();
    let client = client([get(&server, "/close")]);
    assert!(send(&client, 5).iter().all(Result::is_ok));
    assert_eq!(counted(&client.answers()), (vec![("2xx", 5)], 5));
}

#[test]
fn what_breaks_is_named() {
    let server = Server::start();
    let client = client([get(&server, "/abort")]);
    let results = send(&client, 2);
    assert!(results.iter().all(|result| matches!(result, Err(Trouble::Broken(_)))), "{results:?}");
    assert_eq!(counted(&client.answers()), (vec![("broken", 2)], 2));
    assert!(client.answers().first["broken"].starts_with("the connection broke: "));
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let gone = Server::start();
    let request = get(&gone, "/");
    let address = gone.address();
    drop(gone);
    let client = client([request]);
    let error = client.reach().unwrap_err();
    assert_eq!(error.key(), Some(address.to_string().as_str()));
    assert!(error.to_string().contains("cannot be reached"), "{error}");
    let results = send(&client, 2);
    assert!(results.iter().all(|result| matches!(result, Err(Trouble::Unreachable(_)))), "{results:?}");
    assert_eq!(counted(&client.answers()), (vec![("unreachable", 2)], 0));

    let elsewhere = Request::new("GET", "http://192.0.2.1/").unwrap();
    let error = Client::new(vec![elsewhere], &Hosts::loopback()).unwrap_err();
    assert_eq!(error.key(), Some("192.0.2.1"));
}

#[test]
fn idle_connections_of_a_runtime_that_ended_are_not_used_again() {
    let server = Server::start();
    let client = client([get(&server, "/status/200")]);
    assert!(send(&client, 2).iter().all(Result::is_ok));
    assert!(send(&client, 2).iter().all(Result::is_ok));
    assert_eq!(counted(&client.answers()), (vec![("2xx", 4)], 2));
}

/// Answers one request on each connection, and closes it without notice; sends a message after that.
fn closing() -> (std::net::SocketAddr, std::sync::mpsc::Receiver<()>) {
    use std::io::{Read, Write};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (closed, was_closed) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if stream.read(&mut [0; 4096]).unwrap() > 0 {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
            }
            drop(stream);
            if closed.send(()).is_err() {
                return;
            }
        }
    });
    (address, was_closed)
}

#[test]
fn an_idle_connection_that_the_server_has_closed_is_not_used() {
    let (address, was_closed) = closing();
    let client = client([Request::new("GET", &format!("http://{address}/")).unwrap()]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for number in 0..3 {
            client.send(0, number, 1).await.unwrap();
            was_closed.recv().unwrap();
            // The end of the connection has arrived; the next poll on this one thread finds it.
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(counted(&client.answers()), (vec![("2xx", 3)], 3));
}
