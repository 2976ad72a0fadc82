//! How long to wait before the next attempt.

use std::time::{Duration, SystemTime};

/// Doubles with every failure; which part of it is waited is left to chance, so that programs that failed together do
/// not come back together.
pub(super) struct Pause {
    first: Duration,
    last: Duration,
    next: Duration,
}

impl Pause {
    pub(super) fn new(first: Duration, last: Duration) -> Self {
        Self { first, last: last.max(first), next: first }
    }

    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }

    /// Between half of the pause and all of it; at least what the other end asks for.
    pub(super) fn take(&mut self, asked: Option<Duration>) -> Duration {
        let pause = self.next.mul_f64(0.5 + fastrand::f64() / 2.0);
        self.next = (self.next * 2).min(self.last);
        pause.max(asked.unwrap_or_default())
    }
}

/// The pause that `Retry-After` asks for: seconds, or a date.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_last() {
        let seconds = Duration::from_secs;
        let mut pause = Pause::new(seconds(1), seconds(5));
        for whole in [1, 2, 4, 5, 5] {
            let taken = pause.take(None);
            assert!(seconds(whole) / 2 <= taken && taken <= seconds(whole), "{taken:?} of {whole} s");
        }
        pause.reset();
        assert!(pause.take(None) <= seconds(1));
        assert_eq!(pause.take(Some(seconds(60))), seconds(60));
    }

    #[test]
    fn seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(retry_after(" 120 ", now), seconds(120));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), seconds(60));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:48:37 GMT", now), seconds(0));
        for nonsense in ["", "soon", "-1", "1.5"] {
            assert_eq!(retry_after(nonsense, now), None, "{nonsense}");
        }
    }
}
