//! Timed measurements of one process take turns.
//!
//! The test harness runs tests beside each other, as many as there are processors, and each of them would time the others'
//! noise. So a run that times calls waits for a turn, in the order of arrival; counters need none, since nothing disturbs them.
//! A turn is one epoch, not a whole test: between two epochs of a test others have theirs.
//!
//! Waiting is a future, so it blocks no runtime. A run inside another run's body does not wait, since it would wait for
//! itself. And a run that holds a turn for much longer than it said it would is passed over: its body may be waiting for a lock
//! that belongs to a test in the queue.

use std::collections::VecDeque;
use std::mem;
use std::pin::Pin;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// A turn lasts so many times as long as announced, plus this, before others stop waiting for its end.
const PATIENCE: u32 = 4;
const GRACE: Duration = Duration::from_secs(10);

/// The process's turns.
static TURNS: Turns = Turns::new();

/// The holder of the turn, and the queue.
struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// The ticket of the next in the queue.
    next: u64,
    holder: Option<Holder>,
    waiting: VecDeque<Waiter>,
    /// Whether a thread watches for the end of the holder's time.
    is_watched: bool,
}

#[derive(Clone, Copy)]
struct Holder {
    ticket: u64,
    until: Instant,
}

struct Waiter {
    ticket: u64,
    lasting: Duration,
    waker: Waker,
}

/// Waits for the turn to time calls for about so long.
pub(in crate::gate) fn take(lasting: Duration) -> Waiting {
    Waiting { turns: &TURNS, lasting, ticket: None }
}

/// A turn that has not come yet.
pub(in crate::gate) struct Waiting {
    turns: &'static Turns,
    lasting: Duration,
    ticket: Option<u64>,
}

/// No other test of this process times calls until this is dropped.
#[must_use = "the turn ends where it is dropped: bind it to a name, `let _turn = …`"]
pub(in crate::gate) struct Turn {
    turns: &'static Turns,
    ticket: u64,
}

impl Turns {
    const fn new() -> Self {
        let state = State { next: 0, holder: None, waiting: VecDeque::new(), is_watched: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends this one's turn, or its waiting.
    fn leave(&self, ticket: u64) {
        let mut state = self.state();
        state.waiting.retain(|waiter| waiter.ticket != ticket);
        if state.holder.is_some_and(|holder| holder.ticket == ticket) {
            let woken = state.pass_on();
            drop(state);
            self.changed.notify_all();
            if let Some(woken) = woken {
                woken.wake();
            }
        }
    }

    /// Passes over holders whose time is more than up, as long as the queue is not empty.
    fn watch(&'static self) {
        let mut state = self.state();
        while let Some(holder) = state.holder.filter(|_| !state.waiting.is_empty()) {
            let left = holder.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let woken = state.pass_on();
                drop(state);
                if let Some(woken) = woken {
                    woken.wake();
                }
                state = self.state();
            } else {
                state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        state.is_watched = false;
    }
}

impl State {
    /// Gives the turn to the first in the queue, and returns its waker.
    fn pass_on(&mut self) -> Option<Waker> {
        let first = self.waiting.pop_front();
        self.holder = first.as_ref().map(|first| Holder::new(first.ticket, first.lasting));
        first.map(|first| first.waker)
    }
}

impl Holder {
    fn new(ticket: u64, lasting: Duration) -> Self {
        let patience = lasting.saturating_mul(PATIENCE).saturating_add(GRACE).min(Duration::from_hours(1));
        Self { ticket, until: Instant::now() + patience }
    }
}

impl Future for Waiting {
    type Output = Turn;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Turn> {
        let (turns, lasting) = (self.turns, self.lasting);
        let mut state = turns.state();
        let ticket = *self.ticket.get_or_insert_with(|| {
            state.next += 1;
            state.next
        });
        if state.holder.is_none() {
            state.waiting.retain(|waiter| waiter.ticket != ticket);
            state.holder = Some(Holder::new(ticket, lasting));
        }
        if state.holder.is_some_and(|holder| holder.ticket == ticket) {
            drop(state);
            self.ticket = None;
            return Poll::Ready(Turn { turns, ticket });
        }
        match state.waiting.iter_mut().find(|waiter| waiter.ticket == ticket) {
            Some(waiter) => waiter.waker.clone_from(context.waker()),
            None => state.waiting.push_back(Waiter { ticket, lasting, waker: context.waker().clone() }),
        }
        if !mem::replace(&mut state.is_watched, true) {
            drop(state);
            std::thread::spawn(|| turns.watch());
        }
        Poll::Pending
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.turns.leave(ticket);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.leave(self.ticket);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::task::Wake;

    use super::*;
    use crate::gate::run::at_once;

    fn turns() -> &'static Turns {
        Box::leak(Box::new(Turns::new()))
    }

    fn wait(turns: &'static Turns) -> Waiting {
        Waiting { turns, lasting: Duration::from_secs(1), ticket: None }
    }

    struct Counted(AtomicUsize);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    fn poll(waiting: &mut Waiting, woken: &Arc<Counted>) -> Option<Turn> {
        match Pin::new(waiting).poll(&mut Context::from_waker(&Waker::from(Arc::clone(woken)))) {
            Poll::Ready(turn) => Some(turn),
            Poll::Pending => None,
        }
    }

    #[test]
    fn one_at_a_time_in_the_order_of_arrival() {
        let turns = turns();
        let wakers = [0, 1, 2].map(|_| Arc::new(Counted(AtomicUsize::new(0))));
        let mut waiting = [wait(turns), wait(turns), wait(turns)];
        let first = poll(&mut waiting[0], &wakers[0]).unwrap();
        assert!(poll(&mut waiting[1], &wakers[1]).is_none() && poll(&mut waiting[2], &wakers[2]).is_none());
        drop(first);
        assert_eq!([1, 2].map(|at| wakers[at].0.load(SeqCst)), [1, 0]);
        assert!(poll(&mut waiting[2], &wakers[2]).is_none(), "it is the other's turn");
        let second = poll(&mut waiting[1], &wakers[1]).unwrap();
        drop(second);
        assert!(poll(&mut waiting[2], &wakers[2]).is_some());
        assert!(turns.state().holder.is_none());
    }

    #[test]
    fn who_stops_waiting_is_left_out_also_when_its_turn_has_come() {
        let turns = turns();
        let woken = Arc::new(Counted(AtomicUsize::new(0)));
        let mut waiting = [wait(turns), wait(turns), wait(turns), wait(turns)];
        let first = poll(&mut waiting[0], &woken).unwrap();
        for one in &mut waiting[1..] {
            assert!(poll(one, &woken).is_none());
        }
        let [_, cancelled, chosen, mut last] = waiting;
        drop(cancelled);
        drop(first);
        // It has its turn, and never takes it.
        drop(chosen);
        assert!(poll(&mut last, &woken).is_some());
    }

    #[test]
    fn who_holds_on_is_passed_over() {
        let turns = turns();
        let held = at_once(wait(turns));
        turns.state().holder = Some(Holder { ticket: held.ticket, until: Instant::now() });
        let second = at_once(wait(turns));
        drop(held);
        assert!(turns.state().holder.is_some_and(|holder| holder.ticket == second.ticket), "no turn but its own");
    }

    #[test]
    fn threads_take_turns() {
        let turns = turns();
        let inside = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let _turn = at_once(wait(turns));
                        assert_eq!(inside.fetch_add(1, SeqCst), 0);
                        std::thread::yield_now();
                        inside.fetch_sub(1, SeqCst);
                    }
                });
            }
        });
    }
}
