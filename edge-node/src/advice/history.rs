//! What the depot's own log says of demand, shelves and habits, day by day: folded from entries in
//! their order, kept in memory, made anew at every start. Reads no store and no clock; forgets what
//! is older than [`DAYS_KEPT`].

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use features::demand::Period;
use shared_model::id::{ArticleCode, CustomerId, OrderId};
use shared_model::ledger::{Account, Posting, Unit};
use shared_model::orders::{self, Order};
use shared_model::time::Timestamp;
use shared_model::workflows::{Body, Event};
use shared_model::{replenishment, warehouse};

/// Two years and a little: the seasons of a year, seen twice.
pub(super) const DAYS_KEPT: i64 = 735;
/// Days in the period that a depot forecasts.
pub(super) const PERIOD_DAYS: i64 = 7;
/// Articles and customers followed; later ones get the baselines of the unknown.
const ARTICLES_MAX: usize = 50_000;
const CUSTOMERS_MAX: usize = 50_000;
/// Days with an order kept of one customer and article.
const HABIT_DAYS_MAX: usize = 200;
/// Articles kept of one customer.
const HABITS_MAX: usize = 2_000;

const DAY_MS: i64 = 86_400_000;

/// A day of the site's calendar, counted from 1970-01-01.
pub type Day = i64;

/// The site's day at a moment.
#[must_use]
pub const fn day_of(at: Timestamp, utc_offset_minutes: i32) -> Day {
    (at.ms() + utc_offset_minutes as i64 * 60_000).div_euclid(DAY_MS)
}

/// One article's days. Quantities are base units.
#[derive(Debug, Default)]
struct OfArticle {
    asked: BTreeMap<Day, i64>,
    bought: BTreeMap<Day, i64>,
    received: BTreeMap<Day, i64>,
    /// On hand at the end of each day on which it changed.
    closing: BTreeMap<Day, i64>,
    /// Milliseconds of each day with nothing on hand.
    empty_ms: BTreeMap<Day, i64>,
    on_hand: i64,
    /// Since when nothing is on hand; none while something is, or before anything ever was.
    empty_since_ms: Option<i64>,
    first: Option<Day>,
}

/// What one customer ordered of one article, on which days, oldest first.
pub(super) type Habits = BTreeMap<ArticleCode, Vec<Day>>;

/// The fold.
#[derive(Debug)]
pub struct History {
    utc_offset_minutes: i32,
    articles: HashMap<ArticleCode, OfArticle>,
    customers: HashMap<CustomerId, Habits>,
    /// Lines of orders that may still be cancelled.
    open: HashMap<OrderId, (Day, Vec<(ArticleCode, i64)>)>,
}

impl History {
    #[must_use]
    pub fn new(utc_offset_minutes: i32) -> Self {
        Self {
            utc_offset_minutes,
            articles: HashMap::new(),
            customers: HashMap::new(),
            open: HashMap::new(),
        }
    }

    /// Takes in the facts of one own entry, in the order of the log.
    pub fn fold(&mut self, at: Timestamp, body: &Body) {
        let today = day_of(at, self.utc_offset_minutes);
        for event in &body.events {
            #[expect(clippy::wildcard_enum_match_arm, reason = "the rest says nothing of demand")]
            match event {
                Event::Orders(event) => self.of_orders(event),
                Event::Warehouse(warehouse::Event::GoodsReceived { lines, .. }) => {
                    for line in lines {
                        let units = line.quantity - line.damaged;
                        self.add(&line.article, today, units, |article| &mut article.received);
                    }
                }
                Event::Replenishment(replenishment::Event::Answered {
                    article, bought, ..
                }) => {
                    self.add(article, today, *bought, |article| &mut article.bought);
                }
                _ => {}
            }
        }
        for posting in &body.postings {
            self.of_shelves(at, posting);
        }
    }

