//! `cargo perf load` against real servers: what it prints, what the server saw, and how it ends.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use perf_exporters::Report;
use serde_json::Value;

use crate::common::{folder, perf, ran, read, run};
use crate::terminal::Terminal;

/// Answers `/` with 200, `/status/503` with that, `/never` never; over connections that stay open.
struct Server {
    address: SocketAddr,
    asked: Arc<AtomicU64>,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { address: listener.local_addr().unwrap(), asked: Arc::default(), paths: Arc::default() };
        let (asked, paths) = (Arc::clone(&server.asked), Arc::clone(&server.paths));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, asked, paths) = (stream.unwrap(), Arc::clone(&asked), Arc::clone(&paths));
                thread::spawn(move || serve(stream, &asked, &paths));
            }
        });
        server
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    fn wait_for(&self, requests: u64) {
        let begun = Instant::now();
        while self.asked() < requests {
            assert!(begun.elapsed() < Duration::from_mins(1), "{} of {requests} came", self.asked());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn serve(mut stream: TcpStream, asked: &AtomicU64, paths: &Mutex<Vec<String>>) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    let mut path = String::new();
    // The client closes the connection in the end, or in the midst.
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
        if let Some(target) = line.strip_prefix("GET ") {
            target.split(' ').next().unwrap().clone_into(&mut path);
        } else if line == "\r\n" {
            paths.lock().unwrap().push(path.clone());
            asked.fetch_add(1, Ordering::SeqCst);
            let status = path.strip_prefix("/status/").unwrap_or("200");
            if path == "/never" {
                thread::sleep(Duration::from_hours(1));
            }
            if write!(stream, "HTTP/1.1 {status} x\r\nContent-Length: 2\r\n\r\nok").is_err() {
                return;
            }
        }
        line.clear();
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The real shop, on a thread of its own, with its probes at `/perf`.
fn shop() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, shop_service::app()).await.unwrap();
        });
    });
    address
}

#[test]
fn both_sides_of_the_same_seconds() {
    let (folder, shop) = (folder(), shop());
    let (url, probes) = (format!("http://{shop}/orders"), format!("http://{shop}/perf"));
    // What was counted before the load does not count.
    run(folder.path(), &["load", &url, "--rate", "10", "--duration", "200ms"]);

    let args = ["load", &url, "--rate", "30", "--duration", "1s", "--probes", &probes];
    let loaded = run(folder.path(), &[&args[..], &["--format", "json", "--save", "kept.json", "--html"]].concat());
    assert_eq!(loaded.code, Some(0), "{}", loaded.stderr);
    assert_eq!(json(&loaded.stdout), json(&read(folder.path().join("kept.json"))));
    let report = Report::from_json(loaded.stdout.as_bytes()).unwrap();
    let calls = |name: &str| report.probe(name).unwrap_or_else(|| panic!("{name}")).calls;
    assert_eq!((calls("http::response"), calls("http::service"), calls("http::lateness")), (30, 30, 30));
    // A page of orders is one query for the page, and one for each of its 40 customers.
    assert_eq!((calls("server::shop_service::list_orders"), calls("server::db::query")), (30, 30 * 41));
    let client = report.probe("http::service").unwrap().sum_ns;
    let queries = report.probe("server::db::query").unwrap().self_ns;
    assert!(queries > 30 * 41 * 200_000 && queries < client, "{queries} of {client}");
    // The kept report is one for every other command.
    let shown = run(folder.path(), &["report", "kept.json"]);
    assert!(shown.stdout.contains("server::db::query"), "{}", shown.stdout);
    assert!(read(folder.path().join("perf.html")).contains("server::db::query"));

    let mut command = perf(folder.path(), &args);
    command.env("COLUMNS", "80");
    let table = ran(command);
    assert!(
        table.stdout.contains("What the server did meanwhile") && table.stdout.contains("db::query"),
        "{}",
        table.stdout
    );
    assert!(table.stdout.contains("41.00") && table.stdout.contains("of the wait"), "{}", table.stdout);
    assert!(table.stdout.lines().all(|line| line.chars().count() <= 80), "{}", table.stdout);
    let markdown = run(folder.path(), &[&args[..], &["--format", "markdown"]].concat());
    assert!(markdown.stdout.contains("| `db::query` | 1.23 K | 41.00 |"), "{}", markdown.stdout);
}

