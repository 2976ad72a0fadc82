//! Code under a budget, called and timed: a function, or a function that returns a future.
//!
//! The runner is written once, as asynchronous code. Around a plain function it never waits for anything.

use std::future::poll_fn;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use perf_core::Session;

use crate::gate::interruptions::Presence;
use crate::gate::scope::{BODY, Scope, within};
use crate::instructions::{counted, counted_async};

/// Something that can be called again and again, with a size where it takes one.
pub(in crate::gate) trait Subject {
    type Output;

    /// One call: what it returned, and its time in nanoseconds.
    async fn timed(&mut self, size: usize, scope: &Arc<Scope>) -> (Self::Output, u64);

    /// Several calls as one: what the last returned, and the time of all.
    async fn timed_together(&mut self, size: usize, calls: u64, scope: &Arc<Scope>) -> (Self::Output, u64);

    /// Calls inside a session, under the probe that counts for the body.
    async fn counted(&mut self, size: usize, calls: u64, session: &Session, scope: &Arc<Scope>) -> Vec<Self::Output>;

    /// One call whose instructions are counted; where it has `narrow` parts, only those.
    async fn instructed(&mut self, size: usize, scope: &Arc<Scope>, narrow: bool) -> Self::Output;

    /// The measure of whether the thread was kept from a call; unknown where calls may change the thread.
    fn presence(&self) -> Presence;

    /// Waits.
    async fn pause(&self, time: Duration);

    /// Lets other tasks run for a moment.
    async fn breathe(&self);
}

/// A plain function. Only the type that it returns is known, so that all tests which return the same share one runner: a runner
/// for each test took a third of a second to compile, and a megabyte.
pub(super) struct Plain<'a, R>(pub(super) &'a mut dyn FnMut(usize) -> R);

impl<R> Subject for Plain<'_, R> {
    type Output = R;

    async fn timed(&mut self, size: usize, scope: &Arc<Scope>) -> (R, u64) {
        let _entered = scope.enter();
        let watch = scope.watch;
        let start = watch.now();
        let output = black_box((self.0)(black_box(size)));
        (output, watch.since(start))
    }

    async fn timed_together(&mut self, size: usize, calls: u64, scope: &Arc<Scope>) -> (R, u64) {
        let _entered = scope.enter();
        let watch = scope.watch;
        let start = watch.now();
        for _ in 1..calls {
            black_box((self.0)(black_box(size)));
        }
        let output = black_box((self.0)(black_box(size)));
        (output, watch.since(start))
    }

    async fn counted(&mut self, size: usize, calls: u64, session: &Session, scope: &Arc<Scope>) -> Vec<R> {
        let mut outputs = Vec::with_capacity(super::engine::index(calls));
        let _entered = scope.enter();
        let _inside = session.enter();
        for _ in 0..calls {
            let call = BODY.start();
            let output = black_box((self.0)(black_box(size)));
            drop(call);
            outputs.push(output);
        }
        outputs
    }

    async fn instructed(&mut self, size: usize, scope: &Arc<Scope>, narrow: bool) -> R {
        let _entered = scope.enter();
        let _counting = scope.count_instructions(narrow);
        if narrow {
            return black_box((self.0)(black_box(size)));
        }
        counted(|| black_box((self.0)(black_box(size))))
    }

    fn presence(&self) -> Presence {
        Presence::of_this_thread()
    }

    async fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }

    async fn breathe(&self) {}
}

/// A function that returns a future.
pub(in crate::gate) struct Eventual<F>(pub(in crate::gate) F);

impl<A: Future, F: FnMut(usize) -> A> Subject for Eventual<F> {
    type Output = A::Output;

    async fn timed(&mut self, size: usize, scope: &Arc<Scope>) -> (A::Output, u64) {
        let (output, time) = scope.watch.time_async((self.0)(black_box(size))).await;
        (black_box(output), time)
    }

    async fn timed_together(&mut self, size: usize, calls: u64, scope: &Arc<Scope>) -> (A::Output, u64) {
        let all = async {
            for _ in 1..calls {
                black_box((self.0)(black_box(size)).await);
            }
            (self.0)(black_box(size)).await
        };
        let (output, time) = scope.watch.time_async(all).await;
        (black_box(output), time)
    }

    async fn counted(&mut self, size: usize, calls: u64, session: &Session, scope: &Arc<Scope>) -> Vec<A::Output> {
        let mut outputs = Vec::with_capacity(super::engine::index(calls));
        let all = async {
            for _ in 0..calls {
                outputs.push(black_box(BODY.wrap((self.0)(black_box(size))).await));
            }
        };
        within(Arc::clone(scope), session.wrap(all)).await;
        outputs
    }

    async fn instructed(&mut self, size: usize, scope: &Arc<Scope>, narrow: bool) -> A::Output {
        let _counting = scope.count_instructions(narrow);
        let call = within(Arc::clone(scope), async { (self.0)(black_box(size)).await });
        if narrow {
            return black_box(call.await);
        }
        black_box(counted_async(call).await)
    }

    fn presence(&self) -> Presence {
        Presence::unknown()
    }

    /// A thread of its own wakes it: which runtime polls this, and whether it has timers, is not known.
    async fn pause(&self, time: Duration) {
        let over = Arc::new(AtomicBool::new(false));
        let mut started = false;
        poll_fn(move |context| {
            if over.load(Relaxed) {
                return Poll::Ready(());
            }
            if !started {
                started = true;
                let (over, waker) = (Arc::clone(&over), context.waker().clone());
                std::thread::spawn(move || {
                    std::thread::sleep(time);
                    over.store(true, Relaxed);
                    waker.wake();
                });
            }
            Poll::Pending
        })
        .await;
    }

    async fn breathe(&self) {
        let mut yielded = false;
        poll_fn(|context| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

/// Drives a runner around a plain function: it waits for its turn, and for nothing else.
pub(in crate::gate) fn at_once<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let (mut future, mut context) = (pin!(future), Context::from_waker(&waker));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::park();
    }
}

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
