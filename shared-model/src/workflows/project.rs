//! Taking an entry's facts into the records of its author. Cannot refuse and cannot fail but for
//! the store: what does not fit (an order that is not known) is left out, and stays in the log.

use super::body::{Body, Event};
use crate::catalogue;
use crate::exceptions::{self, Exception};
use crate::gig::{self, Rider, Task, TaskStatus};
use crate::id::{ArticleCode, NodeId, StaffId};
use crate::ledger::{Account, Posting, Unit};
use crate::network::{self, Peer};
use crate::orders::{self, Order};
use crate::payments::{self, Deposit, Handover, HandoverStatus};
use crate::pricing::{self, PriceBooks};
use crate::records::{Balance, Load, Series, View, keys};
use crate::rights::{
    self, Grants, Holding, PassedIn, PassedOn, RemoteHandover, RemoteItem, RemoteSale, Right,
};
use crate::staff::{self, Staff};
use crate::time::Timestamp;
use crate::warehouse::{self, ArticleStock, Count, CountStatus, Receipt};

/// When and by whom an entry was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub author: NodeId,
    pub at: Timestamp,
    pub staff: Option<StaffId>,
}

/// Applies all facts of an entry.
///
/// # Errors
/// When the store cannot be read; then nothing may be saved.
pub fn project<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    body: &Body,
) -> Result<(), L::Error> {
    for event in &body.events {
        match event {
            Event::Catalogue(event) => of_catalogue(view, stamp, event)?,
            Event::Pricing(event) => of_pricing(view, stamp, event)?,
            Event::Orders(event) => of_orders(view, stamp, event)?,
            Event::Warehouse(event) => of_warehouse(view, stamp, event)?,
            Event::Gig(event) => of_gig(view, stamp, event)?,
            Event::Payments(event) => of_payments(view, stamp, event)?,
            Event::Rights(event) => of_rights(view, stamp, event)?,
            Event::Document(event) => {
                view.push_document_change(event.document, event.kind, &event.change);
            }
            Event::Exceptions(event) => of_exceptions(view, stamp, event)?,
            Event::Staff(event) => of_staff(view, stamp, event)?,
            Event::Network(event) => of_network(view, stamp, event)?,
        }
    }
    for posting in &body.postings {
        post(view, stamp.author, posting)?;
    }
    Ok(())
}

fn post<L: Load>(
    view: &mut View<'_, L>,
    author: NodeId,
    posting: &Posting,
) -> Result<(), L::Error> {
    for (account, amount) in [
        (&posting.debit, posting.amount),
        (&posting.credit, -posting.amount),
    ] {
        let key = keys::balance(account, &posting.unit);
        view.update(author, &key, Balance::default, |balance| {
            balance.0 = balance.0.saturating_add(amount);
        })?;
        if let Unit::Goods(article) = &posting.unit {
            move_goods(view, author, article, account, amount)?;
        }
    }
    Ok(())
}

fn move_goods<L: Load>(
    view: &mut View<'_, L>,
    author: NodeId,
    article: &ArticleCode,
    account: &Account,
    units: i64,
) -> Result<(), L::Error> {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the other accounts hold no stock of ours"
    )]
    let change: Box<dyn FnOnce(&mut ArticleStock)> = match account {
        Account::Bin(bin) => Box::new(move |stock| stock.move_bin(bin, units)),
        Account::Staging => {
            Box::new(move |stock| stock.staged = stock.staged.saturating_add(units))
        }
        Account::Quarantine => {
            Box::new(move |stock| stock.quarantined = stock.quarantined.saturating_add(units))
        }
        Account::WithRider(_) => {
            Box::new(move |stock| stock.with_riders = stock.with_riders.saturating_add(units))
        }
        _ => return Ok(()),
    };
    view.update(author, article.as_str(), ArticleStock::default, change)
}

fn of_catalogue<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &catalogue::Event,
) -> Result<(), L::Error> {
    match event {
        catalogue::Event::ArticleListed(article) => {
            view.put(stamp.author, article.code.as_str(), article.clone())
        }
        catalogue::Event::ArticleBlocked {
            article, blocked, ..
        } => view.update(
            stamp.author,
            article.as_str(),
            ArticleStock::default,
            |stock| {
                stock.blocked = *blocked;
            },
        ),
    }
}

