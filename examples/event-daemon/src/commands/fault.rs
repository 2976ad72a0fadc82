//! `event-daemon fault NAME`.

use std::process::ExitCode;

use clap::Args;
use event_daemon::Architecture;
use event_daemon::faults::{self, Aftermath, Fault};

use super::Result;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The fault. A full disk takes a limit: `sh -c "trap '' XFSZ; ulimit -f 256; event-daemon fault disk-full"`.
    fault: Fault,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut good = true;
    for architecture in Architecture::BOTH {
        let after = faults::run(arguments.fault, architecture).map_err(|error| {
            format!("{error}; it takes four ports of the loopback and a folder for temporary files")
        })?;
        println!("{after}");
        good &= Aftermath::is_good(&after);
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
