//! Which arrival is started next, and by which worker: many workers take from one schedule, in order and without a lock.
//!
//! Intended starts are in a ring that one of the workers fills ahead of all. The state is one word, the number of arrivals taken
//! or dropped and, of these, the number taken; both wrap at 32 bits, and are compared by differences that are far smaller. A
//! worker that is free reads the next intended start, decides whether to start or drop it, and exchanges the word; where another
//! worker was faster it begins again.
//!
//! The backlog is bounded as that of a queue that turns arrivals away at its door: an arrival is dropped where, at its intended
//! start, as many as the bound were waiting. No worker checks at that moment, since all are busy; it is decided when a worker
//! takes the arrival, by the time at which the arrival so many places before it was started.

use std::sync::atomic::Ordering;
use std::sync::{PoisonError, TryLockError};

use super::sync::{AtomicBool, AtomicU64, Mutex, yield_now};
use crate::Arrivals;
use crate::arrivals::Times;
use crate::record::Apart;

/// Intended starts ahead of the workers, and how many are made at once: a short stretch, since a worker makes them. Models
/// have few of both, so that the ring goes round within a few operations.
const AHEAD: usize = if cfg!(loom) { 4 } else { 4096 };
const AT_ONCE: u64 = if cfg!(loom) { 2 } else { 64 };

#[derive(Debug)]
pub(crate) struct Schedule {
    /// Intended starts; arrival `n` at `n % AHEAD`.
    ring: Box<[AtomicU64]>,
    /// Arrivals in the ring since the beginning.
    filled: Apart<AtomicU64>,
    /// All arrivals are in the ring.
    complete: AtomicBool,
    /// Arrivals taken or dropped (upper half), and those taken (lower half).
    taken: Apart<AtomicU64>,
    /// When the last arrivals were started, by their place among those taken: enough of them to look back by the bound.
    starts: Box<[AtomicU64]>,
    bound: u32,
    times: Mutex<Times>,
}

/// The decision on the next arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The arrival is to be started at `due`, or at once where that has passed.
    Start { number: u64, due: u64 },
    /// It came when the backlog was full.
    Dropped { due: u64 },
    /// It is not due, and was not taken: only from `next_due`.
    Later,
    /// There are no more.
    End,
}

impl Schedule {
    /// A schedule in which at most `bound` arrivals wait.
    pub(crate) fn new(arrivals: &Arrivals, bound: u32) -> Self {
        let cells = |length: usize| (0..length).map(|_| AtomicU64::new(0)).collect();
        Self {
            ring: cells(AHEAD),
            filled: Apart::default(),
            complete: AtomicBool::new(false),
            taken: Apart::default(),
            starts: cells((bound as usize + 1).next_power_of_two()),
            bound,
            times: Mutex::new(arrivals.times()),
        }
    }

    /// Takes the next arrival, at a time that is not before the last one at which this worker asked.
    pub(crate) fn next(&self, now: u64) -> Next {
        self.take(now, u64::MAX)
    }

    /// The same, if it is due.
    #[cfg(feature = "tokio")]
    pub(crate) fn next_due(&self, now: u64) -> Next {
        self.take(now, now)
    }