fn of_pricing<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &pricing::Event,
) -> Result<(), L::Error> {
    if let pricing::Event::PricesListed { book, lines } = event {
        for line in lines {
            view.put(
                stamp.author,
                &keys::price(*book, &line.article),
                line.clone(),
            )?;
        }
    }
    view.update(stamp.author, keys::ONLY, PriceBooks::default, |books| {
        books.apply(event)
    })
}

fn of_orders<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &orders::Event,
) -> Result<(), L::Error> {
    let key = event.order().to_string();
    let count = |given: fn(&mut Series) -> &mut u64| {
        move |series: &mut Series| {
            let given = given(series);
            *given = given.saturating_add(1);
        }
    };
    match event {
        orders::Event::Placed(placed) => {
            let order: Order = (**placed).clone();
            view.put(stamp.author, &key, order)?;
            let series = keys::series(&placed.number);
            let orders = count(|series| &mut series.orders);
            view.update(stamp.author, series, Series::default, orders)
        }
        orders::Event::Refunded { credit_note, .. } => {
            view.amend::<Order>(stamp.author, &key, |o| {
                o.apply(event, stamp.at, stamp.staff)
            })?;
            let notes = count(|series| &mut series.credit_notes);
            let series = keys::credit_note_series(credit_note);
            view.update(stamp.author, series, Series::default, notes)
        }
        orders::Event::Reserved { .. }
        | orders::Event::LinePicked { .. }
        | orders::Event::Packed { .. }
        | orders::Event::Dispatched { .. }
        | orders::Event::Delivered { .. }
        | orders::Event::DeliveryFailed { .. }
        | orders::Event::Returned { .. }
        | orders::Event::Cancelled { .. } => view.amend::<Order>(stamp.author, &key, |o| {
            o.apply(event, stamp.at, stamp.staff)
        }),
    }
}

fn of_warehouse<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &warehouse::Event,
) -> Result<(), L::Error> {
    let author = stamp.author;
    match event {
        warehouse::Event::GoodsReceived {
            receipt,
            reference,
            lines,
        } => view.put(
            author,
            &receipt.to_string(),
            Receipt {
                receipt: *receipt,
                reference: reference.clone(),
                lines: lines.clone(),
                received: stamp.at,
                staff: stamp.staff,
            },
        ),
        warehouse::Event::StockReserved { lines } => promise(view, author, lines, 1),
        warehouse::Event::ReservationReleased { lines } => promise(view, author, lines, -1),
        warehouse::Event::StockLent { article, quantity } => {
            view.update(author, article.as_str(), ArticleStock::default, |stock| {
                stock.lent = stock.lent.saturating_add(*quantity);
            })
        }
        warehouse::Event::StockMoved { .. } => Ok(()),
        warehouse::Event::CountStarted {
            count,
            bin,
            article,
            position,
            book,
        } => view.put(
            author,
            &count.to_string(),
            Count {
                count: *count,
                bin: bin.clone(),
                article: article.clone(),
                position: *position,
                book: *book,
                counted: None,
                status: CountStatus::Counting,
                started: stamp.at,
                started_by: stamp.staff,
                counted_by: None,
                approved_by: None,
            },
        ),
        warehouse::Event::CountRecorded { count, counted } => {
            view.amend::<Count>(author, &count.to_string(), |count| {
                count.counted = Some(*counted);
                count.counted_by = stamp.staff;
                count.status = CountStatus::Counted;
            })
        }
        warehouse::Event::CountApproved { count } => {
            view.amend::<Count>(author, &count.to_string(), |count| {
                count.approved_by = stamp.staff;
                count.status = CountStatus::Approved;
            })
        }
    }
}

fn promise<L: Load>(
    view: &mut View<'_, L>,
    author: NodeId,
    lines: &[(ArticleCode, i64)],
    sign: i64,
) -> Result<(), L::Error> {
    for (article, quantity) in lines {
        view.update(author, article.as_str(), ArticleStock::default, |stock| {
            stock.reserved = stock.reserved.saturating_add(sign * quantity);
        })?;
    }
    Ok(())
}

