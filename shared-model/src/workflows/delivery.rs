//! Orders go out with riders, arrive, fail, and come back.

use std::collections::BTreeMap;

use super::command::Kind;
use super::desk::{Context, Decision, Declined, Desk, Draft};
use super::dispatching::{consignment_of, end_stop};
use super::ordering::post_delivery;
use super::reply::{DispatchedTask, Reply};
use crate::dispatch::{self, Outcome};
use crate::exceptions;
use crate::gig::{
    self, Attempt, Carried, DispatchOrders, RecordDelivery, RecordFailedDelivery, Rider, Task,
};
use crate::id::{ArticleCode, OrderId, RiderId, TaskId};
use crate::ledger::{Account, Posting};
use crate::log::Scope;
use crate::orders::{self, Order};
use crate::records::Load;
use crate::staff::Role;
use crate::warehouse::{self, TakeBack};

pub(super) fn dispatch<L: Load>(
    command: &DispatchOrders,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let mut draft = Draft::default();
    for (index, id) in command.orders.iter().enumerate() {
        if command.orders[..index].contains(id) {
            return Err(gig::Error::OrderRepeated.into());
        }
        let order = desk.order(*id)?;
        let held_by = consignment_of(desk, *id)?.manifest;
        dispatch::check_free(&order.number, held_by)?;
    }
    let tasks = give_to_rider(&mut draft, desk, command.rider, &command.orders)?;
    Ok(draft.decision(Kind::DispatchOrders, Scope::Site, Reply::Dispatched { tasks }))
}

/// Gives orders and their goods to a rider: each becomes a task. No order is named twice.
pub(super) fn give_to_rider<L: Load>(
    draft: &mut Draft,
    desk: &mut Desk<'_, '_, L>,
    rider: RiderId,
    orders: &[OrderId],
) -> Result<Vec<DispatchedTask>, Declined<L::Error>> {
    let mut rider: Rider = rider_of(desk, rider)?;
    let custody = desk.money(&Account::RiderCustody(rider.rider))?;
    let mut tasks = Vec::new();
    let mut left: BTreeMap<ArticleCode, (i64, i64)> = BTreeMap::new();
    for id in orders {
        let order = desk.order(*id)?;
        draft.event(orders::dispatch(&order)?);
        let goods = load(draft, desk, rider.rider, &order, &mut left)?;
        let attempt = Attempt {
            order: order.order,
            number: order.number.clone(),
            attempt: order.attempts + 1,
            cash_due_minor: order.due_minor().max(0),
            goods,
        };
        let (task, due) = (gig::task_id(order.order, attempt.attempt), attempt.cash_due_minor);
        draft.event(gig::allocate(&rider, custody, attempt)?);
        rider.cash_due_minor += due;
        tasks.push(DispatchedTask { task, order: order.order, cash_due_minor: due });
    }
    Ok(tasks)
}

/// Moves an order's goods from staging to the rider, at cost. `left` carries what earlier orders
/// of the same command left of each article's units and value.
fn load<L: Load>(
    draft: &mut Draft,
    desk: &mut Desk<'_, '_, L>,
    rider: RiderId,
    order: &Order,
    left: &mut BTreeMap<ArticleCode, (i64, i64)>,
) -> Result<Vec<Carried>, Declined<L::Error>> {
    let mut goods: Vec<Carried> = Vec::new();
    for line in order.lines.iter().filter(|line| line.picked > 0) {
        let code = &line.article;
        if !left.contains_key(code) {
            let value = desk.money(&Account::StockValue(code.clone()))?;
            left.insert(code.clone(), (desk.stock(code)?.valued(), value));
        }
        let (held, value) = left.get_mut(code).expect("just put in");
        let cost_minor = warehouse::cost_of(line.picked, *held, *value);
        *held -= line.picked;
        *value -= cost_minor;
        draft.post(Posting::goods(Account::WithRider(rider), Account::Staging, code, line.picked));
        let (transit, stock) = (Account::TransitValue(rider), Account::StockValue(code.clone()));
        draft.post(Posting::money(transit, stock, desk.currency(), cost_minor));
        match goods.iter_mut().find(|carried| carried.article == *code) {
            Some(carried) => {
                carried.quantity += line.picked;
                carried.cost_minor += cost_minor;
            }
            None => {
                goods.push(Carried { article: code.clone(), quantity: line.picked, cost_minor })
            }
        }
    }
    Ok(goods)
}

fn rider_of<L: Load>(
    desk: &mut Desk<'_, '_, L>,
    rider: RiderId,
) -> Result<Rider, Declined<L::Error>> {
    let known = desk.own(&rider.to_string())?;
    Ok(known.ok_or(gig::Error::RiderUnknown { rider })?)
}

