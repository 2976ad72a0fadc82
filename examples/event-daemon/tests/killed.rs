//! The daemon as a process of its own, killed in mid-run by the system: no destructor, no last write.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use event_daemon::{Event, Kind, Pool, journal};

fn serve(address: &str, journal: &Path) -> (Child, SocketAddr) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_event-daemon"))
        .args(["serve", "--services", "4", "--listen", address, "--handling", "1ms", "--journal"])
        .arg(journal)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).parse().unwrap();
    (child, address)
}

#[test]
fn what_was_acknowledged_is_in_the_journal_of_a_killed_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let (mut daemon, address) = serve("127.0.0.1:0", &journal);
    let mut acknowledged = HashSet::new();
    let pool = Pool::new(address);
    let mut refused = 0;
    for number in 0..300 {
        if number == 150 {
            daemon.kill().unwrap();
            daemon.wait().unwrap();
            assert!(pool.publish(&event(number)).is_err(), "no coordinator answers");
            daemon = serve(&address.to_string(), &journal).0;
        }
        while pool.publish(&event(number)).is_err() {
            refused += 1;
            assert!(refused < 1_000, "the daemon did not come back");
            thread::sleep(Duration::from_millis(2));
        }
        acknowledged.insert(number);
    }
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    let kept: HashSet<u64> = journal::numbers(&journal).unwrap().into_iter().collect();
    assert_eq!(acknowledged.len(), 300);
    assert!(acknowledged.is_subset(&kept), "lost: {:?}", acknowledged.difference(&kept).collect::<Vec<_>>());
}

fn event(number: u64) -> Vec<u8> {
    Event { number, service: (number % 4) as u16, kind: Kind::Database, payload: &[7; 512] }.encode()
}