fn of_gig<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &gig::Event,
) -> Result<(), L::Error> {
    let author = stamp.author;
    match event {
        gig::Event::RiderRegistered {
            rider,
            staff,
            name,
            phone,
            cash_ceiling_minor,
        } => view.put(
            author,
            &rider.to_string(),
            Rider {
                rider: *rider,
                staff: *staff,
                name: name.clone(),
                phone: phone.clone(),
                cash_ceiling_minor: *cash_ceiling_minor,
                open_tasks: 0,
                cash_due_minor: 0,
            },
        ),
        gig::Event::TaskAllocated(task) => {
            view.amend::<Rider>(author, &task.rider.to_string(), |rider| {
                rider.open_tasks = rider.open_tasks.saturating_add(1);
                rider.cash_due_minor = rider.cash_due_minor.saturating_add(task.cash_due_minor);
            })?;
            view.put(author, &task.task.to_string(), task.clone())
        }
        gig::Event::TaskDelivered {
            task,
            collected_minor,
            proof,
        } => end_task(view, author, *task, |task| {
            task.status = TaskStatus::Delivered;
            task.collected_minor = *collected_minor;
            task.proof = Some(proof.clone());
        }),
        gig::Event::TaskFailed { task, reason } => end_task(view, author, *task, |task| {
            task.status = TaskStatus::Failed;
            task.failure = Some(*reason);
        }),
        gig::Event::TaskReturned { task } => {
            view.amend::<Task>(author, &task.to_string(), |task| {
                task.status = TaskStatus::Returned;
            })
        }
        gig::Event::EarningAccrued { .. } => Ok(()),
    }
}

/// The task leaves the road: the rider is due to collect that much less.
fn end_task<L: Load>(
    view: &mut View<'_, L>,
    author: NodeId,
    task: crate::id::TaskId,
    change: impl FnOnce(&mut Task),
) -> Result<(), L::Error> {
    let key = task.to_string();
    let Some(known) = view.get::<Task>(author, &key)?.cloned() else {
        return Ok(());
    };
    view.amend::<Rider>(author, &known.rider.to_string(), |rider| {
        rider.open_tasks = rider.open_tasks.saturating_sub(1);
        rider.cash_due_minor = rider.cash_due_minor.saturating_sub(known.cash_due_minor);
    })?;
    view.amend::<Task>(author, &key, change)
}

fn of_payments<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &payments::Event,
) -> Result<(), L::Error> {
    let author = stamp.author;
    match event {
        payments::Event::HandoverDeclared {
            handover,
            rider,
            declared_minor,
        } => view.put(
            author,
            &handover.to_string(),
            Handover {
                handover: *handover,
                rider: *rider,
                declared_minor: *declared_minor,
                counted_minor: None,
                status: HandoverStatus::Declared,
                declared_by: stamp.staff,
                counted_by: None,
                declared: stamp.at,
            },
        ),
        payments::Event::HandoverCounted {
            handover,
            counted_minor,
        } => view.amend::<Handover>(author, &handover.to_string(), |handover| {
            handover.counted_minor = Some(*counted_minor);
            handover.counted_by = stamp.staff;
            handover.status = HandoverStatus::Counted;
        }),
        payments::Event::HandoverCosigned { handover, accepted } => {
            view.amend::<Handover>(author, &handover.to_string(), |handover| {
                let settled = *accepted || handover.shortage_minor() == Some(0);
                handover.status = if settled {
                    HandoverStatus::Closed
                } else {
                    HandoverStatus::Disputed
                };
            })
        }
        payments::Event::CashDeposited { slip, amount_minor } => {
            let deposit = Deposit {
                slip: slip.clone(),
                amount_minor: *amount_minor,
                matched: false,
            };
            view.put(author, slip, deposit)
        }
        payments::Event::StatementMatched {
            slip,
            amount_minor,
            fee_minor,
            depot,
        } => {
            let amount_minor = amount_minor.saturating_add(*fee_minor);
            view.put(
                author,
                &keys::matched_deposit(*depot, slip),
                Deposit {
                    slip: slip.clone(),
                    amount_minor,
                    matched: true,
                },
            )
        }
        payments::Event::CashTaken { .. }
        | payments::Event::CashReturned { .. }
        | payments::Event::RiderPaid { .. } => Ok(()),
    }
}

