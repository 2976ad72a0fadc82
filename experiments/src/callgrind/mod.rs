//! Instructions of a process, counted by valgrind's callgrind: the same on every run that takes the same path.

use std::process::Command;

/// Instructions of this program when it is started with these arguments.
pub(crate) fn instructions(arguments: &[&str]) -> u64 {
    let me = std::env::current_exe().expect("the path of this program");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(me)
        .args(arguments)
        .output()
        .expect("valgrind runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let count = told.lines().find_map(|line| line.split_once("Collected :"));
    count.and_then(|(_, count)| count.trim().parse().ok()).unwrap_or_else(|| panic!("callgrind: {told}"))
}
