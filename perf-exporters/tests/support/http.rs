//! A client that sends what it is told, byte for byte.
#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Head and body of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// What comes back for these bytes, up to the end of the connection. `None` where it ends without an answer.
pub(crate) fn send(address: SocketAddr, bytes: &[u8]) -> Option<Answer> {
    let mut stream = connect(address);
    // The endpoint may have heard enough before everything was said.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head, body: answer[end..].to_vec() })
}

pub(crate) fn request(address: SocketAddr, line: &str, headers: &str) -> Option<Answer> {
    send(address, format!("{line} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n").as_bytes())
}

pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    request(address, &format!("GET {path}"), "Host: localhost\r\n").expect("an answer")
}
