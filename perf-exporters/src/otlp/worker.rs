//! The exporter's thread: takes a report at every interval, sends what waits.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use perf_core::Snapshot;

use super::encode::{Interval, encode};
use super::exporter::Status;
use super::queue::Queue;
use super::retry::Pause;
use super::send::{self, Outcome};
use super::{Options, Temporality};
use crate::Report;
use crate::metrics::keep_monotonic;

/// A message of the exporter to its thread.
pub(super) enum Command {
    /// Take a report and send everything until then.
    Flush { until: Instant, done: Sender<()> },
    /// The same, and end.
    Stop { until: Instant, done: Sender<()> },
}

pub(super) struct Worker {
    options: Options,
    sender: send::Sender,
    status: Arc<Mutex<Status>>,
    queue: Queue,
    pause: Pause,
    /// Where the present interval began, and what had been counted by then.
    start: SystemTime,
    base: Option<Snapshot>,
    /// The last cumulative report.
    last: Report,
}

/// The part of a snapshot that is sent.
fn reported(snapshot: &Snapshot) -> Report {
    let report = Report::from(snapshot).of_this_process();
    #[cfg(feature = "judge")]
    let report = report.judged(snapshot);
    report
}

impl Worker {
    pub(super) fn new(options: Options, sender: send::Sender, status: Arc<Mutex<Status>>) -> Self {
        Self {
            queue: Queue::new(options.queue),
            pause: Pause::new(options.first_pause, options.last_pause),
            options,
            sender,
            status,
            start: SystemTime::now(),
            base: None,
            last: Report::default(),
        }
    }

    pub(super) fn run(mut self, commands: &Receiver<Command>) {
        let interval = self.options.interval.max(Duration::from_millis(1));
        let mut next_report = Instant::now() + interval;
        let mut next_attempt = Instant::now();
        loop {
            let wake = if self.queue.len() > 0 { next_report.min(next_attempt) } else { next_report };
            match commands.recv_timeout(wake.saturating_duration_since(Instant::now())) {
                Ok(Command::Flush { until, done }) => {
                    self.finish(until);
                    // Who asked may have stopped waiting.
                    let _ = done.send(());
                }
                Ok(Command::Stop { until, done }) => {
                    self.finish(until);
                    let left = self.queue.len() as u64;
                    self.tell(|status| status.dropped += left);
                    let _ = done.send(());
                    return;
                }
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if Instant::now() >= next_report {
                self.take_report();
                next_report = (next_report + interval).max(Instant::now());
            }
            if Instant::now() >= next_attempt
                && let Some(pause) = self.attempt(self.options.timeout)
            {
                next_attempt = Instant::now() + pause;
            }
        }
    }

    fn take_report(&mut self) {
        // A delta that is not cut now is part of the next one.
        if self.options.temporality == Temporality::Delta && self.queue.is_full() {
            return;
        }
        let snapshot = perf_core::snapshot();
        let interval = Interval { start: self.start, end: snapshot.meta().taken.max(self.start) };
        let report = match self.options.temporality {
            Temporality::Cumulative => {
                let mut report = reported(&snapshot);
                keep_monotonic(&mut report, &self.last);
                self.last.clone_from(&report);
                report
            }
            Temporality::Delta => {
                let report = match &self.base {
                    Some(base) => reported(&snapshot.since(base)),
                    None => reported(&snapshot),
                };
                self.base = Some(snapshot);
                self.start = interval.end;
                report
            }
        };
        let body = encode(&report, interval, &self.options);
        if self.queue.push(body, Instant::now()) {
            self.tell(|status| status.dropped += 1);
        }
    }

    /// Sends the first that waits. The pause before the next attempt, if this one failed.
    fn attempt(&mut self, timeout: Duration) -> Option<Duration> {
        let waiting = self.queue.first()?;
        let old = waiting.since.elapsed() >= self.options.give_up;
        match self.sender.send(&waiting.body, timeout) {
            Outcome::Taken { rejected } => {
                self.queue.take_first();
                self.pause.reset();
                self.tell(|status| {
                    status.sent += 1;
                    // The collector's own figure.
                    status.rejected = status.rejected.saturating_add(rejected);
                    status.last_error = None;
                });
                None
            }
            Outcome::Never { why } => {
                self.queue.take_first();
                self.tell(|status| {
                    status.dropped += 1;
                    status.last_error = Some(why);
                });
                None
            }
            Outcome::Later { why, after } => {
                if old {
                    self.queue.take_first();
                }
                self.tell(|status| {
                    status.failed += 1;
                    status.dropped += u64::from(old);
                    status.last_error = Some(why);
                });
                // A collector that asks for a longer pause than the limit is asked again after the limit.
                Some(self.pause.take(after.map(|after| after.min(self.options.give_up))))
            }
        }
    }

    /// Takes a last report and sends what waits, as far as time allows.
    fn finish(&mut self, until: Instant) {
        self.take_report();
        while self.queue.len() > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            if let Some(pause) = self.attempt(left.min(self.options.timeout)) {
                if Instant::now() + pause >= until {
                    return;
                }
                thread::sleep(pause);
            }
        }
    }

    fn tell(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.status.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
