//! The whole system in one of its two architectures, with the pools through which services publish.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::client::Pool;
use crate::coordinator::{Coordinator, Settings};
use crate::{Refused, Server, Stats};

/// Who coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// A coordinator for each service, each with a socket, a journal and connections to its peers.
    Services,
    /// One daemon for all services.
    Daemon,
}

impl Architecture {
    /// Both, in the order in which they are compared.
    pub const BOTH: [Self; 2] = [Self::Services, Self::Daemon];

    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Daemon => "daemon",
        }
    }
}

/// A system that runs, over journals in a folder that goes away with it.
#[derive(Debug)]
pub struct System {
    settings: Settings,
    nodes: Vec<Node>,
    _folder: TempDir,
}

#[derive(Debug)]
struct Node {
    /// The service that it coordinates; none where it coordinates all.
    own: Option<u16>,
    journal: PathBuf,
    pool: Pool,
    server: Mutex<Option<Server>>,
}

impl Node {
    fn server(&self) -> MutexGuard<'_, Option<Server>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl System {
    /// Starts all coordinators on ports of the loopback.
    ///
    /// # Errors
    /// Sockets, files or threads that cannot be had.
    pub fn start(architecture: Architecture, settings: Settings) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let owners: Vec<Option<u16>> = match architecture {
            Architecture::Services => (0..settings.services).map(Some).collect(),
            Architecture::Daemon => vec![None],
        };
        let bound = owners.iter().map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listeners = bound.collect::<io::Result<Vec<TcpListener>>>()?;
        let mut nodes = Vec::new();
        for (at, (own, listener)) in owners.iter().zip(&listeners).enumerate() {
            nodes.push(Node {
                own: *own,
                journal: folder.path().join(format!("{at}.journal")),
                pool: Pool::new(listener.local_addr()?),
                server: Mutex::new(None),
            });
        }
        let system = Self { settings, nodes, _folder: folder };
        for (node, listener) in system.nodes.iter().zip(listeners) {
            system.serve(node, listener)?;
        }
        Ok(system)
    }

    fn serve(&self, node: &Node, listener: TcpListener) -> io::Result<()> {
        let peers = match node.own {
            Some(_) => self.nodes.iter().map(|node| Pool::new(node.pool.address())).collect(),
            None => Vec::new(),
        };
        let coordinator = Coordinator::open(self.settings, node.own, peers, &node.journal)?;
        *node.server() = Some(Server::start(coordinator, listener)?);
        Ok(())
    }

    /// Services of the system.
    #[must_use]
    pub const fn services(&self) -> u16 {
        self.settings.services
    }

    /// The service that an event of that number comes from: one after the other.
    #[must_use]
    pub fn service_of(&self, number: u64) -> u16 {
        u16::try_from(number % u64::from(self.settings.services)).unwrap_or(0)
    }

    fn node(&self, service: u16) -> &Node {
        &self.nodes[usize::from(service) % self.nodes.len()]
    }

    /// A service publishes an event, once.
    ///
    /// # Errors
    /// Why it was not accepted.
    pub fn publish(&self, service: u16, event: &[u8]) -> Result<(), Refused> {
        self.node(service).pool.publish(event)
    }

    /// Publishes, and tries again until the event is accepted, is poison, or `patience` is over.
    ///
    /// # Errors
    /// Why it was not accepted the last time.
    pub fn publish_surely(&self, service: u16, event: &[u8], patience: Duration) -> Result<(), Refused> {
        let begin = Instant::now();
        loop {
            match self.publish(service, event) {
                Err(why) if why != Refused::Poison && begin.elapsed() < patience => {
                    thread::sleep(Duration::from_millis(2));
                }
                done => return done,
            }
        }
    }

    /// Stops the coordinator of a service, as if it were killed: of the daemon, that is everything.
    pub fn crash(&self, service: u16) {
        let server = self.node(service).server().take();
        if let Some(server) = server {
            server.stop();
        }
    }

    /// Starts it again at the same port, over its journal.
    ///
    /// # Errors
    /// A port or a journal that cannot be had.
    pub fn resume(&self, service: u16) -> io::Result<()> {
        let node = self.node(service);
        let listener = TcpListener::bind(node.pool.address())?;
        self.serve(node, listener)
    }

    /// Counts of all coordinators since they began.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let each = self.nodes.iter().filter_map(|node| node.server().as_ref().map(Server::stats));
        each.fold(Stats::default(), Stats::plus)
    }

    /// Waits until every event that was accepted is handled.
    ///
    /// # Errors
    /// [`Refused::Busy`] where `patience` is over before.
    pub fn settle(&self, patience: Duration) -> Result<(), Refused> {
        let begin = Instant::now();
        loop {
            let stats = self.stats();
            if stats.handled >= stats.accepted + stats.recovered {
                return Ok(());
            }
            if begin.elapsed() > patience {
                return Err(Refused::Busy);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// The numbers of all events in the journals.
    ///
    /// # Errors
    /// A journal that cannot be read.
    pub fn journaled(&self) -> io::Result<Vec<u64>> {
        let each = self.nodes.iter().map(|node| crate::journal::numbers(&node.journal));
        Ok(each.collect::<io::Result<Vec<Vec<u64>>>>()?.concat())
    }
}

impl Drop for System {
    fn drop(&mut self) {
        for node in &self.nodes {
            if let Some(server) = node.server().take() {
                server.stop();
            }
        }
    }
}
