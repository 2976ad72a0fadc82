//! An event coordinator in two architectures, small and real: threads, sockets, files.
//!
//! Services publish events; a coordinator checks each, drops what it has seen, appends it to its journal, acknowledges it, and
//! hands it to the service that it is for.
//!
//! ```text
//! Architecture::Services                              Architecture::Daemon
//! service 0 → coordinator 0 ─┐                        service 0 ─┐
//! service 1 → coordinator 1 ─┼→ the target's one      service 1 ─┼→ daemon → mailbox → service
//! service 2 → coordinator 2 ─┘   → mailbox → service  service 2 ─┘
//! a socket, a journal and a memory each               one of each
//! ```
//!
//! The library is the system. What measures it is in the program: `main.rs`, `commands`, `measure`.

#![forbid(unsafe_code)]

mod client;
mod coordinator;
pub mod event;
pub mod faults;
mod inject;
pub mod journal;
pub mod load;
mod mailbox;
mod recent;
mod refused;
mod server;
mod system;

pub use client::Pool;
pub use coordinator::{Coordinator, Settings, Stats};
pub use event::{Event, Kind};
pub use inject::Inject;
pub use journal::Journal;
pub use mailbox::{Mailbox, Room};
pub use recent::{Recent, Seen};
pub use refused::Refused;
pub use server::Server;
pub use system::{Architecture, System};
