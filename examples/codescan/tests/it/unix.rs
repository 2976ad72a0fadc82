//! What only Unix file systems have: permissions, links, pipes, and names that are no text.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use crate::common::{TEXTS, codescan, tree};

#[test]
fn unreadable_files_and_directories_are_counted() {
    let tree = tree();
    let file = tree.path().join("secret.rs");
    let dir = tree.path().join("closed");
    fs::write(&file, "fn secret() {}\n").unwrap();
    fs::create_dir(&dir).unwrap();
    for path in [&file, &dir] {
        fs::set_permissions(path, Permissions::from_mode(0o000)).unwrap();
    }
    if File::open(&file).is_ok() {
        eprintln!("SKIPPED: this user may read everything (root?), so refusals cannot be tested");
        return;
    }
    for reader in ["sync", "async"] {
        let run = codescan(tree.path(), &["--json", "--verbose", "--reader", reader]);
        let summary = run.json();
        assert_eq!(run.code, 0);
        assert_eq!(summary["skipped"]["permission-denied"], 2, "{reader}");
        assert_eq!(summary["files"]["read"], TEXTS);
        assert!(run.stdout.contains("secret.rs"));
    }
    fs::set_permissions(&dir, Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_name_that_is_not_utf8_is_read_and_shown() {
    let tree = tree();
    let name = OsStr::from_bytes(b"caf\xe9.rs");
    if let Err(error) = fs::write(tree.path().join(name), "fn unheard_of() {}\n") {
        eprintln!("SKIPPED: this file system takes no such name: {error}");
        return;
    }
    for reader in ["sync", "async"] {
        let run = codescan(tree.path(), &["--search", "unheard_of", "--reader", reader]);
        assert_eq!(run.stdout, "1 × 'unheard_of' in 1 file\n      1  caf\u{fffd}.rs:1\n");
    }
}

#[test]
fn links_are_followed_only_on_request_and_loops_end() {
    let tree = tree();
    symlink(tree.path(), tree.path().join("src/loop")).unwrap();
    symlink("lib.rs", tree.path().join("src/link.rs")).unwrap();
    symlink("nowhere", tree.path().join("src/dangling")).unwrap();

    let summary = codescan(tree.path(), &["--json"]).json();
    assert_eq!((&summary["skipped"]["symlink"], &summary["files"]["read"]), (&3.into(), &TEXTS.into()));

    for reader in ["sync", "async"] {
        let run = codescan(tree.path(), &["--json", "--verbose", "--follow", "--reader", reader]);
        let summary = run.json();
        assert_eq!(run.code, 0);
        assert_eq!(summary["skipped"]["loop"], 1, "{}", run.stdout);
        assert_eq!(summary["skipped"]["not-found"], 1, "{}", run.stdout);
        assert_eq!(summary["files"]["read"], TEXTS + 1);
        let listed = summary["skipped_files"].as_array().unwrap();
        assert!(listed.iter().any(|file| file["path"] == "src/loop" && file["kind"] == "loop"), "{listed:?}");
    }
}

#[test]
fn a_pipe_is_not_waited_for() {
    let tree = tree();
    let made = Command::new("mkfifo").arg(tree.path().join("pipe")).status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: no mkfifo here");
        return;
    }
    let summary = codescan(tree.path(), &["--json"]).json();
    assert_eq!(summary["skipped"]["special"], 1);
}

#[test]
fn a_root_that_is_a_link_is_scanned() {
    let tree = tree();
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link");
    symlink(tree.path(), &link).unwrap();
    assert_eq!(codescan(&link, &["--json"]).json()["files"]["read"], TEXTS);
}
