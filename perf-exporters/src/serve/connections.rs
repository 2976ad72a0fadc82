//! The connections there are, and which of them goes when there are too many.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::AbortHandle;

/// Whether a connection has asked for something yet. It is the endpoint's thread alone that writes and reads this.
#[derive(Clone, Default)]
pub(super) struct Asked(Arc<AtomicBool>);

impl Asked {
    pub(super) fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn already(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Oldest first.
pub(super) struct Connections {
    most: usize,
    open: VecDeque<(AbortHandle, Asked)>,
}

impl Connections {
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), open: VecDeque::new() }
    }

    /// Makes room for one more: of too many, the one goes that has waited longest without asking, or simply longest. A
    /// client that asks at once is thus answered however many there are that do not.
    pub(super) fn make_room(&mut self) {
        self.open.retain(|(task, _)| !task.is_finished());
        while self.open.len() >= self.most {
            self.close_one();
        }
    }

    /// Closes one, chosen like that. Whether there was any.
    pub(super) fn close_one(&mut self) -> bool {
        self.open.retain(|(task, _)| !task.is_finished());
        let silent = self.open.iter().position(|(_, asked)| !asked.already());
        let closed = self.open.remove(silent.unwrap_or(0));
        closed.inspect(|(task, _)| task.abort()).is_some()
    }

    pub(super) fn add(&mut self, task: AbortHandle, asked: Asked) {
        self.open.push_back((task, asked));
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[test]
    fn the_longest_silent_goes_first() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut connections = Connections::new(3);
        let mut tasks = Vec::new();
        for at in 0..5 {
            connections.make_room();
            let task = runtime.spawn(pending::<()>());
            let asked = Asked::default();
            if at == 0 || at >= 3 {
                asked.now();
            }
            connections.add(task.abort_handle(), asked);
            tasks.push(task);
        }
        connections.make_room();
        runtime.block_on(async { tokio::task::yield_now().await });
        let finished = || tasks.iter().map(tokio::task::JoinHandle::is_finished).collect::<Vec<_>>();
        assert_eq!(finished(), [true, true, true, false, false]);
        assert!(connections.close_one() && connections.close_one() && !connections.close_one());
        runtime.block_on(async { tokio::task::yield_now().await });
        assert_eq!(finished(), [true; 5]);
    }
}