#[test]
fn the_exit_code_is_the_verdict() {
    let (folder, server) = (folder(), Server::start());
    let (good, bad) = (server.url("/"), server.url("/status/503"));
    // Errors are judged whether or not the machine was busy.
    for (url, limits, strict, code, told) in [
        (&good, &["errors=5%"][..], false, 0, "pass http::response errors limit ≤ 5%"),
        (&bad, &["errors=5%"], false, 1, "verdict: FAIL"),
        (&bad, &["errors=5%", "p99=1h"], true, 1, "FAIL http::response errors limit ≤ 5%"),
        // Two hundred answers cannot prove a p99.9.
        (&good, &["p999=1h"], false, 0, "verdict: INCONCLUSIVE"),
        (&good, &["p999=1h"], true, 3, "verdict: INCONCLUSIVE"),
        (&good, &[], false, 0, ""),
    ] {
        let mut args = vec!["load", url, "--rate", "1000", "--duration", "200ms"];
        args.extend(limits.iter().flat_map(|limit| ["--limit", limit]));
        args.extend(strict.then_some("--strict"));
        let ran = run(folder.path(), &args);
        assert_eq!(ran.code, Some(code), "{limits:?}: {}{}", ran.stdout, ran.stderr);
        let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(told), "{limits:?}: {}", ran.stdout);
    }
    // Of one request at a time, most of a thousand at once find a queue of one full.
    let args =
        ["load", &good, "--stage", "100000:10ms", "--max-in-flight", "1", "--backlog", "1", "--limit", "errors=1%"];
    let dropped = run(folder.path(), &args);
    assert_eq!(dropped.code, Some(1), "{}", dropped.stdout);
    assert!(dropped.stdout.contains("Dropped requests count"), "{}", dropped.stdout);
}

#[test]
fn a_late_generator_is_no_pass() {
    let (folder, server) = (folder(), Server::start());
    // A tenth of 1 ns is nothing: any generator is late.
    let args = [
        "load",
        &server.url("/"),
        "--rate",
        "500",
        "--duration",
        "400ms",
        "--limit",
        "p50=1ns",
        "--limit",
        "errors=5%",
    ];
    let late = run(folder.path(), &args);
    assert_eq!(late.code, Some(0), "{}{}", late.stdout, late.stderr);
    assert!(late.stdout.contains("INVALID: the generator was late"), "{}", late.stdout);
    assert!(late.stdout.contains("verdict: INCONCLUSIVE (the run is INVALID)"), "{}", late.stdout);
    let strict = run(folder.path(), &[&args[..], &["--strict", "--format", "json"]].concat());
    assert_eq!(strict.code, Some(3));
    assert_eq!(json(&strict.stdout)["load"]["valid"], false);
}

