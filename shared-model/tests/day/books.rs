//! What must hold of a depot's books after every step, computed from its records alone and
//! compared with what the records say of each other.

use std::collections::BTreeMap;

use shared_model::exceptions::Exception;
use shared_model::gig::{Rider, Task, TaskStatus};
use shared_model::ledger::Account;
use shared_model::orders::{Order, Status};
use shared_model::payments::{Handover, HandoverStatus};
use shared_model::records::{Balance, Kind, Memory};
use shared_model::rights::Right;
use shared_model::warehouse::ArticleStock;

use super::Depot;

/// Checks everything.
pub(crate) fn check(depot: &Depot) {
    balanced(depot);
    goods_agree(depot);
    promises_agree(depot);
    riders_agree(depot);
    cash_agrees(depot);
    series_are_gapless(depot);
    values_follow_goods(depot);
}

/// Every author's accounts sum to nothing, in every currency and every article.
fn balanced(depot: &Depot) {
    for ((author, unit), sum) in sums(&depot.memory) {
        assert_eq!(sum, 0, "debits less credits of {author} in {unit}");
    }
}

fn sums(memory: &Memory) -> BTreeMap<(String, String), i128> {
    let mut sums = BTreeMap::new();
    for (kind, key, author, body) in memory.records() {
        if kind == Kind::Balance {
            let (_, unit) = key.rsplit_once('|').unwrap();
            let balance: Balance = minicbor::decode(body).unwrap();
            *sums.entry((author.to_string(), unit.to_owned())).or_default() +=
                i128::from(balance.0);
        }
    }
    sums
}

/// Own balances as (account, unit, amount), the empty ones left out.
pub(crate) fn balances(depot: &Depot) -> Vec<(String, String, i64)> {
    depot
        .memory
        .records()
        .filter(|(kind, _, author, _)| *kind == Kind::Balance && *author == depot.node())
        .map(|(_, key, _, body)| {
            let (account, unit) = key.rsplit_once('|').unwrap();
            let balance: Balance = minicbor::decode(body).unwrap();
            (account.to_owned(), unit.to_owned(), balance.0)
        })
        .filter(|(_, _, amount)| *amount != 0)
        .collect()
}

/// Own stock by article.
pub(crate) fn stocks(depot: &Depot) -> BTreeMap<String, ArticleStock> {
    depot
        .memory
        .records()
        .filter(|(kind, _, author, _)| *kind == Kind::ArticleStock && *author == depot.node())
        .map(|(_, key, _, body)| (key.to_owned(), minicbor::decode(body).unwrap()))
        .collect()
}

fn goods_agree(depot: &Depot) {
    let mut by_account: BTreeMap<String, ArticleStock> = BTreeMap::new();
    for (account, article, units) in balances(depot) {
        let stock = by_account.entry(article).or_default();
        match account.split_once('/') {
            Some(("bin", bin)) => stock.move_bin(&bin.parse().unwrap(), units),
            Some(("with-rider", _)) => stock.with_riders += units,
            Some(_) => {}
            None if account == "staging" => stock.staged += units,
            None if account == "quarantine" => stock.quarantined += units,
            None => {}
        }
    }
    for (article, stock) in stocks(depot) {
        let by_account = by_account.remove(&article).unwrap_or_default();
        assert_eq!(stock.bins, by_account.bins, "bins of {article}");
        assert_eq!(stock.staged, by_account.staged, "staged {article}");
        assert_eq!(stock.quarantined, by_account.quarantined, "quarantined {article}");
        assert_eq!(stock.with_riders, by_account.with_riders, "{article} with riders");
    }
}

/// What is reserved is what open orders still want, and what is lent is what rights still promise.
fn promises_agree(depot: &Depot) {
    let mut wanted: BTreeMap<String, i64> = BTreeMap::new();
    for order in depot.all::<Order>() {
        if matches!(order.status, Status::Reserved | Status::Picking) {
            for line in order.lines.iter().filter(|line| !line.is_done()) {
                *wanted.entry(line.article.to_string()).or_default() += line.quantity - line.picked;
            }
        }
    }
    let mut lent: BTreeMap<String, i64> = BTreeMap::new();
    for right in depot.all::<Right>() {
        let open = right.granted - right.absorbed - right.handed_over;
        assert!(open >= 0, "more came back of {right:?} than was granted");
        *lent.entry(right.article.to_string()).or_default() += open;
    }
    for (article, stock) in stocks(depot) {
        assert!(stock.reserved >= 0 && stock.lent >= 0, "{article}: {stock:?}");
        assert_eq!(stock.reserved, wanted.remove(&article).unwrap_or(0), "reserved {article}");
        assert_eq!(stock.lent, lent.remove(&article).unwrap_or(0), "lent {article}");
    }
    assert!(wanted.values().chain(lent.values()).all(|units| *units == 0));
}

