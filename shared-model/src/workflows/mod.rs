//! The only place where one context's event becomes another's command: whole steps of a depot's
//! day, each deciding the complete, atomic set of facts of one log entry.
//!
//! A step loads what it needs through [`Desk`], asks each context's `decide`, and returns a
//! [`Decision`]. Nothing is changed until the shell has the entry in the log and calls
//! [`project`], which cannot refuse.

mod body;
mod cash;
mod command;
mod counter;
mod counting;
mod delivery;
mod desk;
mod dispatching;
mod fulfilment;
mod inference;
mod inspect;
mod lending;
mod ordering;
mod people;
mod project;
mod published;
mod publishing;
mod receiving;
mod refunding;
mod replenishing;
mod reply;

pub use body::{Body, Event};
pub use command::{Command, Kind};
pub use desk::{Context, Decision, Declined, Desk, Site};
pub use dispatching::load_of;
pub use inspect::{Unsound, inspect};
pub use lending::absorb_id;
pub use ordering::{ImportOrder, ImportedCustomer, ImportedLine};
pub use people::{EditCustomer, EnrolStaff, RegisterCustomer};
pub use project::{Stamp, project};
pub use published::{Facts as PublishedFacts, Published, published};
pub use publishing::{
    EnrolNode, ListArticles, ListPrices, MatchStatement, PayRider, PublishPrices, RevokeNode,
};
pub use reply::Reply;

use crate::records::Load;
use crate::refusal::Refusal;

/// Decides a command. Pure: reads through `desk`, changes nothing.
///
/// # Errors
/// [`Declined::Refused`] with the rule that forbids it, or [`Declined::Store`].
pub fn decide<L: Load>(
    command: &Command,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let decision = step(command, desk)?;
    // What the hub would set aside must not be written here: sums of what was received over months
    // can pass the bound that each amount keeps.
    if decision.body.postings.iter().any(|posting| posting.check().is_err()) {
        return Err(amount_too_large().into());
    }
    Ok(decision)
}

fn amount_too_large() -> Refusal {
    Refusal {
        code: "amount-too-large",
        field: "".into(),
        detail: "the value at cost is above the largest amount that can be booked at once".into(),
        remedy:
            "take the step in smaller parts, or check the cost at which the goods were received"
                .into(),
    }
}

fn step<L: Load>(
    command: &Command,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    match command {
        Command::ReceiveGoods(command) => receiving::receive(command, desk),
        Command::MoveStock(command) => receiving::move_stock(command, desk),
        Command::BlockArticle(command) => receiving::block_article(command, desk),
        Command::Sell(command) => counter::sell(command, desk),
        Command::RegisterCustomer(command) => people::register_customer(command, desk),
        Command::EditCustomer(command) => people::edit_customer(command, desk),
        Command::PlaceOrder(command) => ordering::place(command, desk),
        Command::ReserveOrder(command) => ordering::reserve(command, desk),
        Command::CancelOrder(command) => ordering::cancel(command, desk),
        Command::WriteDeliveryNote(command) => people::write_delivery_note(command, desk),
        Command::PickLine(command) => fulfilment::pick(command, desk),
        Command::PackOrder(command) => fulfilment::pack(command, desk),
        Command::DispatchOrders(command) => delivery::dispatch(command, desk),
        Command::RecordDelivery(command) => delivery::deliver(command, desk),
        Command::RecordFailedDelivery(command) => delivery::fail(command, desk),
        Command::TakeBack(command) => delivery::take_back(command, desk),
        Command::RefundOrder(command) => refunding::refund(command, desk),
        Command::StartCount(command) => counting::start(command, desk),
        Command::RecordCount(command) => counting::record(command, desk),
        Command::ApproveCount(command) => counting::approve(command, desk),
        Command::RegisterRider(command) => people::register_rider(command, desk),
        Command::DeclareHandover(command) => cash::declare(command, desk),
        Command::CountHandover(command) => cash::count(command, desk),
        Command::CosignHandover(command) => cash::cosign(command, desk),
        Command::DepositCash(command) => cash::deposit(command, desk),
        Command::GrantRight(command) => lending::grant(command, desk),
        Command::ReturnRight(command) => lending::give_back(command, desk),
        Command::TransferRight(command) => lending::pass_on(command, desk),
        Command::HandOverRemoteSale(command) => lending::hand_over(command, desk),
        Command::ResolveException(command) => people::resolve_exception(command, desk),
        Command::AnswerProposal(command) => replenishing::answer(command, desk),
        Command::ImportOrder(command) => ordering::import(command, desk),
        Command::EnrolStaff(command) => people::enrol_staff(command, desk),
        Command::AbsorbReturns(command) => lending::absorb(command, desk),
        Command::ListArticles(command) => publishing::list_articles(command, desk),
        Command::ListPrices(command) => publishing::list_prices(command, desk),
        Command::PublishPrices(command) => publishing::publish_prices(command, desk),
        Command::EnrolNode(command) => publishing::enrol_node(command, desk),
        Command::RevokeNode(command) => publishing::revoke_node(command, desk),
        Command::MatchStatement(command) => publishing::match_statement(command, desk),
        Command::PayRider(command) => publishing::pay_rider(command, desk),
        Command::RegisterVehicle(command) => dispatching::register_vehicle(command, desk),
        Command::AssignVehicle(command) => dispatching::assign_vehicle(command, desk),
        Command::LocateDepot(command) => dispatching::locate_depot(command, desk),
        Command::LocateCustomer(command) => dispatching::locate_customer(command, desk),
        Command::LocateOrder(command) => dispatching::locate_order(command, desk),
        Command::DescribeDelivery(command) => dispatching::describe_delivery(command, desk),
        Command::MeasureArticle(command) => dispatching::measure_article(command, desk),
        Command::LockManifests(command) => dispatching::lock_manifests(command, desk),
        Command::HandOutManifest(command) => dispatching::hand_out_manifest(command, desk),
        Command::ReportArrival(command) => dispatching::report_arrival(command, desk),
        Command::ReportDelay(command) => dispatching::report_delay(command, desk),
        Command::CancelManifest(command) => dispatching::cancel_manifest(command, desk),
        Command::ReportModels(command) => inference::report(command, desk),
        Command::PinModelKeys(command) => inference::pin_keys(command, desk),
        Command::AnnounceModel(command) => inference::announce(command, desk),
    }
}
