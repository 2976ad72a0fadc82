//! A disk that takes no more: the limit on the size of files, in a process of its own.

use std::process::Command;

use super::Fault;
use crate::error::Error;
use crate::measure::Failure;
use crate::store::{Size, Store};

/// Runs this program's hidden command in a process that a file too large does not end by a signal.
///
/// # Errors
/// Where the process cannot be started, or says nothing.
pub fn disk_full(program: &std::path::Path) -> Result<Fault, Failure> {
    let output = Command::new("sh")
        .args(["-c", r#"trap "" XFSZ; exec "$0" disk-full-in-this-process"#])
        .arg(program)
        .env_remove(perf_exporters::env::REPORT.name())
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = told.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [acknowledged, kept, failed, recovered] = numbers[..] else {
        return Err(format!("the process said {told:?} and {:?}", String::from_utf8_lossy(&output.stderr)).into());
    };
    let failures = vec![(Error::DiskFull.kind().to_owned(), failed)];
    Ok(Fault { name: "disk full", acknowledged, kept, failures, retried: 0, recovered: recovered == 1 })
}

/// Writes until the disk takes no more, and a little longer; then there is room again. The numbers: acknowledged, kept, failed, and
/// whether it recovered.
///
/// # Errors
/// Where something else fails than the disk.
#[cfg(unix)]
pub fn disk_full_in_this_process() -> Result<[u64; 4], Failure> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    const ROOM: u64 = 1 << 20;
    let store = Store::temporary(Size::SMALL)?;
    let before = getrlimit(Resource::Fsize);
    setrlimit(Resource::Fsize, Rlimit { current: Some(ROOM), ..before })?;
    let (mut acknowledged, mut failed) = (0, 0);
    while failed < 5 {
        match store.record(1, "counted", 1) {
            Ok(()) => acknowledged += 1,
            Err(Error::DiskFull) => failed += 1,
            Err(other) => return Err(other.into()),
        }
    }
    setrlimit(Resource::Fsize, before)?;
    let recovered = store.record(1, "afterwards", 1).is_ok();
    Ok([acknowledged, store.events("counted")?, failed, u64::from(recovered)])
}

/// Elsewhere there is no such limit.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub fn disk_full_in_this_process() -> Result<[u64; 4], Failure> {
    Err("there is no limit on the size of files here".into())
}
