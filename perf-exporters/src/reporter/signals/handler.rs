//! The signal handler. It calls the handler that it has replaced, writes a byte to a pipe, and nothing else:
//! the interrupted code may hold any lock.

use std::io;
use std::mem::{self, MaybeUninit};
use std::os::fd::IntoRawFd;
use std::process;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};

use libc::{SA_SIGINFO, SIG_DFL, SIG_IGN, c_int, c_void, sighandler_t, siginfo_t};

/// Signals that end a program unless it handles them. `SIGQUIT` stays what it is: the way to end a program that hangs.
static WATCHED: [Watched; 3] = [Watched::new(libc::SIGINT), Watched::new(libc::SIGTERM), Watched::new(libc::SIGHUP)];

/// Where the byte goes, and which process reads it.
static PIPE: AtomicI32 = AtomicI32::new(-1);
static READER: AtomicU32 = AtomicU32::new(0);

/// So many of one kind are one request: a terminal and a wrapper both pass Ctrl-C on. The next ends the program at
/// once, should the report never be done.
const ONE_REQUEST: u32 = 2;

struct Watched {
    signal: c_int,
    /// The handler that this one has replaced.
    previous: OnceLock<Previous>,
    /// Times that it came since it was last settled.
    came: AtomicU32,
}

#[derive(Clone, Copy)]
struct Previous {
    action: sighandler_t,
    with_info: bool,
}

impl Watched {
    const fn new(signal: c_int) -> Self {
        Self { signal, previous: OnceLock::new(), came: AtomicU32::new(0) }
    }

    fn of(signal: c_int) -> Option<&'static Self> {
        WATCHED.iter().find(|watched| watched.signal == signal)
    }

    /// Whether this is the only handler of the signal: there was none before, and a later one has replaced none.
    fn is_last(&self) -> bool {
        let nobody_before = self.previous.get().is_some_and(|previous| previous.action == SIG_DFL);
        nobody_before && current(self.signal).is_ok_and(|current| current.sa_sigaction == ours())
    }

    fn install(&self) -> io::Result<()> {
        let mut action = current(self.signal)?;
        // What is ignored stays so (as under `nohup`), and a fork has our handler already.
        if action.sa_sigaction == SIG_IGN || action.sa_sigaction == ours() {
            return Ok(());
        }
        let previous = Previous { action: action.sa_sigaction, with_info: action.sa_flags & SA_SIGINFO != 0 };
        if self.previous.set(previous).is_err() {
            return Ok(());
        }
        // Calls that a handler of the program interrupts on purpose are interrupted still: flags and mask are its own.
        if action.sa_sigaction == SIG_DFL {
            action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        }
        action.sa_flags |= SA_SIGINFO;
        action.sa_sigaction = ours();
        set(self.signal, &action)
    }
}

/// Handles the signals from now on: a byte with the signal's number goes to `pipe`.
pub(super) fn install(pipe: io::PipeWriter) -> io::Result<()> {
    PIPE.store(pipe.into_raw_fd(), Relaxed);
    READER.store(process::id(), Relaxed);
    WATCHED.iter().try_for_each(Watched::install)
}

/// Whether the program ends when this signal is settled.
pub(super) fn is_last(signal: c_int) -> bool {
    Watched::of(signal).is_some_and(Watched::is_last)
}

/// The last report is written: the program ends by the signal, unless it handles it itself.
pub(super) fn settle(signal: c_int) {
    let Some(watched) = Watched::of(signal) else {
        return;
    };
    watched.came.store(0, Relaxed);
    if watched.is_last() {
        let handler = current(signal);
        end_by(signal);
        // The first process of a container outlives what would end any other.
        if let Ok(handler) = handler {
            let _ = set(signal, &handler);
        }
    }
}

/// Calls only what may be called from a handler: atomics, `getpid`, `sigaction`, `write`, `pthread_sigmask`, `raise`.
extern "C" fn on_signal(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let Some(watched) = Watched::of(signal) else {
        return;
    };
    if let Some(previous) = watched.previous.get() {
        previous.call(signal, info, context);
    }
    let came = watched.came.fetch_add(1, Relaxed);
    let somebody_reads = READER.load(Relaxed) == process::id();
    if somebody_reads && came < ONE_REQUEST {
        if came == 0 {
            tell(signal);
        }
    } else if watched.is_last() {
        end_by(signal);
    }
}

fn ours() -> sighandler_t {
    let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = on_signal;
    handler as sighandler_t
}

/// At most one byte of each signal is in the pipe, so this never waits.
fn tell(signal: c_int) {
    let byte = u8::try_from(signal).unwrap_or_default();
    // SAFETY: one byte that is there; the pipe is never closed.
    unsafe { libc::write(PIPE.load(Relaxed), ptr::from_ref(&byte).cast(), 1) };
}

impl Previous {
    fn call(self, signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
        if self.action == SIG_DFL || self.action == SIG_IGN {
            return;
        }
        if self.with_info {
            // SAFETY: what `sigaction` gave as a handler is one, and `SA_SIGINFO` says of which kind.
            let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = unsafe { mem::transmute(self.action) };
            handler(signal, info, context);
        } else {
            // SAFETY: as above, of the other kind.
            let handler: extern "C" fn(c_int) = unsafe { mem::transmute(self.action) };
            handler(signal);
        }
    }
}

/// How the signal is handled now.
fn current(signal: c_int) -> io::Result<libc::sigaction> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: reads no new action and writes the present one into memory of that size.
    let read = unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: a `sigaction` of zeros is one, whether or not it was written to.
    if read == 0 { Ok(unsafe { action.assume_init() }) } else { Err(io::Error::last_os_error()) }
}

fn set(signal: c_int, action: &libc::sigaction) -> io::Result<()> {
    // SAFETY: a whole action, whose handler is `on_signal` or what the kernel itself gave as one.
    let set = unsafe { libc::sigaction(signal, action, ptr::null_mut()) };
    if set == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Does what the signal does to a program without handlers.
fn end_by(signal: c_int) {
    // SAFETY: zeros are an action: the default one, without flags, blocking nothing.
    let default = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    let _ = set(signal, &default);
    let mut only = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the set is memory of this function; this thread may have the signal blocked, and here it must not.
    unsafe {
        libc::sigemptyset(only.as_mut_ptr());
        libc::sigaddset(only.as_mut_ptr(), signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, only.as_ptr(), ptr::null_mut());
        libc::raise(signal);
    }
}