#[test]
fn a_plan_file_has_the_options_as_keys_and_the_command_line_goes_first() {
    let (folder, server) = (folder(), Server::start());
    let plan = format!(
        "url = \"{}\"\nworkers = 4\nduration = \"100ms\"\nname = \"shop\"\n[[request]]\nname = \"home\"\nweight = 3\n\
         [[request]]\nname = \"gone\"\nurl = \"{}\"\nexpect = \"404\"\n",
        server.url("/"),
        server.url("/status/404")
    );
    fs::write(folder.path().join("plan.toml"), plan).unwrap();
    let of_file = json(&run(folder.path(), &["load", "plan.toml", "--format", "json"]).stdout);
    assert_eq!((&of_file["load"]["model"], &of_file["load"]["most"]), (&"closed".into(), &4.into()));
    assert_eq!(of_file["load"]["completed"].as_u64().unwrap(), server.asked());
    assert_eq!(of_file["load"]["failed"], 0);
    let names: Vec<&str> =
        of_file["probes"].as_array().unwrap().iter().map(|probe| probe["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"shop::home::response") && names.contains(&"shop::gone::service"), "{names:?}");

    let told = json(&run(folder.path(), &["load", "plan.toml", "--rate", "300", "--format", "json"]).stdout);
    assert_eq!((&told["load"]["model"], &told["load"]["due"]), (&"open".into(), &30.into()));

    let asked = server.asked();
    let shown = run(folder.path(), &["load", "plan.toml", "--rate", "300", "--poisson", "--plan"]);
    assert_eq!((shown.code, server.asked()), (Some(0), asked), "nothing is sent");
    for told in ["nothing is sent", "home", "75", "30 requests in 100 ms", "Poisson", &server.url("/status/404")] {
        assert!(shown.stdout.contains(told), "{told}: {}", shown.stdout);
    }
}

#[test]
fn a_plan_shows_what_is_sent() {
    let (folder, server) = (folder(), Server::start());
    let args =
        ["load", &server.url("/{{seq}}/{{zipf 1000}}/{{uuid}}"), "--rate", "100", "--duration", "100ms", "--seed", "9"];
    let shown = run(folder.path(), &[&args[..], &["--plan"]].concat());
    let planned: Vec<&str> =
        shown.stdout.lines().filter_map(|line| line.trim().strip_prefix(&format!("GET {}", server.url("")))).collect();
    assert_eq!((planned.len(), server.asked()), (2, 0), "{}", shown.stdout);
    assert_eq!(run(folder.path(), &args).code, Some(0));
    let sent = server.paths.lock().unwrap();
    assert!(
        sent.len() == 10 && planned.iter().all(|path| sent.iter().any(|sent| sent == path)),
        "{planned:?} of {sent:?}"
    );
}

#[test]
fn bad_plans_name_the_key_or_the_host() {
    let folder = folder();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    fs::write(folder.path().join("plan.toml"), "url = \"http://localhost:1/\"\n\nraet = 5\n").unwrap();
    fs::write(folder.path().join("elsewhere.toml"), "url = \"http://192.0.2.1/\"\nrate = 5\n").unwrap();
    let here = format!("http://{nobody}/");
    for (args, told) in [
        (&[&*here, "--rate", "-5"][..], "rate: -5"),
        (&[&here, "--rate", "nan"], "rate: NaN"),
        (&[&here, "--rate", "inf"], "rate: inf"),
        (&[&here, "--rate", "0"], "rate: 0"),
        (&[&here, "--rate", "fast"], "--rate"),
        (&[&here], "rate: "),
        (&[&here, "--rate", "5", "--duration", "0s"], "duration: "),
        (&[&here, "--rate", "5", "--duration", "600years"], "duration: "),
        (&[&here, "--rate", "5", "--workers", "5"], "workers: "),
        (&[&here, "--workers", "0"], "workers: "),
        (&[&here, "--rate", "5", "--think", "1s"], "think: "),
        (&[&here, "--rate", "5", "--stage", "5:1s"], "stage: "),
        (&[&here, "--ramp-to", "5"], "ramp-to: "),
        (&[&here, "--rate", "5", "--limit", "erors=5%"], "did you mean `errors`"),
        (&[&here, "--rate", "5", "--limit", "p99=5"], "limit: `p99=5`"),
        (&[&here, "--rate", "5", "--method", "GTE"], "method: "),
        (&[&here, "--rate", "5", "--header", "accept"], "header: `accept`"),
        (&[&here, "--rate", "5", "--body", "{{uid}}"], "did you mean `uuid`"),
        (&[&here, "--rate", "5", "--body-file", "gone"], "body-file: "),
        (&[&here, "--rate", "5", "--expect", "2x"], "expect: `2x`"),
        (&[&here, "--rate", "5", "--timeout", "0s"], "timeout: "),
        (&["http://192.0.2.1/", "--rate", "5"], "192.0.2.1: "),
        (&["elsewhere.toml"], "--allow-host 192.0.2.1"),
        (&["https://localhost/", "--rate", "5"], "TLS"),
        (
            &["http://no.such.invalid/", "--rate", "5", "--allow-host", "no.such.invalid"],
            "no.such.invalid: no such host",
        ),
        (&[&here, "--rate", "5"], &nobody.to_string()),
        (&[&here, "--rate", "5", "--probes", "192.0.2.1:9080"], "probes: 192.0.2.1"),
        (&["plan.toml"], "plan.toml:3: raet: not known (did you mean `rate`?)"),
        (&["gone.toml"], "gone.toml: cannot read the plan"),
    ] {
        let refused = run(folder.path(), &[&["load"], args].concat());
        assert_eq!(refused.code, Some(2), "{args:?}: {}{}", refused.stdout, refused.stderr);
        assert!(refused.stderr.contains(told) && refused.stdout.is_empty(), "{args:?}: {}", refused.stderr);
    }
}

fn start(folder: &Path, args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-perf"));
    command.current_dir(folder).args(["perf", "load"]).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn interrupt(child: &Child) {
    let process = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "INT", &process]).status().unwrap().success());
}

#[test]
fn an_interrupted_run_reports_what_was_measured() {
    let (folder, server) = (folder(), Server::start());
    let args = [&server.url("/"), "--rate", "200", "--duration", "1h", "--format", "json", "--save", "kept.json"];
    let child = start(folder.path(), &args);
    server.wait_for(50);
    interrupt(&child);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    let report = json(&String::from_utf8(ended.stdout).unwrap());
    assert_eq!(report["load"]["interrupted"], true);
    let completed = report["load"]["completed"].as_u64().unwrap();
    assert!(completed >= 50 && completed == server.asked(), "{completed} of {}", server.asked());
    let kept = Report::from_json(read(folder.path().join("kept.json")).as_bytes()).unwrap();
    assert_eq!(kept.probe("http::response").unwrap().calls, completed);
}

