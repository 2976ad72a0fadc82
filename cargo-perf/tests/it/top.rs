//! `cargo perf top` on a real terminal, watching this very process through its endpoint.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use perf_core::{Probe, perf_probe};

use crate::common::{folder, run};
use crate::terminal::Terminal;

static OUTER: Probe = Probe::new("top_test::Outer::call");
/// It would clear the screen and set the window's title.
static HOSTILE: Probe = Probe::new("evil\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}name");

#[perf_probe(name = "top_test::inner")]
fn inner(size: usize) -> Vec<u8> {
    std::hint::black_box(vec![7; size])
}

/// Something to watch, as long as this value lives.
struct Work {
    goes_on: Arc<AtomicBool>,
}

impl Work {
    fn start() -> Self {
        let goes_on = Arc::new(AtomicBool::new(true));
        let flag = Arc::clone(&goes_on);
        thread::spawn(move || {
            for round in 0.. {
                if !flag.load(Ordering::Relaxed) {
                    return;
                }
                let _call = OUTER.start();
                let _hostile = HOSTILE.start();
                inner(100 + round % 100);
                thread::sleep(Duration::from_millis(1));
            }
        });
        Self { goes_on }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.goes_on.store(false, Ordering::Relaxed);
    }
}

fn serve(address: &str) -> (perf_exporters::serve::Server, String) {
    let server = perf_exporters::serve(address).unwrap();
    let address = server.local_addr().to_string();
    (server, address)
}

#[test]
fn keys_change_the_screen_and_q_leaves_it_as_it_was() {
    let (folder, _work) = (folder(), Work::start());
    let (_server, address) = serve("127.0.0.1:0");
    let mut top = Terminal::open(folder.path(), &["top", &address], &[], (80, 24));
    top.wait_to_see(&["perf top · ", "live", "calls/s", "last ", "inner", "▼self %", "m memory"]);
    assert!(top.is_taken());

    // Filter, then the details of what is left.
    top.press("/INNER\r");
    top.wait_for("the filter", |screen| screen.contains("with \"INNER\"") && !screen.contains("Outer"));
    top.press("\r");
    top.wait_to_see(&["all the time", "top.rs:", "p99.9", "allocs/call 1.0", "Esc back"]);
    top.press("\x1b");
    top.wait_to_see(&["Enter details"]);
    top.press("/");
    top.wait_to_see(&["Esc clears it"]);
    top.press("\x1b");
    top.wait_to_see(&["Outer"]);

    // Sort, totals, the other views, pause, help.
    top.press("1r");
    top.wait_to_see(&["▲calls/s"]);
    top.press("t");
    top.wait_to_see(&["since the program started"]);
    top.press("m");
    top.wait_to_see(&["live heap"]);
    top.press("b");
    top.wait_to_see(&["declares no budgets"]);
    top.press("p?");
    top.wait_to_see(&["any key closes this"]);
    top.press("x ");
    top.wait_to_see(&["paused", "q quit"]);
    thread::sleep(Duration::from_millis(500));
    let paused = top.screen();
    thread::sleep(Duration::from_millis(1500));
    assert_eq!(top.screen(), paused, "nothing moves");
    top.press(" ");
    top.wait_for("a later report", |screen| screen.contains("live ") && *screen != *paused);

    // Another size.
    top.resize(130, 30);
    top.wait_to_see(&["errors"]);
    top.resize(30, 6);
    top.wait_to_see(&["needs 40 × 10"]);
    top.resize(80, 24);
    top.wait_to_see(&["Enter details"]);
    top.press("q");
    assert_eq!(top.end(), 0);

    // No name acted on the terminal.
    let bytes = String::from_utf8_lossy(&top.bytes()).into_owned();
    assert!(bytes.contains(r"\u{1b}[2J") && !bytes.contains("]0;owned\u{7}") && !bytes.contains('\u{202e}'));
    assert!(bytes.contains("38;5;"), "colours");
}

