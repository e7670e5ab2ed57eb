//! The hub's clock: read here and nowhere else, and handed to whoever needs the hour.

use std::time::{SystemTime, UNIX_EPOCH};

use shared_model::time::Timestamp;

/// Now, as the machine has it; 1970 when its clock stands before that.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
