//! Waiting for something to come true.

use std::time::{Duration, Instant};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(25);

/// Looks until `look` finds something, at most for `longest`.
///
/// # Panics
/// When it does not come true in time; `what` says what was awaited.
pub fn until<T>(what: &str, longest: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < longest, "not in {longest:?}: {what}");
        #[expect(clippy::disallowed_methods, reason = "between two looks, on a thread of its own")]
        std::thread::sleep(LOOK);
    }
}
