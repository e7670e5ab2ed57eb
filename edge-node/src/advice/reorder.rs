//! What to buy so that the shelf lasts: from forecasts and shelves to a quantity, a range and a
//! reason. Arithmetic alone; posts nothing, orders nothing.
//!
//! Source of the rule: periodic review with an order-up-to level (Silver, Pyke and Thomas, 2017,
//! section 6.9), the level being a quantile of demand over lead time and review.

use features::demand::{Forecast, HORIZONS};
use serde::Serialize;
use shared_model::quantity::Pack;

use super::history::PERIOD_DAYS;

/// How long goods take to come, and how often somebody buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    pub lead_days: i64,
    pub review_days: i64,
}

/// Days that three forecast periods reach.
const COVER_DAYS_MAX: i64 = PERIOD_DAYS * HORIZONS as i64;

/// A week to come and a look every week: a depot that buys from its region.
pub const POLICY: Policy = Policy { lead_days: 7, review_days: 7 };

impl Policy {
    /// Days that one purchase must last.
    #[must_use]
    pub const fn cover_days(self) -> i64 {
        let days = self.lead_days + self.review_days;
        if days > COVER_DAYS_MAX { COVER_DAYS_MAX } else { days }
    }
}

/// What is there and what is coming, base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shelf {
    /// May still be promised; below nothing when more is promised than there is.
    pub available: i64,
    pub on_order: i64,
}

/// Why a purchase is proposed, for words on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing is left, and it is asked for.
    OutOfStock,
    /// It would run out before a purchase arrives.
    RunsOutBeforeArrival,
    /// It lasts in the middle case, not in nine of ten.
    BelowServiceLevel,
    /// It lasts.
    Enough,
}

/// The proposal for one article.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Proposal {
    /// Base units to buy, in whole packs; nothing with [`Reason::Enough`].
    pub quantity: i64,
    /// Demand over the days covered: expected, and what covers half and nine of ten cases.
    pub expected: i64,
    pub low: i64,
    pub high: i64,
    pub cover_days: i64,
    /// Days that shelf and orders last at the expected pace; none when nothing is asked for.
    pub days_left: Option<i64>,
    pub reason: Reason,
}

/// Proposes for one article.
#[must_use]
pub fn propose(
    forecast: &[Forecast; HORIZONS],
    shelf: Shelf,
    policy: Policy,
    pack: Option<&Pack>,
) -> Proposal {
    let demand = over(forecast, policy.cover_days());
    let position = shelf.available.saturating_add(shelf.on_order);
    let per_day = demand.mean / days(policy.cover_days());
    let days_left = (per_day > 0.0).then(|| units(days(position.max(0)) / per_day));
    let short = units(demand.q90.ceil()) - position;
    let reason = if short <= 0 {
        Reason::Enough
    } else if position <= 0 {
        Reason::OutOfStock
    } else if days_left.is_some_and(|left| left < policy.lead_days) {
        Reason::RunsOutBeforeArrival
    } else {
        Reason::BelowServiceLevel
    };
    Proposal {
        quantity: if reason == Reason::Enough { 0 } else { whole_packs(short, pack) },
        expected: units(demand.mean.round()),
        low: units(demand.q50.round()),
        high: units(demand.q90.ceil()),
        cover_days: policy.cover_days(),
        days_left,
        reason,
    }
}

/// Demand of the first `cover_days`: means and medians add up; what lies above the median does so
/// as the root of its squares, the periods being taken as independent.
fn over(forecast: &[Forecast; HORIZONS], cover_days: i64) -> Forecast {
    let (mut mean, mut q50, mut spread) = (0.0, 0.0, 0.0);
    for (forecast, start) in forecast.iter().zip((0..).step_by(PERIOD_DAYS as usize)) {
        let share = days((cover_days - start).clamp(0, PERIOD_DAYS)) / days(PERIOD_DAYS);
        mean += share * forecast.mean;
        q50 += share * forecast.q50;
        spread += share * (forecast.q90 - forecast.q50).max(0.0).powi(2);
    }
    Forecast { mean, q50, q90: mean.max(q50).max(q50 + spread.sqrt()) }
}

fn whole_packs(units: i64, pack: Option<&Pack>) -> i64 {
    match pack.filter(|pack| pack.factor > 1) {
        Some(pack) => {
            units.div_euclid(pack.factor) * pack.factor
                + if units.rem_euclid(pack.factor) > 0 { pack.factor } else { 0 }
        }
        None => units,
    }
}

#[expect(clippy::cast_precision_loss, reason = "base units and days stay far below 2^53")]
const fn days(count: i64) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, reason = "a cast of f64 saturates; NaN is nothing")]
const fn units(value: f64) -> i64 {
    value as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weekly(mean: f64, q50: f64, q90: f64) -> [Forecast; HORIZONS] {
        [Forecast { mean, q50, q90 }; HORIZONS]
    }

    fn shelf(available: i64, on_order: i64) -> Shelf {
        Shelf { available, on_order }
    }

    #[test]
    fn two_weeks_are_covered_in_nine_of_ten_cases() {
        let proposal = propose(&weekly(10.0, 9.0, 14.0), shelf(4, 0), POLICY, None);
        // 18 + sqrt(2 × 5²) = 25.07
        assert_eq!(proposal.high, 26);
        assert_eq!(proposal.quantity, 22);
        assert_eq!((proposal.expected, proposal.low), (20, 18));
        assert_eq!(proposal.days_left, Some(2));
        assert_eq!(proposal.reason, Reason::RunsOutBeforeArrival);
    }

    #[test]
    fn what_is_on_order_counts_as_there() {
        let all = propose(&weekly(10.0, 9.0, 14.0), shelf(4, 22), POLICY, None);
        assert_eq!((all.quantity, all.reason), (0, Reason::Enough));
        let some = propose(&weekly(10.0, 9.0, 14.0), shelf(4, 16), POLICY, None);
        assert_eq!((some.quantity, some.reason), (6, Reason::BelowServiceLevel));
    }

    #[test]
    fn whole_packs_are_bought() {
        let pack = Pack { name: "carton".into(), factor: 12 };
        let proposal = propose(&weekly(10.0, 9.0, 14.0), shelf(4, 0), POLICY, Some(&pack));
        assert_eq!(proposal.quantity, 24);
    }

    #[test]
    fn promised_beyond_the_shelf_is_bought_on_top_and_nothing_asked_for_is_never_bought() {
        let proposal = propose(&weekly(10.0, 9.0, 14.0), shelf(-5, 0), POLICY, None);
        assert_eq!((proposal.quantity, proposal.reason), (31, Reason::OutOfStock));
        assert_eq!(proposal.days_left, Some(0));
        let idle = propose(&weekly(0.0, 0.0, 0.0), shelf(0, 0), POLICY, None);
        assert_eq!((idle.quantity, idle.reason, idle.days_left), (0, Reason::Enough, None));
    }

    #[test]
    fn a_policy_reaches_no_further_than_the_forecast() {
        assert_eq!(Policy { lead_days: 30, review_days: 7 }.cover_days(), 21);
        let ten = Policy { lead_days: 3, review_days: 7 };
        let proposal = propose(&weekly(7.0, 7.0, 7.0), shelf(0, 0), ten, None);
        assert_eq!(proposal.expected, 10);
    }
}
