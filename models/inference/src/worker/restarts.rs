//! How often a worker may be started again. Pure: time is an argument.

use std::time::{Duration, Instant};

/// After the second failure in a row; doubled with each one after that.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Failures in a row, and when the next start is allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Restarts {
    failures_in_a_row: u32,
    not_before: Option<Instant>,
}

impl Restarts {
    pub(crate) const fn new() -> Self {
        Self { failures_in_a_row: 0, not_before: None }
    }

    /// How long to wait still; none when it may start now.
    pub(crate) fn wait(&self, now: Instant) -> Option<Duration> {
        let wait = self.not_before?.saturating_duration_since(now);
        (!wait.is_zero()).then_some(wait)
    }

    pub(crate) fn note_answer(&mut self) {
        *self = Self::new();
    }

    /// One failure is forgiven, so that other models do not wait for one that is broken.
    pub(crate) fn note_failure(&mut self, now: Instant) {
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        let doublings = self.failures_in_a_row.saturating_sub(2).min(16);
        let pause = PAUSE_MIN.saturating_mul(1 << doublings).min(PAUSE_MAX);
        self.not_before = (self.failures_in_a_row > 1).then_some(now + pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute_and_end_with_an_answer() {
        let start = Instant::now();
        let mut restarts = Restarts::new();
        let mut pauses = Vec::new();
        for _ in 0..10 {
            restarts.note_failure(start);
            pauses.push(restarts.wait(start).unwrap_or_default().as_secs());
        }
        assert_eq!(pauses, [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(restarts.wait(start + Duration::from_secs(60)), None);
        restarts.note_answer();
        assert_eq!(restarts.wait(start), None);
    }
}
