//! Where the hub's own log goes on after its database was put back to an earlier hour.

use crate::log::Epoch;

/// The epoch of a new life. `newest` is the newest one that the database knows of, `timeline` counts the
/// database's lives, lost ones too: an epoch that a lost life opened may be known to nodes, and is not
/// opened again.
#[must_use]
pub fn epoch_after_rewind(newest: Epoch, timeline: u32) -> Epoch {
    Epoch(newest.0.saturating_add(1).max(timeline))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_of_a_lost_life_is_not_opened_again() {
        let first = epoch_after_rewind(Epoch(1), 2);
        // Put back once more, to an hour before the first entry of that epoch.
        let second = epoch_after_rewind(Epoch(1), 3);
        assert!(first > Epoch(1) && second > first);
        assert_eq!(epoch_after_rewind(Epoch(7), 2), Epoch(8));
    }
}
