//! `event-daemon serve`: the daemon as a process of its own.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Args;
use event_daemon::{Coordinator, Inject, Server, Settings};

use super::Result;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Where to listen; port 0 takes a free one, which is printed.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Services that events are for.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    services: u16,
    /// The journal; what it has is delivered first.
    #[arg(long)]
    journal: PathBuf,
    /// How long a service takes for an event.
    #[arg(long, default_value = "0s", value_parser = |text: &str| humantime::parse_duration(text))]
    handling: Duration,
    /// A regression put in on purpose.
    #[arg(long)]
    inject: Option<Inject>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut settings = Settings::of(arguments.services);
    (settings.handling, settings.inject) = (arguments.handling, arguments.inject);
    let journal = &arguments.journal;
    let told =
        |error| format!("{}: {error}; --journal names a file in a folder that can be written", journal.display());
    let coordinator = Coordinator::open(settings, None, Vec::new(), journal).map_err(told)?;
    let told = |error| format!("{}: {error}; --listen names another address", arguments.listen);
    let server = Server::start(coordinator, TcpListener::bind(arguments.listen).map_err(told)?)?;
    println!("listening on {}", server.address());
    std::io::stdout().flush()?;
    loop {
        thread::park();
    }
}