    fn take(&self, now: u64, until: u64) -> Next {
        loop {
            // Acquire pairs with the exchange below: a worker that sees an arrival taken sees all earlier writes.
            let word = self.taken.0.load(Ordering::Acquire);
            let (at, rank) = unpack(word);
            // Acquire pairs with the release in `fill`: the ring's cells below `filled` are written.
            let filled = self.filled.0.load(Ordering::Acquire);
            #[allow(clippy::cast_possible_truncation, reason = "differences of the lower halves")]
            let left = (filled as u32).wrapping_sub(at);
            if left as usize <= AHEAD / 2 && !self.complete.load(Ordering::Acquire) {
                if self.fill() {
                    continue;
                }
                // Another worker fills. The remaining arrivals are taken meanwhile.
                if left == 0 {
                    yield_now();
                    continue;
                }
            }
            if left == 0 {
                // The word may be older than the value of `filled`: only an unchanged one proves that all were taken.
                if self.taken.0.load(Ordering::Acquire) == word && self.filled.0.load(Ordering::Acquire) == filled {
                    return Next::End;
                }
                continue;
            }
            let due = self.ring[at as usize % AHEAD].load(Ordering::Relaxed);
            if due > until {
                // The cell may have been written anew meanwhile.
                if self.taken.0.load(Ordering::Acquire) != word {
                    continue;
                }
                return Next::Later;
            }
            let dropped = due < now && self.was_full(rank, due);
            let after = pack(at.wrapping_add(1), if dropped { rank } else { rank.wrapping_add(1) });
            // Release: the cell was read before any worker may write it anew.
            if self.taken.0.compare_exchange_weak(word, after, Ordering::AcqRel, Ordering::Relaxed).is_err() {
                continue;
            }
            if dropped {
                return Next::Dropped { due };
            }
            // A worker that looks back sees this or, for a moment, an earlier start, and lets one more wait.
            self.starts[rank as usize % self.starts.len()].store(due.max(now), Ordering::Relaxed);
            return Next::Start { number: filled - u64::from(left), due };
        }
    }

    /// Whether as many as the bound were waiting at a time that has passed, before the arrival of this rank.
    fn was_full(&self, rank: u32, due: u64) -> bool {
        // Without a backlog, the arrival itself would have to be started by then.
        self.bound == 0
            || self.starts[rank.wrapping_sub(self.bound) as usize % self.starts.len()].load(Ordering::Relaxed) > due
    }

    /// Makes a few more intended starts, unless another worker does.
    #[cold]
    fn fill(&self) -> bool {
        let mut times = match self.times.try_lock() {
            Ok(times) => times,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        let filled = self.filled.0.load(Ordering::Relaxed);
        // Acquire pairs with the exchange of the workers that took: they read their cells before.
        let (at, _) = unpack(self.taken.0.load(Ordering::Acquire));
        #[allow(clippy::cast_possible_truncation, reason = "differences of the lower halves")]
        let room = AHEAD as u64 - u64::from((filled as u32).wrapping_sub(at));
        let mut end = filled;
        while end < filled + room.min(AT_ONCE) {
            let Some(time) = times.next_nanos() else {
                // Release, and before `complete`: a worker that sees `complete` sees all arrivals.
                self.filled.0.store(end, Ordering::Release);
                self.complete.store(true, Ordering::Release);
                return true;
            };
            self.ring[usize::try_from(end).unwrap_or(0) % AHEAD].store(time, Ordering::Relaxed);
            end += 1;
        }
        self.filled.0.store(end, Ordering::Release);
        true
    }

    /// Arrivals that were due by a time and not taken. It is for the end of an interrupted drive, when no worker takes any more.
    pub(crate) fn left(&self, by: u64) -> impl Iterator<Item = u64> {
        let filled = self.filled.0.load(Ordering::Acquire);
        let (at, _) = unpack(self.taken.0.load(Ordering::Acquire));
        #[allow(clippy::cast_possible_truncation, reason = "differences of the lower halves")]
        let left = u64::from((filled as u32).wrapping_sub(at));
        let ring: Vec<u64> = (0..left)
            .map(|ahead| {
                let place = usize::try_from(ahead).unwrap_or(0).wrapping_add(at as usize) % AHEAD;
                self.ring[place].load(Ordering::Relaxed)
            })
            .collect();
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ring.into_iter().chain(std::iter::from_fn(move || times.next_nanos())).take_while(move |&time| time <= by)
    }
}

fn pack(at: u32, rank: u32) -> u64 {
    u64::from(at) << 32 | u64::from(rank)
}

#[allow(clippy::cast_possible_truncation, reason = "both halves")]
fn unpack(word: u64) -> (u32, u32) {
    ((word >> 32) as u32, word as u32)
}