#[test]
fn a_second_interrupt_ends_at_once() {
    let (folder, server) = (folder(), Server::start());
    // What is under way is awaited, and this would be for an hour.
    let mut child =
        start(folder.path(), &[&server.url("/never"), "--rate", "200", "--duration", "1h", "--timeout", "1h"]);
    server.wait_for(5);
    let begun = Instant::now();
    let mut sent = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "it does not end");
        interrupt(&child);
        sent += 1;
        thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(status.code(), Some(130), "by itself, not by the signal");
    assert!(sent >= 2, "the first one waits");
}

#[test]
fn a_line_on_the_terminal_says_how_it_goes() {
    let (folder, server) = (folder(), Server::start());
    let args = ["load", &server.url("/"), "--rate", "200", "--duration", "3s"];
    let mut terminal = Terminal::open(folder.path(), &args, &[("NO_COLOR", "1")], (80, 24));
    terminal.wait_to_see(&["/s", "p99", "errors 0", "in flight", "dropped 0", "left"]);
    terminal.wait_to_see(&["perf load · http: open loop", "response", "service", "600 completed"]);
    assert_eq!(terminal.end(), 0);
    assert!(!terminal.screen().contains("in flight"), "the line is gone:\n{}", terminal.screen());
    assert!(!String::from_utf8_lossy(&terminal.bytes()).contains("\x1b[1m"), "no colours were asked for");
}

#[test]
fn a_screen_of_its_own_until_the_run_is_over() {
    let (folder, server) = (folder(), Server::start());
    let args = ["load", &server.url("/"), "--rate", "200", "--duration", "1h", "--limit", "errors=5%", "--tui"];
    let mut screen = Terminal::open(folder.path(), &args, &[], (80, 24));
    screen.wait_to_see(&[
        "perf load · http · open loop",
        "running",
        "completed",
        "p99 of the response time",
        "in flight",
    ]);
    screen.wait_to_see(&["2xx", "limit errors=5%", "min left", "q end it now", "dropped 0"]);
    assert!(screen.is_taken());
    screen.press(" ");
    screen.wait_to_see(&["paused", "space go on"]);
    screen.press(" ");
    screen.wait_to_see(&["running"]);
    screen.resize(30, 6);
    screen.wait_to_see(&["needs 40 × 10"]);
    screen.resize(100, 12);
    screen.wait_to_see(&["running", "q end it now"]);
    screen.resize(100, 30);
    screen.press("q");
    screen.wait_to_see(&["perf load · http: open loop", "interrupted", "response", "verdict: "]);
    assert_eq!(screen.end(), 0);

    // Nothing is sent where there is no terminal.
    let asked = server.asked();
    let refused = run(folder.path(), &args);
    assert!(refused.code == Some(2) && refused.stderr.contains("no terminal"), "{}", refused.stderr);
    assert_eq!(server.asked(), asked);
}

#[test]
fn a_key_is_read_that_is_pressed_while_the_window_changes() {
    let (folder, server) = (folder(), Server::start());
    let args = ["load", &server.url("/"), "--rate", "50", "--duration", "1h", "--tui"];
    let mut screen = Terminal::open(folder.path(), &args, &[], (80, 24));
    screen.wait_to_see(&["running"]);
    for (columns, shown) in [(90, "paused"), (80, "running")].repeat(50) {
        screen.resize(columns, 24);
        screen.press(" ");
        screen.wait_to_see(&[shown]);
    }
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn on_the_screen_too_a_second_interrupt_ends_at_once() {
    let (folder, server) = (folder(), Server::start());
    let args = ["load", &server.url("/never"), "--rate", "50", "--duration", "1h", "--timeout", "1h", "--tui"];
    for keys in ["q", "\x03"] {
        let mut screen = Terminal::open(folder.path(), &args, &[("NO_COLOR", "1")], (80, 24));
        screen.wait_to_see(&["running"]);
        screen.press(keys);
        screen.wait_to_see(&["ending", "q end at once"]);
        screen.press(keys);
        assert_eq!(screen.end(), 130);
        assert!(!String::from_utf8_lossy(&screen.bytes()).contains("38;5;"), "no colours were asked for");
    }
}