    fn of_orders(&mut self, event: &orders::Event) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the other steps ask for nothing new")]
        match event {
            orders::Event::Placed(order) => self.place(order),
            orders::Event::Cancelled { order, .. } => {
                if let Some((day, lines)) = self.open.remove(order) {
                    for (article, units) in lines {
                        self.add(&article, day, -units, |article| &mut article.asked);
                    }
                }
            }
            orders::Event::Delivered { order, .. } => {
                self.open.remove(order);
            }
            _ => {}
        }
    }

    fn place(&mut self, order: &Order) {
        let day = day_of(order.placed, self.utc_offset_minutes);
        for line in &order.lines {
            self.add(&line.article, day, line.quantity, |article| &mut article.asked);
            if let Some(customer) = order.customer {
                self.remember(customer, &line.article, day);
            }
        }
        if order.status != orders::Status::Closed {
            let lines = order.lines.iter().map(|line| (line.article.clone(), line.quantity));
            self.open.insert(order.order, (day, lines.collect()));
        }
    }

    fn remember(&mut self, customer: CustomerId, article: &ArticleCode, day: Day) {
        if self.customers.len() >= CUSTOMERS_MAX && !self.customers.contains_key(&customer) {
            return;
        }
        let habits = self.customers.entry(customer).or_default();
        if habits.len() >= HABITS_MAX && !habits.contains_key(article) {
            return;
        }
        let days = habits.entry(article.clone()).or_default();
        if days.last() != Some(&day) {
            days.push(day);
        }
        if days.len() > HABIT_DAYS_MAX {
            days.remove(0);
        }
    }

    fn add(
        &mut self,
        article: &ArticleCode,
        day: Day,
        units: i64,
        of: impl Fn(&mut OfArticle) -> &mut BTreeMap<Day, i64>,
    ) {
        if units == 0 {
            return;
        }
        if let Some(article) = self.article(article) {
            article.first = Some(article.first.map_or(day, |first| first.min(day)));
            let sum = of(article).entry(day).or_default();
            *sum = sum.saturating_add(units);
        }
    }

    fn article(&mut self, code: &ArticleCode) -> Option<&mut OfArticle> {
        if self.articles.len() >= ARTICLES_MAX && !self.articles.contains_key(code) {
            return None;
        }
        Some(self.articles.entry(code.clone()).or_default())
    }

    fn of_shelves(&mut self, at: Timestamp, posting: &Posting) {
        let Unit::Goods(code) = &posting.unit else { return };
        let shelf = |account: &Account| matches!(account, Account::Bin(_));
        let units = match (shelf(&posting.debit), shelf(&posting.credit)) {
            (true, false) => posting.amount,
            (false, true) => -posting.amount,
            (true, true) | (false, false) => return,
        };
        let offset_ms = i64::from(self.utc_offset_minutes) * 60_000;
        let today = day_of(at, self.utc_offset_minutes);
        if let Some(article) = self.article(code) {
            article.close_gap(at.ms() + offset_ms);
            article.on_hand = article.on_hand.saturating_add(units);
            article.closing.insert(today, article.on_hand);
            article.empty_since_ms = (article.on_hand <= 0).then_some(at.ms() + offset_ms);
            article.first = Some(article.first.map_or(today, |first| first.min(today)));
        }
    }

    /// Lets go of what is older than is ever looked at.
    pub fn forget_before(&mut self, today: Day) {
        let oldest = today - DAYS_KEPT;
        for article in self.articles.values_mut() {
            for days in [
                &mut article.asked,
                &mut article.bought,
                &mut article.received,
                &mut article.empty_ms,
            ] {
                *days = days.split_off(&oldest);
            }
            // The last level before the horizon is the level at it.
            let level = article.closing.range(..oldest).next_back().map(|(_, level)| *level);
            article.closing = article.closing.split_off(&oldest);
            if let Some(level) = level {
                article.closing.entry(oldest).or_insert(level);
            }
        }
        self.open.retain(|_, (day, _)| *day >= oldest);
    }

    /// Articles that were ever asked for, received or moved, in order.
    #[must_use]
    pub fn articles(&self) -> Vec<&ArticleCode> {
        let mut codes: Vec<_> = self.articles.keys().collect();
        codes.sort_unstable();
        codes
    }

    /// Whole periods of an article before `today`, oldest first; in its first days one period, scaled
    /// up from what was seen. `now` closes an open gap.
    #[must_use]
    pub fn periods(&self, code: &ArticleCode, today: Day, now: Timestamp) -> Vec<Period> {
        let Some(article) = self.articles.get(code) else { return Vec::new() };
        let Some(first) = article.first.map(|first| first.max(today - DAYS_KEPT)) else {
            return Vec::new();
        };
        let count = (today - first).max(0) / PERIOD_DAYS;
        let now_ms = now.ms() + i64::from(self.utc_offset_minutes) * 60_000;
        if count == 0 && first <= today {
            return vec![article.first_days(first, today, now_ms)];
        }
        (0..count)
            .rev()
            .map(|ago| article.period(today - (ago + 1) * PERIOD_DAYS, now_ms))
            .collect()
    }

    /// What a customer ordered and when; nothing for a stranger.
    #[must_use]
    pub fn habits(&self, customer: CustomerId) -> Option<&Habits> {
        self.customers.get(&customer)
    }

    /// Every customer with what was ordered and when.
    pub fn customers(&self) -> impl Iterator<Item = (CustomerId, &Habits)> {
        self.customers.iter().map(|(customer, habits)| (*customer, habits))
    }

    /// On how many of these days it was asked for.
    #[must_use]
    pub fn days_asked(&self, code: &ArticleCode, days: Range<Day>) -> usize {
        self.articles.get(code).map_or(0, |article| article.asked.range(days).count())
    }
}

