//! The OTLP exporter against collectors that misbehave. What a real reader decodes is compared in `tests/consumers`.
#![cfg(feature = "otlp")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use perf_exporters::otlp::{Exporter, Options, Status, Temporality};
use prost::Message;

/// Answers requests with these heads, the last one for ever; hands on what it was sent.
fn collector(answers: &'static [&'static str]) -> (Options, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut options = Options::default();
    options.endpoint = format!("http://{}/v1/metrics", listener.local_addr().unwrap());
    options.interval = Duration::from_millis(50);
    (options.first_pause, options.last_pause) = (Duration::from_millis(20), Duration::from_millis(40));
    options.timeout = Duration::from_millis(500);
    let (bodies, received) = channel();
    thread::spawn(move || {
        let mut answers = answers.iter().copied().peekable();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let Some(body) = read(&mut stream) else { continue };
            let answer = if answers.len() > 1 { answers.next() } else { answers.peek().copied() };
            match answer {
                Some("silence") => drop(thread::spawn(move || (thread::sleep(Duration::from_mins(1)), stream))),
                Some(head) => {
                    let _ = write!(stream, "HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                }
                None => {}
            }
            let _ = bodies.send(body);
        }
    });
    (options, received)
}

fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

fn until(exporter: &Exporter, what: impl Fn(&Status) -> bool) -> Status {
    let begun = Instant::now();
    loop {
        let status = exporter.status();
        if what(&status) {
            return status;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{status:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_may_work_later_is_sent_again() {
    let (options, received) = collector(&["503 No", "429 Slow", "502 No", "504 No", "200 OK"]);
    let exporter = Exporter::start(options).unwrap();
    let status = until(&exporter, |status| status.sent >= 2);
    assert_eq!((status.failed, status.dropped, status.last_error), (4, 0, None));
    let bodies: Vec<_> = received.try_iter().collect();
    assert!(bodies[..5].iter().all(|body| *body == bodies[0]), "the same request until it is taken");
    // Without probes no time passes either.
    assert_eq!(bodies[5] != bodies[0], perf_core::is_enabled());
}

#[test]
fn what_is_refused_for_good_is_dropped_and_counted() {
    let (options, _received) = collector(&["400 Bad", "301 Elsewhere", "200 OK"]);
    let exporter = Exporter::start(options).unwrap();
    let status = until(&exporter, |status| status.sent >= 1);
    assert_eq!((status.failed, status.dropped), (0, 2));
}

#[test]
fn the_queue_is_bounded() {
    let (mut options, _received) = collector(&["503 No"]);
    (options.queue, options.interval) = (2, Duration::from_millis(5));
    let exporter = Exporter::start(options.clone()).unwrap();
    until(&exporter, |status| status.dropped >= 3);
    options.temporality = Temporality::Delta;
    let exporter = Exporter::start(options).unwrap();
    let status = until(&exporter, |status| status.failed >= 10);
    assert_eq!(status.dropped, 0, "what is not sent becomes part of the next interval");
}

#[test]
fn too_old_is_dropped() {
    let (mut options, _received) = collector(&["503 No"]);
    options.give_up = Duration::from_millis(60);
    let exporter = Exporter::start(options).unwrap();
    until(&exporter, |status| {
        status.dropped >= 2 && status.last_error.as_deref().is_some_and(|why| why.contains("503"))
    });
}

#[test]
fn the_end_is_bounded_whatever_the_collector_does() {
    for answer in [&["silence"][..], &["503 No\r\nRetry-After: 3600"]] {
        let (mut options, received) = collector(Vec::leak(answer.to_vec()));
        (options.shutdown, options.timeout) = (Duration::from_millis(300), Duration::from_mins(1));
        let exporter = Exporter::start(options).unwrap();
        received.recv_timeout(Duration::from_secs(20)).unwrap();
        let begun = Instant::now();
        assert!(!exporter.flush(Duration::from_millis(100)));
        drop(exporter);
        assert!(begun.elapsed() < Duration::from_secs(3), "{answer:?}: {:?}", begun.elapsed());
    }
}

#[test]
fn what_is_left_is_sent_at_the_end() {
    let (mut options, received) = collector(&["200 OK"]);
    options.interval = Duration::from_hours(1);
    let exporter = Exporter::start(options).unwrap();
    perf_core::perf_block!("sent at the end", { std::hint::black_box(1) });
    assert!(exporter.flush(Duration::from_secs(10)));
    drop(exporter);
    let bodies: Vec<_> = received.try_iter().collect();
    assert_eq!(bodies.len(), 2);
    let request = ExportMetricsServiceRequest::decode(&*bodies[1]).unwrap();
    let metrics = &request.resource_metrics[0].scope_metrics[0].metrics;
    let durations = metrics.iter().any(|metric| matches!(metric.data, Some(Data::ExponentialHistogram(_))));
    assert_eq!(durations, perf_core::is_enabled());
}

#[test]
fn rejected_points_are_counted() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut options = Options::default();
    options.endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let partial = ExportMetricsPartialSuccess { rejected_data_points: 3, error_message: "too many".into() };
        let body = ExportMetricsServiceResponse { partial_success: Some(partial) }.encode_to_vec();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            read(&mut stream).unwrap();
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len()).unwrap();
            stream.write_all(&body).unwrap();
        }
    });
    let exporter = Exporter::start(options).unwrap();
    assert!(exporter.flush(Duration::from_secs(10)));
    assert_eq!((exporter.status().rejected, exporter.status().sent), (3, 1));
}

#[test]
fn settings_that_cannot_be_are_told_at_once() {
    for (endpoint, problem) in [
        ("collector", "neither http nor https"),
        ("ftp://collector", "neither http nor https"),
        ("http://a b", "not a URL"),
        #[cfg(not(feature = "otlp-tls"))]
        ("https://collector/v1/metrics", "built without TLS"),
    ] {
        let mut options = Options::default();
        options.endpoint = endpoint.into();
        let error = Exporter::start(options).unwrap_err();
        assert!(error.is_setting() && error.to_string().contains(problem), "{error}");
    }
    let mut options = Options::default();
    options.headers.push(("x\r\ny".into(), "z".into()));
    assert!(Exporter::start(options).is_err());
}

#[test]
fn the_query_and_the_encoding_are_as_the_settings_say() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut options = Options::default();
    options.endpoint = format!("http://{}/base/v1/metrics?tok=1", listener.local_addr().unwrap());
    options.gzip = true;
    let received = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        stream.read_exact(&mut body).unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").unwrap();
        (head, body)
    });
    let exporter = Exporter::start(options).unwrap();
    assert!(exporter.flush(Duration::from_secs(10)));
    let (head, body) = received.join().unwrap();
    assert!(head.starts_with("post /base/v1/metrics?tok=1 http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-encoding: gzip\r\n"), "{head}");
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&*body).read_to_end(&mut plain).unwrap();
    assert_eq!(ExportMetricsServiceRequest::decode(&*plain).unwrap().resource_metrics.len(), 1);
}

#[test]
fn a_disabled_exporter_sends_nothing_and_nobody_waits_for_it() {
    let (mut options, received) = collector(&["200 OK"]);
    options.disabled = true;
    let exporter = Exporter::start(options).unwrap();
    assert!(!exporter.flush(Duration::from_hours(1)));
    drop(exporter);
    assert!(received.recv_timeout(Duration::from_millis(200)).is_err());
}
