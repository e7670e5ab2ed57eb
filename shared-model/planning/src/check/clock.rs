//! Time of ways and windows. May not know routes.

use crate::problem::{PlaceIx, TravelProfile, Window};

/// Arrival when leaving at `leave_s`, as [`TravelProfile`] defines it; `None` when there is no way.
pub(super) fn arrival_s(
    profile: &TravelProfile,
    from: PlaceIx,
    to: PlaceIx,
    leave_s: i64,
) -> Option<i64> {
    let mut now_s = leave_s;
    let mut left = TravelProfile::WAY;
    for (at, slice) in profile.slices.iter().enumerate() {
        let full_s = slice.seconds.cell(from, to).amount()?;
        let end_s = profile.slices.get(at + 1).map_or(i64::MAX, |next| next.from_s);
        if end_s <= now_s {
            continue;
        }
        let rest_s = (left * full_s + TravelProfile::WAY - 1) / TravelProfile::WAY;
        if now_s + rest_s <= end_s {
            return Some(now_s + rest_s);
        }
        left -= (end_s - now_s) * TravelProfile::WAY / full_s;
        now_s = end_s;
    }
    // The last slice never ends, so the loop has returned.
    None
}

/// The first moment from `ready_s` on that lies in a window.
pub(super) fn opening_s(windows: &[Window], ready_s: i64) -> Option<i64> {
    windows.iter().find(|window| ready_s <= window.to_s).map(|window| ready_s.max(window.from_s))
}
