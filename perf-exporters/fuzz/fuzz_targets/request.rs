//! Any bytes at all, sent to the endpoint: it answers the next client.
#![no_main]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use perf_exporters::serve::{Options, Server};

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let mut options = Options::default();
    options.timeout = Duration::from_millis(200);
    options.serve("127.0.0.1:0").expect("a free port")
});

fn say(bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(SERVER.local_addr()).expect("it accepts");
    // Whoever is refused early is not read to the end.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

fuzz_target!(|bytes: &[u8]| {
    let answer = say(bytes);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."));
    if !bytes.to_ascii_lowercase().windows(5).any(|five| five == b"host:") {
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "answered without a host");
    }
    assert!(say(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with(b"HTTP/1.1 200"));
});