#[test]
fn every_way_out_gives_the_terminal_back() {
    let folder = folder();
    let (_server, address) = serve("127.0.0.1:0");
    for (way, keys) in [("q", "q"), ("Esc", "\x1b"), ("Ctrl-C", "\x03"), ("SIGTERM", ""), ("SIGHUP", "")] {
        let args = ["top", &address, "--interval", "200ms"];
        let mut top = Terminal::open(folder.path(), &args, &[("NO_COLOR", "1")], (80, 24));
        top.wait_to_see(&["last "]);
        top.press(keys);
        if let Some(signal) = way.strip_prefix("SIG") {
            let process = top.process_id().to_string();
            assert!(Command::new("kill").args(["-s", signal, &process]).status().unwrap().success());
        }
        assert_eq!(top.end(), 0, "{way}");
        assert!(!String::from_utf8_lossy(&top.bytes()).contains("38;5;"), "no colours were asked for");
    }
}

#[test]
fn an_endpoint_that_goes_away_is_found_again() {
    let (folder, _work) = (folder(), Work::start());
    let (server, address) = serve("127.0.0.1:0");
    let mut top = Terminal::open(folder.path(), &["top", &address, "--interval", "200ms"], &[], (100, 24));
    top.wait_to_see(&["last "]);
    drop(server);
    top.wait_to_see(&["again in", "away", "refused", "inner"]);
    let (_server, _) = serve(&address);
    // What it counts from begins anew with it.
    top.wait_to_see(&["restarted"]);
    top.wait_for("figures", |screen| screen.contains("last ") && screen.contains("live "));
    top.press("q");
    assert_eq!(top.end(), 0);
}

#[test]
fn one_plain_table_for_scripts() {
    let (folder, _work) = (folder(), Work::start());
    let (_server, address) = serve("127.0.0.1:0");
    let once = run(folder.path(), &["top", &address, "--once", "--filter", "top_test", "--sort", "calls"]);
    assert_eq!(once.code, Some(0), "{}", once.stderr);
    assert!(once.stdout.contains("last 1.") && once.stdout.contains("▼calls/s"), "{}", once.stdout);
    assert!(once.stdout.contains("Outer::call") && !once.stdout.contains("evil") && !once.stdout.contains('\x1b'));
    let totals = run(folder.path(), &["top", &address, "--once", "--totals", "--top", "1"]);
    assert!(totals.stdout.contains("since the program started") && totals.stdout.contains("more"), "{}", totals.stdout);
    for (args, told) in [
        (&["top", &address][..], "--once"),
        (&["top", &address, "--interval", "1ms"], "100ms"),
        (&["top", &address, "--sort", "peak"], "p99"),
        (&["top", "https://localhost:1", "--once"], "http"),
        (&["top", "127.0.0.1:1", "--once"], "http://127.0.0.1:1/report.json"),
    ] {
        let refused = run(folder.path(), args);
        assert!(refused.code == Some(2) && refused.stderr.contains(told), "{args:?}: {}", refused.stderr);
        assert!(refused.stdout.is_empty());
    }
}

/// Answers every request with these bytes.
fn impostor(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
        }
    });
    address
}

#[test]
fn whatever_answers_is_understood_or_named() {
    let folder = folder();
    for (answer, told) in [
        (&b"HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\nnot \x1b[2Jyo"[..], r"403 Forbidden: not \u{1b}[2Jyo"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "not the endpoint"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"schema\":", "report.json: "),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nhere", "give its path, http://HOST:PORT/PATH"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://example.com/\r\nContent-Length: 0\r\n\r\n", "302"),
        (b"SSH-2.0-OpenSSH_9.0\r\n", "report.json: "),
        (b"", "report.json: "),
    ] {
        let ran = run(folder.path(), &["top", &impostor(answer).to_string(), "--once"]);
        assert!(ran.code == Some(2) && ran.stderr.contains(told), "{told}: {}", ran.stderr);
        assert!(!ran.stderr.contains("\x1b[2J") && ran.stdout.is_empty());
    }
}
