//! Processor time by thread, and the calls that threads are blocked in.

use std::fmt::Write;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, RawDir, SeekFrom, openat, seek};
use rustix::io::Errno;

use crate::report::{Reading, ThreadTime, Track};

/// The system calls that wait for a lock of the program: `futex`, `futex_waitv`, `futex_wait`.
const FUTEX: Option<&[i64]> = if cfg!(target_arch = "x86_64") {
    Some(&[202, 449, 455])
} else if cfg!(any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "loongarch64")) {
    Some(&[98, 449, 455])
} else if cfg!(any(target_arch = "x86", target_arch = "arm")) {
    Some(&[240, 422, 449, 455])
} else {
    None
};

/// The threads of the process, as of the last look.
#[derive(Debug)]
pub(super) struct Threads {
    folder: Folder,
    known: Known,
    futex_ns: u64,
    blocked_ns: u64,
    looked_at: u64,
}

/// `/proc/self/task`.
#[derive(Debug)]
struct Folder {
    open: OwnedFd,
    path: PathBuf,
}

#[derive(Debug, Default)]
struct Known {
    /// In the order of their numbers.
    alive: Vec<Thread>,
    /// Threads that ended, as one.
    ended: Thread,
    looks: u64,
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

/// The state of a thread.
enum State {
    Running,
    InFutex,
    Blocked,
}

impl Threads {
    pub(super) fn open(root: &Path) -> Result<Self, String> {
        let path = root.join("proc/self/task");
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = rustix::fs::open(&path, flags, Mode::empty());
        let open = open.map_err(|error| format!("{}: {error}", path.display()))?;
        let folder = Folder { open, path };
        Ok(Self { folder, known: Known::default(), futex_ns: 0, blocked_ns: 0, looked_at: 0 })
    }

    /// Reads every thread. Those of `silent` are the monitor's own, and are not blocked in calls of the program.
    ///
    /// The two results are of processor time, and of the calls that threads are blocked in.
    pub(super) fn look(&mut self, silent: [u32; 2], reading: &mut Reading) -> [Result<(), String>; 2] {
        let passed = reading.at_ns.saturating_sub(self.looked_at);
        let (mut times, mut states) = (Ok(()), Ok(()));
        if let Err(error) = seek(&self.folder.open, SeekFrom::Start(0)) {
            times = Err(format!("{}: {error}", self.folder.path.display()));
        }
        let mut buffer = [MaybeUninit::<u8>::uninit(); 4096];
        let mut entries = RawDir::new(&self.folder.open, &mut buffer);
        let mut count = 0_u64;
        self.known.looks += 1;
        while let Some(Ok(entry)) = entries.next() {
            let Some(id) = entry.file_name().to_str().ok().and_then(|name| name.parse().ok()) else { continue };
            count += 1;
            if let Err(reason) = self.known.add_time(&self.folder, id, passed) {
                times = Err(reason);
            }
            if silent.contains(&id) {
                continue;
            }
            match self.folder.state(id, &mut self.known.path) {
                Ok(Some(State::InFutex)) => self.futex_ns = self.futex_ns.saturating_add(passed),
                Ok(Some(State::Blocked)) => self.blocked_ns = self.blocked_ns.saturating_add(passed),
                Ok(Some(State::Running) | None) => {}
                Err(reason) => states = Err(reason),
            }
        }
        self.known.bury();
        self.looked_at = reading.at_ns;
        reading.threads = (count > 0).then_some(count);
        if times.is_ok() {
            reading.ready_ns = Some(self.known.ready());
        }
        if states.is_ok() {
            (reading.futex_ns, reading.blocked_ns) = (Some(self.futex_ns), Some(self.blocked_ns));
        }
        [times, states]
    }

    /// The times, most processor time first; threads beyond [`Track::MOST_THREADS`] are one entry, and so are those that ended.
    pub(super) fn times(&self) -> Vec<ThreadTime> {
        let mut alive: Vec<&Thread> = self.known.alive.iter().collect();
        alive.sort_by(|a, b| b.cpu_ns.cmp(&a.cpu_ns).then(a.id.cmp(&b.id)));
        let mut others = Thread::default();
        alive.iter().skip(Track::MOST_THREADS).for_each(|thread| others.add(thread));
        let shown = alive.iter().take(Track::MOST_THREADS).map(|thread| thread.shown(&thread.name));
        let rest = [("(others)", &others), ("(ended)", &self.known.ended)];
        let rest = rest.into_iter().filter(|(_, entry)| entry.threads > 0).map(|(name, entry)| entry.shown(name));
        shown.chain(rest).collect()
    }
}

impl Folder {
    fn state(&self, id: u32, path: &mut String) -> Result<Option<State>, String> {
        let futex = FUTEX.ok_or("the numbers of system calls are not known for this architecture")?;
        let mut text = [0; 160];
        let Some(text) = self.file(id, "syscall", path, &mut text)? else { return Ok(None) };
        let word = text.split_whitespace().next().unwrap_or_default();
        Ok(Some(match word.parse::<i64>() {
            Ok(number) if futex.contains(&number) => State::InFutex,
            // "-1" is blocked in no call: a page fault.
            Ok(_) => State::Blocked,
            Err(_) => State::Running,
        }))
    }

    /// The content of a file of a thread; none where the thread has ended.
    fn file<'b>(
        &self,
        id: u32,
        name: &str,
        path: &mut String,
        buffer: &'b mut [u8],
    ) -> Result<Option<&'b str>, String> {
        path.clear();
        // Writing to a string cannot fail.
        let _ = write!(path, "{id}/{name}");
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let read = openat(&self.open, path.as_str(), flags, Mode::empty())
            .and_then(|file| rustix::io::read(file, &mut *buffer));
        match read {
            Ok(read) => Ok(std::str::from_utf8(&buffer[..read]).ok()),
            Err(Errno::SRCH) => Ok(None),
            Err(Errno::NOENT) if !self.path.join(id.to_string()).exists() => Ok(None),
            Err(error) => Err(format!("{}/{path}: {error}", self.path.display())),
        }
    }
}

impl Known {
    /// Adds a thread's time since the look before. A thread that ends meanwhile is left out.
    fn add_time(&mut self, folder: &Folder, id: u32, passed: u64) -> Result<(), String> {
        let mut text = [0; 64];
        let Some(text) = folder.file(id, "schedstat", &mut self.path, &mut text)? else { return Ok(()) };
        let mut numbers = text.split_whitespace().map(str::parse::<u64>);
        let (Some(Ok(cpu)), Some(Ok(ready))) = (numbers.next(), numbers.next()) else {
            return Err(format!("{}/{id}/schedstat: {text:?} is not understood", folder.path.display()));
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
            if let Some(name) = folder.file(id, "comm", &mut self.path, &mut name)? {
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
