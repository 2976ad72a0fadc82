//! Processor time by thread.

use super::tasks::Tasks;
use crate::report::{Reading, ThreadTime, Track};

/// The threads of the process, as of the last look.
#[derive(Debug, Default)]
pub(super) struct Threads {
    /// In the order of their numbers.
    alive: Vec<Thread>,
    /// Threads that ended, as one.
    ended: Thread,
    looks: u64,
    looked_at: u64,
    /// Reused for the paths of files.
    path: String,
}

#[derive(Debug, Default)]
struct Thread {
    id: u32,
    name: String,
    /// The number of threads in the entry.
    threads: u64,
    /// Looks that found it, and the number of the last of them.
    found: u64,
    last_look: u64,
    /// Processor time, time without a processor, and how long it was watched.
    cpu_ns: u64,
    ready_ns: u64,
    watched_ns: u64,
    /// The first two as the system counts them, when watching began.
    began: [u64; 2],
}

impl Threads {
    /// Reads the time of every thread.
    pub(super) fn look(&mut self, tasks: &Tasks, reading: &mut Reading) -> Result<(), String> {
        let passed = reading.at_ns.saturating_sub(self.looked_at);
        let mut times = Ok(());
        let mut count = 0_u64;
        self.looks += 1;
        let listed = tasks.each(|id| {
            count += 1;
            if let Err(reason) = self.add_time(tasks, id, passed) {
                times = Err(reason);
            }
        });
        self.bury();
        self.looked_at = reading.at_ns;
        reading.threads = (count > 0).then_some(count);
        listed.and(times)?;
        reading.ready_ns = Some(self.ready());
        Ok(())
    }

    /// The times, most processor time first; threads beyond [`Track::MOST_THREADS`] are one entry, and so are those that ended.
    pub(super) fn times(&self) -> Vec<ThreadTime> {
        let mut alive: Vec<&Thread> = self.alive.iter().collect();
        alive.sort_by(|a, b| b.cpu_ns.cmp(&a.cpu_ns).then(a.id.cmp(&b.id)));
        let mut others = Thread::default();
        alive.iter().skip(Track::MOST_THREADS).for_each(|thread| others.add(thread));
        let shown = alive.iter().take(Track::MOST_THREADS).map(|thread| thread.shown(&thread.name));
        let rest = [("(others)", &others), ("(ended)", &self.ended)];
        let rest = rest.into_iter().filter(|(_, entry)| entry.threads > 0).map(|(name, entry)| entry.shown(name));
        shown.chain(rest).collect()
    }

    /// Adds a thread's time since the look before. A thread that ends meanwhile is left out.
    fn add_time(&mut self, tasks: &Tasks, id: u32, passed: u64) -> Result<(), String> {
        let mut text = [0; 64];
        let Some(text) = tasks.file(id, "schedstat", &mut self.path, &mut text)? else { return Ok(()) };
        let mut numbers = text.split_whitespace().map(str::parse::<u64>);
        let (Some(Ok(cpu)), Some(Ok(ready))) = (numbers.next(), numbers.next()) else {
            return Err(tasks.not_understood(id, "schedstat", text));
        };
        // A thread's time before the first look is not counted.
        let began = if self.looks == 1 { [cpu, ready] } else { [0; 2] };
        let fresh = || Thread { id, threads: 1, began, ..Thread::default() };
        let at = match self.alive.binary_search_by_key(&id, |thread| thread.id) {
            Ok(at) => {
                // Where the time went back, it is another thread of the same number.
                if cpu < self.alive[at].cpu_ns.saturating_add(self.alive[at].began[0]) {
                    let ended = std::mem::replace(&mut self.alive[at], fresh());
                    self.ended.add(&ended);
                }
                at
            }
            Err(at) => {
                self.alive.insert(at, fresh());
                at
            }
        };
        let thread = &mut self.alive[at];
        thread.last_look = self.looks;
        thread.watched_ns = thread.watched_ns.saturating_add(passed);
        thread.cpu_ns = cpu.saturating_sub(thread.began[0]);
        thread.ready_ns = ready.saturating_sub(thread.began[1]);
        // A thread gets its name after it began, and some change it.
        if thread.found == 0 || thread.found.is_power_of_two() {
            let mut name = [0; 64];
            if let Some(name) = tasks.file(id, "comm", &mut self.path, &mut name)? {
                name.trim_end().clone_into(&mut thread.name);
            }
        }
        thread.found += 1;
        Ok(())
    }

    /// Threads that the last look did not find have ended.
    fn bury(&mut self) {
        let (ended, looks) = (&mut self.ended, self.looks);
        self.alive.retain(|thread| {
            let found = thread.last_look == looks;
            if !found {
                ended.add(thread);
            }
            found
        });
    }

    fn ready(&self) -> u64 {
        self.alive.iter().chain([&self.ended]).map(|thread| thread.ready_ns).fold(0, u64::saturating_add)
    }
}

impl Thread {
    fn add(&mut self, other: &Self) {
        self.threads += other.threads;
        self.cpu_ns = self.cpu_ns.saturating_add(other.cpu_ns);
        self.ready_ns = self.ready_ns.saturating_add(other.ready_ns);
        self.watched_ns = self.watched_ns.saturating_add(other.watched_ns);
    }

    fn shown(&self, name: &str) -> ThreadTime {
        ThreadTime {
            name: name.to_owned(),
            id: (self.id > 0).then_some(self.id),
            threads: self.threads,
            watched_ns: self.watched_ns,
            cpu_ns: self.cpu_ns,
            ready_ns: self.ready_ns,
        }
    }
}
