//! Clients that mean harm, or have gone wrong: the endpoint answers others meanwhile, recovers, and the program that it
//! belongs to does not notice.
#![cfg(feature = "serve")]

#[path = "support/http.rs"]
mod http;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use http::{connect, get, request, send};
use perf_core::perf_block;
use perf_exporters::serve::{Options, Server};

const PATIENCE: Duration = Duration::from_millis(500);

fn server() -> Server {
    let mut options = Options::default();
    options.timeout = PATIENCE;
    options.serve("127.0.0.1:0").unwrap()
}

/// Works in a probe of this name while the attack goes on; afterwards every call must have been counted, and there must
/// have been some.
fn beside_work(name: &'static str, attack: impl FnOnce()) {
    let (over, calls) = (AtomicBool::new(false), AtomicU64::new(0));
    let work = || {
        let probe: &'static perf_core::Probe = Box::leak(Box::new(perf_core::Probe::new(name)));
        while !over.load(Ordering::Relaxed) {
            let guard = probe.start();
            std::hint::black_box((0..100_u64).sum::<u64>());
            drop(guard);
            calls.fetch_add(1, Ordering::Relaxed);
        }
    };
    /// Also where the attack panics, which would wait for the work for ever.
    struct End<'a>(&'a AtomicBool);
    impl Drop for End<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    thread::scope(|scope| {
        scope.spawn(work);
        let _end = End(&over);
        attack();
    });
    let calls = calls.into_inner();
    assert!(calls > 0);
    if perf_core::is_enabled() {
        assert_eq!(perf_core::snapshot().get(name).map(perf_core::ProbeStats::calls), Some(calls));
    }
}

fn is_well(address: SocketAddr) {
    let asked = Instant::now();
    assert_eq!(get(address, "/health").status, 200);
    assert!(asked.elapsed() < Duration::from_secs(5), "answered after {:?}", asked.elapsed());
}

/// Whether the other end has closed the connection, waiting for it so long.
fn is_closed(stream: &mut TcpStream, within: Duration) -> bool {
    stream.set_read_timeout(Some(within)).unwrap();
    match stream.read(&mut [0; 1024]) {
        Ok(0) => true,
        Ok(_) => is_closed(stream, within),
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}

#[test]
fn slowloris() {
    let server = server();
    let address = server.local_addr();
    beside_work("slowloris", || {
        let mut slow: Vec<_> = (0..50).map(|_| connect(address)).collect();
        for stream in &mut slow {
            stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n").unwrap();
        }
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE * 4 {
            for stream in &mut slow {
                // Refused once the endpoint has lost its patience.
                let _ = stream.write_all(b"X-More: yes\r\n");
            }
            is_well(address);
            thread::sleep(Duration::from_millis(50));
        }
        assert!(slow.iter_mut().all(|stream| is_closed(stream, Duration::from_millis(10))));
    });
    is_well(address);
}

#[test]
fn a_thousand_idle_connections() {
    let server = server();
    let address = server.local_addr();
    beside_work("idle", || {
        let mut idle = Vec::new();
        for at in 0..1_000 {
            idle.push(connect(address));
            if at % 100 == 99 {
                is_well(address);
            }
        }
        // No more than the cap is open, however many there are, and those not for long.
        let begun = Instant::now();
        let open =
            idle.iter_mut().filter_map(|stream| (!is_closed(stream, Duration::from_millis(1))).then_some(())).count();
        assert!(open <= 64, "{open} are open");
        while !idle.iter_mut().all(|stream| is_closed(stream, Duration::from_millis(1))) {
            assert!(begun.elapsed() < Duration::from_secs(10), "still open");
        }
    });
    is_well(address);
}

#[test]
fn a_megabyte_of_headers() {
    let server = server();
    let address = server.local_addr();
    beside_work("headers", || {
        let one = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
        let many = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: y\r\n".repeat(1 << 17));
        let line = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(1 << 20));
        let fields = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: y\r\n".repeat(100));
        for attack in [&one, &many, &line, &fields] {
            // Where bytes were left unread, the system resets the connection and the refusal may be lost with it.
            if let Some(refused) = send(address, attack.as_bytes()) {
                assert!([400, 414, 431].contains(&refused.status), "{}", refused.head);
            }
            is_well(address);
        }
        let fits = format!("Host: localhost\r\nX: {}\r\n", "x".repeat(7_000));
        assert_eq!(request(address, "GET /metrics", &fits).unwrap().status, 200);
    });
}

#[test]
fn spoofed_hosts() {
    let server = server();
    let address = server.local_addr();
    beside_work("spoofed", || {
        for at in 0..200 {
            let names = ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[::1].evil.example"];
            let spoofed = format!("Host: {}\r\n", names[at % names.len()]);
            for path in ["/metrics", "/snapshot", "/report"] {
                let refused = request(address, &format!("GET {path}"), &spoofed).unwrap();
                assert!(refused.status == 403 && refused.body.len() < 300, "{}", refused.head);
                assert!(refused.header("access-control-allow-origin").is_none(), "{}", refused.head);
            }
        }
        is_well(address);
    });
}

#[test]
fn garbage() {
    let server = server();
    let address = server.local_addr();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    beside_work("garbage", || {
        let fixed: [&[u8]; 8] = [
            b"\0\0\0\0",
            b"\r\n\r\n\r\n\r\n",
            b"GET\r\n\r\n",
            b"GET /metrics\r\n\r\n",
            b"GET /metrics HTTP/9.9\r\nHost: localhost\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        ];
        for bytes in fixed {
            assert!(send(address, bytes).is_none_or(|answer| answer.status >= 400), "{bytes:?}");
        }
        for _ in 0..100 {
            let length = usize::try_from(random() % 400).unwrap();
            let mut bytes: Vec<_> = (0..length).map(|_| random().to_le_bytes()[0]).collect();
            bytes.extend(b"\r\n\r\n");
            assert!(send(address, &bytes).is_none_or(|answer| answer.status >= 400), "{bytes:?}");
        }
        is_well(address);
    });
}

#[test]
fn answers_that_nobody_reads() {
    let server = server();
    let address = server.local_addr();
    beside_work("unread", || {
        let mut deaf: Vec<_> = (0..80).map(|_| connect(address)).collect();
        for stream in &mut deaf {
            // The oldest may have been closed to make room.
            let _ = stream.write_all(b"GET /report.json HTTP/1.1\r\nHost: localhost\r\n\r\n");
        }
        is_well(address);
        thread::sleep(PATIENCE * 3);
        is_well(address);
    });
}

#[test]
fn connections_cut_at_every_point() {
    let server = server();
    let address = server.local_addr();
    beside_work("cut", || {
        let whole = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n";
        for end in 0..=whole.len() {
            connect(address).write_all(&whole[..end]).unwrap();
        }
        is_well(address);
    });
}

#[test]
fn the_end_does_not_wait_for_clients() {
    let server = Options::default().serve("127.0.0.1:0").unwrap();
    let mut streams: Vec<_> = (0..20).map(|_| connect(server.local_addr())).collect();
    for stream in &mut streams {
        stream.write_all(b"GET /metr").unwrap();
    }
    perf_block!("ending", { std::hint::black_box(1) });
    let begun = Instant::now();
    drop(server);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}
