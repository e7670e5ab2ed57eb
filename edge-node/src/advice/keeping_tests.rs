//! When a day's forecasts are kept, and when they are made again.

use std::sync::Arc;

use shared_model::id::{ArticleCode, OrderId};
use shared_model::orders;
use shared_model::time::Timestamp;
use shared_model::workflows::Body;

use super::{Advice, sample};

const DAY_MS: i64 = 86_400_000;

fn order(advice: &Advice, day: i64) {
    let tea: ArticleCode = "TEA-1".parse().unwrap();
    let at = Timestamp::from_ms(day * DAY_MS);
    let id = OrderId::new(uuid::Uuid::from_u128(day.unsigned_abs().into()));
    let placed = orders::Event::Placed(Box::new(sample::order(id, at, &tea, 10, None)));
    let body = Body { events: vec![placed.into()], postings: Vec::new() };
    advice.lock().history.fold(at, &body);
}

#[tokio::test]
async fn what_is_read_so_far_answers_and_is_not_kept() {
    let now = Timestamp::from_ms(800 * DAY_MS);
    let advice = Advice::new(0, now);
    assert!(advice.forecasts(now).await.of.is_empty());
    order(&advice, 700);
    assert_eq!(advice.forecasts(now).await.of.len(), 1);
    advice.lock().whole = true;
    let kept = advice.forecasts(now).await;
    assert!(Arc::ptr_eq(&kept, &advice.forecasts(now).await));
    let tomorrow = Timestamp::from_ms(801 * DAY_MS);
    assert_eq!(advice.forecasts(tomorrow).await.day, 801);
}