fn of_rights<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &rights::Event,
) -> Result<(), L::Error> {
    let author = stamp.author;
    match event {
        rights::Event::Granted {
            right,
            article,
            quantity,
            holder,
        } => {
            view.put(
                author,
                &right.to_string(),
                Right {
                    right: *right,
                    article: article.clone(),
                    home: author,
                    holder: *holder,
                    granted: *quantity,
                    absorbed: 0,
                    handed_over: 0,
                },
            )?;
            let key = keys::grants(*holder, article);
            view.update(author, &key, Grants::default, |grants| {
                grants.rights.push(*right)
            })
        }
        rights::Event::Spent {
            right,
            home,
            article,
            quantity,
            order,
            number,
        } => {
            view.update(author, &right.to_string(), Holding::default, |holding| {
                holding.spent = holding.spent.saturating_add(*quantity);
            })?;
            let empty = || RemoteSale {
                order: *order,
                number: number.clone(),
                items: Vec::new(),
            };
            view.update(author, &order.to_string(), empty, |sale| {
                sale.items.push(RemoteItem {
                    right: *right,
                    home: *home,
                    article: article.clone(),
                    quantity: *quantity,
                });
            })
        }
        rights::Event::Returned {
            right, quantity, ..
        } => view.update(author, &right.to_string(), Holding::default, |holding| {
            holding.returned = holding.returned.saturating_add(*quantity);
        }),
        rights::Event::PassedOn {
            right,
            home,
            article,
            quantity,
            to,
        } => {
            view.update(author, &right.to_string(), Holding::default, |holding| {
                holding.passed_on = holding.passed_on.saturating_add(*quantity);
            })?;
            let key = keys::passed_in(*to, *home, article);
            view.update(author, &key, PassedIn::default, |list| {
                list.passed.push(PassedOn {
                    right: *right,
                    home: *home,
                    article: article.clone(),
                    to: *to,
                    quantity: *quantity,
                });
            })
        }
        rights::Event::ReturnAbsorbed {
            right, quantity, ..
        } => view.amend::<Right>(author, &right.to_string(), |right| {
            right.absorbed = right.absorbed.saturating_add(*quantity);
        }),
        rights::Event::HandedOver {
            right,
            seller,
            order,
            quantity,
        } => {
            view.amend::<Right>(author, &right.to_string(), |right| {
                right.handed_over = right.handed_over.saturating_add(*quantity);
            })?;
            let handover = RemoteHandover {
                order: *order,
                seller: *seller,
            };
            view.put(author, &order.to_string(), handover)
        }
    }
}

fn of_exceptions<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &exceptions::Event,
) -> Result<(), L::Error> {
    match event {
        exceptions::Event::Raised { exception, .. } => {
            match Exception::raised_by(event, stamp.at) {
                Some(raised) => view.put(stamp.author, &exception.to_string(), raised),
                None => Ok(()),
            }
        }
        exceptions::Event::Resolved {
            exception,
            resolution,
            note,
        } => view.amend::<Exception>(stamp.author, &exception.to_string(), |exception| {
            exception.resolve(*resolution, note);
        }),
    }
}

fn of_staff<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &staff::Event,
) -> Result<(), L::Error> {
    match event {
        staff::Event::StaffEnrolled { staff, name, role } => {
            let person = Staff {
                staff: *staff,
                name: name.clone(),
                role: *role,
                active: true,
            };
            view.put(stamp.author, &staff.to_string(), person)
        }
        staff::Event::StaffLeft { staff } => {
            view.amend::<Staff>(stamp.author, &staff.to_string(), |person| {
                person.active = false
            })
        }
    }
}

fn of_network<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &network::Event,
) -> Result<(), L::Error> {
    match event {
        network::Event::NodeEnrolled {
            node,
            site,
            entity,
            author_key,
        } => {
            view.put(
                stamp.author,
                site.as_str(),
                Peer {
                    node: *node,
                    site: site.clone(),
                    entity: entity.clone(),
                    author_key: *author_key,
                    revoked: false,
                },
            )?;
            // Found by node as well: entries name their author by it.
            view.put(
                stamp.author,
                &node.to_string(),
                Peer {
                    node: *node,
                    site: site.clone(),
                    entity: entity.clone(),
                    author_key: *author_key,
                    revoked: false,
                },
            )
        }
        network::Event::NodeRevoked { node, .. } => {
            let known = view.get::<Peer>(stamp.author, &node.to_string())?.cloned();
            let Some(peer) = known else { return Ok(()) };
            for key in [node.to_string(), peer.site.to_string()] {
                view.amend::<Peer>(stamp.author, &key, |peer| peer.revoked = true)?;
            }
            Ok(())
        }
    }
}
