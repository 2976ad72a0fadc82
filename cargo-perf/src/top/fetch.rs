//! Polling the endpoint.

use std::thread;
use std::time::{Duration, Instant};

use super::Event;
use crate::endpoint::Endpoint;
use crate::screen::goodbye::Goodbye;

/// The longest time between two tries.
const PATIENCE: Duration = Duration::from_secs(30);

/// Polls the endpoint on a thread of its own, until the receiver is gone.
pub(super) fn start(endpoint: Endpoint, interval: Duration, events: Goodbye<Event>) {
    thread::spawn(move || {
        let mut failures = 0;
        loop {
            let (event, pause) = match endpoint.fetch() {
                Ok(report) => {
                    failures = 0;
                    (Event::Report(Box::new(report)), interval)
                }
                Err(why) => {
                    failures += 1;
                    let pause = backoff(interval, failures);
                    (Event::Away { why, again: Instant::now() + pause }, pause)
                }
            };
            if events.send(event).is_err() {
                return;
            }
            thread::sleep(pause);
        }
    });
}

/// The time to the next try: twice as long after every failure, up to a bound.
fn backoff(interval: Duration, failures: u32) -> Duration {
    let longest = PATIENCE.max(interval);
    interval.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1).min(16))).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_grows_and_ends() {
        let of = |interval, failures| backoff(Duration::from_secs(interval), failures).as_secs();
        assert_eq!([1, 2, 3, 5, 6, 4_000_000_000].map(|n| of(1, n)), [1, 2, 4, 16, 30, 30]);
        assert_eq!(of(600, 9), 600);
    }
}