/// A rider holds what the tasks on the road carry, and the cash collected and not handed over.
fn riders_agree(depot: &Depot) {
    let tasks: Vec<Task> = depot.all();
    let handovers: Vec<Handover> = depot.all();
    for rider in depot.all::<Rider>() {
        let of_rider = |task: &&Task| task.rider == rider.rider;
        let on_road = |task: &&Task| {
            matches!(task.status, TaskStatus::Allocated | TaskStatus::Failed) && of_rider(task)
        };
        let value: i64 = tasks.iter().filter(on_road).map(Task::cost_minor).sum();
        assert_eq!(depot.money(&Account::TransitValue(rider.rider)), value, "{rider:?}");
        let open: Vec<&Task> = tasks
            .iter()
            .filter(of_rider)
            .filter(|task| task.status == TaskStatus::Allocated)
            .collect();
        let due: i64 = open.iter().map(|task| task.cash_due_minor).sum();
        assert_eq!((rider.open_tasks, rider.cash_due_minor), (open.len() as i64, due));
        let collected: i64 = tasks.iter().filter(of_rider).map(|task| task.collected_minor).sum();
        let handed_over: i64 = handovers
            .iter()
            .filter(|handover| handover.rider == rider.rider)
            .map(left_custody)
            .sum();
        let custody = depot.money(&Account::RiderCustody(rider.rider));
        assert_eq!(custody, collected - handed_over, "custody of {rider:?}");
    }
}

fn left_custody(handover: &Handover) -> i64 {
    let counted = handover.counted_minor.unwrap_or(0);
    match handover.status {
        HandoverStatus::Declared | HandoverStatus::Counted => 0,
        HandoverStatus::Disputed => counted,
        HandoverStatus::Closed => counted + handover.shortage_minor().unwrap_or(0).max(0),
    }
}

/// What customers paid and were not given back is in the till, or a rider collected it.
fn cash_agrees(depot: &Depot) {
    let kept: i64 =
        depot.all::<Order>().iter().map(|order| order.paid_minor - order.refunded_minor).sum();
    let collected: i64 = depot.all::<Task>().iter().map(|task| task.collected_minor).sum();
    assert_eq!(kept, depot.money(&Account::Till) + collected, "kept of what was paid");
    for order in depot.all::<Order>() {
        assert!(order.refunded_minor <= order.paid_minor, "{order:?}");
        let refunded = order.lines.iter().all(|line| line.refunded <= line.picked.max(0));
        assert!(refunded, "more was refunded than delivered: {order:?}");
    }
}

/// The numbers given out, per series: 1, 2, 3 and so on, none twice and none left out.
fn series_are_gapless(depot: &Depot) {
    let mut series: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for order in depot.all::<Order>() {
        for number in order.credit_notes.iter().chain([&order.number]) {
            let (name, number) = number.rsplit_once('-').unwrap();
            series.entry(name.to_owned()).or_default().push(number.parse().unwrap());
        }
    }
    for (name, mut numbers) in series {
        numbers.sort_unstable();
        let whole: Vec<u64> = (1..=numbers.len() as u64).collect();
        assert_eq!(numbers, whole, "series {name}");
    }
}

/// No stock has a negative value, and none that is gone has any.
fn values_follow_goods(depot: &Depot) {
    for (article, stock) in stocks(depot) {
        let value = depot.money(&Account::StockValue(article.parse().unwrap()));
        assert!(value >= 0, "{article} is worth {value}");
        let gone = stock.valued() == 0 && stock.bins.is_empty();
        assert!(!gone || value == 0, "{article} is gone and worth {value}");
    }
    let exceptions: Vec<Exception> = depot.all();
    assert!(exceptions.iter().all(|exception| !exception.subject.is_empty()));
}
