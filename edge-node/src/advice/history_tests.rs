//! The fold over a small log, counted by hand.

use shared_model::id::{BinCode, OrderId};
use shared_model::ledger::{Account, Posting};

use super::*;

const NAIROBI: i32 = 180;

fn tea() -> ArticleCode {
    "TEA-1".parse().unwrap()
}

fn at(day: Day, hour: i64) -> Timestamp {
    Timestamp::from_ms(day * DAY_MS + hour * 3_600_000 - i64::from(NAIROBI) * 60_000)
}

fn shelf(units: i64) -> Body {
    let bin = Account::Bin("A-01".parse::<BinCode>().unwrap());
    let posting = Posting::goods(bin, Account::Supplier, &tea(), units);
    Body { events: Vec::new(), postings: posting.into_iter().collect() }
}

fn order(id: u128, day: Day, units: i64, customer: Option<CustomerId>) -> Order {
    crate::advice::sample::order(
        OrderId::new(uuid::Uuid::from_u128(id)),
        at(day, 9),
        &tea(),
        units,
        customer,
    )
}

fn placed(order: Order) -> Body {
    Body { events: vec![orders::Event::Placed(Box::new(order)).into()], postings: Vec::new() }
}

#[test]
fn a_week_sums_what_was_asked_and_a_cancelled_order_asked_for_nothing() {
    let mut history = History::new(NAIROBI);
    history.fold(at(100, 9), &placed(order(1, 100, 5, None)));
    history.fold(at(103, 9), &placed(order(2, 103, 7, None)));
    history.fold(at(108, 9), &placed(order(3, 108, 2, None)));
    let cancelled = orders::Event::Cancelled {
        order: OrderId::new(uuid::Uuid::from_u128(2)),
        reason: "changed his mind".into(),
        refund_minor: 0,
    };
    history.fold(at(109, 9), &Body { events: vec![cancelled.into()], postings: Vec::new() });
    let periods = history.periods(&tea(), 114, at(114, 0));
    let demand: Vec<_> = periods.iter().map(|period| period.demand).collect();
    assert_eq!(demand, [Some(5.0), Some(2.0)]);
}

#[test]
fn an_hour_before_midnight_belongs_to_the_site_s_own_day() {
    let before = Timestamp::from_ms(100 * DAY_MS - 3 * 3_600_000 - 1);
    assert_eq!(day_of(before, NAIROBI), 99);
    assert_eq!(day_of(Timestamp::from_ms(before.ms() + 1), NAIROBI), 100);
}

#[test]
fn time_with_an_empty_shelf_is_counted_across_midnights() {
    let mut history = History::new(NAIROBI);
    history.fold(at(100, 0), &shelf(3));
    history.fold(at(101, 12), &shelf(-3));
    history.fold(at(103, 12), &shelf(4));
    let periods = history.periods(&tea(), 107, at(107, 0));
    assert_eq!(periods.len(), 1);
    assert_eq!(periods[0].closing_stock, Some(4.0));
    assert!((periods[0].out_share.unwrap() - 2.0 / 7.0).abs() < 1e-9);
}

#[test]
fn a_shelf_that_is_empty_still_counts_up_to_now() {
    let mut history = History::new(NAIROBI);
    history.fold(at(100, 0), &shelf(3));
    history.fold(at(100, 12), &shelf(-3));
    let periods = history.periods(&tea(), 107, at(107, 0));
    assert!((periods[0].out_share.unwrap() - 6.5 / 7.0).abs() < 1e-9);
}

#[test]
fn the_level_before_the_horizon_is_kept_and_the_rest_forgotten() {
    let mut history = History::new(NAIROBI);
    history.fold(at(10, 9), &shelf(9));
    history.fold(at(10, 9), &placed(order(1, 10, 5, None)));
    let today = 10 + DAYS_KEPT + 7;
    history.forget_before(today);
    let periods = history.periods(&tea(), today, at(today, 0));
    assert_eq!(periods.len(), 105);
    assert_eq!(periods[0].closing_stock, Some(9.0));
    assert_eq!(periods[0].demand, Some(0.0));
}

#[test]
fn a_customer_s_days_are_kept_once_each_and_bounded() {
    let mut history = History::new(NAIROBI);
    let customer = CustomerId::new(uuid::Uuid::from_u128(7));
    for day in 0..i64::try_from(HABIT_DAYS_MAX).unwrap() + 5 {
        let id = u128::try_from(day).unwrap();
        history.fold(at(day, 9), &placed(order(2 * id, day, 1, Some(customer))));
        history.fold(at(day, 10), &placed(order(2 * id + 1, day, 1, Some(customer))));
    }
    let days = &history.habits(customer).unwrap()[&tea()];
    assert_eq!(days.len(), HABIT_DAYS_MAX);
    assert_eq!(days[0], 5);
}

#[test]
fn the_first_days_of_an_article_stand_for_a_week() {
    let mut history = History::new(NAIROBI);
    history.fold(at(100, 9), &placed(order(1, 100, 4, None)));
    history.fold(at(101, 9), &placed(order(2, 101, 2, None)));
    let periods = history.periods(&tea(), 101, at(101, 10));
    assert_eq!(periods.iter().map(|period| period.demand).collect::<Vec<_>>(), [Some(21.0)]);
}
