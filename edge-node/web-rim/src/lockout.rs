//! How long a person waits after wrong secrets. Pure: tries and times are arguments.
//!
//! A try is charged *before* the secret is checked and forgiven when it was right, so that a
//! hundred tries sent at once are a hundred charges and a power cut forgives nothing.

/// Wrong tries that cost nothing but the trying.
pub const TRIES_FREE: u32 = 5;
/// The first pause; each further wrong try doubles it.
pub const PAUSE_FIRST_MS: u64 = 60_000;
/// The longest pause. Long enough that a PIN of 4 digits holds for weeks, short enough that the
/// counter is not closed for the day.
pub const PAUSE_MS_MAX: u64 = 15 * 60_000;

/// Tries charged since the last right secret, and the pause that the newest of them began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tries {
    pub charged: u32,
    pub pause_ms: u64,
}

impl Tries {
    /// Charges one more try, `elapsed_ms` after the one before.
    ///
    /// # Errors
    /// How long is still to be waited, in milliseconds. Nothing is charged then.
    pub fn charge(self, elapsed_ms: u64) -> Result<Self, u64> {
        let wait_ms = self.pause_ms.saturating_sub(elapsed_ms);
        if wait_ms > 0 {
            return Err(wait_ms);
        }
        let charged = self.charged.saturating_add(1);
        Ok(Self { charged, pause_ms: pause_ms(charged) })
    }

    /// Tries left before the next pause.
    #[must_use]
    pub fn left(self) -> u32 {
        TRIES_FREE.saturating_sub(self.charged)
    }
}

fn pause_ms(charged: u32) -> u64 {
    match charged.checked_sub(TRIES_FREE) {
        None => 0,
        Some(beyond) => PAUSE_FIRST_MS
            .saturating_mul(1_u64.checked_shl(beyond).unwrap_or(u64::MAX))
            .min(PAUSE_MS_MAX),
    }
}

/// Whole seconds to tell a person, never 0 while there is a wait.
#[must_use]
pub fn whole_seconds(wait_ms: u64) -> u64 {
    wait_ms.div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_tries_are_free_and_then_the_pause_doubles_to_its_limit() {
        let mut tries = Tries::default();
        let mut pauses = Vec::new();
        for _ in 0..80 {
            tries = tries.charge(tries.pause_ms).unwrap();
            pauses.push(tries.pause_ms / 60_000);
        }
        assert_eq!(pauses[..10], [0, 0, 0, 0, 1, 2, 4, 8, 15, 15]);
        assert!(pauses[10..].iter().all(|m| *m == 15));
        assert_eq!(tries.left(), 0);
    }

    #[test]
    fn during_a_pause_nothing_is_charged() {
        let tries = Tries { charged: 5, pause_ms: 60_000 };
        assert_eq!(tries.charge(0), Err(60_000));
        assert_eq!(tries.charge(59_999), Err(1));
        assert_eq!(whole_seconds(1), 1);
        assert_eq!(tries.charge(60_000).unwrap().charged, 6);
    }
}