impl OfArticle {
    /// Books the time with nothing on hand up to `until_ms`, day by day.
    fn close_gap(&mut self, until_ms: i64) {
        for (day, ms) in gap_days(self.empty_since_ms.take(), until_ms) {
            *self.empty_ms.entry(day).or_default() += ms;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "at most a period of days")]
    fn first_days(&self, first: Day, today: Day, now_ms: i64) -> Period {
        let seen = (today - first + 1) as f64;
        let period = self.period(today + 1 - PERIOD_DAYS, now_ms);
        Period { demand: period.demand.map(|units| units * PERIOD_DAYS as f64 / seen), ..period }
    }

    #[expect(clippy::cast_precision_loss, reason = "base units and milliseconds stay below 2^53")]
    fn period(&self, from: Day, now_ms: i64) -> Period {
        let until = from + PERIOD_DAYS;
        let sum = |days: &BTreeMap<Day, i64>| {
            days.range(from..until).map(|(_, units)| *units).sum::<i64>()
        };
        let open: i64 = gap_days(self.empty_since_ms, now_ms)
            .filter(|(day, _)| (from..until).contains(day))
            .map(|(_, ms)| ms)
            .sum();
        let empty_ms = sum(&self.empty_ms) + open;
        let closing = self.closing.range(..until).next_back().map(|(_, level)| *level);
        Period {
            demand: Some(sum(&self.asked).max(0) as f64),
            closing_stock: closing.map(|units| units.max(0) as f64),
            out_share: closing.map(|_| (empty_ms as f64 / (PERIOD_DAYS * DAY_MS) as f64).min(1.0)),
            ordered: Some(sum(&self.bought) as f64).filter(|units| *units > 0.0),
            received: Some(sum(&self.received) as f64).filter(|units| *units > 0.0),
        }
    }
}

/// A span of local milliseconds cut at midnights, no more days of it than are kept.
fn gap_days(since_ms: Option<i64>, until_ms: i64) -> impl Iterator<Item = (Day, i64)> {
    let since = since_ms.map(|since| since.max(until_ms - DAYS_KEPT * DAY_MS));
    let days = since.map_or(0..0, |since| {
        since.div_euclid(DAY_MS)..until_ms.saturating_sub(1).div_euclid(DAY_MS) + 1
    });
    days.map(move |day| {
        let from = since.unwrap_or(until_ms).max(day * DAY_MS);
        (day, (until_ms.min((day + 1) * DAY_MS) - from).max(0))
    })
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
