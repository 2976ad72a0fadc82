//! Faults: counted by class, recovered from, and nothing lost that was acknowledged.

use event_daemon::Architecture;
use event_daemon::faults::{Aftermath, Fault, run};

fn both(fault: Fault) -> [Aftermath; 2] {
    Architecture::BOTH.map(|architecture| run(fault, architecture).unwrap())
}

#[test]
fn a_coordinator_that_stops_loses_nothing_that_it_acknowledged() {
    for after in both(Fault::Stopped) {
        assert!(after.is_good(), "{after}");
        assert_eq!(after.acknowledged, after.events, "{after}");
        assert!(after.refused.contains_key("disconnected"), "{after}");
    }
}

#[test]
fn poison_is_refused_and_nothing_else() {
    for after in both(Fault::Poison) {
        assert!(after.is_good(), "{after}");
        let poison = after.events - after.acknowledged;
        assert_eq!(
            after.refused.iter().map(|(class, n)| (class.as_str(), *n)).collect::<Vec<_>>(),
            [("poison event", poison)]
        );
        assert_eq!(poison, 30, "one in twenty of 600");
    }
}

#[test]
fn a_slow_service_makes_senders_wait_and_keeps_its_queue_short() {
    for after in both(Fault::SlowService) {
        assert!(after.is_good(), "{after}");
        assert_eq!(after.acknowledged, after.events, "{after}");
        assert!(after.refused.contains_key("busy"), "{after}");
        // Four mailboxes of eight, and an event under way in each service and each sender.
        assert!(after.backlog <= 4 * 8 + 4 + 4, "{after}");
    }
}

/// The limit is that of the length of files, which a shell can set for a child: no disk has to be filled.
#[cfg(unix)]
#[test]
fn a_full_disk_refuses_until_there_is_room_again() {
    let limited = "trap '' XFSZ; ulimit -f 256; exec \"$0\" fault disk-full";
    let child =
        std::process::Command::new("sh").args(["-c", limited, env!("CARGO_BIN_EXE_event-daemon")]).output().unwrap();
    let told = String::from_utf8_lossy(&child.stdout).into_owned();
    assert!(child.status.success(), "{told} {}", String::from_utf8_lossy(&child.stderr));
    assert_eq!(told.matches("801 of 801 events acknowledged, 0 lost").count(), 2, "{told}");
    assert_eq!(told.matches("storage full").count(), 2, "{told}");
    assert_eq!(told.matches("; recovered").count(), 2, "{told}");
}