/// The task, its rider and its order. A rider may speak for their own tasks only.
fn on_the_road<L: Load>(
    desk: &mut Desk<'_, '_, L>,
    task: TaskId,
) -> Result<(Task, Rider, Order), Declined<L::Error>> {
    let known: Option<Task> = desk.own(&task.to_string())?;
    let task = known.ok_or(gig::Error::TaskUnknown { task })?;
    let rider = rider_of(desk, task.rider)?;
    check_own(&desk.context, &rider)?;
    let order = desk.order(task.order)?;
    Ok((task, rider, order))
}

pub(super) fn check_own(context: &Context<'_>, rider: &Rider) -> Result<(), gig::Error> {
    let own = rider.staff.is_some() && rider.staff == context.actor;
    if context.role == Role::Rider && !own { Err(gig::Error::NotYourTask) } else { Ok(()) }
}

pub(super) fn deliver<L: Load>(
    command: &RecordDelivery,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let (task, rider, order) = on_the_road(desk, command.task)?;
    let collected = command.cash_collected_minor.minor();
    let mut draft = Draft::default();
    draft.event(gig::deliver(&task, collected, &command.proof)?);
    draft.event(orders::deliver(&order, collected)?);
    end_stop(&mut draft, desk, order.order, Outcome::Delivered)?;
    for goods in &task.goods {
        let with_rider = Account::WithRider(rider.rider);
        draft.post(Posting::goods(Account::Customer, with_rider, &goods.article, goods.quantity));
    }
    let currency = desk.currency();
    let transit = Account::TransitValue(rider.rider);
    draft.post(Posting::money(Account::CostOfGoods, transit, currency, task.cost_minor()));
    post_delivery(&mut draft, desk, &order, rider.rider, collected);
    let fee = desk.context.site.rider_fee_minor;
    if fee > 0 {
        draft.event(gig::Event::EarningAccrued {
            task: task.task,
            rider: rider.rider,
            amount_minor: fee,
        });
        let payable = Account::RiderPayable(rider.rider);
        draft.post(Posting::money(Account::DeliveryCost, payable, currency, fee));
    }
    if collected != task.cash_due_minor {
        let detail = format!(
            "{} was due on delivery, {} brought {collected} (minor units)",
            task.cash_due_minor, rider.name
        );
        let kind = exceptions::Kind::CashCollectedDiffers;
        draft.raise(&desk.context, kind, order.number.as_str(), detail, rider.staff);
    }
    Ok(draft.done(Kind::RecordDelivery))
}

pub(super) fn fail<L: Load>(
    command: &RecordFailedDelivery,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let (task, rider, order) = on_the_road(desk, command.task)?;
    let mut draft = Draft::default();
    draft.event(gig::fail(&task, command.reason)?);
    draft.event(orders::fail(&order, command.reason)?);
    end_stop(&mut draft, desk, order.order, Outcome::Failed(command.reason))?;
    let detail = format!("{}: {}", rider.name, command.reason.as_str());
    let kind = exceptions::Kind::DeliveryFailed;
    draft.raise(&desk.context, kind, order.number.as_str(), detail, None);
    Ok(draft.done(Kind::RecordFailedDelivery))
}

/// Reverses the loading: sound goods to a bin, damaged ones to quarantine, all at the cost at
/// which they left.
pub(super) fn take_back<L: Load>(
    command: &TakeBack,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let known: Option<Task> = desk.own(&command.task.to_string())?;
    let task = known.ok_or(gig::Error::TaskUnknown { task: command.task })?;
    let order = desk.order(task.order)?;
    desk.check_bin(&command.bin)?;
    let mut damaged: BTreeMap<&ArticleCode, i64> = BTreeMap::new();
    for goods in &command.damaged {
        let carried = task.goods.iter().find(|carried| carried.article == goods.article);
        let fits = carried.is_some_and(|carried| goods.quantity.units() <= carried.quantity);
        if !fits || damaged.insert(&goods.article, goods.quantity.units()).is_some() {
            let article = goods.article.clone();
            return Err(warehouse::Error::NotOfThisDelivery { article }.into());
        }
    }
    let mut draft = Draft::default();
    draft.event(gig::task_returned(&task)?);
    draft.event(orders::take_back(&order)?);
    for carried in &task.goods {
        let broken = damaged.get(&carried.article).copied().unwrap_or(0);
        let with_rider = Account::WithRider(task.rider);
        let (bin, article) = (Account::Bin(command.bin.clone()), &carried.article);
        let sound = carried.quantity - broken;
        draft.post(Posting::goods(bin, with_rider.clone(), article, sound));
        draft.post(Posting::goods(Account::Quarantine, with_rider, article, broken));
        let (stock, transit) =
            (Account::StockValue(article.clone()), Account::TransitValue(task.rider));
        draft.post(Posting::money(stock, transit, desk.currency(), carried.cost_minor));
        if broken > 0 {
            let detail = format!("{broken} of {article} came back damaged");
            let kind = exceptions::Kind::ReturnedDamaged;
            draft.raise(&desk.context, kind, order.number.as_str(), detail, None);
        }
    }
    Ok(draft.done(Kind::TakeBack))
}
