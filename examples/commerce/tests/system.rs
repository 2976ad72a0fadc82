//! The service as a whole: its measurement, its tenants, and its faults.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use commerce::error::Error;
use commerce::faults;
use commerce::measure::{self, Extent};
use commerce::shop::Shop;
use commerce::store::{Line, NewNode, NewOrder, Size};

#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

#[test]
fn everything_is_measured_and_no_request_fails() {
    let measured = measure::all(Extent::TINY, |_| ()).unwrap();
    assert_eq!(measured.failures, []);
    for probe in ["tenant cache: 1,000 hits", "bus publish", "order processing", "query API::response", "node creation"]
    {
        assert!(measured.report.probe(probe).is_some_and(|probe| probe.calls > 0), "{probe}");
    }
    for metric in ["memory, idle", "memory, loaded", "processors used", "connections", "queue depth"] {
        assert!(measured.report.budgets.iter().any(|row| row.metric == metric), "{metric}");
    }
    assert_eq!(measured.plots.len(), 6);
}

#[test]
fn a_tenant_sees_nothing_of_another() {
    let shop = Shop::temporary(Size::SMALL).unwrap();
    let node = shop.create_node(1, &NewNode { parent: Some(1), title: "only here".to_owned() }).unwrap();
    assert!(shop.store.node(1, node).is_ok());
    assert!(matches!(shop.store.node(2, node), Err(Error::NotFound)));
    assert!(matches!(shop.create_node(3, &NewNode { parent: Some(node), title: String::new() }), Err(Error::NotFound)));
    assert!(matches!(shop.tenant(99), Err(Error::NotFound)));
}

#[test]
fn what_cannot_be_is_refused_and_leaves_nothing_behind() {
    let shop = Shop::temporary(Size::SMALL).unwrap();
    let before = shop.store.orders(1).unwrap();
    let unknown = NewOrder { lines: vec![Line { product: 1, pieces: 1 }, Line { product: 9_999, pieces: 1 }] };
    assert!(matches!(shop.place(1, &unknown), Err(Error::Invalid(_))));
    assert!(matches!(shop.place(1, &NewOrder { lines: Vec::new() }), Err(Error::Invalid(_))));
    assert_eq!(shop.store.orders(1).unwrap(), before);
    let id = shop.place(1, &NewOrder { lines: vec![Line { product: 1, pieces: 1 }] }).unwrap();
    shop.process(1, id).unwrap();
    assert!(matches!(shop.process(1, id), Err(Error::Forbidden(_))), "it has been shipped");
    assert_eq!(shop.store.events("shipped").unwrap(), 1);
}

#[test]
fn both_ways_to_list_orders_agree() {
    let shop = Shop::temporary(Size::SMALL).unwrap();
    assert_eq!(shop.store.orders(1).unwrap(), shop.store.orders_one_by_one(1).unwrap());
}

#[test]
fn a_locked_database_is_counted_retried_and_survived() {
    let fault = faults::database_locked().unwrap();
    assert!(fault.is_survived(), "{fault}");
    assert!(fault.retried > 0, "{fault}");
    assert!(fault.failures.iter().all(|(kind, _)| kind == "database locked"), "{fault}");
}

#[test]
#[cfg(unix)]
fn a_full_disk_is_counted_and_survived() {
    let fault = faults::disk_full(Path::new(env!("CARGO_BIN_EXE_commerce"))).unwrap();
    assert!(fault.is_survived(), "{fault}");
}

#[test]
fn a_poisoned_event_is_counted_and_survived() {
    let fault = faults::poison_event().unwrap();
    assert!(fault.is_survived(), "{fault}");
    assert_eq!((fault.acknowledged, fault.kept, fault.retried), (1_000, 1_000, 20));
}

#[test]
fn a_slow_subscriber_holds_publishers_back_and_loses_nothing() {
    let fault = faults::slow_subscriber().unwrap();
    assert!(fault.is_survived(), "{fault}");
    assert!(fault.failures.iter().all(|(kind, _)| kind == "overloaded"), "{fault}");
}

/// A server's usual end: it is interrupted, and its report is there.
#[test]
#[cfg(unix)]
fn a_server_that_is_interrupted_writes_its_report() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let mut server = Command::new(env!("CARGO_BIN_EXE_commerce"))
        .args(["serve", "--port", "0"])
        .env("PERF_REPORT", format!("json={}", report.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut told).unwrap();
    let address = told.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("an address");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /products/7 HTTP/1.1\r\nhost: shop\r\nx-tenant: 3\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(Command::new("kill").args(["-INT", &server.id().to_string()]).status().unwrap().success());
    assert!(server.wait().unwrap().success());
    let report = std::fs::read_to_string(report).unwrap();
    assert!(report.contains("GET /products"), "{report}");
}

/// The table in the README has the rows that the saved report and the budgets have.
#[test]
fn the_table_of_targets_is_up_to_date() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = |name: &str| here.join(name).into_os_string();
    let words = [
        OsString::from("cargo-perf"),
        "status".into(),
        file("report.json"),
        "--budgets".into(),
        file("perf-budgets.toml"),
        "--check".into(),
        file("README.md"),
    ];
    assert_eq!(cargo_perf::run(words), ExitCode::SUCCESS);
}
